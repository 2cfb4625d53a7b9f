"""Cars and motorcycles as coloured polygons, in metres."""

import numpy as np

from fivenets.drawn.shapes import (
    CLOTHES,
    GLASS,
    HEADLIGHT,
    METAL,
    PAINTS,
    TAILLIGHT,
    TYRE,
    Face,
    darker,
    disc,
    limb,
    polygon,
)


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
