"""A face in a picture: how large it is, and what is said of one that is too small."""

import numpy as np
import pytest

from fivenets.faces.cropping import TEMPLATE_XY
from fivenets.faces.face import Face, Found, too_small

NEEDED = "20 or more are needed to tell people apart"


def of(*sides: float) -> Found:
    faces = [Face(TEMPLATE_XY * side, 0.999) for side in sides]
    return Found(np.zeros((30, 90, 3), np.uint8), faces)


def test_a_side_is_that_of_the_square_around_a_face() -> None:
    assert of(12.5, 40, 19).sides([2, 0]) == pytest.approx([19, 12.5])
    turned = Face(TEMPLATE_XY[:, ::-1] * (17, -17), 0.999)
    assert Found(np.zeros((30, 90, 3), np.uint8), [turned]).sides([0]) == pytest.approx([17])


def test_the_side_of_a_picture_that_is_a_face_is_its_shorter_one() -> None:
    assert of().sides([0]) == [30]


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([], ""),
        ([20.0], ""),
        ([19.6, 400], ""),  # 20 as it is printed
        ([19.4], f"the face has 19 pixels a side: {NEEDED}"),
        ([40, 14, 12.2], f"2 of 3 faces are small, one has 12 pixels a side: {NEEDED}"),
    ],
)
def test_fewer_than_20_pixels_are_said(sides: list[float], said: str) -> None:
    assert too_small(sides) == said
