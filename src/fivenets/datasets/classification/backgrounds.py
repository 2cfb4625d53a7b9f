"""What may be behind a hand, and what is no hand at all: walls, rooms, streets, faces, things.

Photographs are those that can be had; where only packages and drawings can, drawn streets and faces
stand beside them. No photograph of the test is a background or an example of training.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from fivenets.core import listing
from fivenets.core.images import read_image
from fivenets.datasets.classification.laying import Cutout, laid_over
from fivenets.drawn.people import render_faces
from fivenets.drawn.scenes import render_scenes
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Kind, Origin, digest_of

# By split: an asset, and which of its pictures. Drives, people and files are kept apart.
PHOTOGRAPHS = {
    "train": {
        "sklearn_photographs": "*.jpg",
        "course_street": "*.jpg",
        "camvid": "train/*.jpg",
        "course_cats": "train*.h5",
        "lfw10": "*.jpg",
        "helen68": "train/*.jpg",
        "bccd": "*.jpg",
    },
    "validation": {"camvid": "val/*.jpg"},
    "test": {
        "camvid": "test/*.jpg",
        "course_cats": "test*.h5",
        "darknet": "*.jpg",
        "style_images": "*.jpg",
        "helen68": "test/*.jpg",
    },
}
SEEDS = {"train": 11, "validation": 12, "test": 13}  # of what is drawn
DRAWN = 40  # streets, and as many faces, of each split
MOST_OF_ONE = 120  # pictures of one asset, evenly over its list
CROPS = 1000  # of photographs, kept to be laid under hands
PLAIN = 0.7  # part of the backgrounds that are walls
# What has no sign in it, and how often.
WITHOUT_HAND = {"photograph": 0.5, "wall": 0.15, "blot": 0.15, "hands": 0.2}
SMALLEST_CROP = 48  # pixels a side


@dataclass(frozen=True)
class Photographs:
    """Whole pictures of one split (height, width, 3) uint8, by asset, and where they are from."""

    pictures: dict[str, list[np.ndarray]]
    origins: list[Origin]


class Backgrounds:
    """Walls without end and crops of photographs, (side, side, 3) float32 in 0..255."""

    def __init__(self, photographs: Photographs, side: int, seed: int):
        rng = np.random.default_rng(seed)
        self._side = side
        self._crops = [crop(photographs, side, rng) for _ in range(CROPS)]

    def any(self, rng: np.random.Generator) -> np.ndarray:
        """A wall or a photograph."""
        return wall(self._side, rng) if rng.random() < PLAIN else self.photograph(rng)

    def photograph(self, rng: np.random.Generator) -> np.ndarray:
        """A crop of a photograph in other light."""
        found = self._crops[rng.integers(len(self._crops))]
        return found[:, :: -1 if rng.random() < 0.5 else 1] * rng.uniform(0.6, 1.3)

    def without_hand(self, rng: np.random.Generator, cutouts: Sequence[Cutout]) -> np.ndarray:
        """What no sign is to be seen in: a photograph, a wall, something on it, or two hands."""
        kind = rng.choice(list(WITHOUT_HAND), p=list(WITHOUT_HAND.values()))
        if kind == "photograph" or not cutouts:
            return self.photograph(rng)
        picture = self.any(rng) if kind == "hands" else wall(self._side, rng)
        if kind == "blot":
            return _blotted(picture, rng)
        return picture if kind == "wall" else two_hands(picture.copy(), cutouts, rng)


def photographs(split: str, source: str, raw_dir: Path) -> Photographs:
    """What can be had for one split.

    Args: source: data.source; `builtin` takes what packages hold and what is drawn.
    """
    pictures, origins = {}, []
    for name, pattern in PHOTOGRAPHS[split].items():
        fetched = fetch(ASSETS[name], raw_dir, source if source != "real" else "auto")
        if fetched:
            pictures[name] = list(_read(fetched.folder, pattern))
            origins.append(fetched.origin)
    if all(origin.kind == Kind.BUILTIN for origin in origins):
        seed = SEEDS[split]
        pictures["streets"] = [scene.image_rgb_uint8 for scene in render_scenes(DRAWN, seed)]
        first = DRAWN * list(SEEDS).index(split)  # nobody is in two splits
        people = render_faces(range(first, first + DRAWN), 1, seed)
        pictures["people"] = [face for face, _ in people]
    return Photographs(pictures, origins)


def origin(of_splits: Iterable[Photographs]) -> Origin:
    """Of all photographs as one, whatever there are."""
    origins = {origin.asset: origin for photographs in of_splits for origin in photographs.origins}
    kinds = [origin.kind for origin in origins.values() if origin.kind != Kind.BUILTIN]
    licences = "; ".join(f"{name}: {origin.licence}" for name, origin in origins.items())
    return Origin(
        "photographs",
        [*kinds, Kind.BUILTIN][0],
        digest_of(list(origins.values())),
        licences,
        is_general=True,
    )


def crop(photographs: Photographs, side: int, rng: np.random.Generator) -> np.ndarray:
    """Any square of any photograph, each asset as often as the others, (side, side, 3) float32."""
    of_asset = list(photographs.pictures.values())[rng.integers(len(photographs.pictures))]
    picture = of_asset[rng.integers(len(of_asset))]
    shortest = min(picture.shape[:2])
    length = int(rng.uniform(min(SMALLEST_CROP, shortest), shortest + 1))
    top, left = (rng.integers(extent - length + 1) for extent in picture.shape[:2])
    square = picture[top : top + length, left : left + length]
    way = cv2.INTER_AREA if length > side else cv2.INTER_LINEAR
    return cv2.resize(square, (side, side), interpolation=way).astype(np.float32)


def wall(side: int, rng: np.random.Generator) -> np.ndarray:
    """A wall of any colour, lit from aside, more or less rough: (side, side, 3) float32."""
    any_colour = rng.uniform(20, 255, 3)
    colour = any_colour if rng.random() < 0.5 else rng.uniform(30, 250) + rng.normal(0, 12, 3)
    place = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    right, down = rng.uniform(-0.35, 0.35, 2)
    cells = int(rng.integers(3, 24))
    rough = rng.normal(0, rng.uniform(0, 0.06), (cells, cells)).astype(np.float32)
    texture = cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
    light = 1 + right * place + down * place[:, None] + texture
    return (light[..., None] * colour).astype(np.float32)


def _blotted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Something of any colour, often skin's, that is no hand: a ball, a stick, an arm."""
    side = len(picture)
    skin = rng.uniform(90, 245) * np.array([1, rng.uniform(0.6, 0.85), rng.uniform(0.45, 0.75)])
    colour = skin if rng.random() < 0.6 else rng.uniform(0, 255, 3)
    mask = np.zeros((side, side), np.float32)
    middle = tuple(map(int, rng.uniform(0.1, 0.9, 2) * side))
    axes = tuple(map(int, rng.uniform(0.08, 0.6, 2) * side))
    cv2.ellipse(mask, middle, axes, rng.uniform(0, 180), 0, 360, 1, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.01, 0.05) * side)[..., None]
    shade = cv2.resize(rng.uniform(0.6, 1.2, (4, 4)).astype(np.float32), (side, side))[..., None]
    return picture * (1 - mask) + (colour * shade * mask).astype(np.float32)


def two_hands(
    picture: np.ndarray, cutouts: Sequence[Cutout], rng: np.random.Generator
) -> np.ndarray:
    """Two hands, one to the left and one to the right, each in a square of half the frame."""
    side, half = len(picture), len(picture) // 2
    for left in (0, side - half):
        top = rng.integers(side - half + 1)
        patch = (slice(top, top + half), slice(left, left + half))
        hand = cutouts[int(rng.integers(len(cutouts)))]
        picture[patch] = laid_over(hand, picture[patch], rng, sizes=(0.75, 1.0))
    return picture


def _read(folder: Path, pattern: str) -> Iterator[np.ndarray]:
    if pattern.endswith(".h5"):
        for file in sorted(folder.rglob(pattern)):
            with h5py.File(file) as stored:
                yield from stored[next(name for name in stored if name.endswith("_x"))][...]
        return
    found = [file for file in listing.listed(folder).files if file.match(pattern)]
    for file in found[:: -(-len(found) // MOST_OF_ONE) or 1]:
        yield read_image(file)
