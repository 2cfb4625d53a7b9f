"""Photographs to train a feed-forward network on, from every source that is at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.images import SUFFIXES, is_image_file, read_image
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin

# A building and a flower; street scenes and animals; people.
PHOTOGRAPHS = ("sklearn_photographs", "darknet", "lfw10")
HELD_OUT = "horses"  # of Darknet's photographs: to watch a training by, and to choose a recipe by


@dataclass(frozen=True)
class Photographs:
    """Pictures (height, width, 3) uint8 by source, one kept from training, and where all are from.

    Each source is drawn from as often as the others, however few pictures it has.
    """

    sources: list[list[np.ndarray]]
    held_out: np.ndarray
    origins: list[Origin]


def gather(where: str, source: str, raw_dir: Path) -> Photographs:
    """Photographs of `where`: a folder with more than one, or auto: what a mirror, the public hosts
    and scikit-learn have.

    Args: source: data.source; `builtin` takes scikit-learn's two only.
    Raises: UserError for a folder without two photographs, or where a real source is asked for
        and none answers.
    """
    if where != "auto":
        return _of_folder(Path(where).expanduser())
    origins, found = [], {}
    for name in PHOTOGRAPHS:
        fetched = fetch(ASSETS[name], raw_dir, source)
        if fetched:
            origins.append(fetched.origin)
            found[name] = _read(fetched.folder)
    held_out = found.get("darknet", {}).pop(HELD_OUT, None)
    if held_out is None:
        held_out = found["sklearn_photographs"].pop("flower")
    return Photographs([list(pictures.values()) for pictures in found.values()], held_out, origins)


def _of_folder(folder: Path) -> Photographs:
    found = list(_read(folder).values())
    if len(found) < 2:
        raise UserError(
            f"{folder} should hold at least two photographs ({', '.join(SUFFIXES)}), "
            f"it holds {len(found)}"
        )
    return Photographs([found[1:]], found[0], [Origin.own(folder.name, tree_sha256(folder))])


def _read(folder: Path) -> dict[str, np.ndarray]:
    """All pictures below a folder, by name without ending, in the order of their paths."""
    files = sorted(filter(is_image_file, folder.rglob("*")))
    return {file.stem: read_image(file) for file in files}
