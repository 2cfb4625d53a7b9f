"""Intersection over union of known pixels, its interval, and what stands beside it."""

import numpy as np
import pytest

from fivenets.drawn.canvas import VOID
from fivenets.segmentation import scoring

TRUTH = np.array([[0, 0, 0, 0], [1, 1, VOID, VOID]])
FOUND = np.array([[0, 0, 0, 1], [1, 0, 1, 0]])


def test_a_confusion_counts_pixels_of_some_class() -> None:
    assert scoring.confusion(TRUTH, FOUND, 3).tolist() == [[3, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_intersection_over_union_by_hand() -> None:
    ious = scoring.intersection_over_union(scoring.confusion(TRUTH, FOUND, 3))
    assert ious[:2] == pytest.approx([3 / 5, 1 / 3])
    assert np.isnan(ious[2])  # nothing is of it: it is in no mean


def test_miou_is_over_all_pixels_together_and_not_a_mean_over_pictures() -> None:
    small, large = np.array([[1, 0], [1, 0]]), np.array([[50, 0], [0, 48]])
    found = scoring.metrics(np.stack([small, large]), ["sky", "car"])
    assert found["miou"] == pytest.approx(np.mean([51 / 52, 48 / 49]))
    assert found["pixel_accuracy"] == pytest.approx(99 / 100)
    assert found["largest_class"] == pytest.approx(0.51)
    assert found["by_class"]["car"]["iou"] == pytest.approx(48 / 49)
    assert found["by_class"]["car"]["pixels"] == 49
    assert found["examples"] == 2


def test_the_interval_is_that_of_other_pictures_of_the_kind() -> None:
    rng = np.random.default_rng(0)

    def pictures(count: int) -> np.ndarray:
        right = rng.binomial(100, rng.uniform(0.5, 0.9, count))
        return np.array([[[n, 100 - n], [100 - n, n]] for n in right])

    found = scoring.metrics(pictures(100), ["a", "b"])
    assert found["miou_low"] < found["miou"] < found["miou_high"]
    others = [scoring.metrics(pictures(100), ["a", "b"])["miou"] for _ in range(40)]
    width = found["miou_high"] - found["miou_low"]
    assert width == pytest.approx(2 * 1.96 * np.std(others), rel=0.4)
    alike = scoring.metrics(np.tile([[[8, 2], [2, 8]]], (5, 1, 1)), ["a", "b"])
    assert alike["miou_low"] == alike["miou_high"] == alike["miou"]


def test_pixel_accuracy_is_never_said_alone() -> None:
    confusions = np.array([[[88, 0], [12, 0]]])  # the commonest class everywhere
    found = scoring.metrics(confusions, ["background", "car"])
    assert found["pixel_accuracy"] == found["largest_class"] == 0.88
    assert found["miou"] == pytest.approx(0.44)
    said = scoring.in_words(found)
    assert "car 0.00" in said
    assert said.endswith("pixel accuracy 0.880, where one class everywhere has 0.880")
