"""Pictures as users have them -> detections in pixels of those pictures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.detection import boxes, darknet, processor, weights
from fivenets.detection.boxes import Profile
from fivenets.detection.converted import Converted, ConvertedClassifier
from fivenets.detection.pictures import to_pixels
from fivenets.fitting import engine
from fivenets.sources.origin import Origin


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


class Detector(Converted):
    """A converted network with all that it needs to be asked about a user's picture.

    Raises: UserError where the cfg is of no detector.
    """

    def __init__(self, network: Any, cfg: darknet.Network, *given, **options):
        if not cfg.regions:
            raise UserError("the cfg has no [region] and no [yolo]: expected a detector")
        super().__init__(network, cfg, *given, **options)

    @classmethod
    def from_file(cls, path: Path) -> "Detector":
        """What `save` wrote. Raises: UserError where the file is no detector."""
        network, metadata = engine.load(path)
        if "cfg" not in metadata:
            raise UserError(f"{path} is not a detector: it carries no Darknet cfg")
        with engine.understood(path):
            cfg = darknet.parse(metadata["cfg"], path.name)
            header = weights.Header(*metadata["header"])
            record = metadata["trained_on"]
            origin = record and Origin.of(record)
            _check_fit(network, cfg)
            return cls(network, cfg, header, metadata["labels"], metadata["resize"], origin)

    def save(self, path: Path) -> None:
        origin = self.trained_on
        header = [self.header.major, self.header.minor, self.header.revision, self.header.seen]
        metadata = {"cfg": self.cfg.text, "header": header, "labels": list(self.labels)}
        metadata |= {"resize": self.resize, "trained_on": origin and origin.record()}
        engine.save(self.network, path, metadata)

    def for_inference(self, dtype: str | None = None) -> "Detector":
        """The same detector, faster: batch normalisation folded, in this machine's fastest format.

        An exported one stays as it is: OpenVINO has folded it.
        dtype: of `model.build`; in bfloat16 boxes move by parts of a pixel, in float32 they do not.
        """
        if isinstance(self.network, engine.OpenVinoNetwork):
            return self
        from fivenets.detection import model

        network = model.build(self.cfg, folded=True, dtype=dtype or processor.fastest_dtype())
        folded = [part.folded() for part in model.convolutions_of(self.network, self.cfg)]
        model.load(network, folded)
        return Detector(network, self.cfg, self.header, self.labels, self.resize, self.trained_on)

    def detect(self, pictures: Sequence[Any], profile: Profile) -> list[list[Detection]]:
        """The objects in each picture, best first; a picture is what `images.read_image` reads."""
        return [self.detect_in(images.read_image(picture), profile) for picture in pictures]

    def detect_in(self, image_rgb_uint8: np.ndarray, profile: Profile) -> list[Detection]:
        """The objects in one picture (h, w, 3), best first, each with an area in its pixels."""
        height, width, _ = self.cfg.input_shape
        raws = [raw[0] for raw in self.raw(self.fitted(image_rgb_uint8)[None])]
        boxes_xyxy, classes, scores = boxes.detections(raws, self.regions, profile)
        pixels = to_pixels(boxes_xyxy, image_rgb_uint8.shape, height, width, self.resize)
        return [
            Detection(self.labels[label], float(score), *map(float, box))
            for label, score, box in zip(classes, scores, pixels, strict=True)
            if boxes.is_visible(box)
        ]


def _check_fit(network: Any, cfg: darknet.Network) -> None:
    """Raises: ValueError where a network, which may be anybody's, is not that of the cfg."""
    if isinstance(network, engine.OpenVinoNetwork):
        return
    from fivenets.detection import model

    outputs = [network.output_shape] if len(cfg.heads) == 1 else network.output_shape
    expected = [cfg.input_shape, *(head.input_shape for head in cfg.heads)]
    if (found := [shape[1:] for shape in (network.input_shape, *outputs)]) != expected:
        raise ValueError(f"the network has shapes {found}, its cfg {expected}")
    model.convolutions_of(network, cfg)


def read(
    cfg_file: Path, weights_file: Path, labels: Sequence[str] | None, resize: str
) -> Detector | ConvertedClassifier:
    """What a cfg and weights describe; a classifier's pictures are always stretched."""
    if darknet.parse_file(cfg_file).regions:
        return Detector.from_darknet(cfg_file, weights_file, labels, resize)
    return ConvertedClassifier.from_darknet(cfg_file, weights_file, labels, "stretch")


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
