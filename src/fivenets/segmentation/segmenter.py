"""Pictures as users have them -> the class of each of their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.fitting import engine, inference
from fivenets.segmentation.augmentation import resized

METADATA = ("labels", "height", "width", "depth", "caution")


@dataclass(frozen=True)
class Segmentation:
    """What one picture shows."""

    mask: np.ndarray  # (height, width) uint8, of each pixel the index of its class
    labels: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The part of the pixels that is of each class, the largest first; 1 in all."""
        counts = np.bincount(self.mask.ravel(), minlength=len(self.labels)) / self.mask.size
        order = np.argsort(-counts, kind="stable")
        return {self.labels[index]: float(counts[index]) for index in order}


class Segmenter:
    """A trained network with all that it needs to be asked about a user's picture."""

    def __init__(
        self,
        network: Any,
        labels: Sequence[str],
        height: int,
        width: int,
        depth: int,
        caution: str = "",
    ):
        self.network = network  # of `engine.load`: (n, h, w, 3) in 0..255 -> logits (n, h, w, k)
        self.labels = tuple(labels)
        self.height, self.width, self.depth = height, width, depth  # as it was trained
        self.caution = caution  # to be said with answers

    @classmethod
    def from_file(cls, path: Path) -> "Segmenter":
        """What `save` wrote. Raises: UserError where the file is no such model."""
        network, metadata = engine.load(path)
        known = {key: metadata[key] for key in METADATA if key in metadata}
        if len(known) < len(METADATA) or network.output_shape[-1] != len(known["labels"]):
            raise UserError(f"{path} is no model that tells the classes of pixels")
        found = cls(network, **known)
        if min(found.height, found.width) < 2**found.depth:
            sides = f"{found.height}x{found.width}"
            raise UserError(
                f"{path} halves its pictures {found.depth} times, and sees {sides} pixels"
            )
        return found

    def save(self, path: Path) -> None:
        engine.save(self.network, path, {key: getattr(self, key) for key in METADATA})

    def segment(self, picture: Any) -> Segmentation:
        """Of each pixel of a picture, which is what `images.read_image` reads, its class.

        The network sees it at about as many pixels as in training, its aspect kept; what it says
        is enlarged to the picture's own size before the best class is taken.
        """
        image_rgb_uint8 = images.read_image(picture)
        sides = self.sides(*image_rgb_uint8.shape[:2])
        small = resized(image_rgb_uint8, *sides).astype(np.float32)
        (logits,) = inference.outputs(self.network, small[None], 1)
        return Segmentation(best_class(logits, *image_rgb_uint8.shape[:2]), self.labels)

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """Height and width in pixels at which the network sees a picture of this size."""
        pixels, step = self.height * self.width, 2**self.depth
        zoom = (pixels / (height * width)) ** 0.5
        high, wide = (max(1, round(side * zoom / step)) * step for side in (height, width))
        # Of a picture that is a mere line, no more than there is to see.
        return min(high, pixels // step), min(wide, pixels // step)


def best_class(logits: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width) uint8: logits (h, w, k), enlarged, and the index of the largest.

    One class at a time, as those of all classes would take gigabytes for a large picture.
    """
    best = np.zeros((height, width), np.uint8)
    highest = np.full((height, width), -np.inf, np.float32)
    for index in range(logits.shape[-1]):
        small = Image.fromarray(np.ascontiguousarray(logits[..., index], np.float32))
        values = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))
        is_higher = values > highest
        best[is_higher] = index
        np.maximum(highest, values, out=highest)
    return best
