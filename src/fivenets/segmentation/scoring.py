"""What a segmenter is worth on pictures whose pixels are known: intersection over union."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RESAMPLES = 1000  # of the pictures, for an interval


def confusion(truth: np.ndarray, found: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) pixels by true and by found class; those of no true class are left out.

    Args: truth, found: (height, width) class numbers.
    """
    counted = truth < classes
    pairs = truth[counted].astype(int) * classes + found[counted]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def intersection_over_union(confusions: np.ndarray) -> np.ndarray:
    """(..., k) of each class, of (..., k, k) pixels; NaN for a class that no pixel is of."""
    shared = np.diagonal(confusions, axis1=-2, axis2=-1)
    true, found = confusions.sum(axis=-1), confusions.sum(axis=-2)
    return np.where(true > 0, shared / np.maximum(true + found - shared, 1), np.nan)


def metrics(confusions: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """mIoU, the mean over the classes that there are, and IoU of each, with 95% intervals.

    Over all pixels together, as usual, and resampled by picture. Pictures that follow one another
    are alike: intervals over drives would be wider.
    Args: confusions: (n, k, k), of each picture.
    """
    rng = np.random.default_rng(0)
    chosen = rng.multinomial(
        len(confusions), np.full(len(confusions), 1 / len(confusions)), RESAMPLES
    )
    total = confusions.sum(axis=0)
    ious = intersection_over_union(total)
    resampled = intersection_over_union(np.tensordot(chosen, confusions, axes=1))
    pixels = total.sum(axis=1)
    return {
        **_with_interval("miou", float(np.nanmean(ious)), np.nanmean(resampled, axis=1)),
        "pixel_accuracy": float(np.trace(total) / total.sum()),
        # The accuracy of whoever says the commonest class everywhere.
        "largest_class": float(pixels.max() / pixels.sum()),
        "examples": len(confusions),
        "by_class": {
            label: _with_interval("iou", ious[at], resampled[:, at]) | {"pixels": int(pixels[at])}
            for at, label in enumerate(labels)
            if pixels[at]
        },
    }


def in_words(metrics: dict[str, Any]) -> str:
    """What the results table says beside mIoU."""
    classes = ", ".join(f"{label} {row['iou']:.2f}" for label, row in metrics["by_class"].items())
    return (
        f"{classes}; pixel accuracy {metrics['pixel_accuracy']:.3f}, where one class everywhere "
        f"has {metrics['largest_class']:.3f}"
    )


def _with_interval(name: str, value: float, resampled: np.ndarray) -> dict[str, float]:
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
