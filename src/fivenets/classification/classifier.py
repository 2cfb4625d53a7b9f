"""Raw pictures -> labels and probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.classification.calibration import Calibration, scores
from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.fitting import inference, model_files

BATCH_SIZE = 128  # images


@dataclass(frozen=True)
class Prediction:
    """The most probable label, and the probability of each, as far as anything was recognised."""

    label: str
    probability: float
    rejected: bool  # what is seen is none of the labels: the rest says which is the least unlike
    score: float  # how much there is of any label, see `calibration.scores`
    probabilities: dict[str, float]


class Classifier:
    """A trained network with all that it needs to be asked about a user's picture."""

    def __init__(
        self,
        network: keras.Model,
        labels: Sequence[str],
        calibration: Calibration = Calibration(),  # noqa: B008  # frozen
        subject: str = "picture",
    ):
        self.network = network  # (n, size, size, 3) in 0..255 -> logits (n, k)
        self.labels = tuple(labels)
        self.calibration = calibration
        self.subject = subject  # what the labels are of
        self.image_size = network.input_shape[1]

    @classmethod
    def from_file(cls, path: Path) -> "Classifier":
        """What `save` wrote.

        Raises: UserError where the file is no classifier.
        """
        network, metadata = model_files.load(path)
        labels = metadata.get("labels") or ()
        if network.output_shape != (None, len(labels)):
            raise UserError(f"{path} is not a classifier: it does not give one number per label")
        known = metadata.get("calibration") or {}  # versions before 1.0 had none
        return cls(network, labels, Calibration(**known), metadata.get("subject") or "picture")

    def save(self, path: Path) -> None:
        metadata = {
            "labels": list(self.labels),
            "calibration": asdict(self.calibration),
            "subject": self.subject,
        }
        model_files.save(self.network, path, metadata)

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
            scores(logits),
            self.calibration.is_rejected(logits),
            strict=True,
        )
        return [self._prediction(*row) for row in rows]

    def logits(self, images_rgb_uint8: np.ndarray) -> np.ndarray:
        """(n, k) of (n, size, size, 3) images."""
        return inference.outputs(self.network, images_rgb_uint8, BATCH_SIZE)

    def probabilities(self, images_rgb_uint8: np.ndarray) -> np.ndarray:
        """(n, k) probabilities of (n, size, size, 3) images."""
        return self.calibration.probabilities(self.logits(images_rgb_uint8))

    def _prediction(self, probabilities: np.ndarray, score: float, rejected: bool) -> Prediction:
        by_label = dict(zip(self.labels, map(float, probabilities), strict=True))
        label = max(by_label, key=by_label.__getitem__)
        return Prediction(label, by_label[label], bool(rejected), float(score), by_label)
