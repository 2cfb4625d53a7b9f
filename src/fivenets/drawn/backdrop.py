"""What stands behind the things on a drawn street: sky, photographs, houses, road and pavement."""

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image

from fivenets.drawn.camera import NEAREST, Camera
from fivenets.drawn.canvas import Canvas
from fivenets.drawn.shapes import CLOTHES, PAINTS
from fivenets.drawn.street import BUILDING, PAVEMENT, ROAD, SKY, TREE
from fivenets.drawn.trees import GREENS, draw_avenue, draw_crown

SKIES = np.array([[120, 165, 225], [215, 225, 235], [245, 246, 248], [110, 115, 125]])
WALLS = np.array([[150, 85, 65], [190, 170, 140], [215, 210, 200], [120, 115, 110], [90, 75, 65]])
FAR = 150.0  # metres; beyond it there is nothing
PHOTOGRAPHED = 0.3  # part of the scenes with a photograph behind them


class Street(NamedTuple):
    """Half of its widths in metres: of the road, and with pavements."""

    road: float
    walls: float


def draw_backdrop(canvas: Canvas, camera: Camera, street: Street, rng: np.random.Generator) -> None:
    """Fills the picture; camera: in pixels of `canvas`."""
    _draw_sky(canvas, camera, rng)
    if rng.random() < PHOTOGRAPHED:
        _paste_photograph(canvas, camera, rng)
    else:
        _draw_trees(canvas, camera, rng)
    _draw_ground(canvas, camera, street, rng)
    if rng.random() < 0.8:
        for side in rng.permutation([-1, 1])[: rng.integers(1, 3)]:
            _draw_houses(canvas, camera, side * street.walls, rng)
    if rng.random() < 0.5:
        for side in rng.permutation([-1, 1])[: rng.integers(1, 3)]:
            draw_avenue(canvas, camera, side * rng.uniform(street.road, street.walls), rng)


def _draw_sky(canvas: Canvas, camera: Camera, rng: np.random.Generator) -> None:
    above = rng.choice(SKIES) * rng.uniform(0.75, 1.1)
    below = above + rng.uniform(0, 1) * (np.array([240, 242, 245]) - above)
    rows = int(camera.horizon) + 1
    for row in range(0, rows, 4):
        colour = above + row / rows * (below - above)
        canvas.draw("rectangle", [0, row, canvas.width, row + 4], colour, SKY)


@cache
def photographs() -> tuple[Image.Image, ...]:
    """Those that scikit-learn ships (CC BY 2.0): a pagoda before a wood, a flower."""
    from sklearn.datasets import load_sample_images

    return tuple(Image.fromarray(pixels) for pixels in load_sample_images().images)


def _paste_photograph(canvas: Canvas, camera: Camera, rng: np.random.Generator) -> None:
    """A part of a photograph, down to the horizon or somewhat below it."""
    found = photographs()
    photograph = found[rng.integers(len(found))]
    side = rng.uniform(0.3, 1)
    size = np.array(photograph.size) * side
    left, top = rng.uniform(0, 1, 2) * (np.array(photograph.size) - size)
    bottom = int(camera.horizon + rng.uniform(0, 0.15) * canvas.height)
    part = photograph.resize(
        (canvas.width, bottom),
        Image.Resampling.BILINEAR,
        (left, top, left + size[0], top + size[1]),
    )
    if rng.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas.paste(part)


def _draw_trees(canvas: Canvas, camera: Camera, rng: np.random.Generator) -> None:
    """Crowns and roofs along the horizon."""
    tall = rng.uniform(0.05, 0.5) * camera.horizon
    for _ in range(rng.integers(4, 40)):
        x, half = rng.uniform(0, canvas.width), rng.uniform(0.02, 0.1) * canvas.width
        top = camera.horizon - tall * rng.uniform(0.3, 1)
        bottom = camera.horizon + 0.3 * tall
        if rng.random() < 0.7:
            green = rng.choice(GREENS) * rng.uniform(0.6, 1.3)
            draw_crown(canvas, (x - half, top, x + half, bottom), green, rng)
        else:
            colour = rng.choice(WALLS) * rng.uniform(0.6, 1.3)
            canvas.draw("rectangle", [x - half, top, x + half, bottom], colour, BUILDING)


def _draw_ground(canvas: Canvas, camera: Camera, street: Street, rng: np.random.Generator) -> None:
    stone = np.full(3, rng.uniform(100, 190)) + rng.uniform(-12, 12, 3)
    verge, kind = stone, PAVEMENT
    if rng.random() >= 0.6:
        verge, kind = rng.choice(GREENS) * rng.uniform(0.9, 1.6), TREE
    asphalt = np.full(3, rng.uniform(55, 150)) + rng.uniform(-8, 8, 3)
    below = [0, camera.horizon, canvas.width, canvas.height]
    canvas.draw("rectangle", below, verge, kind)
    _strip(canvas, camera, (-street.walls, street.walls), (-FAR, FAR), stone, PAVEMENT)
    _strip(canvas, camera, (-street.road, street.road), (-FAR, FAR), asphalt, ROAD)
    if rng.random() < 0.3:  # another street, across
        start = rng.uniform(4, 40)
        _strip(canvas, camera, (-FAR, FAR), (start, start + rng.uniform(5, 12)), asphalt, ROAD)
    for x in (-street.road, street.road):
        kerb = stone * rng.uniform(0.7, 1.2)
        _strip(canvas, camera, (x, x + 0.15), (-FAR, FAR), kerb, PAVEMENT)
    paint = np.array([225, 225, 215]) * rng.uniform(0.7, 1.05)
    lanes = rng.choice([0, *np.linspace(-street.road, street.road, rng.integers(3, 6))[1:-1]], 3)
    dash, gap = rng.uniform(1, 4), rng.uniform(0, 6)
    for x in np.unique(lanes) if rng.random() < 0.85 else ():
        for z in np.arange(-20, 60, dash + gap + 0.5):
            _strip(canvas, camera, (x, x + 0.13), (z, z + dash), paint)
    for _ in range(rng.integers(0, 4)):  # arrows, crossings and manholes
        z, x = rng.uniform(3, 25), rng.uniform(-street.road, street.road)
        colour = paint if rng.random() < 0.6 else asphalt * rng.uniform(0.6, 1.2)
        _strip(canvas, camera, (x, x + rng.uniform(0.3, 2)), (z, z + rng.uniform(0.3, 3)), colour)


def _strip(canvas: Canvas, camera: Camera, across, along, colour, kind=None) -> None:
    corners = [(across[0], 0, along[0]), (across[0], 0, along[1])]
    corners += [(across[1], 0, along[1]), (across[1], 0, along[0])]
    _fill(canvas, camera, np.array(corners, float), colour, kind)


def _draw_houses(canvas: Canvas, camera: Camera, x: float, rng: np.random.Generator) -> None:
    """A row of them along one side, the farthest first."""
    ends = [-20.0]
    while ends[-1] < 110:
        ends.append(ends[-1] + rng.uniform(5, 20))
    for start, end in reversed(list(itertools.pairwise(ends))):
        if rng.random() < 0.2:
            continue
        height = rng.uniform(3, 14)
        wall = rng.choice(WALLS) * rng.uniform(0.5, 1.2) + rng.uniform(-10, 10, 3)
        side = np.array([(x, 0, start), (x, height, start), (x, height, end), (x, 0, end)])
        gable = np.array(
            [(x, 0, start), (x, height, start), (3 * x, height, start), (3 * x, 0, start)]
        )
        _fill(canvas, camera, gable, wall * 0.8, BUILDING)
        _fill(canvas, camera, side, wall, BUILDING)
        if rng.random() < 0.5:  # a shop
            shop = side * [1, 0, 1] + [0, 1, 0] * np.array([[0.3], [3], [3], [0.3]])
            colours = PAINTS if rng.random() < 0.5 else CLOTHES
            _fill(canvas, camera, shop, rng.choice(colours) * rng.uniform(0.4, 1))
        _draw_windows(canvas, camera, side, rng)


def _draw_windows(
    canvas: Canvas, camera: Camera, side: np.ndarray, rng: np.random.Generator
) -> None:
    x, height, (start, end) = side[0, 0], side[1, 1], side[[0, 2], 2]
    across, up = rng.uniform(1.8, 4), rng.uniform(2.6, 3.6)
    columns, rows = np.arange(start + 0.6, end - 1.2, across), np.arange(1, height - 1.6, up)
    if not len(columns) or not len(rows):
        return
    z, y = (grid.ravel() for grid in np.meshgrid(columns, rows))
    wide, tall = 0.5 * across, 0.55 * up
    corners = np.stack(
        [
            np.stack([np.full_like(z, x), y + up_, z + along], axis=1)
            for up_, along in ((0, 0), (tall, 0), (tall, wide), (0, wide))
        ],
        axis=1,
    )
    turned = camera.turned(corners.reshape(-1, 3)).reshape(-1, 4, 3)
    turned = turned[(turned[..., 2] > NEAREST).all(axis=1)]
    pane = np.array([60, 68, 80]) * rng.uniform(0.5, 2.6)
    for window in camera.pixels(turned.reshape(-1, 3)).reshape(-1, 4, 2):
        colour = pane * rng.uniform(0.75, 1.25)
        canvas.draw("polygon", window.ravel().tolist(), colour, None)


def _fill(canvas: Canvas, camera: Camera, corners: np.ndarray, colour, kind=None) -> None:
    pixels = camera.pixels(camera.turned(corners))
    if len(pixels) > 2:
        canvas.draw("polygon", pixels.ravel().tolist(), colour, kind)
