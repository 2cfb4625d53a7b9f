"""A classifier of windows: slid one by one, at once, and put on regions."""

from functools import partial

import keras
import numpy as np
import pytest

from fivenets.detection import window_classifier as windows
from fivenets.detection.window_classifier import SIDE, WindowClassifier
from fivenets.detection.windows import as_convolutions
from fivenets.drawn.scenes import render_scenes

SQUARE = np.array([60.0, 30, 87, 57])  # of white on black, and what is to be found


@pytest.fixture
def picture() -> np.ndarray:
    image = np.zeros((90, 120, 3), np.uint8)
    image[30:57, 60:87] = 255
    return image


class WhiteInTheMiddle:
    """Likes a window by as much of its middle as is white, and of its rim is black."""

    compiled = True

    def predict_on_batch(self, pictures: np.ndarray) -> np.ndarray:
        rim = pictures.mean(axis=(1, 2, 3)) * SIDE**2
        inner = pictures[:, 3:-3, 3:-3].sum(axis=(1, 2, 3)) / 3
        light = (2 * inner - rim) / (255 * (SIDE - 6) ** 2)
        return np.stack([np.full(len(light), 0.0), 20 * (light - 0.8)], axis=1)


CLASSIFIER = WindowClassifier(
    WhiteInTheMiddle(),  # pyright: ignore[reportArgumentType]
    ("square",),
    np.array([[1 / windows.MARGIN] * 2]),
)


def test_a_turned_network_says_of_all_windows_what_it_says_of_each() -> None:
    keras.utils.set_random_seed(0)
    network = windows.build(4)
    image = np.random.default_rng(0).integers(0, 255, (50, 61, 3), np.uint8)
    alone, together = (
        windows.one_by_one(network, image),
        windows.at_once(as_convolutions(network), image),
    )
    assert alone.shape == (5, 8, 5)
    assert together == pytest.approx(alone, abs=1e-5)
    assert np.ptp(alone[..., 0]) > 1e-3


def test_the_object_is_found_where_and_as_large_as_it_is(picture: np.ndarray) -> None:
    best = windows.slide(CLASSIFIER, picture, partial(windows.one_by_one, CLASSIFIER.network))[0]
    found = [best.x1, best.y1, best.x2, best.y2]
    assert best.label == "square"
    assert found == pytest.approx(SQUARE, abs=4)  # the window steps by 4 pixels


def test_selective_search_proposes_what_stands_out(picture: np.ndarray) -> None:
    regions = windows.selective_search(picture)
    assert np.abs(regions - SQUARE).max(axis=1).min() <= 1
    assert (regions >= 0).all()
    assert (regions[:, 2:] <= picture.shape[1::-1]).all()
    assert (regions[:, 2:] > regions[:, :2]).all()
    street = next(iter(render_scenes(1, 701))).image_rgb_uint8
    again = windows.selective_search(street)
    np.testing.assert_array_equal(windows.selective_search(street), again)
    assert len(again) > 100
    flat = np.zeros_like(picture)
    assert windows.selective_search(flat).shape[1] == 4


def test_on_regions_only_they_are_asked(picture: np.ndarray) -> None:
    regions = np.array([[0.0, 0, 27, 27], SQUARE])
    (found,) = windows.on_regions(CLASSIFIER, picture, regions)
    assert [found.x1, found.y1, found.x2, found.y2] == pytest.approx(SQUARE, abs=0.1)
    assert windows.on_regions(CLASSIFIER, picture, np.zeros((0, 4))) == []


def test_crops_to_learn_from_hold_the_object_or_none(picture: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    found, labels = windows.crops(picture, SQUARE[None], np.array([2]), rng)
    assert labels.count(3) == 4
    assert 0 < labels.count(windows.BACKGROUND) <= 8
    for window, label in zip(found, labels, strict=True):
        assert window.shape == (SIDE, SIDE, 3)
        if label:
            assert window[12:20, 12:20].mean() == 255
            assert 0.4 < window.mean() / 255 < 0.95
    tall = np.array([[0.0, 0, 10, 20]])
    shapes = windows.shapes_of([SQUARE[None], tall], [np.zeros(1, int)] * 2, 1)
    assert shapes[0] == pytest.approx([0.75 / 1.2, 1 / 1.2])
