"""A drawn painting, for where no painting can be had: brush strokes that follow whirls at night."""

import numpy as np
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 480, 600  # pixels
STROKES, STEPS, STEP = 9000, 11, 4  # strokes of at most 11 steps of 4 pixels
WHIRLS, REACH = 9, 70  # and how far one is felt, in pixels
# From the dark of the sky to the light of its lamps; RGB.
NIGHT = np.array([[17, 30, 76], [34, 64, 130], [62, 105, 165], [120, 160, 190], [236, 206, 100]])


def render_painting(seed: int = 0) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) RGB uint8; the same for the same seed."""
    rng = np.random.default_rng(seed)
    middles, turns = rng.uniform(0, (WIDTH, HEIGHT), (WHIRLS, 2)), rng.choice([-1, 1], WHIRLS)
    paths = [rng.uniform(0, (WIDTH, HEIGHT), (STROKES, 2))]
    for _ in range(STEPS):
        paths.append(paths[-1] + STEP * _flow(paths[-1], middles, turns))
    colours = _colours(paths[0], middles, rng)
    lengths, widths = rng.integers(5, STEPS + 2, STROKES), rng.integers(3, 7, STROKES)
    picture = Image.new("RGB", (WIDTH, HEIGHT), tuple(NIGHT[0].tolist()))
    draw = ImageDraw.Draw(picture)
    for path, colour, length, width in zip(
        np.stack(paths, axis=1).tolist(), colours.tolist(), lengths, widths.tolist(), strict=True
    ):
        draw.line([tuple(point) for point in path[:length]], tuple(colour), width, "curve")
    return np.asarray(picture)


def _flow(points: np.ndarray, middles: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Unit vectors (n, 2) at points (n, 2): a wind from the left, turned by whirls nearby."""
    away = points[:, None] - middles
    strength = turns * np.exp(-np.sum(away**2, axis=2) / (2 * REACH**2)) / 25
    turned = np.stack([-away[..., 1], away[..., 0]], axis=2)
    flow = np.array([0.6, 0.15]) + np.sum(strength[..., None] * turned, axis=1)
    return flow / np.linalg.norm(flow, axis=1, keepdims=True)


def _colours(points: np.ndarray, middles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 3) uint8, lighter towards the middle of a whirl; no two strokes are quite alike."""
    distance = np.linalg.norm(points[:, None] - middles, axis=2).min(axis=1)
    ripple = 0.5 + 0.5 * np.cos(distance / 11)
    light = 3.2 * np.exp(-distance / 60) + 0.9 * ripple + rng.normal(0, 0.35, len(points))
    steps = np.arange(len(NIGHT))
    mixed = np.column_stack([np.interp(light, steps, channel) for channel in NIGHT.T])
    return np.clip(mixed + rng.normal(0, 7, mixed.shape), 0, 255).astype(np.uint8)
