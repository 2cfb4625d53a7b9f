"""The known data and weights, as catalogue.toml lists them."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fivenets.sources.asset import Archive, Asset, File, Installed, Package, Zip

CATALOGUE = Path(__file__).with_name("catalogue.toml")
KINDS = {"zip": Zip, "package": Package, "installed": Installed}  # of sources, as it calls them


def read(file: Path) -> dict[str, Asset]:
    """The assets that a catalogue lists, by name."""
    return {name: _asset(name, **entry) for name, entry in tomllib.loads(file.read_text()).items()}


def _asset(
    name: str, *, github: Mapping | None = None, files: Sequence[Mapping] = (), **entry: Any
) -> Asset:
    sources = {key: kind(**entry.pop(key)) for key, kind in KINDS.items() if key in entry}
    archive = _archive(**github) if github else None
    singles = tuple(File(**file) for file in files)
    return Asset(name, archive=archive, files=singles, **sources, **entry)


def _archive(
    *, repository: str, commit: str, folder: str = "", parts: Sequence[str] = ()
) -> Archive:
    """The zip that GitHub makes of a commit: its one folder is called after both."""
    top = f"{Path(repository).name}-{commit}"
    url = f"https://github.com/{repository}/archive/{commit}.zip"
    return Archive(url, f"{top}/{folder}".rstrip("/"), tuple(parts))


ASSETS = read(CATALOGUE)
