"""Trees of a drawn street.

A network that has seen flat crowns takes no real tree for one: what tells leaves from a wall is
their grain (docs/decisions/0011).
"""

import numpy as np

from fivenets.drawn.camera import Camera
from fivenets.drawn.canvas import Canvas
from fivenets.drawn.street import TREE

GREENS = np.array([[60, 95, 45], [80, 110, 60], [45, 70, 40], [110, 100, 80]])
NEAREST_TREE = 2.0  # metres ahead


def draw_crown(canvas: Canvas, outline, green: np.ndarray, rng: np.random.Generator) -> None:
    """Clumps of leaves, light above and dark within.

    outline: (left, top, right, bottom) in pixels of the canvas.
    """
    low, high = np.array(outline[:2]), np.array(outline[2:])
    size = high - low
    count = int(np.clip(size.min(), 4, 150))
    angle, reach = rng.uniform(0, 2 * np.pi, count), 0.45 * np.sqrt(rng.uniform(0, 1, count))
    middles = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None] + 0.5
    share = np.exp(rng.uniform(np.log(0.02), np.log(0.15), (count, 1)))
    radii = share * rng.uniform(0.6, 1.4, (count, 2)) * size.min()
    shades = np.clip(1.2 - 0.6 * middles[:, 1] + rng.normal(0, 0.25, count), 0.3, 1.7)
    canvas.draw("ellipse", [*(low + 0.15 * size), *(high - 0.15 * size)], 0.6 * green, TREE)
    for at, radius, shade in zip(low + middles * size, radii, shades, strict=True):
        canvas.draw("ellipse", [*(at - radius), *(at + radius)], shade * green, TREE)


def draw_avenue(canvas: Canvas, camera: Camera, x: float, rng: np.random.Generator) -> None:
    """A row of trees along the street, x metres from its middle, the farthest first."""
    apart, tall = rng.uniform(6, 15), rng.uniform(4, 9)
    green, bark = rng.choice(GREENS), np.array([85, 70, 58]) * rng.uniform(0.5, 1.3)
    for z in np.arange(rng.uniform(4, 12), 90, apart)[::-1]:
        if rng.random() < 0.2:
            continue
        height = tall * rng.uniform(0.8, 1.2)
        half, trunk = height * rng.uniform(0.25, 0.4), height * rng.uniform(0.2, 0.45)
        foot = camera.turned(np.array([[x + rng.uniform(-0.3, 0.3), 0, z]]))[0]
        if foot[2] < NEAREST_TREE:
            continue
        ends = np.array([[-0.13, 0], [0.13, 1.2 * trunk], [-half, trunk], [half, height]])
        across = camera.pixels(foot + np.insert(ends, 2, 0, axis=1))
        (left, bottom), (right, top) = across[:2]
        canvas.draw("rectangle", [left, top, right, bottom], bark, TREE)
        (left, bottom), (right, top) = across[2:]
        draw_crown(canvas, (left, top, right, bottom), green * rng.uniform(0.7, 1.2), rng)
