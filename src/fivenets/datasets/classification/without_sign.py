"""What shows no sign and is made to test with: empty walls, and two drawn hands before a wall."""

import numpy as np

from fivenets.datasets.classification.backgrounds import two_hands, wall
from fivenets.datasets.classification.laying import Cutout, developed
from fivenets.drawn.hand import SIGNS
from fivenets.drawn.signs import render_cutout

COUNT = 200  # pictures of each kind
SEEDS = {"walls": 31, "two_hands": 32}
HANDS = 60  # that are drawn, any two of which are in a picture


def walls(side: int) -> np.ndarray:
    """(COUNT, side, side, 3) uint8, the same each time."""
    rng = np.random.default_rng(SEEDS["walls"])
    return np.stack([developed(wall(side, rng), rng) for _ in range(COUNT)])


def two_drawn_hands(side: int) -> np.ndarray:
    """(COUNT, side, side, 3) uint8, the same each time; each hand shows any sign."""
    rng = np.random.default_rng(SEEDS["two_hands"])
    signs = [list(SIGNS)[index % len(SIGNS)] for index in range(HANDS)]
    cutouts = [Cutout.of(render_cutout(sign, rng), goes_on=True) for sign in signs]
    return np.stack(
        [developed(two_hands(wall(side, rng), cutouts, rng), rng) for _ in range(COUNT)]
    )
