"""A picture and its mask are changed together, and only as far as they are asked to be."""

import numpy as np
import pytest

from fivenets.segmentation.augmentation import augmented
from fivenets.segmentation.settings import MaskChanges

ALL = MaskChanges(mirror=True, crop=0.6, exposure=0.5, saturation=0.5, hue=0.02)


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(60, 80) squares of 20 pixels, each grey by its class: 40 times it."""
    classes = rng.integers(1, 6, (3, 4)).repeat(20, axis=0).repeat(20, axis=1).astype(np.uint8)
    return np.repeat(40 * classes[..., None], 3, axis=-1), classes


def test_without_strength_a_picture_is_only_resized() -> None:
    image, mask = scene(np.random.default_rng(0))
    pixels, classes = augmented(image, mask, 60, 80, MaskChanges(), np.random.default_rng(1))
    assert pixels == pytest.approx(image, abs=0.01)
    assert np.array_equal(classes, mask)
    pixels, classes = augmented(image, mask, 30, 40, MaskChanges(), np.random.default_rng(1))
    assert np.array_equal(classes, mask[::2, ::2])
    assert pixels.shape == (30, 40, 3)


def test_the_mask_follows_its_picture_through_mirror_and_crop() -> None:
    rng, windows = np.random.default_rng(0), set()
    for _ in range(30):
        image, mask = scene(rng)
        pixels, classes = augmented(image, mask, 48, 64, ALL, rng)
        assert pixels.min() >= 0
        assert pixels.max() <= 255
        # Grey stays in the order of its class, whatever the exposure; edges are between classes.
        shown = [one for one in np.unique(classes) if (classes == one).sum() > 200]
        level = [np.median(pixels[classes == one]) for one in shown]
        assert level == sorted(level)
        expected = pixels[classes == classes.max()].max()
        off = np.abs(pixels[..., 1] / max(expected, 1) - classes / classes.max()) > 0.2
        assert off.mean() < 0.12
        windows.add(classes.tobytes())
    assert len(windows) == 30


def test_half_are_mirrored_and_a_crop_sees_a_part() -> None:
    image, mask = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.uint8)
    mask[:, :20] = 1
    rng = np.random.default_rng(0)
    mirror = [augmented(image, mask, 40, 40, MaskChanges(mirror=True), rng)[1] for _ in range(200)]
    assert 70 < sum(int(one[0, 0] == 0) for one in mirror) < 130
    mask[:], mask[19:21, 19:21] = 0, 1
    areas = [
        augmented(image, mask, 40, 40, MaskChanges(crop=0.5), rng)[1].mean() for _ in range(90)
    ]
    assert max(areas) > 3 * mask.mean()  # at half the side, four times as large
    assert min(areas) < 1.5 * mask.mean()
