"""Built-in pictures of the hand signs 0 to 5, for when the photographs cannot be had.

A hand's map of heights (`hand`) is lit from one side and laid over a wall with its shadow, then
photographed: exposed, blurred and noisy. Lengths of the hand are fractions of its own length;
angles are degrees; colours are RGB from 0 to 255.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFilter

from fivenets.drawn.hand import CUSHION, SIGNS, Pose, direction, hand_maps, neutral_pose, softened
from fivenets.drawn.poses import freely_varied, varied

SUPERSAMPLING = 3  # canvas pixels per picture pixel, along each side
SKIN_TONES = np.array([  # from light to dark
    [242, 199, 173], [224, 173, 140], [204, 148, 112],
    [186, 130, 96], [156, 106, 75], [107, 71, 51],
])  # fmt: skip
BLOOD_TINT = np.array([1.0, 0.88, 0.86])  # what blood under a fingertip does to the skin's colour
WALLS = np.array(  # cool or neutral, so that no skin tone melts into its wall
    [[230, 227, 222], [199, 207, 214], [168, 189, 204], [184, 201, 186], [148, 156, 163]]
)
WALL_DEPTH = 0.3  # behind the wrist, in hand lengths


def cloud(rng: np.random.Generator, side: int, cells: int) -> np.ndarray:
    """A smooth (side, side) map of random values about 0, with so many cells along a side."""
    coarse = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))


def wall_light(rng: np.random.Generator, side: int) -> np.ndarray:
    """Brightness (side, side) of an empty wall, about 1: a gradient and a weak texture."""
    place = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    right, down, stains, grain = rng.uniform([-0.2, -0.2, 0, 0], [0.2, 0.2, 0.04, 0.02]).tolist()
    texture = stains * cloud(rng, side, 5) + grain * cloud(rng, side, int(rng.integers(16, 48)))
    return 1 + right * place + down * place[:, None] + texture


def shaded(height: np.ndarray, light: np.ndarray, unit: float) -> np.ndarray:
    """Brightness (side, side) of a surface, 0 to 1.1, under light from a direction (3,)."""
    down, right = (slope.clip(-3, 3) for slope in np.gradient(height))
    facing = 1 / np.sqrt(1 + right**2 + down**2)
    lit = ((light[2] - right * light[0] - down * light[1]) * facing).clip(0)
    # What lies between higher things, like the gap beside a finger, gets less of the room's light.
    sunken = (softened(height, CUSHION * unit) - height).clip(0, 0.15 * unit) / unit
    return (0.35 + 0.55 * lit + 0.15 * facing) * (1 - 3 * sunken)


def scene(pose: Pose, rng: np.random.Generator, side: int) -> np.ndarray:
    """The hand before a wall under one light, (side, side, 3) float, about 0 to 255."""
    unit = pose.scale * side
    height, blood = hand_maps(pose, side)
    hand = np.isfinite(height)
    light = direction(rng.uniform(120, 240), rng.uniform(35, 65))  # 180: from the picture's top
    fall = rng.uniform(0.1, 0.25) * unit
    source = (1, 0, light[0] * fall, 0, 1, light[1] * fall)
    cast = Image.fromarray(hand).transform(hand.shape, Image.Transform.AFFINE, source)
    shadow = softened(np.asarray(cast), 0.1 * unit).clip(0, 1) * rng.uniform(0.15, 0.4)
    wall = rng.choice(WALLS) * rng.uniform(0.86, 1.08) * rng.uniform(0.97, 1.03, 3)
    picture = (wall_light(rng, side) * (1 - shadow))[..., None] * wall.astype(np.float32)
    brightness = shaded(height.clip(-WALL_DEPTH * unit), light, unit)
    mottled = brightness * (1 + 0.04 * cloud(rng, side, 12))
    skin_tone = rng.choice(SKIN_TONES) * rng.uniform(0.95, 1.05)
    picture[hand] = skin_tone * (1 + blood[hand, None] * (BLOOD_TINT - 1)) * mottled[hand, None]
    return picture


def photograph(picture: np.ndarray, rng: np.random.Generator, size: int) -> np.ndarray:
    """A scene as a camera stores it, (size, size, 3) uint8: exposed, blurred and noisy."""
    exposed = picture * (rng.uniform(0.82, 1.1) * rng.uniform(0.95, 1.05, 3)).astype(np.float32)
    image = Image.fromarray(exposed.clip(0, 255).astype(np.uint8))
    image = image.resize((size, size), Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.011) * size))
    noise = rng.normal(0, rng.uniform(1, 5), (size, size, 3))
    return (np.asarray(image) + noise).clip(0, 255).astype(np.uint8)


def render_sign(label: int, rng: np.random.Generator, size: int = 64) -> np.ndarray:
    """A new picture of a sign from 0 to 5: (size, size, 3) uint8 RGB."""
    pose = varied(neutral_pose(label), rng)
    return photograph(scene(pose, rng, size * SUPERSAMPLING), rng, size)


def render_cutout(label: int, rng: np.random.Generator, size: int = 80) -> np.ndarray:
    """A hand alone in any skin tone and light, (size, size, 4) uint8; its arm goes on below."""
    pose, side = freely_varied(neutral_pose(label), rng), 2 * size
    height, blood = hand_maps(pose, side)
    hand, unit = np.isfinite(height), pose.scale * side
    light = direction(rng.uniform(0, 360), rng.uniform(30, 80))
    brightness = shaded(height.clip(-WALL_DEPTH * unit), light, unit)
    brightness = 1 + (brightness - 1) * rng.uniform(0.6, 1.2) + 0.04 * cloud(rng, side, 12)
    between = rng.uniform(0, len(SKIN_TONES) - 1)
    tone = [np.interp(between, range(len(SKIN_TONES)), channel) for channel in SKIN_TONES.T]
    skin = np.array(tone) * rng.uniform(0.93, 1.07, 3)
    picture = np.zeros((side, side, 4), np.float32)
    tint = 1 + blood[hand, None] * (BLOOD_TINT - 1)
    picture[hand] = np.c_[skin * tint * brightness[hand, None], np.ones(hand.sum())]
    summed = picture.reshape(size, 2, size, 2, 4).sum(axis=(1, 3))
    summed[..., :3] /= np.maximum(summed[..., 3:], 1)  # the colour of what there is of the hand
    summed[..., 3] *= 255 / 4
    return summed.clip(0, 255).astype(np.uint8)


def render_signs(count_per_label: int, seed: int) -> Iterator[tuple[np.ndarray, int]]:
    """Pictures and their labels, the six signs in turn; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(count_per_label):
        for label in SIGNS:
            yield render_sign(label, rng), label
