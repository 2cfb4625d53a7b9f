"""Ten views of a picture, and the mean of their answers."""

import numpy as np
import pytest

from fivenets.classification import views


class Brightness:
    """Says how likely a picture is light by its mean."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        light = images.mean(axis=(1, 2, 3)) / 255
        return np.column_stack([light, 1 - light])


def test_the_views_are_corners_and_middle_and_their_mirrors() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:2, :2] = 255  # a corner that only the first window sees: others start at 2 or 4
    seen = views.ten_views(picture)
    assert seen.shape == (10, 32, 32, 3)
    assert [bool(one.any()) for one in seen] == [True, *[False] * 4] * 2
    assert (seen[5] == seen[0][:, ::-1]).all()


def test_the_answer_is_the_mean_over_the_views() -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), np.uint8)
    found = views.probabilities(Brightness(), pictures)  # pyright: ignore[reportArgumentType]
    expected = [views.ten_views(one).mean() / 255 for one in pictures]
    assert found[:, 0] == pytest.approx(expected)
    assert found.sum(axis=1) == pytest.approx([1, 1, 1])
