"""A network trained for one style, as users have it: a picture in, a picture out, in one pass."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets import model_files, params
from fivenets.errors import UserError
from fivenets.style import features, feedforward, pictures
from fivenets.style.stylizer import Result


@dataclass(frozen=True, kw_only=True)
class FastSettings:
    """All that can be asked of a style that is learned already."""

    size: int = 400  # pixels at the longer side

    def __post_init__(self) -> None:
        if self.size < features.MIN_SIDE:
            raise UserError(f"size should be at least {features.MIN_SIDE}, it is {self.size}")


class FastStylizer:
    """A trained network, the style that it paints in, and the features that it was trained by."""

    def __init__(self, network: keras.Model, style: str, size: int, origin: str):
        self.network, self.style = network, style
        self.settings = FastSettings(size=size)  # that its style was shown to it at
        self.origin = origin

    @classmethod
    def from_file(cls, path: Path) -> "FastStylizer":
        """What `save` wrote.

        Raises: UserError where the file holds another network.
        """
        network, metadata = model_files.load(path)
        if network.name != feedforward.NAME:
            raise UserError(f"{path} is no network that was trained for a style")
        return cls(network, metadata["style"], metadata["size"], metadata["features"])

    def save(self, path: Path) -> None:
        """Writes the network and what it knows."""
        metadata = {"style": self.style, "size": self.settings.size, "features": self.origin}
        model_files.save(self.network, path, metadata)

    def stylize(
        self, content: Any, styles: Sequence[Any] = (), options: Mapping[str, Any] | None = None
    ) -> Result:
        """`content` in the style; a picture is what `images.read_image` reads.

        Raises: UserError, one sentence, for a style beside its own, an option other than `size`,
            or what is no picture.
        """
        if styles:
            raise UserError(
                f"this model has learned one style, {self.style}: expected no style picture, "
                f"received {len(styles)}"
            )
        settings = self.with_options(options or {})
        picture = pictures.read(content, "content")
        start = time.perf_counter()
        painted = self.paint(pictures.fitted(picture, settings.size))
        seconds = time.perf_counter() - start
        return Result(pictures.to_uint8(painted), 1, seconds, None, None, self.origin)

    def with_options(self, options: Mapping[str, Any]) -> FastSettings:
        """The settings with `options` in place of those that they name."""
        for name in options:
            if name not in vars(self.settings):
                raise UserError(
                    f"this model has learned one style, {self.style}, and paints in one pass: "
                    f"expected no option but size, received {name}"
                )
        merged = vars(self.settings) | options
        params.check_arguments(FastSettings, merged, "options")
        return FastSettings(**merged)

    def paint(self, image: np.ndarray) -> np.ndarray:
        """(height, width, 3) in 0..1 -> the same in the style."""
        height, width, _ = image.shape
        below, right = (-side % feedforward.STRIDE for side in (height, width))
        padded = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
        painted = keras.ops.convert_to_numpy(self.network(padded[None], training=False))
        return painted[0, :height, :width]
