"""What is on a drawn street: objects to be found, and clutter; as coloured polygons, in metres."""

import numpy as np

from fivenets.drawn.shapes import (
    CLOTHES,
    HAIRS,
    HEADLIGHT,
    METAL,
    PAINTS,
    SKINS,
    TYRE,
    Face,
    darker,
    disc,
    limb,
    polygon,
    trapezium,
)
from fivenets.drawn.vehicles import bicyclist, motorcycle

CLASSES = ("car", "pedestrian", "motorcycle", "bicyclist")
# What a pixel can be of, named as CamVid names it: grass is with the trees.
BACKDROP = ("sky", "building", "pole", "road", "pavement", "tree", "sign")
PIXEL_CLASSES = (*BACKDROP, *CLASSES)
SKY, BUILDING, _, ROAD, PAVEMENT, TREE, _ = range(len(BACKDROP))


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
        faces += [trapezium(bag, x, (0.12, y - 0.3), (0.1, y))]
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


def tree(rng: np.random.Generator) -> list[Face]:
    height, green = rng.uniform(3, 6), np.array([60, 100, 50]) * rng.uniform(0.6, 1.2)
    low, breadth = rng.uniform(0.35, 0.5) * height, rng.uniform(0.5, 1.1)
    clumps = []
    for at in np.sort(rng.uniform(0, 1, 24)):  # of the crown's height
        x = 1 + breadth * np.sqrt(1 - (2 * at - 1) ** 2) * rng.uniform(-1, 1)
        colour = green * (0.6 + 0.6 * at + rng.normal(0, 0.15))
        clumps.append(disc(colour, x, low + at * (height - low), rng.uniform(0.15, 0.5)))
    return [limb((85, 65, 50), (1, 0), (1, 0.7 * height), 0.22), *clumps]


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


OBJECTS = {"pedestrian": pedestrian, "motorcycle": motorcycle, "bicyclist": bicyclist}
# By the class of their pixels; a bin is of none.
CLUTTER = {"tree": tree, "pole": lamp_post, "bin": bin_, "sign": sign_post}
