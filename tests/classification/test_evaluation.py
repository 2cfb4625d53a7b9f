"""What the numbers of a test set are, worked out by hand."""

import math
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from fivenets.classification.evaluation import (
    accuracy_with_interval,
    calibration_error,
    evaluate,
    in_other_light,
    near_duplicates,
)


def test_wilson_interval_of_117_right_out_of_120() -> None:
    # z = 1.959964: (0.975 + z²/240 ± z sqrt(0.975 * 0.025 / 120 + z²/240²)) / (1 + z²/120)
    found = accuracy_with_interval(np.arange(120) < 117)
    assert found["accuracy"] == 0.975
    assert found["accuracy_low"] == pytest.approx(0.929069, abs=1e-6)
    assert found["accuracy_high"] == pytest.approx(0.991461, abs=1e-6)
    assert found["examples"] == 120


def test_wilson_interval_of_none_right_starts_at_zero_and_does_not_end_there() -> None:
    # z² / (n + z²), for n = 4
    found = accuracy_with_interval(np.zeros(4, bool))
    assert found["accuracy_low"] == 0
    assert found["accuracy_high"] == pytest.approx(3.841459 / 7.841459, abs=1e-6)


def test_nothing_is_said_of_the_accuracy_on_no_examples() -> None:
    assert accuracy_with_interval(np.zeros(0, bool)) == {
        "accuracy": None,
        "accuracy_low": None,
        "accuracy_high": None,
        "examples": 0,
    }


def two_classes(*confidences_in_the_first: float) -> np.ndarray:
    """(n, 2) probabilities."""
    first = np.array(confidences_in_the_first)
    return np.stack([first, 1 - first], axis=1)


def test_calibration_error_of_four_examples() -> None:
    # Bins of confidence: 0.95 | 0.85 and 0.81 | 0.55. All say class 0; the last two are wrong.
    # |0.95 - 1| + |0.85 + 0.81 - 1| + |0.55 - 0|, over 4
    probabilities = two_classes(0.95, 0.85, 0.81, 0.55)
    error = calibration_error(probabilities, np.array([0, 0, 1, 1]))
    assert error == pytest.approx((0.05 + 0.66 + 0.55) / 4)


def test_the_lowest_bin_is_one_of_its_own() -> None:
    low = np.full((2, 12), 0.08)
    low[:, 0] = 0.1, 0.15  # 0.1 is in the bin up to 0.1, 0.15 in the next
    assert calibration_error(low, np.array([0, 1])) == pytest.approx((0.9 + 0.15) / 2)


@pytest.mark.parametrize(("label", "error"), [(0, 0.0), (1, 1.0)])
def test_calibration_error_of_full_certainty(label: int, error: float) -> None:
    assert calibration_error(two_classes(1.0), np.array([label])) == error


def test_a_boundary_of_two_bins_belongs_to_the_lower() -> None:
    # 0.75 and 0.65 of 4 bins both lie in (0.5, 0.75]: one right, one wrong, |1.4 - 1| / 2.
    error = calibration_error(two_classes(0.75, 0.65), np.array([0, 1]), bins=4)
    assert error == pytest.approx(0.2)


def smooth_image(seed: int, height: int = 64, width: int = 64) -> np.ndarray:
    """(height, width, 3) uint8 with a few soft blobs."""
    coarse = np.random.default_rng(seed).integers(30, 200, (4, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", [(64, 64), (48, 64), (30, 17), (8, 8)])
@pytest.mark.parametrize(
    ("change", "is_twin"),
    [
        (lambda image: image, True),
        (lambda image: (image * 0.6 + 60).astype(np.uint8), True),
        (lambda image: image[:, ::-1], False),
        (lambda image: smooth_image(1, *image.shape[:2]), False),
        (lambda image: np.random.default_rng(2).integers(0, 256, image.shape, np.uint8), False),
    ],
    ids=["identical", "brighter and flatter", "mirrored", "another", "noise"],
)
def test_a_twin_is_the_same_scene_whatever_the_light(size, change, is_twin: bool) -> None:
    image = smooth_image(0, *size)
    train = np.stack([smooth_image(3, *size), change(image)])
    found = near_duplicates(image[None], train, near_duplicate_similarity=0.95)
    assert found.tolist() == [is_twin]


def test_a_shift_by_a_pixel_leaves_a_twin() -> None:
    image = smooth_image(0)
    shifted = np.roll(image, 1, axis=1)
    assert near_duplicates(image[None], shifted[None], near_duplicate_similarity=0.95).all()


def test_the_similarity_asked_for_decides() -> None:
    image = smooth_image(0)
    mixed = (0.5 * image + 0.5 * smooth_image(1)).astype(np.uint8)
    found = {
        asked: near_duplicates(image[None], mixed[None], near_duplicate_similarity=asked).item()
        for asked in (0.1, 0.99)
    }
    assert found == {0.1: True, 0.99: False}


def test_other_light_scales_the_colours_of_a_pixel_within_their_range() -> None:
    images = np.array([[[[200, 100, 60], [250, 10, 250]]]], np.uint8)
    found = in_other_light(images)
    assert {light: changed[0, 0].tolist() for light, changed in found.items()} == {
        "grey": [[120, 120, 120], [170, 170, 170]],
        "dim": [[140, 70, 42], [175, 7, 175]],
        "warm": [[220, 100, 51], [255, 10, 212]],
        "cool": [[170, 100, 66], [212, 10, 255]],
    }
    assert {(changed.shape, changed.dtype.name) for changed in found.values()} == {
        ((1, 1, 2, 3), "uint8")
    }


def test_pictures_are_measured_one_by_one() -> None:
    images = np.zeros((200, 32, 32, 3), np.uint8)
    tracemalloc.start()
    found = in_other_light(images)
    assert tracemalloc.get_traced_memory()[1] < 1.5 * sum(one.nbytes for one in found.values())
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    seen = (np.zeros((64, 64, 3), np.uint8) for _ in range(200))
    near_duplicates(images[:1], seen, near_duplicate_similarity=0.95)
    assert tracemalloc.get_traced_memory()[1] - held < 200 * 64 * 64 * 3 / 2
    tracemalloc.stop()


def test_evaluation_of_five_examples_of_which_one_class_is_absent() -> None:
    # Right: 0, 1 and 4 (of which 1 has a twin in training). "c" is said once, never true;
    # "d" is neither.
    labels = np.array([0, 0, 1, 1, 1])
    predicted = np.array([0, 0, 2, 0, 1])
    probabilities = np.full((5, 4), 0.1)
    probabilities[np.arange(5), predicted] = 0.7
    is_twin = np.array([False, True, False, False, False])
    found = evaluate(probabilities, labels, ["a", "b", "c", "d"], is_twin)
    assert found.pop("per_class") == {
        "a": {"precision": pytest.approx(2 / 3), "recall": 1.0, "examples": 2},
        "b": {"precision": 1.0, "recall": pytest.approx(1 / 3), "examples": 3},
        "c": {"precision": 0.0, "recall": None, "examples": 0},
        "d": {"precision": None, "recall": None, "examples": 0},
    }
    unseen = found.pop("without_near_duplicates")
    assert (unseen["accuracy"], unseen["examples"]) == (0.5, 4)
    assert found == {
        "accuracy": 0.6,
        "accuracy_low": pytest.approx(0.2307, abs=1e-4),
        "accuracy_high": pytest.approx(0.8824, abs=1e-4),
        "examples": 5,
        "near_duplicates": 1,
        "log_loss": pytest.approx(-(3 * math.log(0.7) + 2 * math.log(0.1)) / 5),
        "calibration_error": pytest.approx(abs(5 * 0.7 - 3) / 5),
    }
