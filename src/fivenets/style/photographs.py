"""Photographs to train a feed-forward network on, from every source that is at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn.datasets

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.images import SUFFIXES, is_image_file, read_image
from fivenets.sources import assets
from fivenets.sources.assets import Origin
from fivenets.sources.catalogue import ASSETS

REAL_ASSETS = ("darknet", "lfw10")  # street scenes and animals; people
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
    folder = Path(sklearn.datasets.__path__[0], "images")
    origins = [Origin("scikit-learn", "builtin", tree_sha256(folder), "CC BY 2.0")]
    found = {"scikit-learn": _read(folder)}
    for name in REAL_ASSETS:
        origin = assets.fetch(ASSETS[name], raw_dir, source)
        if origin and origin.path:
            origins.append(origin)
            found[name] = _read(origin.path)
    held_out = found.get("darknet", {}).pop(HELD_OUT, None)
    if held_out is None:
        held_out = found["scikit-learn"].pop("flower")
    return Photographs([list(pictures.values()) for pictures in found.values()], held_out, origins)


def _of_folder(folder: Path) -> Photographs:
    found = list(_read(folder).values())
    if len(found) < 2:
        raise UserError(
            f"{folder} should hold at least two photographs ({', '.join(SUFFIXES)}), "
            f"it holds {len(found)}"
        )
    origin = Origin(folder.name, "folder", tree_sha256(folder), "the user's own")
    return Photographs([found[1:]], found[0], [origin])


def _read(folder: Path) -> dict[str, np.ndarray]:
    """All pictures below a folder, by name without ending, in the order of their paths."""
    files = sorted(filter(is_image_file, folder.rglob("*")))
    return {file.stem: read_image(file) for file in files}
