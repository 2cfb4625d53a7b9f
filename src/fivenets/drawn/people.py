"""Built-in pictures of faces, for when photographs cannot be had.

An identity is a set of proportions and colours; a picture adds pose, expression and light to it.
Lengths are fractions of the picture's side; y points down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SUPERSAMPLING = 3  # canvas pixels per picture pixel, along each side
SKINS = ((241, 205, 182), (224, 176, 146), (198, 146, 112), (156, 106, 78), (108, 72, 54))
HAIRS = ((34, 26, 22), (78, 52, 34), (132, 88, 48), (206, 168, 104), (150, 148, 146), (140, 62, 36))
IRISES = ((70, 48, 32), (88, 112, 72), (84, 118, 150), (44, 34, 30))


@dataclass(frozen=True)
class Identity:
    """What makes a person: the same in every picture."""

    skin: np.ndarray  # RGB, 0..255, as hair, iris and lips
    hair: np.ndarray
    iris: np.ndarray
    lips: np.ndarray
    width: float  # of the face, from its middle to its side
    height: float  # from its middle to the chin
    jaw: float  # 0 pointed .. 1 square
    eye_gap: float  # from the middle to each eye
    eye_size: float
    eye_line: float  # above the face's middle
    brow: float  # thickness
    brow_tilt: float
    nose_length: float
    nose_width: float
    mouth_line: float  # below the face's middle
    mouth_width: float
    lip: float  # thickness
    hairline: float  # above the eyes
    hair_length: float  # below the face's top, at its sides
    beard: float  # 0 none .. 1 full
    has_glasses: bool


@dataclass(frozen=True)
class Pose:
    """What differs from picture to picture of one person."""

    yaw: float  # -1 .. 1: the features' shift, as a part of the face's half width
    pitch: float  # shift of the features downwards
    roll: float  # degrees
    scale: float
    shift: tuple[float, float]
    smile: float  # -1 .. 1
    mouth_open: float  # 0 .. 1
    eyes_open: float  # 0 .. 1
    light: tuple[float, float]  # slope of the brightness to the right and down
    exposure: float


def identity(number: int) -> Identity:
    """The person of this number: always the same."""
    rng = np.random.default_rng([7, number])
    skin = np.array(SKINS[rng.integers(len(SKINS))]) * rng.uniform(0.94, 1.05)
    return Identity(
        skin=skin,
        hair=np.array(HAIRS[rng.integers(len(HAIRS))]) * rng.uniform(0.85, 1.15),
        iris=np.array(IRISES[rng.integers(len(IRISES))]),
        lips=skin * (0.86, 0.6, 0.6) * rng.uniform(0.85, 1.1),
        width=rng.uniform(0.25, 0.33),
        height=rng.uniform(0.35, 0.42),
        jaw=rng.uniform(0, 1),
        eye_gap=rng.uniform(0.1, 0.145),
        eye_size=rng.uniform(0.04, 0.06),
        eye_line=rng.uniform(0.03, 0.09),
        brow=rng.uniform(0.008, 0.026),
        brow_tilt=rng.uniform(-0.02, 0.03),
        nose_length=rng.uniform(0.12, 0.19),
        nose_width=rng.uniform(0.03, 0.065),
        mouth_line=rng.uniform(0.18, 0.23),
        mouth_width=rng.uniform(0.07, 0.12),
        lip=rng.uniform(0.008, 0.024),
        hairline=rng.uniform(0.1, 0.24),
        hair_length=rng.uniform(0.0, 0.75) * rng.integers(2),
        beard=max(0.0, rng.uniform(-1.6, 1)),
        has_glasses=bool(rng.random() < 0.25),
    )


def pose(rng: np.random.Generator) -> Pose:
    """A new pose, expression and light."""
    return Pose(
        yaw=rng.uniform(-0.35, 0.35),
        pitch=rng.uniform(-0.03, 0.03),
        roll=rng.normal(0, 5),
        scale=rng.uniform(0.93, 1.07),
        shift=tuple(rng.uniform(-0.03, 0.03, 2)),
        smile=rng.uniform(-0.5, 1),
        mouth_open=max(0.0, rng.uniform(-1, 1)),
        eyes_open=rng.uniform(0.5, 1) if rng.random() < 0.9 else 0.05,
        light=tuple(rng.uniform(-0.5, 0.5, 2)),
        exposure=rng.uniform(0.8, 1.12),
    )


def render_face(person: Identity, at: Pose, rng: np.random.Generator, size: int = 96) -> np.ndarray:
    """One picture, (size, size, 3) uint8 RGB; `rng` gives the wall and the noise."""
    side = size * SUPERSAMPLING
    wall = np.array([170, 176, 182]) * rng.uniform(0.7, 1.25, 3).mean() * rng.uniform(0.95, 1.05, 3)
    canvas = Image.new("RGB", (side, side), _rgb(wall))
    draw_head(_Pen(canvas, person, at), person, at)
    canvas = canvas.rotate(at.roll, Image.Resampling.BILINEAR, fillcolor=_rgb(wall))
    canvas = canvas.resize((size, size), Image.Resampling.BOX)
    canvas = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.007 * size)))
    place = np.linspace(-1, 1, size)
    light = at.exposure * (1 + at.light[0] * place + at.light[1] * place[:, None]).clip(0.35, 1.4)
    # A head is round: it falls off towards its rim, more on the side that turns away.
    rim = 1 - 0.28 * ((place - 0.5 * at.yaw) ** 2 + 0.5 * place[:, None] ** 2)
    lit = np.asarray(canvas) * (light * rim)[..., None] + rng.normal(0, 3, (size, size, 3))
    return lit.clip(0, 255).astype(np.uint8)


def draw_head(pen: "_Pen", person: Identity, at: Pose) -> None:
    """Back hair, neck, face, features, front hair, glasses: from back to front."""
    w, h = person.width, person.height
    eyes, mouth = -person.eye_line, person.mouth_line
    if person.hair_length:
        pen.blob(0, -0.05, w * 1.22, h * 1.08, person.hair, depth=-0.3)
        pen.box(-w * 1.2, 0, w * 1.2, person.hair_length * h * 1.6, person.hair, depth=-0.3)
    pen.box(-w * 0.5, 0.2, w * 0.5, 0.7, person.skin * 0.8, depth=0)
    for ear in (-1, 1):
        pen.blob(ear * w * 1.02, eyes + 0.05, 0.035, 0.065, person.skin * 0.9, depth=-0.15)
    outline = outline_of(person, np.linspace(0, 2 * np.pi, 90))
    pen.polygon(outline, person.skin, depth=0.1)
    if person.beard > 0:
        lower = outline[outline[:, 1] > 0.08]
        tint = person.skin + person.beard * 0.8 * (person.hair - person.skin)
        pen.polygon(lower, tint, depth=0.1)
        pen.blob(0, 0.08, w * 0.72, 0.1, person.skin, depth=0.4)
    _draw_hair(pen, person, outline)
    for eye in (-1, 1):
        x, r = eye * person.eye_gap, person.eye_size
        pen.blob(x, eyes, r * 1.15, r * 0.62 * at.eyes_open + 0.006, person.skin * 0.55, depth=0.8)
        pen.blob(x, eyes, r, r * 0.55 * at.eyes_open, np.array([238, 236, 232]), depth=0.8)
        iris = min(r * 0.52, r * 0.55 * at.eyes_open)
        pen.blob(x + 0.01 * at.yaw, eyes, iris, iris, person.iris, depth=0.8)
        pen.blob(x + 0.01 * at.yaw, eyes, iris / 2, iris / 2, np.array([12, 12, 12]), depth=0.8)
        inner, outer = x - eye * r * 1.1, x + eye * r * 1.4
        brow = eyes - r - 0.022 - 0.008 * at.smile
        pen.line([(inner, brow + person.brow_tilt), (x, brow - 0.012), (outer, brow)],
                 person.brow, person.hair * 0.8)  # fmt: skip
    tip = eyes + person.nose_length
    pen.line([(0.012, eyes + 0.02), (0.018, tip - 0.02)], 0.012, person.skin * 0.87, depth=1.2)
    pen.blob(0, tip, person.nose_width, 0.026, person.skin * 0.93, depth=1.6)
    for nostril in (-1, 1):
        pen.blob(nostril * person.nose_width * 0.55, tip + 0.012, 0.012, 0.008,
                 person.skin * 0.5, depth=1.5)  # fmt: skip
    reach = np.linspace(-1, 1, 15)
    half = person.mouth_width * (1 + 0.18 * at.smile)
    curve = mouth + 0.035 * at.smile * (0.5 - reach**2)
    line = list(zip(reach * half, curve, strict=True))
    pen.line(line, 2 * person.lip + 0.008, person.lips)
    gap = 0.045 * at.mouth_open
    if gap > 0.008:
        opened = [(x, y + gap * (1 - r**2)) for (x, y), r in zip(line, reach, strict=True)]
        pen.polygon(np.array(line + opened[::-1]), np.array([70, 28, 30]), depth=0.9)
        pen.line(opened, person.lip + 0.006, person.lips)
    else:
        pen.line(line, 0.007, person.lips * 0.55)
    if person.has_glasses:
        frame = np.array([30, 30, 34])
        for eye in (-1, 1):
            pen.ring(eye * person.eye_gap, eyes, person.eye_size * 1.5, 0.011, frame)
        inner = person.eye_gap - person.eye_size * 1.5
        pen.line([(-inner, eyes), (inner, eyes)], 0.011, frame)


def outline_of(person: Identity, angles: np.ndarray) -> np.ndarray:
    """(n, 2) of the face's edge: a superellipse, of a higher power where a squarer jaw is."""
    power = np.where(np.sin(angles) > 0, 2 / (2 + 1.2 * person.jaw), 1.0)
    towards = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = np.sign(towards) * np.abs(towards) ** power[:, None]
    return reach * np.array([person.width, person.height])


def _draw_hair(pen: "_Pen", person: Identity, outline: np.ndarray) -> None:
    border = -person.eye_line - person.hairline
    above = outline[outline[:, 1] < min(border + 0.06, -0.1)] * (1.09, 1.1)
    reach = np.linspace(1, -1, 9)[:, None] * (person.width * 0.9, 0)
    # The hairline arches over the forehead.
    fringe = reach + np.column_stack([np.zeros(9), border + 0.08 * np.linspace(-1, 1, 9) ** 2])
    order = np.argsort(above[:, 0])
    pen.polygon(np.concatenate([above[order], fringe]), person.hair, depth=0.3)


class _Pen:
    """Draws in the face's own coordinates: about its middle, shifted by depth when it turns."""

    def __init__(self, canvas: Image.Image, person: Identity, at: Pose):
        self.draw, self.side, self.at = ImageDraw.Draw(canvas), canvas.width, at
        self.width = person.width

    def polygon(self, points: np.ndarray, rgb: np.ndarray, depth: float) -> None:
        self.draw.polygon([self._place(x, y, depth) for x, y in points], fill=_rgb(rgb))

    def blob(self, x: float, y: float, rx: float, ry: float, rgb: np.ndarray, depth: float) -> None:
        angles = np.linspace(0, 2 * np.pi, 40)
        points = np.column_stack([x + rx * np.cos(angles), y + ry * np.sin(angles)])
        self.polygon(points, rgb, depth)

    def box(
        self, left: float, top: float, right: float, bottom: float, rgb: np.ndarray, depth: float
    ) -> None:
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        self.polygon(corners, rgb, depth)

    def line(self, points: list, width: float, rgb: np.ndarray, depth: float = 0.9) -> None:
        placed = [self._place(x, y, depth) for x, y in points]
        self.draw.line(placed, _rgb(rgb), max(1, round(width * self.side)), joint="curve")

    def ring(self, x: float, y: float, radius: float, width: float, rgb: np.ndarray) -> None:
        turn = np.linspace(0, 2 * np.pi, 40)
        circle = zip(x + radius * np.cos(turn), y + 0.85 * radius * np.sin(turn), strict=True)
        self.line(list(circle), width, rgb)

    def _place(self, x: float, y: float, depth: float) -> tuple[float, float]:
        right, down = placed(x, y, depth, self.width, self.at)
        return self.side * right, self.side * down


def placed(x: float, y: float, depth: float, width: float, at: Pose) -> tuple[float, float]:
    """Where a point of a face of this width is in its picture, before it is turned by its roll."""
    x = x * np.cos(at.yaw) + 0.35 * at.yaw * width * depth  # what is nearer moves further
    return 0.5 + at.shift[0] + at.scale * x, 0.52 + at.shift[1] + at.scale * (y + at.pitch * depth)


def render_faces(
    people: range, count: int, seed: int = 0, size: int = 96
) -> Iterator[tuple[np.ndarray, str]]:
    """`count` pictures of each person and the person's name; the same for the same seed."""
    for number in people:
        rng = np.random.default_rng([seed, number])
        for _ in range(count):
            yield render_face(identity(number), pose(rng), rng, size), f"person{number:03d}"


def _rgb(colour: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = np.clip(colour, 0, 255).astype(int).tolist()
    return red, green, blue
