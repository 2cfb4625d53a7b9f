"""Trees have grain, stand on the ground and are of their class."""

import numpy as np

from fivenets.drawn.camera import Camera
from fivenets.drawn.canvas import VOID, Canvas
from fivenets.drawn.street import TREE
from fivenets.drawn.trees import GREENS, draw_avenue, draw_crown

WIDTH, HEIGHT, HORIZON = 320, 240, 100


def test_a_crown_fills_its_outline_with_leaves_that_are_lighter_above() -> None:
    canvas = Canvas(WIDTH, HEIGHT)
    draw_crown(canvas, (100, 50, 200, 130), GREENS[0], np.random.default_rng(0))
    is_tree = canvas.classes_at(WIDTH, HEIGHT) == TREE
    rows, columns = np.nonzero(is_tree)
    assert 90 <= columns.min() < 115 < 185 < columns.max() <= 210
    assert 40 <= rows.min() < 65 < 115 < rows.max() <= 140
    assert is_tree[80:100, 130:170].all()
    pixels = np.asarray(canvas.picture, float)
    assert len(np.unique(pixels[is_tree], axis=0)) > 30
    assert pixels[60:80, 130:170].mean() > 1.15 * pixels[100:120, 130:170].mean()
    assert (pixels[~is_tree] == 0).all()


def test_an_avenue_stands_on_the_ground_and_gets_smaller_with_distance() -> None:
    canvas = Canvas(WIDTH, HEIGHT)
    camera = Camera(0.0, 1.5, 0.0, 300.0, WIDTH / 2, HORIZON)
    draw_avenue(canvas, camera, 5.0, np.random.default_rng(1))
    classes = canvas.classes_at(WIDTH, HEIGHT)
    assert set(np.unique(classes)) == {TREE, VOID}
    rows, columns = np.nonzero(classes == TREE)
    below = rows > HORIZON + 1  # trunks, which end where the ground is seen
    depth = 300 * 5 / (columns[below] - WIDTH / 2)  # metres, of what stands 5 m to the right
    assert (rows[below] <= HORIZON + 1.2 * 300 * 1.5 / depth + 3).all()
    far, near = columns < WIDTH / 2 + 40, columns > WIDTH / 2 + 100
    assert np.ptp(rows[far]) < 0.7 * np.ptp(rows[near])


def test_what_is_behind_the_camera_is_not_drawn() -> None:
    canvas = Canvas(WIDTH, HEIGHT)
    camera = Camera(0.0, 1.5, np.pi, 300.0, WIDTH / 2, HORIZON)
    draw_avenue(canvas, camera, 5.0, np.random.default_rng(1))
    assert (canvas.classes_at(WIDTH, HEIGHT) == VOID).all()
