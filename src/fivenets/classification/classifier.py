"""Raw pictures -> labels and probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification.calibration import Calibration
from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.fitting import engine, inference

BATCH_SIZE = 128  # images


@dataclass(frozen=True)
class Prediction:
    """The most probable label, and the probability of each, as far as anything was recognised."""

    label: str
    probability: float
    rejected: bool  # what is seen is none of the labels: the rest says which is the least unlike
    score: float | None  # log-odds of there being one of the labels, where the network tells
    probabilities: dict[str, float]


class Classifier:
    """A trained network with all that it needs to be asked about a user's picture."""

    def __init__(
        self,
        network: Any,
        labels: Sequence[str],
        calibration: Calibration | None = None,
        subject: str = "picture",
        caution: str = "",
        test_time_mirror: bool = False,
    ):
        # As of `engine.load`: (n, size, size, 3) in 0..255 -> (n, k or k + 1), see Calibration.
        self.network = network
        self.labels = tuple(labels)
        self.calibration = calibration or Calibration(len(self.labels))
        self.subject = subject  # what the labels are of
        self.caution = caution  # to be said with answers
        self.test_time_mirror = test_time_mirror  # see `logits`
        self.image_size = network.input_shape[1]

    @classmethod
    def from_file(cls, path: Path) -> "Classifier":
        """What `save` wrote.

        Raises: UserError where the file is no classifier.
        """
        network, metadata = engine.load(path)
        labels = metadata.get("labels") or ()
        known = metadata.get("calibration")  # a converted network has none
        with engine.understood(path):
            calibration = Calibration(**known) if known else Calibration(len(labels))
            calibration.probabilities(np.zeros((1, calibration.outputs)))
        if network.output_shape != (None, calibration.outputs) or calibration.labels != len(labels):
            raise UserError(f"{path} is not a classifier: it does not give one number per label")
        if len(network.input_shape) != 4 or network.input_shape[3] not in (3, None):
            raise UserError(
                f"{path} takes {network.input_shape[1:]}: expected pictures of 3 colours"
            )
        optional = ("subject", "caution", "test_time_mirror")
        said = {key: metadata[key] for key in optional if key in metadata}
        return cls(network, labels, calibration, **said)

    def save(self, path: Path) -> None:
        metadata = {
            "labels": list(self.labels),
            "calibration": asdict(self.calibration),
            "subject": self.subject,
            "caution": self.caution,
            "test_time_mirror": self.test_time_mirror,
        }
        engine.save(self.network, path, metadata)

    def classify(self, pictures: Sequence[Any]) -> list[Prediction]:
        """One prediction per picture, each anything that `read_image` reads."""
        resized = [
            images.resize(images.read_image(picture), self.image_size) for picture in pictures
        ]
        if not resized:
            return []
        logits = self.logits(np.stack(resized))
        rows = zip(
            self.calibration.probabilities(logits),
            self.calibration.scores(logits),
            self.calibration.is_rejected(logits),
            strict=True,
        )
        return [self._prediction(*row) for row in rows]

    def score_in_words(self, prediction: Prediction) -> str:
        """The score, and beside it the one that it should have had; empty where there is none."""
        if prediction.score is None:
            return ""
        needed = f" < {self.calibration.least_score:.2f}" if prediction.rejected else ""
        return f"score {prediction.score:.2f}{needed}"

    def seen(self, picture: Any, label: str) -> np.ndarray:
        """The picture, (height, width, 3) uint8, with where the label was seen laid over it."""
        from fivenets.classification.grad_cam import grad_cam, overlaid  # TensorFlow's gradients

        image = images.read_image(picture)
        small = images.resize(image, self.image_size)
        with inference.answering(self.network):
            heat = grad_cam(engine.in_keras(self.network), small, self.labels.index(label))
        return overlaid(image, heat)

    def logits(self, images_rgb_uint8: np.ndarray) -> np.ndarray:
        """The network's outputs for (n, size, size, 3) images.

        With `test_time_mirror`, the mean of those for an image and for its mirror image.
        """
        ask = inference.mirrored_outputs if self.test_time_mirror else inference.outputs
        return ask(self.network, images_rgb_uint8, BATCH_SIZE)

    def probabilities(self, images_rgb_uint8: np.ndarray) -> np.ndarray:
        """(n, k) probabilities of (n, size, size, 3) images."""
        return self.calibration.probabilities(self.logits(images_rgb_uint8))

    def _prediction(self, probabilities: np.ndarray, score: float, rejected: bool) -> Prediction:
        by_label = dict(zip(self.labels, map(float, probabilities), strict=True))
        label = max(by_label, key=by_label.__getitem__)
        known = float(score) if np.isfinite(score) else None
        return Prediction(label, by_label[label], bool(rejected), known, by_label)
