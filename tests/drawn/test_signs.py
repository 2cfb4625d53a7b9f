"""The built-in hand signs: reproducible, balanced, well exposed, and readable by counting."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from scipy import ndimage

from fivenets.drawn.hand import ROOTS, Pose, digits, neutral_pose
from fivenets.drawn.poses import freely_varied
from fivenets.drawn.signs import render_sign, render_signs, scene

SIDE = 160  # pixels of the scenes that are counted


def skin_of(label: int, mirrored: bool = False) -> np.ndarray:
    """(SIDE, SIDE) bool: the skin-coloured pixels of the sign seen straight on."""
    pose = replace(neutral_pose(label), mirrored=mirrored)
    picture = scene(pose, np.random.default_rng(label), SIDE)
    return picture[..., 0] > 1.2 * picture[..., 2]


def runs_along_arc(skin: np.ndarray, reach: float) -> int:
    """How often an arc over the hand, `reach` palm radii from the palm's middle, enters skin."""
    inside = np.asarray(ndimage.distance_transform_edt(skin))
    row, column = np.unravel_index(inside.argmax(), inside.shape)
    # From one side of the wrist over the fingertips to the other: the forearm stays out.
    angles = np.radians(np.linspace(-110, 110, 721))
    radius = reach * inside.max()
    rows = (row - radius * np.cos(angles)).round().astype(int)
    columns = (column + radius * np.sin(angles)).round().astype(int)
    on_skin = skin[rows, columns]
    return int(on_skin[0]) + int((on_skin[1:] & ~on_skin[:-1]).sum())


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("label", range(1, 6))
def test_an_arc_over_the_palm_crosses_as_many_fingers_as_the_label_says(
    label: int, mirrored: bool
) -> None:
    assert runs_along_arc(skin_of(label, mirrored), reach=1.9) == label


def test_only_the_ring_of_sign_zero_encloses_a_piece_of_wall() -> None:
    enclosed = [ndimage.binary_fill_holes(skin) & ~skin for skin in map(skin_of, range(6))]
    assert [bool(hole.sum() > SIDE) for hole in enclosed] == [True] + [False] * 5


@pytest.mark.parametrize("size", [64, 40])
def test_a_picture_is_square_rgb_of_bytes(size: int) -> None:
    picture = render_sign(3, np.random.default_rng(0), size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


def test_a_seed_fixes_every_byte_and_another_seed_changes_every_picture() -> None:
    first, again, other = ([p for p, _ in render_signs(1, seed)] for seed in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_no_picture_repeats_within_a_seed() -> None:
    assert len({picture.tobytes() for picture, _ in render_signs(3, seed=0)}) == 18


def test_labels_are_balanced_whenever_the_caller_stops_after_a_round() -> None:
    assert sorted(label for _, label in render_signs(2, seed=0)) == sorted([0, 1, 2, 3, 4, 5] * 2)
    assert sorted(label for _, label in islice(render_signs(2, seed=0), 6)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("label", [-1, 6])
def test_a_label_that_is_no_sign_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match=f"expected a sign from 0 to 5, received {label}"):
        render_sign(label, np.random.default_rng(0))


def test_pictures_are_neither_black_nor_flat_nor_saturated() -> None:
    for picture, _ in render_signs(4, seed=5):
        assert 60 < picture.mean() < 245
        assert picture.std() > 10
        assert (picture == 255).all(axis=-1).mean() < 0.25
        assert (picture == 0).all(axis=-1).mean() < 0.01


def freely(label: int) -> list[Pose]:
    rng = np.random.default_rng(label)
    return [freely_varied(neutral_pose(label), rng) for _ in range(300)]


@pytest.mark.parametrize("label", [2, 3])
def test_a_pair_of_fingers_stands_together_or_wide_apart(label: int) -> None:
    apart = [pose.leans[2, 0] - pose.leans[1, 0] for pose in freely(label)]
    assert np.quantile(apart, 0.1) < 15
    assert np.quantile(apart, 0.9) > 40


@pytest.mark.parametrize(("label", "is_out"), [(2, False), (3, True), (4, False), (5, True)])
def test_a_thumb_is_held_out_or_put_down_however_it_varies(label: int, is_out: bool) -> None:
    tips = np.array([digits(pose)[2].end[0] for pose in freely(label)])
    limit = ROOTS[1, 0] - 0.04  # a little beyond the index finger's knuckle
    assert np.mean((tips < limit) == is_out) > 0.98
    assert tips.std() > 0.03
