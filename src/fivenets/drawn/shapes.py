"""Cars, pedestrians and motorcycles as coloured polygons, in metres.

x runs to the right from the object's left end, y up from the ground. A shape is a list of faces,
the first drawn first.
"""

from typing import NamedTuple

import numpy as np

CLASSES = ("car", "pedestrian", "motorcycle")
PAINTS = np.array(  # of cars and motorcycles, RGB 0..255
    [
        [[190, 30, 35], [30, 60, 140], [225, 225, 225], [35, 38, 42]],
        [[120, 125, 130], [205, 165, 40], [40, 105, 70], [150, 90, 50]],
    ]
).reshape(-1, 3)
CLOTHES = np.array(
    [
        [[60, 70, 120], [150, 40, 50], [45, 45, 50], [190, 185, 170]],
        [[70, 120, 90], [200, 140, 60], [110, 70, 120], [90, 140, 190]],
    ]
).reshape(-1, 3)
SKINS = np.array([[235, 195, 170], [205, 155, 120], [160, 110, 80], [105, 70, 50]])
HAIRS = np.array([[40, 30, 25], [90, 60, 35], [170, 130, 70], [130, 130, 130]])
GLASS, TYRE, METAL = (70, 85, 100), (28, 28, 30), (150, 152, 155)
HEADLIGHT, TAILLIGHT = (245, 240, 205), (200, 25, 25)


class Face(NamedTuple):
    """One filled polygon."""

    corners: np.ndarray  # (n, 2) metres
    colour: tuple[float, ...]  # RGB 0..255


def polygon(colour, *corners: tuple[float, float]) -> Face:
    return Face(np.array(corners, float), tuple(colour))


def disc(colour, x: float, y: float, radius: float, flat: float = 1.0) -> Face:
    """A circle, `flat` times as wide as it is high."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    rim = np.stack([x + flat * radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
    return Face(rim, tuple(colour))


def limb(colour, start: tuple[float, float], end: tuple[float, float], width: float) -> Face:
    """A bar between two points."""
    along = np.subtract(end, start)
    across = np.array([-along[1], along[0]]) * width / 2 / max(float(np.hypot(*along)), 1e-9)
    ends = np.array([start, start, end, end]) + np.array([across, -across, -across, across])
    return Face(ends, tuple(colour))


def darker(colour, factor: float = 0.7) -> tuple[float, ...]:
    return tuple(np.asarray(colour) * factor)


def car(rng: np.random.Generator) -> list[Face]:
    """A car from its side (two in three) or from one of its ends."""
    paint = rng.choice(PAINTS) * rng.uniform(0.8, 1.1)
    return _car_side(paint, rng) if rng.random() < 2 / 3 else _car_end(paint, rng)


def _car_side(paint, rng: np.random.Generator) -> list[Face]:
    length, height = rng.uniform(3.6, 4.7), rng.uniform(1.4, 1.75)
    belt = rng.uniform(0.55, 0.62) * height
    back, rear_roof = rng.uniform(0.02, 0.2) * length, rng.uniform(0.16, 0.32) * length
    front_roof, bonnet = rng.uniform(0.55, 0.66) * length, rng.uniform(0.72, 0.8) * length
    hub, wheel = 0.3 * METAL[0] * np.ones(3) + 60, rng.uniform(0.3, 0.36)
    roof, pillar = height - 0.08, (rear_roof + front_roof) / 2
    faces = [
        polygon(paint, (back, belt), (rear_roof, height), (front_roof, height), (bonnet, belt)),
        polygon(
            GLASS, (back + 0.2, belt), (rear_roof + 0.05, roof), (pillar, roof), (pillar, belt)
        ),
        polygon(
            GLASS,
            (pillar + 0.08, belt),
            (pillar + 0.08, roof),
            (front_roof - 0.02, roof),
            (bonnet - 0.15, belt),
        ),
        polygon(
            darker(paint, 0.9),
            (0.05, 0.25),
            (0, belt - 0.1),
            (0.08, belt + 0.02),
            (bonnet, belt + 0.02),
            (length - 0.1, belt - 0.1),
            (length, 0.5),
            (length - 0.05, 0.25),
        ),
        limb(darker(paint, 0.6), (pillar + 0.04, 0.3), (pillar + 0.04, belt), 0.03),
        limb(darker(paint, 0.55), (0.05, 0.3), (length - 0.05, 0.3), 0.1),
        polygon(TAILLIGHT, (0, 0.6), (0, 0.78), (0.16, 0.78), (0.12, 0.6)),
        polygon(
            HEADLIGHT,
            (length - 0.25, 0.58),
            (length - 0.2, 0.72),
            (length - 0.04, 0.66),
            (length - 0.02, 0.56),
        ),
    ]
    for x in (0.2 * length, 0.8 * length):
        faces += [disc(TYRE, x, wheel, wheel), disc(hub, x, wheel, 0.58 * wheel)]
    return faces


def _car_end(paint, rng: np.random.Generator) -> list[Face]:
    width, height = rng.uniform(1.65, 1.9), rng.uniform(1.4, 1.75)
    belt, light = 0.58 * height, TAILLIGHT if rng.random() < 0.5 else HEADLIGHT
    return [
        polygon(TYRE, (0.08, 0), (0.08, 0.4), (0.32, 0.4), (0.32, 0)),
        polygon(
            TYRE, (width - 0.08, 0), (width - 0.08, 0.4), (width - 0.32, 0.4), (width - 0.32, 0)
        ),
        polygon(paint, (0.1, belt), (0.3, height), (width - 0.3, height), (width - 0.1, belt)),
        polygon(
            GLASS,
            (0.2, belt + 0.02),
            (0.36, height - 0.1),
            (width - 0.36, height - 0.1),
            (width - 0.2, belt + 0.02),
        ),
        polygon(
            darker(paint, 0.92),
            (0.03, 0.22),
            (0, belt - 0.1),
            (0.1, belt + 0.03),
            (width - 0.1, belt + 0.03),
            (width, belt - 0.1),
            (width - 0.03, 0.22),
        ),
        polygon(
            darker(paint, 0.5),
            (0.03, 0.22),
            (0.03, 0.36),
            (width - 0.03, 0.36),
            (width - 0.03, 0.22),
        ),
        polygon(light, (0.06, 0.6), (0.06, 0.76), (0.38, 0.74), (0.34, 0.6)),
        polygon(
            light,
            (width - 0.06, 0.6),
            (width - 0.06, 0.76),
            (width - 0.38, 0.74),
            (width - 0.34, 0.6),
        ),
        polygon(
            (215, 215, 205),
            (width / 2 - 0.25, 0.42),
            (width / 2 - 0.25, 0.54),
            (width / 2 + 0.25, 0.54),
            (width / 2 + 0.25, 0.42),
        ),
    ]


def pedestrian(rng: np.random.Generator) -> list[Face]:
    """Somebody who stands or walks, with or without a bag."""
    height = rng.uniform(1.5, 1.92)
    shirt, trousers = rng.choice(CLOTHES), rng.choice(CLOTHES) * 0.8
    skin, hair = rng.choice(SKINS), rng.choice(HAIRS)
    stride, swing = rng.uniform(0, 0.28), rng.uniform(0.02, 0.25)
    middle, hip, shoulder = 0.35, 0.5 * height, 0.82 * height
    breadth = rng.uniform(0.34, 0.46)
    faces = []
    for side in (-1, 1):
        foot = (middle + side * (0.07 + stride), 0.05)
        faces += [limb(trousers, (middle + side * 0.07, hip), foot, 0.16)]
        faces += [limb(TYRE, foot, (foot[0] + 0.14, 0.04), 0.1)]
    far_hand = (middle - breadth / 2 - swing, 0.5 * height)
    faces += [limb(darker(shirt), (middle - breadth / 2 + 0.05, shoulder), far_hand, 0.1)]
    if rng.random() < 0.3:
        x, y = far_hand
        bag = rng.choice(CLOTHES)
        faces += [
            polygon(bag, (x - 0.12, y - 0.3), (x - 0.1, y), (x + 0.1, y), (x + 0.12, y - 0.3))
        ]
    coat = rng.choice([hip - 0.03, 0.33 * height])
    flare = 0.04 if coat < hip - 0.05 else -0.04
    faces += [
        polygon(
            shirt,
            (middle - breadth / 2 - flare, coat),
            (middle - breadth / 2, shoulder),
            (middle - 0.08, shoulder + 0.04),
            (middle + 0.08, shoulder + 0.04),
            (middle + breadth / 2, shoulder),
            (middle + breadth / 2 + flare, coat),
        )
    ]
    near_hand = (middle + breadth / 2 + swing, 0.5 * height)
    faces += [limb(darker(shirt, 0.85), (middle + breadth / 2 - 0.05, shoulder), near_hand, 0.1)]
    faces += [disc(skin, *near_hand, 0.06), disc(skin, *far_hand, 0.06)]
    head = height - 0.13
    faces += [limb(skin, (middle, shoulder), (middle, head), 0.1)]
    return [
        *faces,
        disc(hair, middle - 0.01, head + 0.02, 0.13, 0.85),
        disc(skin, middle + 0.02, head - 0.02, 0.11, 0.8),
    ]


def motorcycle(rng: np.random.Generator) -> list[Face]:
    """A motorcycle, three in four with a rider, from its side (three in four) or its end."""
    paint, has_rider = rng.choice(PAINTS) * rng.uniform(0.8, 1.1), rng.random() < 0.75
    if rng.random() < 0.75:
        return _motorcycle_side(paint, has_rider, rng)
    return _motorcycle_end(paint, has_rider, rng)


def _motorcycle_side(paint, has_rider: bool, rng: np.random.Generator) -> list[Face]:
    wheel, base = rng.uniform(0.28, 0.34), rng.uniform(1.35, 1.5)
    rear, front = (wheel, wheel), (wheel + base, wheel)
    bar = (front[0] - 0.35, rng.uniform(0.95, 1.1))
    faces = []
    for x, y in (rear, front):
        faces += [disc(TYRE, x, y, wheel), disc(METAL, x, y, 0.68 * wheel), disc(TYRE, x, y, 0.2)]
    faces += [
        limb(METAL, front, bar, 0.07),
        limb(darker(paint, 0.6), rear, (front[0] - 0.55, 0.6), 0.12),
        polygon(darker(METAL, 0.6), (0.7, 0.2), (0.62, 0.58), (1.2, 0.6), (1.15, 0.22)),
        limb(METAL, (0.9, 0.25), (0.1, 0.3), 0.09),
        polygon(paint, (0.82, 0.62), (0.9, 0.86), (1.2, 0.9), (1.38, 0.7), (1.2, 0.6)),
        polygon((35, 30, 30), (0.22, 0.72), (0.3, 0.82), (0.85, 0.78), (0.85, 0.66)),
        polygon(paint, (0.12, 0.66), (0.2, 0.76), (0.55, 0.72), (0.5, 0.6)),
        disc(HEADLIGHT, bar[0] + 0.14, bar[1] - 0.16, 0.1),
        limb(TYRE, bar, (bar[0] - 0.16, bar[1] + 0.02), 0.06),
    ]
    return faces + (_rider(bar, rng) if has_rider else [])


def _rider(bar: tuple[float, float], rng: np.random.Generator) -> list[Face]:
    jacket, helmet, trousers = rng.choice(CLOTHES), rng.choice(PAINTS), rng.choice(CLOTHES) * 0.7
    hip = (rng.uniform(0.55, 0.68), 0.85)
    shoulder = (hip[0] + rng.uniform(0.1, 0.35), rng.uniform(1.3, 1.42))
    knee = (hip[0] + 0.42, 0.62)
    return [
        limb(trousers, hip, knee, 0.17),
        limb(trousers, knee, (hip[0] + 0.3, 0.25), 0.13),
        limb(jacket, hip, shoulder, 0.36),
        limb(darker(jacket, 0.8), shoulder, (bar[0] - 0.14, bar[1]), 0.11),
        disc(helmet, shoulder[0] + 0.08, shoulder[1] + 0.2, 0.15),
        polygon(
            GLASS,
            (shoulder[0] + 0.1, shoulder[1] + 0.16),
            (shoulder[0] + 0.1, shoulder[1] + 0.26),
            (shoulder[0] + 0.22, shoulder[1] + 0.24),
            (shoulder[0] + 0.22, shoulder[1] + 0.16),
        ),
    ]


def _motorcycle_end(paint, has_rider: bool, rng: np.random.Generator) -> list[Face]:
    middle, light = 0.42, HEADLIGHT if rng.random() < 0.5 else TAILLIGHT
    bar = rng.uniform(0.98, 1.08)
    faces = [
        disc(TYRE, middle, 0.31, 0.31, 0.26),
        limb(METAL, (middle - 0.1, 0.3), (middle - 0.1, 0.9), 0.05),
        limb(METAL, (middle + 0.1, 0.3), (middle + 0.1, 0.9), 0.05),
        polygon(
            paint,
            (middle - 0.14, 0.5),
            (middle - 0.2, 0.85),
            (middle + 0.2, 0.85),
            (middle + 0.14, 0.5),
        ),
        limb(TYRE, (0.04, bar), (2 * middle - 0.04, bar), 0.06),
        disc(light, middle, 0.86, 0.11),
    ]
    if not has_rider:
        return faces
    jacket, helmet = rng.choice(CLOTHES), rng.choice(PAINTS)
    legs = [
        limb(jacket * 0.7, (middle + side * 0.12, 0.85), (middle + side * 0.26, 0.3), 0.14)
        for side in (-1, 1)
    ]
    arms = [
        limb(darker(jacket, 0.8), (middle + side * 0.2, 1.35), (middle + side * 0.36, bar), 0.11)
        for side in (-1, 1)
    ]
    torso = polygon(
        jacket,
        (middle - 0.17, 0.85),
        (middle - 0.24, 1.38),
        (middle + 0.24, 1.38),
        (middle + 0.17, 0.85),
    )
    return [*legs, torso, *faces, *arms, disc(helmet, middle, 1.54, 0.15)]


def tree(rng: np.random.Generator) -> list[Face]:
    height, green = rng.uniform(3, 6), np.array([60, 100, 50]) * rng.uniform(0.6, 1.2)
    crown = [
        disc(green * rng.uniform(0.8, 1.15), 1 + rng.uniform(-0.5, 0.5), height * at, 0.9)
        for at in (0.6, 0.7, 0.8, 0.9)
    ]
    return [limb((85, 65, 50), (1, 0), (1, 0.7 * height), 0.22), *crown]


def lamp_post(rng: np.random.Generator) -> list[Face]:
    height, grey = rng.uniform(3.5, 5.5), np.full(3, rng.uniform(70, 130))
    return [
        limb(grey, (0.1, 0), (0.1, height), 0.12),
        limb(grey, (0.1, height), (0.7, height + 0.05), 0.08),
        limb(HEADLIGHT, (0.5, height - 0.02), (0.9, height), 0.1),
    ]


def bin_(rng: np.random.Generator) -> list[Face]:
    width, height, paint = rng.uniform(0.4, 0.9), rng.uniform(0.7, 1.2), rng.choice(PAINTS) * 0.8
    return [
        polygon(paint, (0.04, 0), (0, height), (width, height), (width - 0.04, 0)),
        limb(darker(paint, 0.6), (-0.03, height), (width + 0.03, height), 0.1),
    ]


def sign_post(rng: np.random.Generator) -> list[Face]:
    height, colour = rng.uniform(2, 2.6), rng.choice(PAINTS)
    return [
        limb(METAL, (0.25, 0), (0.25, height), 0.07),
        disc(colour, 0.25, height, 0.28),
        disc((230, 230, 230), 0.25, height, 0.2),
    ]


OBJECTS = {"car": car, "pedestrian": pedestrian, "motorcycle": motorcycle}
CLUTTER = (tree, lamp_post, bin_, sign_post)
