"""A network trained for one style, as users have it: a picture in, a picture out, in one pass."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.fitting import engine, inference
from fivenets.style import memory, pictures
from fivenets.style.result import Result
from fivenets.style.settings import STRIDE, TRANSFORMER, FastSettings

if TYPE_CHECKING:
    from fivenets.style.stylizer import Stylizer
    from fivenets.style.transfer import Progress


class FastStylizer:
    """A trained network, its style, and the features that it was trained by."""

    def __init__(self, network: Any, style: str, settings: FastSettings, origin: str, filters: int):
        self.network, self.style, self.settings = network, style, settings  # as of `engine.load`
        self.origin = origin  # of the features' weights, such as "vgg16_hed (mirror)"
        self.filters = filters  # of the first convolution, by which memory is estimated

    @classmethod
    def from_file(cls, path: Path) -> "FastStylizer":
        """What `save` wrote. Raises: UserError where the file holds no such network."""
        return cls.of(*engine.load(path), path)

    @classmethod
    def of(cls, network: Any, metadata: Mapping[str, Any], path: Path) -> "FastStylizer":
        """What `engine.load` read from `path`."""
        if network.name != TRANSFORMER or "style" not in metadata:
            raise UserError(f"{path} is no network that has learned a style")
        with engine.understood(path):
            settings = FastSettings(**metadata["settings"])
            said = [metadata[key] for key in ("features", "filters")]
            return cls(network, metadata["style"], settings, *said)

    def save(self, path: Path) -> None:
        """Writes the network and what is known of it."""
        settings = asdict(self.settings)
        metadata = {"features": self.origin, "settings": settings, "style": self.style}
        metadata |= {"filters": self.filters}
        engine.save(self.network, path, metadata)

    def with_options(self, options: Mapping[str, Any]) -> FastSettings:
        """The settings, with `options` in place of those that they name.

        Raises: UserError for any option but `size`, or one that is out of range.
        """
        own = asdict(self.settings)
        self._refuse([name for name in options if name not in own])
        return FastSettings(**{**own, **options})

    def stylize(
        self,
        content: Any,
        styles: Sequence[Any] = (),
        weights: Sequence[float] | None = None,
        masks: Sequence[Any] | None = None,
        options: Mapping[str, Any] | None = None,
        observe: "Callable[[Progress], None]" = lambda _: None,
    ) -> Result:
        """`content` in the style; called as `Stylizer.stylize` is.

        Raises: UserError, one sentence, for what cannot be used: `styles` and what belongs to them
            among it.
        """
        asked = {"a style picture": styles, "weights of styles": weights, "masks": masks}
        self._refuse([name for name, value in asked.items() if value])
        settings = self.with_options(options or {})
        picture = pictures.read(content, "content")
        memory.check_fast(self.filters, *pictures.sized(picture, settings.size))
        start = time.perf_counter()
        painted = self.paint(pictures.fitted(picture, settings.size))
        seconds = time.perf_counter() - start
        return Result(pictures.to_uint8(painted), 1, seconds, None, None, self.origin)

    def paint(self, image: np.ndarray) -> np.ndarray:
        """(height, width, 3) in 0..1 -> the same in the style."""
        height, width, _ = image.shape
        # Its first layer mirrors 4 pixels, which a thinner picture does not have.
        below, right = (max(-side % STRIDE, 2 * STRIDE - side) for side in (height, width))
        padded = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
        with inference.answering(self.network):
            if isinstance(self.network, engine.OpenVinoNetwork):
                painted = self.network.predict_on_batch(padded[None])
            else:  # compiling it for this size of picture would take longer
                painted = np.asarray(self.network(padded[None], training=False))
        inference.check_finite(self.network, painted)
        return painted[0, :height, :width]

    def _refuse(self, names: Sequence[str]) -> None:
        if names:
            raise UserError(
                f"this model has learned one style, {self.style}, and paints in one pass: expected "
                f"a content picture and no option but size, received {', '.join(names)}"
            )


def load(path: Path) -> "Stylizer | FastStylizer":
    """The one or the other, as the file has it. Raises: UserError where it holds neither."""
    network, metadata = engine.load(path, is_exported=False)
    if network.name == TRANSFORMER:
        return FastStylizer.of(network, metadata, path)
    from fivenets.style.stylizer import Stylizer

    return Stylizer.of(network, metadata, path)
