"""Alignment: transforms worked out by hand, and what is said of pictures without one face."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.drawn.people import Pose, identity, render_face
from fivenets.faces import alignment, cascade, cascade_networks, cropping
from fivenets.faces.face import Face, Found
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
KEYPOINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
STRAIGHT = Pose(0, 0, 0, 1, (0, 0), 0.6, 0, 1, (0, 0), 1.05)


def test_a_similarity_is_found_exactly() -> None:
    turned = SQUARE @ np.array([[0, 2], [-2, 0]]) + (5, 7)  # a quarter turn, twice the size, moved
    matrix = cropping.similarity_transform(SQUARE, turned)
    np.testing.assert_allclose(matrix, [[0, -2, 5], [2, 0, 7]], atol=1e-12)


def test_a_mirrored_shape_is_not_mirrored_back() -> None:
    matrix = cropping.similarity_transform(SQUARE, SQUARE * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_a_crop_has_the_points_where_the_template_has_them() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    points = cropping.TEMPLATE_XY * 200 + 40
    for x, y in points.round().astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    cropped = cropping.crop(picture, points)
    assert cropped.shape == (150, 150, 3)
    for x, y in (cropping.TEMPLATE_XY * 150).round().astype(int):
        assert cropped[y, x].mean() > 200


def test_beyond_the_picture_its_edge_goes_on_and_is_not_black() -> None:
    picture = np.full((100, 100, 3), 150, np.uint8)
    assert (cropping.crop(picture, cropping.TEMPLATE_XY * 200 - 50) == 150).all()


def test_a_crop_that_is_the_picture_is_not_moved() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    cropped = cropping.crop(picture, cropping.TEMPLATE_XY * 150)
    np.testing.assert_allclose(cropped.astype(int), picture, atol=1)


def aligned(picture: np.ndarray, name: str = "p", which: alignment.Which = "largest") -> np.ndarray:
    [found] = alignment.find([picture], [name], which)
    if isinstance(found, UserError):
        raise found
    return found.crop


def test_no_face_one_face_and_two_faces() -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    assert aligned(face, which="only").shape == (150, 150, 3)
    with pytest.raises(UserError, match=r"wall\.png: a face expected, none found; it must not be"):
        aligned(np.full((120, 120, 3), 128, np.uint8), "wall.png")
    with pytest.raises(UserError, match="one face expected, 2 found"):
        aligned(np.concatenate([face, face], axis=1), which="only")


def test_of_a_large_and_a_central_face_the_one_that_is_asked_for_is_taken() -> None:
    rng = np.random.default_rng(0)
    large, small = (
        render_face(identity(n), STRAIGHT, rng, side) for n, side in ((4, 200), (8, 120))
    )
    picture = np.full((200, 560, 3), 128, np.uint8)
    picture[:, :200], picture[40:160, 220:340] = large, small
    found = [*alignment.find([picture], ["p"], "largest")]
    found += alignment.find([picture], ["p"], "centre")
    taken = [one.face.points_xy[:, 0].mean() for one in found if isinstance(one, Found)]
    assert [x // 200 for x in taken] == [0, 1]
    everybody = alignment.find_all(picture, "p")
    assert [face.points_xy[:, 0].mean() // 200 for face in everybody.faces] == [0, 1]
    left, top, right, bottom = everybody.faces[0].box
    assert (left, top) >= (-60, -60)
    assert right - left == pytest.approx(bottom - top, rel=0.2)
    assert everybody.faces[0].side > everybody.faces[1].side


def test_a_face_of_fewer_than_20_pixels_is_not_looked_for() -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    picture = np.full((300, 300, 3), 128, np.uint8)
    picture[140:156, 140:156] = face[::12, ::12]
    with pytest.raises(UserError, match="none found"):
        aligned(picture)


def cat() -> np.ndarray:
    """A cat's face from the front, drawn."""
    picture = Image.new("RGB", (200, 200), (120, 150, 110))
    draw = ImageDraw.Draw(picture)
    for ear in ([(45, 90), (50, 20), (95, 60)], [(155, 90), (150, 20), (105, 60)]):
        draw.polygon(ear, fill=(150, 110, 70))
    draw.ellipse((40, 50, 160, 170), fill=(160, 120, 80))
    for x in (75, 125):
        draw.ellipse((x - 14, 90, x + 14, 114), fill=(190, 200, 90))
        draw.ellipse((x - 4, 91, x + 4, 113), fill=(10, 10, 10))
    draw.polygon([(92, 128), (108, 128), (100, 138)], fill=(200, 120, 120))
    for y in (130, 138, 146):
        draw.line((20, y - 6, 85, y), fill=(240, 240, 240))
        draw.line((180, y - 6, 115, y), fill=(240, 240, 240))
    return np.asarray(picture)


def profile() -> np.ndarray:
    """A head that looks to the right, drawn: one eye, and the nose as an outline."""
    picture = Image.new("RGB", (200, 200), (140, 150, 160))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 30, 150, 150), fill=(90, 60, 40))
    outline = [(90, 45), (145, 60), (148, 85), (168, 112), (150, 116), (154, 128), (148, 136)]
    draw.polygon([*outline, (142, 160), (105, 165), (90, 140)], fill=(215, 170, 140))
    draw.ellipse((130, 84, 142, 92), fill=(250, 250, 250))
    draw.ellipse((136, 85, 141, 91), fill=(40, 30, 30))
    return np.asarray(picture)


@pytest.mark.parametrize("draw", [cat, profile])
@pytest.mark.parametrize("which", ["largest", "centre", "only"])
def test_an_animal_and_a_profile_are_refused(
    draw: Callable[[], np.ndarray], which: alignment.Which
) -> None:
    with pytest.raises(
        UserError, match=r"^a\.png: a face expected, none found; it must not be in p"
    ):
        aligned(draw(), "a.png", which)
    with pytest.raises(UserError, match="a face expected, none found"):
        alignment.find_all(draw(), "a.png")


def photograph(asset: str, name: str, folder: Path) -> np.ndarray:
    found = fetch(ASSETS[asset], folder, "auto")
    assert found is not None
    return images.read_image(next(found.folder.rglob(name)))


@pytest.mark.skipif(MIRROR_VARIABLE not in os.environ, reason="needs Darknet's pictures")
@pytest.mark.parametrize("name", ["dog.jpg", "horses.jpg"])
def test_photographed_animals_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a face expected, none found"):
        aligned(photograph("darknet", name, tmp_path), name)


@pytest.mark.parametrize("value", [0, 255])
def test_a_black_or_white_picture_shows_nobody(value: int) -> None:
    assert cascade.find([np.full((64, 80, 3), value, np.uint8)], 20) == [[]]


def test_a_face_cut_off_at_the_edge_is_found_and_padded_or_is_none() -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    [found] = alignment.find([face[:, 40:]], ["cut"], "largest")
    assert isinstance(found, UserError) or found.crop.shape == (150, 150, 3)


def test_the_cascade_finds_what_the_package_finds() -> None:
    from mtcnn import MTCNN

    rng = np.random.default_rng(0)
    pictures = [render_face(identity(n), STRAIGHT, rng, 160) for n in (4, 8)]
    for found, known in zip(
        cascade.find(pictures, 20), MTCNN().detect_faces(pictures), strict=True
    ):
        [(points, score)], [face] = found, known
        others = [face["keypoints"][key] for key in KEYPOINTS]
        np.testing.assert_allclose(points, others, atol=4)  # its points are whole pixels
        assert score == pytest.approx(face["confidence"], abs=0.02)


@pytest.mark.parametrize(("place", "sides"), [(0, (70, 50)), (1, (24, 24)), (2, (48, 48))])
def test_each_network_of_the_cascade_is_the_packages(place: int, sides: tuple[int, int]) -> None:
    from mtcnn import MTCNN

    pictures = np.random.default_rng(0).uniform(-1, 1, (3, *sides, 3)).astype(np.float32)
    expected = MTCNN().stages[place].model(pictures)
    found = cascade_networks.networks()[place](pictures)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_squares_are_cut_out_as_tensorflow_does() -> None:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (2, 40, 60, 3)).astype(np.float32)
    corners = rng.uniform(-10, 50, (30, 2))  # also beyond each edge
    boxes = np.hstack([corners, corners + rng.uniform(5, 30, (30, 1))])
    rows = rng.integers(0, 2, 30)
    fractions = (boxes[:, [1, 0, 3, 2]] / (40, 60, 40, 60)).astype(np.float32)
    expected = tf.image.crop_and_resize(pictures, fractions, rows, (24, 24))
    np.testing.assert_allclose(cascade._cut(pictures, rows, boxes, 24), expected, atol=1e-4)


def test_boxes_that_overlap_give_way_to_the_surest_of_their_picture() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [2, 2, 4, 4], [0, 0, 10, 10]], float)
    rows, scores = np.array([0, 0, 0, 1]), np.array([0.8, 0.9, 0.7, 0.6])
    # The first two share 90 of 110, the third lies within both and shares 4 of 100.
    assert cascade._apart(rows, boxes, scores, 0.7).tolist() == [1, 2, 3]
    assert cascade._apart(rows, boxes, scores, 0.7, within=True).tolist() == [1, 3]


def test_pictures_are_aligned_together_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    small, other = (render_face(identity(n), STRAIGHT, rng, 128) for n in (4, 8))
    large, wall = render_face(identity(4), STRAIGHT, rng, 192), np.full_like(small, 128)
    found = alignment.align_central([small, wall, large, other], ["a", "b", "c", "d"])
    for face, alone in zip(found[::2], (small, large), strict=False):
        np.testing.assert_array_equal(face, aligned(alone))
    np.testing.assert_array_equal(found[3], aligned(other))
    assert str(found[1]).startswith("b: a face expected, none found")


def test_of_several_faces_the_one_in_the_middle_counts() -> None:
    rng = np.random.default_rng(0)
    face, beside = (render_face(identity(n), STRAIGHT, rng, 192) for n in (4, 8))
    row = np.concatenate([beside, face, beside], axis=1)
    [found] = alignment.align_central([row], ["row"])
    difference = np.abs(np.asarray(found, float) - aligned(face)).mean()
    assert difference < 10 < np.abs(np.asarray(found, float) - aligned(beside)).mean()


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects how many pictures the detector is given at each call."""
    counted, find = [], alignment.faces_in

    def counting(pictures, part=0.0):
        counted.append(len(pictures))
        return find(pictures, part)

    monkeypatch.setattr(alignment, "faces_in", counting)
    return counted


@pytest.mark.parametrize(("quarters", "clockwise"), [(1, 90), (2, 180), (3, 270)])
def test_a_picture_on_its_side_or_its_head_is_turned_and_that_is_said(
    quarters: int, clockwise: int, caplog: pytest.LogCaptureFixture
) -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    upright = aligned(face, which="only")  # searched for faces of all sizes at once
    lying = np.rot90(face, quarters)
    with caplog.at_level(logging.WARNING):
        found = aligned(lying, "phone.jpg")
        [central] = alignment.align_central([lying], ["phone.jpg"])
    np.testing.assert_array_equal(found, upright)
    np.testing.assert_array_equal(central, upright)
    # NumPy turned it against the clock, so turning it clockwise by as much puts it right.
    words = f"phone.jpg: turned by {clockwise} degrees clockwise to find the face"
    assert caplog.messages == [words, words]


def test_an_upright_face_is_searched_for_once(searches: list[int], caplog) -> None:
    aligned(render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192))
    assert sum(searches) == 1
    assert not caplog.messages


def test_only_pictures_without_a_sure_face_are_searched_in_other_directions(
    searches: list[int],
) -> None:
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    alignment.align_central([face, np.full_like(face, 128), face], ["a", "b", "c"])
    assert searches == [3, 1, 1, 1, 1]  # the second: for small faces


def found_in_turns(monkeypatch: pytest.MonkeyPatch, *faces: list[Face]) -> None:
    """Lets the detector find these faces in a picture as it is, turned once, twice, thrice."""
    answers = iter(faces)
    monkeypatch.setattr(
        alignment,
        "faces_in",
        lambda pictures, part=0.0: [[] if part else next(answers) for _ in pictures],
    )


def face_of(confidence: float, side: float) -> Face:
    return Face(cropping.TEMPLATE_XY * side, confidence)


def test_two_doubtful_faces_give_way_to_a_sure_one_in_another_direction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    doubtful = [face_of(0.96, 60), face_of(0.97, 50)]
    found_in_turns(monkeypatch, doubtful, [], [], [face_of(0.9995, 100)])
    assert aligned(np.zeros((200, 200, 3), np.uint8)).shape == (150, 150, 3)


def test_a_small_false_face_in_another_direction_does_not_turn_an_upright_picture(
    monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    # The numbers of LFW's Ariel_Sharon_0001: a face in profile, and a surer thing on its side.
    found_in_turns(monkeypatch, [face_of(0.9521, 115)], [face_of(0.9914, 63)], [], [])
    aligned(np.zeros((200, 200, 3), np.uint8))
    assert not caplog.messages


def test_a_doubtful_face_in_another_direction_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found_in_turns(monkeypatch, [], [], [], [face_of(0.968, 60)])
    with pytest.raises(UserError, match="a face expected, none found"):
        aligned(np.zeros((200, 200, 3), np.uint8))


def test_two_people_stay_two_people(monkeypatch: pytest.MonkeyPatch) -> None:
    two = [face_of(0.999, 60), face_of(0.998, 60)]
    found_in_turns(monkeypatch, two, [], [face_of(0.97, 60)], [])
    with pytest.raises(UserError, match="one face expected, 2 found"):
        aligned(np.zeros((200, 200, 3), np.uint8), which="only")


def test_the_face_in_the_centre_is_found_beside_a_larger_one() -> None:
    picture = np.full((480, 640, 3), 128, np.uint8)
    rng = np.random.default_rng(0)
    picture[:250, :250] = render_face(identity(4), STRAIGHT, rng, 250)
    picture[185:295, 265:375] = render_face(identity(5), STRAIGHT, rng, 110)
    [found] = alignment.find([picture], ["p"], "centre")
    assert isinstance(found, Found)
    assert found.face.points_xy.mean(axis=0) == pytest.approx([320, 240], abs=40)


def test_a_strip_shows_no_face_and_a_turned_picture_says_so() -> None:
    [found] = alignment.find([np.zeros((9, 12000, 3), np.uint8)], ["strip"], "largest")
    assert str(found).startswith("strip: a face expected, none found")
    face = render_face(identity(4), STRAIGHT, np.random.default_rng(0), 192)
    assert alignment.find_all(face, "p").turned == 0
    assert alignment.find_all(np.rot90(face).copy(), "p").turned == 90
