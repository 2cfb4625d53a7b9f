"""Cars, vans and lorries as solids of faces, in metres: x to the right, y up, z ahead."""

import numpy as np

from fivenets.drawn.shapes import HEADLIGHT, TAILLIGHT, TYRE, Face, car_paint, darker, polygon

PLATES = np.array([[225, 200, 60], [230, 230, 225], [235, 235, 235]])
SKY = np.array([190, 205, 220])  # that glass reflects
SHARES = {
    "hatchback": 0.34,
    "saloon": 0.24,
    "estate": 0.2,
    "van": 0.1,
    "pickup": 0.06,
    "lorry": 0.06,
}
# Of each kind, the lowest and highest of length, width, height, belt (the part of the height at
# which windows begin), boot and bonnet (metres behind and before the windows), and how far rear
# window and windscreen lean.
BUILDS = {
    "hatchback": (
        [3.5, 1.6, 1.4, 0.54, 0, 0.75, 0.25, 0.7],
        [4.3, 1.8, 1.6, 0.62, 0.1, 1.05, 0.7, 1],
    ),
    "saloon": ([4.3, 1.7, 1.38, 0.56, 0.5, 1, 0.5, 0.75], [4.9, 1.85, 1.5, 0.62, 0.8, 1.3, 0.8, 1]),
    "estate": (
        [4.2, 1.7, 1.5, 0.55, 0, 0.9, 0.1, 0.6],
        [4.9, 1.95, 1.85, 0.62, 0.05, 1.2, 0.4, 0.9],
    ),
    "van": ([4.4, 1.8, 1.8, 0.5, 0, 0.3, 0.02, 0.5], [5.6, 2.1, 2.4, 0.6, 0.02, 0.8, 0.1, 0.8]),
    "pickup": ([4.9, 1.8, 1.65, 0.56, 1.4, 1.1, 0.1, 0.6], [5.7, 2, 1.9, 0.62, 1.9, 1.4, 0.2, 0.8]),
    "lorry": ([6, 2.2, 2.7, 0.4, 0, 0.05, 0.02, 0.1], [11, 2.5, 3.6, 0.55, 0.02, 0.2, 0.05, 0.3]),
}


def car(rng: np.random.Generator) -> list[Face]:
    """A car, as nearly all are painted, around the origin; those faces first that lie deeper."""
    shares = np.array(list(SHARES.values()))
    kind = str(rng.choice(list(SHARES), p=shares / shares.sum()))
    length, width, height, belt, boot, bonnet, rear, front = rng.uniform(*BUILDS[kind])
    paint = car_paint(rng)
    half, belt, ground = width / 2, belt * height, rng.uniform(0.18, 0.3)
    rear_base, front_base = boot, length - bonnet
    nose = belt - rng.uniform(0.08, 0.2) if bonnet > 0.3 else belt
    roof = np.array([half - rng.uniform(0.1, 0.2), height])
    side = [(ground, 0.05), (belt, 0), (belt, front_base), (nose, length - 0.05), (ground, length)]
    low, high, end = ground, ground + 0.12, length - 0.1
    sill = [(low, 0.1), (high, 0.1), (high, end), (low, end)]
    body = [
        *_both(half, paint, side),
        _across(half, paint, (ground, 0), (belt, 0)),
        _across(half, paint, (ground, length), (nose, length - 0.05)),
        _across(half, paint, (nose, length - 0.05), (belt, front_base)),
        _across(half, paint, (belt, 0), (belt, max(rear_base, 0.01))),
        *_both(half + 0.005, darker(paint, 0.5), sill),
        *_ends(half, belt, nose, ground, length, paint, rng),
    ]
    for at in (0.19 * length, 0.81 * length):
        body += _wheels(half, at, rng)
    glass = np.array([40, 45, 52]) * rng.uniform(0.6, 1.3) + SKY * rng.uniform(0, 0.3)
    base = half - 0.05
    cabin = [
        _sloped(base, roof[0], paint, (belt, rear_base), (height, rear_base + rear)),
        _sloped(base, roof[0], paint, (belt, front_base), (height, front_base - front)),
        _across(roof[0], paint, (height, rear_base + rear), (height, front_base - front)),
    ]
    windows = [_inset(face, glass * rng.uniform(0.8, 1.3)) for face in cabin[:2]]
    has_windows = kind not in ("van", "lorry") or rng.random() < 0.3
    for side in (-1, 1):
        x = side * np.array([base, roof[0], roof[0], base])
        z = [rear_base, rear_base + rear, front_base - front, front_base]
        wall = np.stack([x, [belt, height, height, belt], z], axis=1)
        cabin.append(Face(wall, tuple(paint)))
        cuts = [(0.06, 0.48), (0.53, 0.93)] if has_windows else [(0.78, 0.95)]
        for start, end in cuts:
            windows.append(Face(_part(wall, start, end), tuple(glass * rng.uniform(0.8, 1.2))))
    middle = np.array([0, 0, length / 2])
    return [Face(face.corners - middle, face.colour) for face in [*body, *cabin, *windows]]


def _both(half: float, colour, profile: list[tuple[float, float]]) -> list[Face]:
    """A profile of (y, z) on the left and on the right."""
    return [polygon(colour, *((x, y, z) for y, z in profile)) for x in (-half, half)]


def _across(half: float, colour, one: tuple[float, float], other: tuple[float, float]) -> Face:
    """A rectangle over the whole width between two edges at (y, z)."""
    return _sloped(half, half, colour, one, other)


def _sloped(half: float, half_above: float, colour, one, other) -> Face:
    return polygon(colour, (-half, *one), (-half_above, *other), (half_above, *other), (half, *one))


def _inset(face: Face, colour) -> Face:
    middle = face.corners.mean(axis=0)
    return Face(middle + 0.86 * (face.corners - middle), tuple(colour))


def _part(wall: np.ndarray, start: float, end: float) -> np.ndarray:
    """A window in a wall: from `start` to `end` of its length, below the roof, above the belt."""
    below = wall[0] + (wall[3] - wall[0]) * np.array([[start], [end]])
    above = wall[1] + (wall[2] - wall[1]) * np.array([[start], [end]])
    low, high = below + 0.06 * (above - below), below + 0.88 * (above - below)
    return np.array([low[0], high[0], high[1], low[1]])


def _ends(half, belt, nose, ground, length, paint, rng: np.random.Generator) -> list[Face]:
    """Lights, bumpers, plates and a grille."""
    bumper = darker(paint, rng.uniform(0.4, 1))
    plate, tall = rng.choice(PLATES), rng.uniform(0.12, 0.3)
    dark, light = (30, 31, 34), np.asarray(HEADLIGHT) * rng.uniform(0.7, 1.05)
    tail = np.asarray(TAILLIGHT) * rng.uniform(0.6, 1.2)
    wide = rng.uniform(0.16, 0.4)
    faces = []
    for z, top, lamp in ((-0.01, belt, tail), (length + 0.01, nose, light)):
        faces.append(_patch(-half, half, ground, ground + 0.2, z, bumper))
        faces.append(_patch(-half * 0.9, half * 0.9, ground, ground + 0.06, z, dark))
        if z > 0:
            faces.append(_patch(-0.5 * half, 0.5 * half, top - 0.25, top - 0.1, z, dark))
        for side in (-1, 1):
            outer, inner = side * half, side * (half - wide)
            faces.append(_patch(outer, inner, top - 0.04 - tall, top - 0.04, z, lamp))
        faces.append(_patch(-0.26, 0.26, ground + 0.16, ground + 0.28, z, plate))
    return faces


def _patch(left, right, low, high, z: float, colour) -> Face:
    return polygon(colour, (left, low, z), (left, high, z), (right, high, z), (right, low, z))


def _wheels(half: float, at: float, rng: np.random.Generator) -> list[Face]:
    radius, turn = rng.uniform(0.29, 0.35), np.linspace(0, 2 * np.pi, 14, endpoint=False)
    hub = np.full(3, rng.uniform(70, 190))
    faces = []
    for size, colour, out in ((1.15, (22, 22, 24), 0.006), (1, TYRE, 0.01), (0.62, hub, 0.015)):
        rim = size * radius * np.stack([np.sin(turn), np.cos(turn)], axis=1)
        faces += _both(half + out, colour, [(radius + y, at + z) for y, z in rim])
    return faces
