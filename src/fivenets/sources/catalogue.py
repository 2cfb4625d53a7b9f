"""The known data and weights, as catalogue.toml lists them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fivenets.sources.asset import Archive, Asset, File, Installed, Package, Zip

CATALOGUE = Path(__file__).with_name("catalogue.toml")


def read(file: Path) -> dict[str, Asset]:
    """The assets that a catalogue lists, by name."""
    return {name: _asset(name, **entry) for name, entry in tomllib.loads(file.read_text()).items()}


def _asset(
    name: str,
    *,
    licence: str,
    tree_sha256: str = "",
    zip: Mapping[str, Any] | None = None,
    github: Mapping[str, Any] | None = None,
    files: list[Mapping[str, Any]] | None = None,
    package: Mapping[str, Any] | None = None,
    installed: Mapping[str, str] | None = None,
) -> Asset:
    return Asset(
        name,
        licence,
        tree_sha256,
        zip=Zip(**zip) if zip else None,
        archive=_archive(**github) if github else None,
        files=tuple(File(**file) for file in files or ()),
        package=_package(**package) if package else None,
        installed=Installed(**installed) if installed else None,
    )


def _archive(
    *, repository: str, commit: str, folder: str = "", parts: list[str] | None = None
) -> Archive:
    """The zip that GitHub makes of a commit: its one folder is called after both."""
    top = f"{Path(repository).name}-{commit}"
    url = f"https://github.com/{repository}/archive/{commit}.zip"
    return Archive(url, f"{top}/{folder}".rstrip("/"), tuple(parts or ()))


def _package(*, parts: list[str] | None = None, **package: Any) -> Package:
    return Package(**package, parts=tuple(parts or ()))


ASSETS = read(CATALOGUE)
