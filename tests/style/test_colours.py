"""The content's colours kept, by light alone or by recoloured styles."""

import numpy as np
import pytest
from PIL import Image

from fivenets.style import colours


def test_matched_colours_have_the_others_mean_and_covariance() -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(0.5, 0.05, (40, 50, 3)).astype(np.float32)
    other = rng.normal(0.4, 0.04, (30, 30, 3)) @ [[1, 0.5, 0], [0, 1, 0], [0, 0.2, 0.7]]
    matched = colours.match_colours(image, other.astype(np.float32)).reshape(-1, 3)
    assert matched.mean(axis=0) == pytest.approx(other.reshape(-1, 3).mean(axis=0), abs=1e-3)
    assert np.cov(matched.T) == pytest.approx(np.cov(other.reshape(-1, 3).T), abs=1e-4)


def test_plain_and_grey_pictures_can_be_matched() -> None:
    plain = np.full((8, 8, 3), 0.5, np.float32)
    assert colours.match_colours(plain, plain) == pytest.approx(plain, abs=1e-3)


def test_luminance_is_taken_from_the_other_picture() -> None:
    orange = np.full((8, 8, 3), (140, 120, 100), np.uint8)
    grey = np.full((8, 8, 3), 90, np.uint8)
    found = colours.with_luminance(orange, grey)
    light, blue, red = (np.asarray(x) for x in Image.fromarray(found).convert("YCbCr").split())
    _, expected_blue, expected_red = Image.fromarray(orange).convert("YCbCr").split()
    assert abs(int(light[0, 0]) - 90) <= 1
    assert abs(int(blue[0, 0]) - np.asarray(expected_blue)[0, 0]) <= 1
    assert abs(int(red[0, 0]) - np.asarray(expected_red)[0, 0]) <= 1


def test_luminance_weighs_green_most() -> None:
    green = np.array([[[0, 1, 0]]], np.float32)
    assert colours.luminance(green)[0, 0] == pytest.approx([0.587] * 3)


def test_matched_luminance_has_the_others_mean_and_deviation() -> None:
    rng = np.random.default_rng(0)
    image, other = rng.normal(0.3, 0.05, (9, 9, 3)), rng.normal(0.6, 0.1, (9, 9, 3))
    matched = colours.match_luminance(image, other)
    assert (matched.mean(), matched.std()) == pytest.approx((other.mean(), other.std()), abs=2e-3)
