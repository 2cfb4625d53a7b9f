"""Pictures as users have them -> detections in pixels of those pictures."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.detection import boxes, darknet, model, processor, weights
from fivenets.detection.boxes import Profile
from fivenets.detection.pictures import check_channels, check_resize, fit, to_pixels
from fivenets.fitting import inference, model_files
from fivenets.sources.origin import Origin, caution

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Detection:
    """One object, with its box in pixels of the picture."""

    label: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float

    def row(self) -> dict[str, Any]:
        """As it is shown to users: class, score, x1, y1, x2, y2."""
        values = asdict(self)
        return {"class": values.pop("label"), **values}


class Detector:
    """A converted network with all that it needs to be asked about a user's picture."""

    def __init__(
        self,
        network: keras.Model,
        cfg: darknet.Network,
        header: weights.Header,
        labels: Sequence[str],
        resize: str = "letterbox",
        trained_on: Origin | None = None,
    ):
        if cfg.region is None:
            raise UserError("the cfg has no [region]: expected a detector of the YOLOv2 family")
        if len(labels) != cfg.region.classes:
            raise UserError(
                f"the cfg has {cfg.region.classes} classes, {len(labels)} names were received"
            )
        check_channels(cfg.input_shape[2])
        self.network = network  # (n, h, w, channels) in 0..1 -> raw output
        self.cfg, self.region, self.header = cfg, cfg.region, header
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
    ) -> "Detector":
        """A converted cfg and weights; without `labels`, classes are called class-0 and so on."""
        cfg = darknet.parse_file(cfg_file)
        for sentence in cfg.ignored:
            log.warning("%s", sentence)
        header, numbers = weights.read_file(weights_file, cfg)
        network = model.build(cfg)
        model.load(network, cfg, numbers)
        classes = cfg.region.classes if cfg.region else 0
        names = [f"class-{index}" for index in range(classes)]
        return cls(network, cfg, header, names if labels is None else labels, resize, trained_on)

    @classmethod
    def from_file(cls, path: Path) -> "Detector":
        """What `save` wrote.

        Raises: UserError where the file is no detector.
        """
        network, metadata = model_files.load(path)
        if "cfg" not in metadata:
            raise UserError(f"{path} is not a detector: it carries no Darknet cfg")
        cfg, header = darknet.parse(metadata["cfg"], path.name), weights.Header(*metadata["header"])
        record = metadata.get("trained_on")
        origin = Origin.of(record) if isinstance(record, dict) else None  # older files: words
        return cls(network, cfg, header, metadata["labels"], metadata["resize"], origin)

    def save(self, path: Path) -> None:
        origin = self.trained_on
        header = [self.header.major, self.header.minor, self.header.revision, self.header.seen]
        metadata = {"cfg": self.cfg.text, "header": header, "labels": list(self.labels)}
        metadata |= {"resize": self.resize, "trained_on": origin and origin.record()}
        model_files.save(self.network, path, metadata)

    def to_weights(self) -> bytes:
        """The content of Darknet's weights file: of a converted model, the one it came from."""
        return weights.to_bytes(self.header, model.numbers_of(self.network, self.cfg))

    def write_darknet(self, stem: Path) -> tuple[Path, Path, Path]:
        """Writes STEM.cfg, STEM.weights and STEM.names, which Darknet itself can run."""
        cfg, numbers, names = (stem.with_suffix(end) for end in (".cfg", ".weights", ".names"))
        stem.parent.mkdir(parents=True, exist_ok=True)
        cfg.write_text(self.cfg.text)
        numbers.write_bytes(self.to_weights())
        names.write_text("\n".join(self.labels) + "\n")
        return cfg, numbers, names

    def for_inference(self, dtype: str | None = None) -> "Detector":
        """The same detector, faster: batch normalisation folded, in this machine's fastest format.

        dtype: of `model.build`; in bfloat16 boxes move by parts of a pixel, in float32 they do not.
        """
        network = model.build(self.cfg, folded=True, dtype=dtype or processor.fastest_dtype())
        numbers = [part.folded() for part in model.numbers_of(self.network, self.cfg)]
        model.load(network, self.cfg, numbers)
        return Detector(network, self.cfg, self.header, self.labels, self.resize, self.trained_on)

    def fitted(self, image_rgb_uint8: np.ndarray) -> np.ndarray:
        """A picture (h, w, 3) as the network sees it: (height, width, channels) float32 in 0..1."""
        height, width, channels = self.cfg.input_shape
        return fit(image_rgb_uint8, height, width, self.resize, channels)

    def raw(self, pictures: np.ndarray) -> np.ndarray:
        """(n, rows, columns, numbers) raw output of (n, height, width, channels) in 0..1."""
        return inference.outputs(self.network, pictures, batch_size=1)

    def detect(self, pictures: Sequence[Any], profile: Profile) -> list[list[Detection]]:
        """The objects in each picture, best first; a picture is what `images.read_image` reads."""
        return [self.detect_in(images.read_image(picture), profile) for picture in pictures]

    def detect_in(self, image_rgb_uint8: np.ndarray, profile: Profile) -> list[Detection]:
        """The objects in one picture (h, w, 3), best first, each with an area in its pixels."""
        height, width, _ = self.cfg.input_shape
        raw = self.raw(self.fitted(image_rgb_uint8)[None])[0]
        boxes_xyxy, classes, scores = boxes.detections(raw, self.region, profile)
        pixels = to_pixels(boxes_xyxy, image_rgb_uint8.shape, height, width, self.resize)
        return [
            Detection(self.labels[label], float(score), *map(float, box))
            for label, score, box in zip(classes, scores, pixels, strict=True)
            if boxes.is_visible(box)
        ]


def read_names(path: Path) -> list[str]:
    """Class names, one a line, as in Darknet's `.names` files; lines end at \\n or \\r\\n.

    Raises: UserError where there is no such text, or an empty line between names: Darknet would
        give the classes after it another's name.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path}: no readable file of class names, one a line") from None
    names = [line.strip(" \t\r") for line in text.rstrip().split("\n")]
    if not all(names) and names != [""]:
        raise UserError(f"{path} line {names.index('') + 1} is empty: expected the name of a class")
    return [name for name in names if name]
