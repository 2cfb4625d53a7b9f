"""Photographs to train a feed-forward network on, from every source that is available."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core import files, listing
from fivenets.core.errors import UserError
from fivenets.core.images import FORMATS, read_image
from fivenets.core.listing import Listing
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin

# A building and a flower; street scenes and animals; people.
PHOTOGRAPHS = ("sklearn_photographs", "darknet", "lfw10")
# Of Darknet's photographs: to watch a training by, and to choose a recipe by.
HELD_OUT = "data/horses.jpg"


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
        return _of_folder(Path(where))
    origins, found = [], {}
    for name in PHOTOGRAPHS:
        fetched = fetch(ASSETS[name], raw_dir, source)
        if fetched:
            origins.append(fetched.origin)
            found[name] = _read(listing.listed(fetched.folder))
    held_out = found.get("darknet", {}).pop(HELD_OUT, None)
    if held_out is None:
        held_out = found["sklearn_photographs"].pop("flower.jpg")
    return Photographs([list(pictures.values()) for pictures in found.values()], held_out, origins)


def _of_folder(folder: Path) -> Photographs:
    listed = listing.listed(files.expanded(folder))
    listed.say()
    if len(listed.files) < 2:
        raise UserError(
            f"{folder} should hold at least two photographs ({', '.join(FORMATS)}), "
            f"it holds {len(listed.files)}"
        )
    first, *others = _read(listed).values()
    return Photographs([others], first, [Origin.own(folder.name, listed.digest(), str(folder))])


def _read(listed: Listing) -> dict[str, np.ndarray]:
    """All pictures of a folder by name, in the order of their paths."""
    return {listed.name(file): read_image(file) for file in listed.files}
