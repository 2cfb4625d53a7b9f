"""Raw pictures -> labels and probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.special import softmax

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.fitting import inference, model_files

BATCH_SIZE = 128  # images


@dataclass(frozen=True)
class Prediction:
    """The most probable label, and the probability of each."""

    label: str
    probability: float
    probabilities: dict[str, float]


class Classifier:
    """A trained network with all that it needs to be asked about a user's picture."""

    def __init__(self, network: keras.Model, labels: Sequence[str]):
        self.network = network  # (n, size, size, 3) in 0..255 -> logits (n, k)
        self.labels = tuple(labels)
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
        return cls(network, labels)

    def save(self, path: Path) -> None:
        model_files.save(self.network, path, {"labels": list(self.labels)})

    def classify(self, pictures: Sequence[Any]) -> list[Prediction]:
        """One prediction per picture, each anything that `read_image` reads."""
        resized = [
            images.resize(images.read_image(picture), self.image_size) for picture in pictures
        ]
        if not resized:
            return []
        return [self._prediction(row) for row in self.probabilities(np.stack(resized))]

    def probabilities(self, images_rgb_uint8: np.ndarray) -> np.ndarray:
        """(n, k) probabilities of (n, size, size, 3) images."""
        logits = inference.outputs(self.network, images_rgb_uint8, BATCH_SIZE)
        # In float64, so that the probabilities add up to 1 to more digits than anyone prints.
        return softmax(logits.astype(np.float64), axis=1)

    def _prediction(self, probabilities: np.ndarray) -> Prediction:
        by_label = dict(zip(self.labels, map(float, probabilities), strict=True))
        label = max(by_label, key=by_label.__getitem__)
        return Prediction(label, by_label[label], by_label)
