"""Pictures as users have them -> a picture in another's style, by a saved feature network."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.fitting import engine, model_files
from fivenets.fitting.fit import make_deterministic
from fivenets.style import features, pictures, presets, transfer
from fivenets.style.objective import Style
from fivenets.style.result import Result
from fivenets.style.settings import Settings
from fivenets.style.transfer import Progress


class Stylizer:
    """A feature network, the settings that it is used with where none are given, and its origin."""

    def __init__(self, network: keras.Model, settings: Settings, origin: str):
        self.network, self.settings = network, settings
        self.origin = origin  # of the weights, such as "vgg16_hed (mirror)"

    @classmethod
    def from_file(cls, path: Path) -> "Stylizer":
        """What `save` wrote. Raises: UserError where the file holds no feature network."""
        return cls.of(*model_files.load(path), path)

    @classmethod
    def of(cls, network: keras.Model, metadata: Mapping[str, Any], path: Path) -> "Stylizer":
        """What `model_files.load` read from `path`."""
        if network.name not in features.BLOCKS or "settings" not in metadata:
            raise UserError(f"{path} is no model for style transfer: it holds no VGG features")
        with engine.understood(path):
            return cls(network, Settings(**metadata["settings"]), metadata["features"])

    def save(self, path: Path, **more: Any) -> None:
        """Writes the network and its settings; `more` are JSON values to be kept with them."""
        settings = asdict(self.settings)
        metadata = {"features": self.origin, "settings": settings, **more}
        model_files.save(self.network, path, metadata)

    def with_options(self, options: Mapping[str, Any]) -> Settings:
        """The settings, with `options` in place of those that they name.

        A `strength`, or a `preset`, stands for several; whatever is named beside it counts more.
        Raises: UserError for an unknown option or a value that is out of range.
        """
        changed = presets.settings_at(presets.strength_in(options), self.settings)
        given = {key: options[key] for key in options if key not in ("preset", "strength")}
        return Settings(**{**asdict(self.settings), **changed, **given})

    def stylize(
        self,
        content: Any,
        styles: Sequence[Any],
        weights: Sequence[float] | None = None,
        masks: Sequence[Any] | None = None,
        options: Mapping[str, Any] | None = None,
        observe: Callable[[Progress], None] = lambda _: None,
    ) -> Result:
        """`content` in the `styles`; pictures are what `images.read_image` reads.

        Args: weights: of each style, by default equal. masks: for each style a picture of the
            content's size, white where the style applies, or None: everywhere.
        Raises: UserError, one sentence, for what cannot be used.
        """
        settings = self.with_options(options or {})
        picture = pictures.read(content, "content")
        prepared = wanted_styles(picture, styles, weights, masks)
        make_deterministic(settings.seed)
        last = best = None
        start = time.perf_counter()

        def keep(progress: Progress) -> None:
            nonlocal last, best
            last = progress
            if (
                best is None
                or best.scale < progress.scale
                or progress.losses["loss"] < best.losses["loss"]
            ):
                best = progress  # the picture is the best one's, not the last one's
            observe(progress)

        image = transfer.transfer(self.network, picture, prepared, settings, keep)
        assert last is not None
        assert best is not None
        return Result(
            image,
            last.iteration + 1,
            time.perf_counter() - start,
            best.losses["content_loss"],
            best.losses["style_loss"],
            self.origin,
        )


def wanted_styles(
    content_rgb_uint8: np.ndarray,
    styles: Sequence[Any],
    weights: Sequence[float] | None,
    masks: Sequence[Any] | None,
) -> list[Style]:
    """The style pictures with their weights and masks.

    Raises: UserError where there is none, or not one weight and mask for each.
    """
    weights, masks = list(weights or []), list(masks or [])
    if not styles:
        raise UserError("expected at least one style picture, received none")
    for name, given in (("weights", weights), ("masks", masks)):
        if given and len(given) != len(styles):
            raise UserError(
                f"expected one of the {name} for each of {len(styles)} style pictures, "
                f"received {len(given)}"
            )
    return [
        Style(
            pictures.read(style, "style"),
            weights[index] if weights else 1.0,
            pictures.read_mask(masks[index], content_rgb_uint8)
            if masks and masks[index] is not None
            else None,
        )
        for index, style in enumerate(styles)
    ]
