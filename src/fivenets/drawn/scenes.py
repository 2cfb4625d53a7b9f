"""Built-in street scenes: what is drawn, where it stands, and how a camera sees it.

The street runs across the picture: buildings, a pavement, the road, perhaps the near pavement. A
thing that stands at a pixel row `foot` below the horizon is (foot - horizon) / CAMERA times as many
pixels high as it is metres high, by perspective over level ground.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fivenets.drawn.shapes import Face
from fivenets.drawn.street import CLASSES, CLUTTER, OBJECTS

HEIGHT, WIDTH = 240, 336  # pixels of a picture
SUPERSAMPLING = 2
MIN_SIDE = 11  # pixels of a box; less cannot be told at the size that networks see
MAX_COVERED = 0.35  # of an object's box by nearer things; with more of it hidden it is not drawn
HAZE = np.array([190, 200, 210])


class Scene(NamedTuple):
    """A picture (HEIGHT, WIDTH, 3) uint8, boxes (n, 4) in its pixels, and indices into CLASSES."""

    image_rgb_uint8: np.ndarray
    boxes_xyxy: np.ndarray
    classes: np.ndarray


class Street(NamedTuple):
    """Rows of the picture, from above: horizon, far pavement, road, near pavement; the camera."""

    horizon: float
    pavement: float
    road: float
    near_pavement: float
    camera: float  # metres above the ground

    def pixels_per_metre(self, foot: float) -> float:
        return (foot - self.horizon) / self.camera


class Thing(NamedTuple):
    """Something that stands in the street; `label` is None for what is not to be found."""

    faces: list[Face]
    label: int | None
    foot: float  # its row
    box_xyxy: np.ndarray  # (4,) pixels, beyond the picture's edges too


def render_scenes(count: int, seed: int) -> Iterator[Scene]:
    """Scenes with one to six objects each; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield render_scene(rng)


def render_scene(rng: np.random.Generator) -> Scene:
    """One scene; every car, pedestrian and motorcycle in it has a box of what the picture shows."""
    street = _street(rng)
    things = _placed(street, rng)
    canvas = Image.new("RGB", (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING))
    draw = ImageDraw.Draw(canvas)
    _draw_street(draw, street, rng)
    for thing in sorted(things, key=lambda thing: thing.foot):
        _draw_thing(draw, thing, street, rng)
    objects = [thing for thing in things if thing.label is not None]
    boxes = np.array([_inside(thing.box_xyxy) for thing in objects])
    labels = np.array([thing.label for thing in objects])
    return Scene(_photographed(canvas, rng), boxes, labels)


def _street(rng: np.random.Generator) -> Street:
    horizon = rng.uniform(0.3, 0.42) * HEIGHT
    pavement = horizon + rng.uniform(0.06, 0.1) * HEIGHT
    road = pavement + rng.uniform(0.05, 0.09) * HEIGHT
    return Street(horizon, pavement, road, rng.uniform(0.8, 1.2) * HEIGHT, rng.uniform(1.5, 2.4))


def _placed(street: Street, rng: np.random.Generator) -> list[Thing]:
    """One to six objects and up to four other things, none of them too well hidden."""
    things: list[Thing] = []
    wanted, other = int(rng.integers(1, 7)), int(rng.integers(0, 5))
    for _ in range(12 * wanted):
        if sum(thing.label is not None for thing in things) == wanted:
            break
        label = int(rng.integers(len(CLASSES)))
        _try_to_add(things, OBJECTS[CLASSES[label]](rng), label, street, rng)
    for _ in range(other):
        _try_to_add(things, CLUTTER[rng.integers(len(CLUTTER))](rng), None, street, rng)
    return things


def _try_to_add(
    things: list[Thing],
    faces: list[Face],
    label: int | None,
    street: Street,
    rng: np.random.Generator,
) -> None:
    is_vehicle = label is not None and CLASSES[label] != "pedestrian"
    first = street.road + 2 if is_vehicle else street.pavement + 2
    last = street.road if label is None else 0.97 * HEIGHT
    # Things gather in the distance, as there is more street there.
    foot = first + (last - first) * rng.uniform(0, 1) ** 1.6
    scale = street.pixels_per_metre(foot)
    corners = np.concatenate([face.corners for face in faces])
    size = (corners.max(axis=0) - corners.min(axis=0)) * scale
    left = rng.uniform(-0.3 * size[0], WIDTH - 0.7 * size[0])
    is_turned = rng.random() < 0.5
    origin = corners.min(axis=0)[0]
    placed = []
    for face in faces:
        x = (face.corners[:, 0] - origin) * scale
        x = left + (size[0] - x if is_turned else x)
        placed.append(Face(np.stack([x, foot - face.corners[:, 1] * scale], axis=1), face.colour))
    points = np.concatenate([face.corners for face in placed])
    thing = Thing(placed, label, foot, np.concatenate([points.min(axis=0), points.max(axis=0)]))
    inside = _inside(thing.box_xyxy)
    sides = inside[2:] - inside[:2]
    if label is not None and (sides.min() < MIN_SIDE or sides[0] < 0.6 * size[0]):
        return
    together = sorted([*things, thing], key=lambda one: one.foot)
    if all(
        _covered(one, together[at + 1 :]) <= MAX_COVERED
        for at, one in enumerate(together)
        if one.label is not None
    ):
        things.append(thing)


def _covered(thing: Thing, nearer: list[Thing]) -> float:
    """The part of a thing's box, as far as it is in the picture, that nearer boxes cover."""
    left, top, right, bottom = np.round(_inside(thing.box_xyxy)).astype(int)
    hidden = np.zeros((max(1, bottom - top), max(1, right - left)), bool)
    for other in nearer:
        x1, y1, x2, y2 = np.round(_inside(other.box_xyxy)).astype(int)
        hidden[max(0, y1 - top) : max(0, y2 - top), max(0, x1 - left) : max(0, x2 - left)] = True
    return float(hidden.mean())


def _inside(box_xyxy: np.ndarray) -> np.ndarray:
    return np.clip(box_xyxy, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])


def _draw_street(draw: ImageDraw.ImageDraw, street: Street, rng: np.random.Generator) -> None:
    sky = np.array([150, 185, 225]) * rng.uniform(0.6, 1.05) + rng.uniform(-20, 20, 3)
    for row in range(int(street.pavement) + 1):
        _band(draw, row, row + 1, sky + (row / HEIGHT) * 60)
    _draw_buildings(draw, street, rng)
    stone = np.full(3, rng.uniform(130, 185)) + rng.uniform(-10, 10, 3)
    asphalt = np.full(3, rng.uniform(65, 115)) + rng.uniform(-6, 6, 3)
    _band(draw, street.pavement, street.road, stone)
    _band(draw, street.road, HEIGHT, asphalt)
    _band(draw, street.road, street.road + 2, stone * 0.75)
    middle = street.road + rng.uniform(0.3, 0.5) * (min(HEIGHT, street.near_pavement) - street.road)
    dash, thick = rng.uniform(15, 40), max(1.5, 0.012 * (middle - street.horizon) * 2)
    for x in np.arange(-rng.uniform(0, dash), WIDTH, 2 * dash):
        _box(draw, x, middle, x + dash, middle + thick, (205, 205, 195))
    if street.near_pavement < HEIGHT:
        _band(draw, street.near_pavement, HEIGHT, stone * 0.95)
        _band(draw, street.near_pavement, street.near_pavement + 4, stone * 0.7)


def _draw_buildings(draw: ImageDraw.ImageDraw, street: Street, rng: np.random.Generator) -> None:
    left = -rng.uniform(0, 40)
    while left < WIDTH:
        right, top = left + rng.uniform(40, 110), rng.uniform(-0.2, 0.28) * HEIGHT
        wall = rng.uniform(100, 205) + rng.uniform([-10, -15, -40], [25, 10, 10])
        foot = street.pavement + 1
        _box(draw, left, top, right, foot, wall)
        across, down = rng.uniform(9, 18), rng.uniform(12, 22)
        pane = np.array([60, 70, 85]) + rng.uniform(-20, 40)
        for x in np.arange(left + 4, right - 0.6 * across, across):
            for y in np.arange(max(-down, top) + 5, foot - 0.7 * down, down):
                _box(draw, x, y, x + 0.55 * across, y + 0.6 * down, pane * rng.uniform(0.8, 1.3))
        left = right + rng.choice([0, 0, rng.uniform(4, 25)])


def _draw_thing(
    draw: ImageDraw.ImageDraw, thing: Thing, street: Street, rng: np.random.Generator
) -> None:
    left, _, right, _ = thing.box_xyxy
    flat = 0.06 * (thing.foot - street.horizon)
    shadow = [left - flat, thing.foot - flat, right + flat, thing.foot + 0.7 * flat]
    draw.ellipse([SUPERSAMPLING * side for side in shadow], fill=(48, 48, 52))
    distance = 1 / street.pixels_per_metre(thing.foot)
    haze = np.clip(distance * rng.uniform(1, 2), 0, 0.35)
    light = rng.uniform(0.85, 1.1)
    for face in thing.faces:
        _fill(draw, face.corners, (1 - haze) * light * np.asarray(face.colour) + haze * HAZE)


def _band(draw: ImageDraw.ImageDraw, top: float, bottom: float, colour) -> None:
    _box(draw, 0, top, WIDTH, bottom, colour)


def _box(draw: ImageDraw.ImageDraw, left, top, right, bottom, colour) -> None:
    corners = [SUPERSAMPLING * float(side) for side in (left, top, right, bottom)]
    draw.rectangle(corners, fill=_rgb(colour))


def _fill(draw: ImageDraw.ImageDraw, corners: np.ndarray, colour) -> None:
    draw.polygon((corners * SUPERSAMPLING).ravel().tolist(), fill=_rgb(colour))


def _rgb(colour) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, int(value))) for value in colour)
    return red, green, blue


def _photographed(canvas: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """As a camera stores it: exposed, blurred, with grain."""
    image = canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))
    exposure = (rng.uniform(0.65, 1.15) * rng.uniform(0.94, 1.06, 3)).astype(np.float32)
    coarse = rng.normal(0, 1, (12, 16)).astype(np.float32)
    clouds = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    pixels = np.asarray(image, np.float32) * exposure * (1 + 0.05 * clouds[..., None])
    noise = rng.normal(0, rng.uniform(1, 6), (HEIGHT, WIDTH, 3)).astype(np.float32)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)
