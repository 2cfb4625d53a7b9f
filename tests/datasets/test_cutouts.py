"""A hand before black or before one plain colour is cut out; before anything else it is not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fivenets.datasets.classification import parts
from fivenets.datasets.classification.cutouts import LONGEST_SIDE, cut_out, cut_out_by_colour
from fivenets.datasets.settings import DataSettings
from fivenets.drawn.hand import SIGNS
from fivenets.drawn.signs import render_cutout

GREEN, BLUE, BLACK = (0, 177, 64), (25, 70, 215), (4, 5, 6)
HANDS = [render_cutout(sign, np.random.default_rng(sign)) for sign in SIGNS]
SIDE = 160


def before(hand: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A drawn hand (height, width, 4) before colours (..., 3), as a JPEG keeps it; and its mask."""
    large = cv2.resize(hand, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    opacity = large[..., 3:] / 255
    laid = large[..., :3] * opacity + (1 - opacity) * background
    stored = cv2.imencode(".jpg", laid.clip(0, 255).astype(np.uint8))[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR)), opacity[..., 0] > 0.5


def uneven(colour: tuple[int, int, int], change: float, roughness: float) -> np.ndarray:
    """A wall of a colour, lit from aside by so much, with a texture: (SIDE, SIDE, 3)."""
    light = np.linspace(1 - change, 1 + change, SIDE)[:, None]
    texture = np.random.default_rng(0).normal(0, roughness, (SIDE, SIDE))
    return (light + texture)[..., None] * np.array(colour)


def bricks() -> np.ndarray:
    """(SIDE, SIDE, 3)."""
    wall = uneven((150, 60, 45), 0.0, 0.08)
    for start in range(4):
        wall[start::20] = wall[:, start::32] = (190, 180, 170)
    return wall


def alike(opacity: np.ndarray, mask: np.ndarray) -> float:
    """The part of both masks that is of both."""
    found = opacity > 127
    return (found & mask).sum() / (found | mask).sum()


@pytest.mark.parametrize("colour", [GREEN, BLUE, (230, 20, 200), BLACK])
def test_a_hand_before_a_plain_colour_is_cut_out(colour: tuple[int, int, int]) -> None:
    for hand in HANDS:
        picture, mask = before(hand, uneven(colour, 0.06, 0.01))
        found = cut_out_by_colour(picture)
        assert found is not None
        assert alike(found[..., 3], mask) > 0.85
        assert found[:4, :4, 3].max() == 0
        assert np.array_equal(found[..., :3], picture)


def test_a_shadow_on_the_colour_is_no_part_of_the_hand() -> None:
    background = uneven(GREEN, 0.0, 0.0)
    background[60:150, 10:60] *= 0.55
    for hand in HANDS:
        picture, mask = before(hand, background)
        found = cut_out_by_colour(picture)
        assert found is not None
        assert alike(found[..., 3], mask) > 0.85


@pytest.mark.parametrize(
    "background",
    [
        uneven((230, 227, 222), 0.0, 0.0),  # a pale wall is of no colour that was chosen
        uneven((168, 189, 204), 0.1, 0.02),
        uneven((40, 150, 60), 0.4, 0.02),  # green, but lit from aside
        bricks(),
        np.random.default_rng(1).uniform(0, 255, (SIDE, SIDE, 3)),
    ],
)
def test_a_hand_before_a_wall_is_left_whole(background: np.ndarray) -> None:
    for hand in HANDS:
        assert cut_out_by_colour(before(hand, background)[0]) is None


def test_a_plain_colour_without_anything_before_it_is_left_whole() -> None:
    assert cut_out_by_colour(np.full((60, 60, 3), GREEN, np.uint8)) is None
    assert cut_out_by_colour(np.full((60, 60, 3), BLACK, np.uint8)) is None
    assert cut_out_by_colour(np.full((1, 1, 3), GREEN, np.uint8)) is None


def test_a_large_picture_is_kept_as_large_as_a_cut_out_is_used() -> None:
    picture = cv2.resize(before(HANDS[5], np.array(GREEN))[0], (1500, 1200))
    found = cut_out_by_colour(picture)
    assert found is not None
    assert found.shape == (LONGEST_SIDE * 12 // 15, LONGEST_SIDE, 4)


def test_a_hand_before_black_keeps_its_shadows_and_not_its_holes() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:80, 20:80] = (200, 0, 0)
    image[50:53, 50:53] = 0  # a shadow between fingers
    image[60:75, 30:45] = 0  # the hole of a ring
    image[2:4, 2:4] = 255  # dust
    opacity = cut_out(image)[..., 3]
    assert opacity[51, 51] == 255
    assert opacity[67, 37] == 0
    assert opacity[3, 3] == 0
    assert opacity[40, 40] == 255
    assert cut_out(np.zeros((20, 20, 3), np.uint8))[..., 3].max() == 0


def test_of_a_folder_what_stands_before_a_colour_is_cut_out_and_that_is_said(
    tmp_path: Path,
) -> None:
    walls = {"1": np.array(GREEN), "2": uneven((168, 189, 204), 0.1, 0.02)}
    for index in range(5):
        rng = np.random.default_rng(index)
        for label in ("1", "2", "3"):
            (tmp_path / "own" / label).mkdir(parents=True, exist_ok=True)
            picture = render_cutout(int(label), rng)
            if label in walls:
                picture = before(picture, walls[label])[0]
            Image.fromarray(picture).save(tmp_path / "own" / label / f"{index}.png")
    folder = str(tmp_path / "own")
    settings = DataSettings(
        dataset=[folder], image_size=32, validation_fraction=0.2, test_fraction=0.2, split_seed=0
    )
    part = parts.read(folder, settings, "builtin", tmp_path)
    assert part
    channels = {(one.label, one.image.shape[2]) for one in part.pictures}
    assert channels == {("1", 4), ("2", 3), ("3", 4)}
    assert part.notes == ("5 of 15 pictures of own stand before one plain colour: cut out",)
