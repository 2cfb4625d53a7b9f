"""Photographs to train a feed-forward network on, from every source that is at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn.datasets

from fivenets.core import listing
from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.images import FORMATS, read_image
from fivenets.core.listing import Listing
from fivenets.sources import assets
from fivenets.sources.assets import Origin
from fivenets.sources.catalogue import ASSETS

REAL_ASSETS = ("darknet", "lfw10")  # street scenes and animals; people
HELD_OUT = (
    "data/horses.jpg"  # of Darknet's photographs: to watch a training by, and to choose a recipe by
)


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
    folder = Path(sklearn.datasets.__path__[0], "images")
    origins = [Origin("scikit-learn", "builtin", tree_sha256(folder), "CC BY 2.0")]
    found = {"scikit-learn": _read(listing.listed(folder))}
    for name in REAL_ASSETS:
        origin = assets.fetch(ASSETS[name], raw_dir, source)
        if origin and origin.path:
            origins.append(origin)
            found[name] = _read(listing.listed(origin.path))
    held_out = found.get("darknet", {}).pop(HELD_OUT, None)
    if held_out is None:
        held_out = found["scikit-learn"].pop("flower.jpg")
    return Photographs([list(pictures.values()) for pictures in found.values()], held_out, origins)


def _of_folder(folder: Path) -> Photographs:
    listed = listing.listed(folder.expanduser())
    listed.say()
    if len(listed.files) < 2:
        raise UserError(
            f"{folder} should hold at least two photographs ({', '.join(FORMATS)}), "
            f"it holds {len(listed.files)}"
        )
    first, *others = _read(listed).values()
    origin = Origin(folder.name, "folder", listed.digest(), "the user's own", folder)
    return Photographs([others], first, [origin])


def _read(listed: Listing) -> dict[str, np.ndarray]:
    """All pictures of a folder by name, in the order of their paths."""
    return {listed.name(file): read_image(file) for file in listed.files}
