"""Motorcycles and bicycles with their riders as coloured polygons, in metres."""

import itertools

import numpy as np

from fivenets.drawn.shapes import (
    CLOTHES,
    GLASS,
    HAIRS,
    HEADLIGHT,
    METAL,
    PAINTS,
    SKINS,
    TAILLIGHT,
    TYRE,
    Face,
    darker,
    disc,
    limb,
    polygon,
    trapezium,
)


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
        trapezium(paint, middle, (0.14, 0.5), (0.2, 0.85)),
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
    torso = trapezium(jacket, middle, (0.17, 0.85), (0.24, 1.38))
    return [*legs, torso, *faces, *arms, disc(helmet, middle, 1.54, 0.15)]


def bicyclist(rng: np.random.Generator) -> list[Face]:
    """A bicycle with its rider, from its side (half of them) or its end."""
    frame = darker(rng.choice(PAINTS), 0.8)
    return _bicyclist_side(frame, rng) if rng.random() < 0.5 else _bicyclist_end(frame, rng)


def _bicyclist_side(frame, rng: np.random.Generator) -> list[Face]:
    radius, base = rng.uniform(0.31, 0.36), rng.uniform(0.98, 1.1)
    rear, front = (radius, radius), (radius + base, radius)
    seat, bar = (radius + 0.2 * base, rng.uniform(0.9, 1)), (radius + 0.85 * base, 1.0)
    pedals = (radius + 0.42 * base, 0.3)
    faces = []
    for hub in (rear, front):  # spokes are not seen from here
        turn = np.linspace(0, 2 * np.pi, 13)
        rim = [(hub[0] + radius * np.cos(at), hub[1] + radius * np.sin(at)) for at in turn]
        faces += [limb(TYRE, *ends, 0.05) for ends in itertools.pairwise(rim)]
    tubes = ((rear, pedals), (rear, seat), (seat, pedals), (pedals, bar), (seat, bar), (front, bar))
    faces += [limb(frame, *ends, 0.05) for ends in tubes]
    jacket, trousers, skin, hair = _clothes(rng)
    shoulder = (seat[0] + rng.uniform(0.2, 0.45), seat[1] + rng.uniform(0.4, 0.55))
    knee = (seat[0] + 0.4, rng.uniform(0.6, 0.75))
    return [
        *faces,
        limb(trousers, seat, knee, 0.16),
        limb(trousers, knee, (pedals[0], rng.uniform(0.15, 0.4)), 0.12),
        limb(jacket, seat, shoulder, rng.uniform(0.25, 0.36)),
        limb(darker(jacket, 0.85), shoulder, bar, 0.11),
        disc(hair, shoulder[0] + 0.08, shoulder[1] + 0.24, 0.13),
        disc(skin, shoulder[0] + 0.13, shoulder[1] + 0.2, 0.1),
    ]


def _bicyclist_end(frame, rng: np.random.Generator) -> list[Face]:
    middle, seat = 0.3, rng.uniform(0.88, 1)
    jacket, trousers, skin, hair = _clothes(rng)
    shoulder, half = seat + rng.uniform(0.45, 0.58), rng.uniform(0.19, 0.25)
    arms = [
        limb(
            darker(jacket, 0.85),
            (middle + side * half, shoulder - 0.06),
            (middle + side * 0.28, 1),
            0.1,
        )
        for side in (-1, 1)
    ]
    legs = [
        limb(trousers, (middle + side * 0.1, seat), (middle + side * 0.12, foot), 0.15)
        for side, foot in zip((-1, 1), rng.permutation([0.15, 0.45]), strict=True)
    ]
    back = trapezium(jacket, middle, (0.16, seat - 0.08), (half, shoulder))
    wheel = limb(TYRE, (middle, 0), (middle, 0.68), 0.06)
    bar = limb(frame, (0.02, 1), (2 * middle - 0.02, 1), 0.05)
    is_away = rng.random() < 0.5
    head = disc(hair if is_away else skin, middle, shoulder + 0.19, 0.12, 0.85)
    return [wheel, *legs, bar, *arms, back, disc(hair, middle, shoulder + 0.22, 0.12), head]


def _clothes(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Colours of jacket, trousers, skin and hair (or a helmet)."""
    hair = rng.choice(HAIRS) if rng.random() < 0.6 else rng.choice(PAINTS)
    return rng.choice(CLOTHES), rng.choice(CLOTHES) * 0.7, rng.choice(SKINS), hair
