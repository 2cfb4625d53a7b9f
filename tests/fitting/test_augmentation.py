"""Augmentations stay within the range of pixels, and act in training only."""

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.fitting.augmentation import augmentation
from fivenets.fitting.strengths import Strengths

STRENGTHS = {
    "mirror": True,
    "shift": 0.5,
    "crop": 0.5,
    "window": 0.5,
    "rotation": 0.5,
    "shear": 1.0,
    "brightness": 1.0,
    "contrast": 1.0,
    "colour": 1.0,
    "colour_shift": 0.5,
    "pca_colour": 1.0,
    "erase": 1.0,
}


def random_images(count: int = 8) -> np.ndarray:
    """(count, 12, 12, 3) float32 with every value from 0 to 255, extremes included."""
    images = np.random.default_rng(0).integers(0, 256, (count, 12, 12, 3)).astype(np.float32)
    images[0], images[1] = 0, 255
    return images


def applied(layer: keras.Layer, images: np.ndarray, training: bool = True) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(images, training=training))


@pytest.mark.parametrize("name", STRENGTHS)
def test_a_layer_changes_pixels_within_their_range_and_in_training_only(name: str) -> None:
    keras.utils.set_random_seed(0)
    images = random_images()
    layers = augmentation(Strengths(**{name: STRENGTHS[name]}))
    assert layers
    for layer in layers:
        changed = applied(layer, images)
        assert changed.shape == images.shape
        assert changed.min() >= 0
        assert changed.max() <= 255
        assert not np.allclose(changed, images)
        assert np.array_equal(applied(layer, images, training=False), images)


def test_mirror_swaps_left_and_right_about_half_of_the_time() -> None:
    keras.utils.set_random_seed(0)
    [layer] = augmentation(Strengths(mirror=True))
    images = random_images(100)[2:]
    changed = applied(layer, images)
    is_mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(changed, images, strict=True)]
    is_same = [np.array_equal(a, b) for a, b in zip(changed, images, strict=True)]
    assert all(a != b for a, b in zip(is_mirrored, is_same, strict=True))
    assert 30 <= sum(is_mirrored) <= 68


def test_zero_strengths_give_no_layers_and_each_strength_its_own() -> None:
    assert augmentation(Strengths()) == []
    zeros = {name: type(value)(0) for name, value in STRENGTHS.items()}
    assert augmentation(Strengths(**zeros)) == []
    assert [type(layer).__name__ for layer in augmentation(Strengths(**STRENGTHS))] == [
        "RandomFlip",
        "RandomTranslation",
        "RandomRotation",
        "RandomZoom",
        "RandomWindow",
        "RandomShear",
        "RandomBrightness",
        "RandomContrast",
        "RandomSaturation",
        "RandomHue",
        "RandomColourShift",
        "RandomPcaColour",
        "RandomErasing",
    ]


def test_a_shift_of_colours_is_one_for_all_pixels_of_a_picture() -> None:
    keras.utils.set_random_seed(0)
    grey = np.full((50, 4, 4, 3), 128, np.float32)
    by = np.zeros_like(grey)
    for strength in (Strengths(colour_shift=0.1), Strengths(pca_colour=0.1)):
        [layer] = augmentation(strength)
        by = applied(layer, grey) - grey
        assert np.ptp(by, axis=(1, 2)).max() == 0
        assert 0.01 * 255 < np.abs(by).max() <= 0.1 * 255
        assert len(np.unique(by[:, 0, 0, 0])) == 50
    # Light varies most, and all three channels together.
    red, green, blue = by[:, 0, 0].T
    assert np.corrcoef(red, green)[0, 1] > 0.9
    assert np.corrcoef(red, blue)[0, 1] > 0.9


def test_a_window_is_a_part_of_the_picture() -> None:
    keras.utils.set_random_seed(0)
    ramp = np.broadcast_to(np.linspace(0, 230, 24, dtype=np.float32)[:, None], (24, 24))
    images = np.stack([ramp, ramp.T, np.full((24, 24), 99)], axis=-1)[None].repeat(30, axis=0)
    [layer] = augmentation(Strengths(window=0.5))
    changed = applied(layer, images)
    assert changed[..., 2] == pytest.approx(99)  # nothing from beyond the edge
    steps = np.diff(changed[..., 0], axis=1).mean(axis=(1, 2))
    assert steps.min() > 4.9
    assert steps.max() < 10.1
    assert np.ptp(steps) > 2
    # Square, and anywhere: its first row and column are not the same.
    assert np.diff(changed[..., 1], axis=2).mean(axis=(1, 2)) == pytest.approx(steps, rel=0.01)
    assert np.ptp(changed[:, 0, 0, 0] - changed[:, 0, 0, 1]) > 20


@pytest.mark.parametrize("value", [-0.1, 1.1])
@pytest.mark.parametrize("name", sorted(STRENGTHS.keys() - {"mirror"}))
def test_a_strength_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    bound = "at least 0" if value < 0 else "at most (1|0.5)"
    with pytest.raises(UserError, match=rf"^{name} should be {bound}, it is {value}$"):
        Strengths(**{name: value})  # pyright: ignore[reportArgumentType]
