"""The 68 points of a drawn face, in the order of 300-W: what stands in for Helen's photographs.

0-16 the jaw from left to right in the picture, 17-21 and 22-26 the brows, 27-30 the nose's ridge,
31-35 its base, 36-41 and 42-47 the eyes, each clockwise from its left corner, 48-59 the lips' outer
edge, 60-67 their inner one.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fivenets.drawn.people import Identity, Pose, identity, outline_of, placed, pose, render_face


class Marked(NamedTuple):
    """A picture (size, size, 3) uint8, and its points (68, 2) as fractions of its sides."""

    image_rgb_uint8: np.ndarray
    points_xy: np.ndarray


def marked_faces(people: range, seed: int, size: int = 192) -> Iterator[Marked]:
    """A picture of each of these people; the same for the same seed."""
    for number in people:
        rng = np.random.default_rng([seed, number])
        person, at = identity(number), pose(rng)
        yield Marked(render_face(person, at, rng, size), points(person, at))


def points(person: Identity, at: Pose) -> np.ndarray:
    """(68, 2) fractions of the picture's sides, as `render_face` draws this face."""
    jaw = outline_of(person, np.linspace(np.pi, 0, 17)), 0.1
    parts = [jaw, *_brows(person, at), *_nose(person), *_eyes(person, at)]
    parts += _mouth(person, at)
    flat = np.array(
        [placed(x, y, depth, person.width, at) for part, depth in parts for x, y in part]
    )
    turn = np.radians(at.roll)  # the picture is turned against the clock, about its middle
    cos, sin = np.cos(turn), np.sin(turn)
    return (flat - 0.5) @ np.array([[cos, -sin], [sin, cos]]) + 0.5


def _brows(person: Identity, at: Pose) -> list[tuple[np.ndarray, float]]:
    parts = []
    for eye in (-1, 1):
        x, r = eye * person.eye_gap, person.eye_size
        line = -person.eye_line - r - 0.022 - 0.008 * at.smile
        corners = [
            (x - eye * r * 1.1, line + person.brow_tilt),
            (x, line - 0.012),
            (x + eye * r * 1.4, line),
        ]
        across = sorted(corners)
        xs = np.linspace(across[0][0], across[-1][0], 5)
        parts.append((np.column_stack([xs, np.interp(xs, *np.transpose(across))]), 0.9))
    return parts


def _nose(person: Identity) -> list[tuple[np.ndarray, float]]:
    eyes, tip = -person.eye_line, -person.eye_line + person.nose_length
    ridge = np.column_stack([np.linspace(0.012, 0, 4), np.linspace(eyes + 0.02, tip, 4)])
    base = np.column_stack(
        [
            person.nose_width * np.array([-1, -0.5, 0, 0.5, 1]),
            tip + 0.026 * np.array([0, 1, 1, 1, 0]),
        ]
    )
    return [(ridge, 1.3), (base, 1.6)]


def _eyes(person: Identity, at: Pose) -> list[tuple[np.ndarray, float]]:
    angles = np.radians([180, 240, 300, 0, 60, 120])
    sides = np.array([person.eye_size, 0.55 * person.eye_size * at.eyes_open])
    around = sides * np.column_stack([np.cos(angles), np.sin(angles)])
    return [(around + np.array([eye * person.eye_gap, -person.eye_line]), 0.8) for eye in (-1, 1)]


def _mouth(person: Identity, at: Pose) -> list[tuple[np.ndarray, float]]:
    half = person.mouth_width * (1 + 0.18 * at.smile)
    gap = 0.045 * at.mouth_open if 0.045 * at.mouth_open > 0.008 else 0.0
    thick = person.lip + 0.004

    def curve(reach: np.ndarray, below: float) -> np.ndarray:
        y = person.mouth_line + 0.035 * at.smile * (0.5 - reach**2) + below * (1 - reach**2)
        return np.column_stack([reach * half, y])

    upper, lower = np.linspace(-1, 1, 7), np.linspace(1, -1, 7)[1:-1]
    outer = [curve(upper, -thick), curve(lower, gap + thick)]
    inner = [curve(np.linspace(-0.9, 0.9, 5), 0.0), curve(np.linspace(0.9, -0.9, 5)[1:-1], gap)]
    return [(np.concatenate(part), 0.9) for part in (outer, inner)]
