"""What a classifier answers to the pictures of a data set, and whether it has seen these people."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from fivenets.classification import calibration, evaluation
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import ClassifierRecipe
from fivenets.datasets.classification import without_sign
from fivenets.datasets.classification.prepared import OTHERS, ImageDataset
from fivenets.sources.origin import are_drawn, caution


@dataclass(frozen=True)
class Answers:
    """To one split's n examples."""

    images: np.ndarray  # (n, size, size, 3) uint8
    labels: np.ndarray  # (n,) integers
    probabilities: np.ndarray  # (n, k)
    rejected: np.ndarray  # (n,) bool
    sources: np.ndarray  # (n,) text
    is_new: np.ndarray  # (n,) see `new_people`
    is_plain: np.ndarray  # (n,) bool: not laid over a photograph
    others_rejected: float | None  # part of the pictures without a label, where there are some

    @property
    def predicted(self) -> np.ndarray:
        """(n,) integers."""
        return self.probabilities.argmax(axis=1)

    def metrics(self, where: np.ndarray) -> dict[str, Any]:
        """Of some of the examples, (n,) bool."""
        right = self.predicted[where] == self.labels[where]
        error = evaluation.calibration_error(self.probabilities[where], self.labels[where])
        return {
            **evaluation.accuracy_with_interval(right),
            "calibration_error": error,
            "rejected": float(self.rejected[where].mean()),
        }


def of(classifier: Classifier, data: ImageDataset) -> Answers:
    """To the test split."""
    images, labels = data.arrays("test")
    logits, rejected = classifier.logits(images), None
    if data.has_others:
        others, _ = data.arrays(OTHERS["test"])
        rejected = float(classifier.calibration.is_rejected(classifier.logits(others)).mean())
    return Answers(
        images,
        labels,
        classifier.calibration.probabilities(logits),
        classifier.calibration.is_rejected(logits),
        data.column("test", "source"),
        new_people(data, "test"),
        is_plain(data, "test"),
        rejected,
    )


def rejected_of_made(classifier: Classifier) -> dict[str, float]:
    """Part of the pictures without a sign that are made to test with, by what is in them."""
    size, is_rejected = classifier.image_size, classifier.calibration.is_rejected
    made = {"walls": without_sign.walls(size), "two_hands": without_sign.two_drawn_hands(size)}
    return {
        f"{name}_rejected": float(is_rejected(classifier.logits(images)).mean())
        for name, images in made.items()
    }


def calibrated(network: keras.Model, data: ImageDataset, recipe: ClassifierRecipe) -> Classifier:
    """By the people of validation who are not in train, or all where nobody is.

    Where validation was trained on there is nobody to calibrate by: the classifier is as it is.
    """
    said = data.settings.subject, caution(data.origins)
    if recipe.train_split != "train":
        return Classifier(network, data.labels, None, *said, recipe.test_time_mirror)
    images, labels = data.arrays("validation")
    chosen, who = new_people(data, "validation"), strangers(data, "validation")
    ask = Classifier(network, data.labels, test_time_mirror=recipe.test_time_mirror).logits
    logits, others, all_logits = ask(images), None, None
    if data.has_others:
        others = ask(data.arrays(OTHERS["validation"])[0])
        # Drawn hands score more than real ones, and say nothing of how few of these are lost.
        all_logits = None if are_drawn(data.origins) else logits[who]
    fitted = calibration.fitted(
        logits[chosen], labels[chosen], len(data.labels), others, all_logits
    )
    return Classifier(network, data.labels, fitted, *said, recipe.test_time_mirror)


def new_people(data: ImageDataset, split: str) -> np.ndarray:
    """(n,) whether an example is of somebody who is not in train; all where nobody is.

    Hands before photographs, which at 64 pixels are a harder task, are none of them.
    """
    is_new = strangers(data, split) & is_plain(data, split)
    return is_new if is_new.any() else is_plain(data, split)


def strangers(data: ImageDataset, split: str) -> np.ndarray:
    """(n,) whether an example is of somebody who is not in train; all where nobody is."""
    found = ~np.isin(data.column(split, "person"), data.column("train", "person"))
    return found if found.any() else np.ones_like(found)


def is_plain(data: ImageDataset, split: str) -> np.ndarray:
    """(n,) whether an example is not laid over a photograph."""
    return data.column(split, "background") != "photograph"
