"""Alignment: transforms worked out by hand, and what is said of pictures without one face."""

import logging

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.drawn.people import Pose, identity, render_face
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


def test_beyond_the_picture_its_edge_goes_on_and_is_not_black() -> None:
    picture = np.full((100, 100, 3), 150, np.uint8)
    assert (alignment.crop(picture, alignment.TEMPLATE_XY * 200 - 50) == 150).all()


def test_a_crop_that_is_the_picture_is_not_moved() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    cropped = alignment.crop(picture, alignment.TEMPLATE_XY * 150)
    np.testing.assert_allclose(cropped.astype(int), picture, atol=1)


def test_no_face_one_face_and_two_faces() -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    assert alignment.align(face).shape == (150, 150, 3)
    with pytest.raises(UserError, match=r"wall\.png: one face expected, none found"):
        alignment.align(np.full((120, 120, 3), 128, np.uint8), "wall.png")
    with pytest.raises(UserError, match="one face expected, 2 found"):
        alignment.align(np.concatenate([face, face], axis=1))


def test_pictures_are_aligned_together_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    small, other = (render_face(identity(n), STRAIGHT, rng, 128) for n in (4, 8))
    large, wall = render_face(identity(4), STRAIGHT, rng, 192), np.full_like(small, 128)
    found = alignment.align_central([small, wall, large, other], ["a", "b", "c", "d"])
    for face, alone in zip(found[::2], (small, large), strict=False):
        np.testing.assert_array_equal(face, alignment.align(alone))
    np.testing.assert_array_equal(found[3], alignment.align(other))
    assert str(found[1]) == "b: one face expected, none found"


def test_of_several_faces_the_one_in_the_middle_counts() -> None:
    rng = np.random.default_rng(0)
    face, beside = (render_face(identity(n), STRAIGHT, rng, 192) for n in (4, 8))
    row = np.concatenate([beside, face, beside], axis=1)
    [found] = alignment.align_central([row], ["row"])
    difference = np.abs(np.asarray(found, float) - alignment.align(face)).mean()
    assert difference < 10 < np.abs(np.asarray(found, float) - alignment.align(beside)).mean()


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects how many pictures the detector is given at each call."""
    counted, find = [], alignment.find_faces_of

    def counting(pictures):
        counted.append(len(pictures))
        return find(pictures)

    monkeypatch.setattr(alignment, "find_faces_of", counting)
    return counted


@pytest.mark.parametrize(("quarters", "clockwise"), [(1, 90), (2, 180), (3, 270)])
def test_a_picture_on_its_side_or_its_head_is_turned_and_that_is_said(
    quarters: int, clockwise: int, caplog: pytest.LogCaptureFixture
) -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    upright = alignment.align(face)
    lying = np.rot90(face, quarters)
    with caplog.at_level(logging.WARNING):
        found = alignment.align(lying, "phone.jpg")
        [central] = alignment.align_central([lying], ["phone.jpg"])
    np.testing.assert_array_equal(found, upright)
    np.testing.assert_array_equal(central, upright)
    # NumPy turned it against the clock, so turning it clockwise by as much puts it right.
    words = f"phone.jpg: turned by {clockwise} degrees clockwise to find the face"
    assert caplog.messages == [words, words]


def test_an_upright_face_is_searched_for_once(searches: list[int], caplog) -> None:
    alignment.align(render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192))
    assert sum(searches) == 1
    assert not caplog.messages


def test_only_pictures_without_a_sure_face_are_searched_in_other_directions(
    searches: list[int],
) -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 128)
    alignment.align_central([face, np.full_like(face, 128), face], ["a", "b", "c"])
    assert searches == [3, 1, 1, 1]


def found_in_turns(monkeypatch: pytest.MonkeyPatch, *faces: list[alignment.Face]) -> None:
    """Lets the detector find these faces in a picture as it is, turned once, twice, thrice."""
    answers = iter(faces)
    monkeypatch.setattr(alignment, "find_faces_of", lambda pictures: [next(answers)])


def face_of(confidence: float, side: float) -> alignment.Face:
    return alignment.Face(alignment.TEMPLATE_XY * side, confidence)


def test_two_doubtful_faces_give_way_to_a_sure_one_in_another_direction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    doubtful = [face_of(0.96, 60), face_of(0.97, 50)]
    found_in_turns(monkeypatch, doubtful, [], [], [face_of(0.9995, 100)])
    assert alignment.align(np.zeros((200, 200, 3), np.uint8)).shape == (150, 150, 3)


def test_a_small_false_face_in_another_direction_does_not_turn_an_upright_picture(
    monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    # The numbers of LFW's Ariel_Sharon_0001: a face in profile, and a surer thing on its side.
    found_in_turns(monkeypatch, [face_of(0.9521, 115)], [face_of(0.9914, 63)], [], [])
    alignment.align(np.zeros((200, 200, 3), np.uint8))
    assert not caplog.messages


def test_a_doubtful_face_in_another_direction_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found_in_turns(monkeypatch, [], [], [], [face_of(0.968, 60)])
    with pytest.raises(UserError, match="one face expected, none found"):
        alignment.align(np.zeros((200, 200, 3), np.uint8))


def test_two_people_stay_two_people(monkeypatch: pytest.MonkeyPatch) -> None:
    two = [face_of(0.999, 60), face_of(0.998, 60)]
    found_in_turns(monkeypatch, two, [], [face_of(0.97, 60)], [])
    with pytest.raises(UserError, match="one face expected, 2 found"):
        alignment.align(np.zeros((200, 200, 3), np.uint8))
