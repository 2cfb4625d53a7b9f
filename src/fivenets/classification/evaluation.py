"""What a classifier's test results are worth: arrays in, numbers out."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import log_loss, precision_recall_fscore_support

from fivenets.core import metrics

# What cameras and lamps do to the same scene: factors on red, green and blue.
OTHER_LIGHT = {"dim": (0.7, 0.7, 0.7), "warm": (1.1, 1.0, 0.85), "cool": (0.85, 1.0, 1.1)}
THUMBNAIL_SIDE = 16  # pixels; small enough that noise and a finger's shift hardly matter


def evaluate(
    probabilities: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    is_near_duplicate: np.ndarray,
) -> dict[str, Any]:
    """All numbers about one test set.

    Args: probabilities: (n, k). labels: (n,) integers. label_names: k names.
        is_near_duplicate: (n,) bool, whether a test image has a close twin in training.
    """
    predicted = probabilities.argmax(axis=1)
    is_correct = predicted == labels
    classes = np.arange(len(label_names))
    precision, recall, _, support = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan
    )
    return {
        **accuracy_with_interval(is_correct),
        "near_duplicates": int(is_near_duplicate.sum()),
        "without_near_duplicates": accuracy_with_interval(is_correct[~is_near_duplicate]),
        "log_loss": float(log_loss(labels, probabilities, labels=classes)),
        "calibration_error": calibration_error(probabilities, labels),
        "per_class": {
            name: {
                "precision": _or_none(precision[index]),
                "recall": _or_none(recall[index]),
                "examples": int(support[index]),
            }
            for index, name in enumerate(label_names)
        },
    }


def accuracy_with_interval(is_correct: np.ndarray) -> dict[str, Any]:
    """Accuracy over (n,) bools with its 95% Wilson score interval (Wilson 1927)."""
    if len(is_correct) == 0:
        return {"accuracy": None, "accuracy_low": None, "accuracy_high": None, "examples": 0}
    interval = binomtest(int(is_correct.sum()), len(is_correct)).proportion_ci(method="wilson")
    return {
        "accuracy": float(is_correct.mean()),
        "accuracy_low": float(interval.low),
        "accuracy_high": float(interval.high),
        "examples": len(is_correct),
    }


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """That of the most probable label. probabilities: (n, k); labels: (n,)."""
    is_correct = probabilities.argmax(axis=1) == labels
    return metrics.calibration_error(probabilities.max(axis=1), is_correct, bins)


def in_other_light(images_rgb_uint8: np.ndarray) -> dict[str, np.ndarray]:
    """The same (n, height, width, 3) uint8 images in grey, and in dim, warm and cool light.

    A network can be right on every test image and at chance once a lamp is another; a user's
    picture is always in other light.
    """

    def changed(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        # One by one: all together, in floats, would take eight times the memory.
        return np.stack([change(one).clip(0, 255).astype(np.uint8) for one in images_rgb_uint8])

    grey = changed(lambda image: image.mean(axis=-1, keepdims=True).repeat(3, axis=-1))
    lit = {name: changed(partial(np.multiply, light)) for name, light in OTHER_LIGHT.items()}
    return {"grey": grey, **lit}


def near_duplicates(
    test_images: Iterable[np.ndarray],
    train_images: Iterable[np.ndarray],
    *,
    near_duplicate_similarity: float,
) -> np.ndarray:
    """Which test images have a twin in training: (n,) bool.

    A twin is an image whose thumbnail in grey correlates with the test image's by at least
    `near_duplicate_similarity`, -1..1. All images are (height, width, 3) uint8 of one size.
    """
    test, train = _standard_thumbnails(test_images), _standard_thumbnails(train_images)
    return np.array([(train @ thumbnail).max() >= near_duplicate_similarity for thumbnail in test])


def _standard_thumbnails(images: Iterable[np.ndarray]) -> np.ndarray:
    """Grey thumbnails of zero mean and unit length, (n, THUMBNAIL_SIDE ** 2)."""
    flat = np.stack([_thumbnail(one).ravel() for one in images])
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _thumbnail(image: np.ndarray) -> np.ndarray:
    height, width = (min(side, THUMBNAIL_SIDE) for side in image.shape[:2])
    grey = image.mean(axis=-1, dtype=np.float32)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
