"""Losses of known values, and pixels that count neither way."""

import numpy as np
import pytest

from fivenets.drawn.canvas import VOID
from fivenets.segmentation.losses import SegmentationLoss, class_weights

MASK = np.array([[[0, 1], [1, VOID]]], np.uint8)  # (1, 2, 2)


def logits(probabilities: list[float]) -> np.ndarray:
    """(1, 2, 2, 2) of which each pixel gives class 0 one of the four probabilities."""
    first = np.array(probabilities).reshape(1, 2, 2)
    return np.log(np.stack([first, 1 - first], axis=-1)).astype(np.float32)


def loss(probabilities: list[float], weights: tuple[float, float] = (1, 1), dice=0.0) -> float:
    return float(SegmentationLoss(weights, dice)(MASK, logits(probabilities)))


def test_cross_entropy_is_the_mean_over_pixels_of_some_class() -> None:
    expected = -np.mean(np.log([0.8, 0.9, 0.5]))
    assert loss([0.8, 0.1, 0.5, 0.3]) == pytest.approx(expected, abs=1e-6)
    assert loss([0.8, 0.1, 0.5, 0.99]) == pytest.approx(expected, abs=1e-6)


def test_a_class_counts_by_its_weight() -> None:
    expected = -(3 * np.log(0.8) + np.log(0.9) + np.log(0.5)) / 5
    assert loss([0.8, 0.1, 0.5, 0.3], (3, 1)) == pytest.approx(expected, abs=1e-6)


def test_dice_is_of_the_classes_that_are_shown_and_of_pixels_of_some_class() -> None:
    plain = loss([0.8, 0.1, 0.5, 0.3])
    # 2 * shared / (truth + found): class 0 has 1 pixel and 1.4 found, class 1 has 2 and 1.6.
    dice = 1 - np.mean([2 * 0.8 / (1 + 1.4), 2 * (0.9 + 0.5) / (2 + 1.6)])
    assert loss([0.8, 0.1, 0.5, 0.3], dice=2.0) == pytest.approx(plain + 2 * dice, abs=1e-5)
    only = SegmentationLoss([1, 1, 1], dice=1.0)
    wide = np.concatenate([logits([0.8, 0.1, 0.5, 0.3]), np.full((1, 2, 2, 1), -50)], axis=-1)
    assert float(only(MASK, wide.astype(np.float32))) == pytest.approx(plain + dice, abs=1e-5)


def test_dice_is_of_all_pictures_of_a_batch_together() -> None:
    masks = np.array([[[0, 0]], [[0, 1]]], np.uint8)  # (2, 1, 2)
    first = np.array([[[0.9, 0.6]], [[0.7, 0.2]]])
    raw = np.log(np.stack([first, 1 - first], axis=-1)).astype(np.float32)
    found = float(SegmentationLoss([1, 1], dice=1.0)(masks, raw))
    plain = float(SegmentationLoss([1, 1])(masks, raw))
    # Class 0 has 3 pixels, 2.4 found, 2.2 of them shared; class 1 has 1, 1.6 found, 0.8 shared.
    dice = 1 - (2 * 2.2 / (3 + 2.4) + 2 * 0.8 / (1 + 1.6)) / 2
    assert found - plain == pytest.approx(dice, abs=1e-5)


def test_dice_of_pictures_that_show_one_class() -> None:
    mask = np.zeros((1, 2, 2), np.uint8)
    raw = logits([0.8, 0.1, 0.5, 0.3])
    found = float(SegmentationLoss([1, 1], dice=1.0)(mask, raw))
    plain = float(SegmentationLoss([1, 1])(mask, raw))
    assert found - plain == pytest.approx(1 - 2 * 1.7 / (4 + 1.7), abs=1e-5)


@pytest.mark.parametrize("shape", [(2, 4), (4, 2), (2, 2)])
def test_smaller_logits_are_enlarged_to_the_mask(shape: tuple[int, int]) -> None:
    alike = np.broadcast_to(np.log(np.array([0.8, 0.2], np.float32)), (1, *shape, 2))
    mask = np.zeros((1, 4, 4), np.uint8)
    assert float(SegmentationLoss([1, 1])(mask, alike)) == pytest.approx(-np.log(0.8), abs=1e-5)


def test_dice_has_no_part_unless_it_is_asked_for() -> None:
    assert SegmentationLoss([1, 1]).dice == 0


def test_a_batch_of_no_class_at_all_has_no_loss() -> None:
    nothing = np.full((1, 2, 2), VOID, np.uint8)
    found = SegmentationLoss([1, 1], dice=1.0)(nothing, logits([0.8, 0.1, 0.5, 0.3]))
    assert float(found) == pytest.approx(1.0)  # Dice of nothing: a constant, without a gradient


def test_weights_go_from_all_pixels_alike_to_all_classes_alike() -> None:
    pixels = np.array([900, 100, 0])
    assert class_weights(pixels, 0.0)[:2] == pytest.approx([1, 1])
    assert class_weights(pixels, 1.0) == pytest.approx([0.5 / 0.9, 0.5 / 0.1, 0])
    assert class_weights(np.array([1, 0]), 0.0) == pytest.approx([1, 0])
    assert class_weights(np.array([0, 0]), 1.0) == pytest.approx([0, 0])
    half = class_weights(pixels, 0.5)
    assert half[1] / half[0] == pytest.approx(3)
    assert (half * pixels).sum() / pixels.sum() == pytest.approx(1)
