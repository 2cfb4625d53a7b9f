"""Pictures without a sign that are made to test with are the same each time, and what they say."""

import numpy as np
import pytest

from fivenets.datasets.classification import without_sign
from fivenets.drawn import signs

SIDE = 48


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(without_sign, "COUNT", 6)
    monkeypatch.setattr(without_sign, "HANDS", 6)


@pytest.mark.parametrize("made", [without_sign.walls, without_sign.two_drawn_hands])
def test_they_are_the_same_each_time(made) -> None:
    images = made(SIDE)
    assert (images.shape, images.dtype) == ((6, SIDE, SIDE, 3), np.uint8)
    assert np.array_equal(images, made(SIDE))
    assert len({image.tobytes() for image in images}) == 6


def test_two_hands_are_one_in_each_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red ones before blue, as nothing is done to the light."""
    blue = np.full((SIDE, SIDE, 3), (0, 0, 200), np.float32)
    monkeypatch.setattr(without_sign, "wall", lambda *_: blue.copy())
    monkeypatch.setattr(without_sign, "developed", lambda picture, _: picture)
    hand = np.zeros((40, 40, 4), np.uint8)
    hand[5:35, 5:35] = (200, 0, 0, 255)
    shown = []
    monkeypatch.setattr(
        without_sign, "render_cutout", lambda sign, _: shown.append(sign) or hand.copy()
    )
    for picture in without_sign.two_drawn_hands(SIDE):
        is_hand = picture[..., 0] > 100
        assert 0.05 < is_hand[:, : SIDE // 2].mean() < 0.6
        assert 0.05 < is_hand[:, SIDE // 2 :].mean() < 0.6
    assert set(shown) == set(signs.SIGNS)
