"""A Darknet pair as a Keras network: what a detector and a classifier have in common."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fivenets.core.errors import UserError
from fivenets.detection import darknet, weights
from fivenets.detection.pictures import check_channels, check_resize, fit
from fivenets.fitting import engine, inference
from fivenets.sources.origin import Origin, caution

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)


class Converted:
    """A network that knows the cfg it was built from, and gives its numbers back."""

    def __init__(
        self,
        network: Any,
        cfg: darknet.Network,
        header: weights.Header,
        labels: Sequence[str],
        resize: str = "letterbox",
        trained_on: Origin | None = None,
    ):
        if len(labels) != cfg.classes:
            raise UserError(f"the cfg has {cfg.classes} classes, {len(labels)} names were received")
        check_channels(cfg.input_shape[2])
        # As of `engine.load`: (n, h, w, channels) in 0..1 -> raw output of each scale.
        self.network = network
        self.cfg, self.regions, self.header = cfg, cfg.regions, header
        self.labels = tuple(labels)
        self.resize = check_resize(resize)
        self.trained_on = trained_on
        self.caution = caution([trained_on] if trained_on else [])  # to be said with answers

    @classmethod
    def from_darknet(
        cls,
        cfg_file: Path,
        weights_file: Path,
        labels: Sequence[str] | None = None,
        resize: str = "letterbox",
        trained_on: Origin | None = None,
    ) -> Self:
        """A converted cfg and weights; without `labels`, classes are called class-0 and so on."""
        from fivenets.detection import model

        cfg = darknet.parse_file(cfg_file)
        for sentence in cfg.ignored:
            log.warning("%s", sentence)
        header, convolutions = weights.read_file(weights_file, cfg)
        network = model.build(cfg)
        model.load(network, convolutions)
        names = [f"class-{index}" for index in range(cfg.classes)] if labels is None else labels
        return cls(network, cfg, header, names, resize, trained_on)

    def to_weights(self) -> bytes:
        """The content of Darknet's weights file: of a converted model, the one it came from."""
        from fivenets.detection import model

        network = engine.in_keras(self.network)
        return weights.to_bytes(self.header, model.convolutions_of(network, self.cfg))

    def write_darknet(self, stem: Path) -> tuple[Path, Path, Path]:
        """Writes STEM.cfg, STEM.weights and STEM.names, which Darknet itself can run."""
        cfg, weights_file, names = (stem.with_suffix(end) for end in (".cfg", ".weights", ".names"))
        stem.parent.mkdir(parents=True, exist_ok=True)
        cfg.write_text(self.cfg.text)
        weights_file.write_bytes(self.to_weights())
        names.write_text("\n".join(self.labels) + "\n")
        return cfg, weights_file, names

    def fitted(self, image_rgb_uint8: np.ndarray) -> np.ndarray:
        """A picture (h, w, 3) as the network sees it: (height, width, channels) float32 in 0..1."""
        height, width, channels = self.cfg.input_shape
        return fit(image_rgb_uint8, height, width, self.resize, channels)

    def raw(self, pictures: np.ndarray) -> list[np.ndarray]:
        """By scale (n, rows, columns, numbers) raw output of (n, height, width, channels)."""
        return inference.all_outputs(self.network, pictures, batch_size=1)


class ConvertedClassifier(Converted):
    """A classifier such as darknet19: one number for each class out of a whole picture."""

    def save(self, path: Path) -> None:
        """Writes what `fivenets classify` reads: (n, size, size, 3) in 0..255 -> logits (n, k).

        Raises: UserError for an input that is not square, or not in colour.
        """
        import keras

        height, width, channels = self.cfg.input_shape
        if height != width or channels != 3:
            raise UserError(
                f"a classifier is asked about square pictures in colour, the cfg has "
                f"{height}x{width}x{channels}"
            )
        picture = keras.Input((height, width, channels))
        scaled = keras.layers.Rescaling(1 / 255)(picture)
        # Its layers, and not the network as one of them, which `fivenets look` would not see into.
        logits = keras.layers.Flatten()(self._before_softmax().call(scaled))
        network = keras.Model(picture, logits, name="classifier")
        engine.save(network, path, {"labels": list(self.labels)})

    def _before_softmax(self) -> "keras.Model":
        import keras

        if all(layer.kind != "softmax" for layer in self.cfg.layers):
            return self.network
        logits = self.network.get_layer("softmax_1").input
        return keras.Model(self.network.input, logits, name=self.network.name)
