"""Alignment: transforms worked out by hand, and what is said of pictures without one face."""

import numpy as np
import pytest

from fivenets.datasets.faces.render import Pose, identity, render_face
from fivenets.errors import UserError
from fivenets.faces import alignment

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
STRAIGHT = Pose(0, 0, 0, 1, (0, 0), 0.6, 0, 1, (0, 0), 1.05)


def test_a_similarity_is_found_exactly() -> None:
    turned = SQUARE @ np.array([[0, 2], [-2, 0]]) + (5, 7)  # a quarter turn, twice the size, moved
    matrix = alignment.similarity_transform(SQUARE, turned)
    np.testing.assert_allclose(matrix, [[0, -2, 5], [2, 0, 7]], atol=1e-12)


def test_a_mirrored_shape_is_not_mirrored_back() -> None:
    matrix = alignment.similarity_transform(SQUARE, SQUARE * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_a_crop_has_the_points_where_the_template_has_them() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    points = alignment.TEMPLATE_XY * 200 + 40
    for x, y in points.round().astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    cropped = alignment.crop(picture, points)
    assert cropped.shape == (150, 150, 3)
    for x, y in (alignment.TEMPLATE_XY * 150).round().astype(int):
        assert cropped[y, x].mean() > 200


def test_no_face_one_face_and_two_faces() -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    assert alignment.align(face).shape == (150, 150, 3)
    with pytest.raises(UserError, match=r"wall\.png: one face expected, none found"):
        alignment.align(np.full((120, 120, 3), 128, np.uint8), "wall.png")
    with pytest.raises(UserError, match="one face expected, 2 found"):
        alignment.align(np.concatenate([face, face], axis=1))
