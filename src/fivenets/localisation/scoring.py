"""What a network that localises is worth: boxes by overlap, points by their distance.

Points are judged as in 300-W (Sagonas et al. 2013): the mean distance of a picture's points from
the true ones, as a part of the distance between the outer corners of the eyes. A picture whose
error is above 0.08 counts as a failure there, and as not located here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fivenets.datasets.places.prepared import PlaceExample
from fivenets.localisation.locator import Located

RESAMPLES = 1000  # of the pictures, for an interval
LEAST_IOU, LARGEST_ERROR = 0.5, 0.08
PARTS = {  # of 300-W's points
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
OUTER_CORNERS = (36, 45)
# Mean errors by the same distance on all of 300-W's 689 test pictures, of which Helen's 330 are the
# easier half, by networks that learned from 3,148: SPIGA 2.99% (Prados-Torreblanca et al. 2022),
# 3DDE 3.13%, DCFE 3.24%, CNN-CRF 3.30%.
PUBLISHED = "published on 300-W, of which Helen's are a part: 0.030 to 0.033"


def of_boxes(
    examples: Sequence[PlaceExample], found: Sequence[Located], labels: Sequence[str]
) -> dict[str, Any]:
    """Of pictures with one object or none: whether, what and where."""
    is_there = np.array([one.label >= 0 for one in examples])
    is_right = np.array([one.is_there for one in found]) == is_there
    of_class = np.array([one.label for one in examples])
    is_named = np.array([one.label for one in found]) == np.array(labels)[of_class]
    ious = np.array([_iou(one, other) for one, other in zip(examples, found, strict=True)])
    located = is_right & (~is_there | (is_named & (ious >= LEAST_IOU)))
    return {
        **_interval("located", located),
        "located_by_nothing": float(1 - is_there.mean()),  # by always answering that none is there
        "presence_accuracy": float(is_right.mean()),
        "class_accuracy": float(is_named[is_there].mean()),
        "mean_iou": float(ious[is_there].mean()),
        "examples": len(examples),
        "by_class": {
            label: _interval("located", located[of_class == index])
            | {"examples": int((of_class == index).sum())}
            for index, label in [*enumerate(labels), (-1, "nothing")]
            if (of_class == index).any()
        },
    }


def of_points(examples: Sequence[PlaceExample], found: Sequence[Located]) -> dict[str, Any]:
    """Of pictures with the same points each."""
    truth = np.stack([one.coordinates.reshape(-1, 2) for one in examples]).astype(float)
    # Fractions are of sides that need not be equal: distances are in pixels.
    sides = np.array([one.image_rgb_uint8.shape[1::-1] for one in examples], float)[:, None]
    answered = np.stack([one.coordinates for one in found]) * sides
    distances = np.linalg.norm(answered - truth * sides, axis=2)
    spans = spans_of(truth * sides, sides)
    errors = distances.mean(axis=1) / spans["eyes' outer corners"]
    numbers = {
        **_interval("located", errors <= LARGEST_ERROR),
        **_interval("mean_error", errors),
        "median_error": float(np.median(errors)),
        "examples": len(examples),
    }
    if "pupils" in spans:
        parts = distances / spans["eyes' outer corners"][:, None]
        numbers["mean_error_by_pupils"] = float((distances.mean(axis=1) / spans["pupils"]).mean())
        numbers["by_part"] = {
            name: {"mean_error": float(parts[:, at].mean())} for name, at in PARTS.items()
        }
    return numbers


def spans_of(points_xy: np.ndarray, sides: np.ndarray) -> dict[str, np.ndarray]:
    """What errors are parts of, (n,) in pixels, of points (n, k, 2) in pictures of sides (n, 1, 2).

    Of others than 300-W's points, whose eyes are not known, their bounding box' diagonal; the
    picture's where the points are all in one place.
    """
    if points_xy.shape[1] != 68:
        spans = np.linalg.norm(np.ptp(points_xy, axis=1), axis=1)
        of_pictures = np.linalg.norm(sides[:, 0], axis=1)
        return {"eyes' outer corners": np.where(spans > 0, spans, of_pictures)}
    left, right = (points_xy[:, corner] for corner in OUTER_CORNERS)
    pupils = [points_xy[:, eye].mean(axis=1) for eye in (LEFT_EYE, RIGHT_EYE)]
    return {
        "eyes' outer corners": np.linalg.norm(right - left, axis=1),
        "pupils": np.linalg.norm(pupils[1] - pupils[0], axis=1),
    }


def in_words(numbers: dict[str, Any]) -> str:
    """What the results table says beside the share that is located."""
    if "mean_iou" in numbers:
        return (
            f"presence right for {numbers['presence_accuracy']:.3f}, class for "
            f"{numbers['class_accuracy']:.3f}, mean IoU {numbers['mean_iou']:.2f}; always "
            f"answering nothing is right for {numbers['located_by_nothing']:.3f}"
        )
    said = (
        f"mean error {numbers['mean_error']:.4f} "
        f"[{numbers['mean_error_low']:.4f}, {numbers['mean_error_high']:.4f}]"
    )
    if "by_part" not in numbers:
        return f"{said} of the points' diagonal, or the picture's of one point"
    parts = ", ".join(f"{name} {row['mean_error']:.3f}" for name, row in numbers["by_part"].items())
    return (
        f"{said} of the distance between the eyes' outer corners, "
        f"{numbers['mean_error_by_pupils']:.4f} of that between pupils; {parts}"
    )


def _iou(truth: PlaceExample, found: Located) -> float:
    middle, half = truth.coordinates[:2], truth.coordinates[2:4] / 2
    low = np.maximum(middle - half, found.coordinates[0])
    high = np.minimum(middle + half, found.coordinates[1])
    shared = float(np.prod(np.maximum(high - low, 0)))
    own = float(np.prod(2 * half)), float(np.prod(found.coordinates[1] - found.coordinates[0]))
    return shared / max(sum(own) - shared, 1e-9)


def _interval(name: str, values: np.ndarray) -> dict[str, float]:
    """The mean over pictures, with its 95% bootstrap interval."""
    rng = np.random.default_rng(0)
    chosen = rng.integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(np.asarray(values, float)[chosen].mean(axis=1), [2.5, 97.5])
    return {name: float(np.mean(values)), f"{name}_low": float(low), f"{name}_high": float(high)}
