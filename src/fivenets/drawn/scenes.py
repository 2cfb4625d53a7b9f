"""Built-in street scenes: what is drawn, where it stands, and how a camera sees it.

Cars are solids, everything else that stands in a street is flat and faces the camera.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from fivenets.drawn.backdrop import Street, draw_backdrop
from fivenets.drawn.camera import NEAREST, Camera
from fivenets.drawn.canvas import VOID, Canvas
from fivenets.drawn.cars import car
from fivenets.drawn.shapes import Face
from fivenets.drawn.street import CLASSES, CLUTTER, OBJECTS, PIXEL_CLASSES

HEIGHT, WIDTH = 240, 336  # pixels of a picture
SUPERSAMPLING = 2
MIN_SIDE = 8  # pixels of a box; less cannot be told at the size that networks see
MAX_COVERED = 0.4  # of an object's box by nearer things; with more of it hidden it is not drawn
LEAST_VISIBLE = 0.4  # of an object's width, in the picture
HAZE = np.array([190, 200, 210])


class Scene(NamedTuple):
    """A picture (HEIGHT, WIDTH, 3) uint8, boxes (n, 4) in its pixels, and indices into CLASSES.

    mask: (HEIGHT, WIDTH) uint8, of each pixel its index into PIXEL_CLASSES, or VOID.
    """

    image_rgb_uint8: np.ndarray
    boxes_xyxy: np.ndarray
    classes: np.ndarray
    mask: np.ndarray


class Thing(NamedTuple):
    """Something that stands in the street; `label` is None for what is not to be found."""

    faces: list[Face]  # in the camera's axes, metres
    label: int | None
    kind: int  # of its pixels, in PIXEL_CLASSES, or VOID
    depth: float  # metres ahead
    box_xyxy: np.ndarray  # (4,) pixels, beyond the picture's edges too


def render_scenes(count: int, seed: int) -> Iterator[Scene]:
    """Scenes with one to eight objects each; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield render_scene(rng)


def render_scene(rng: np.random.Generator) -> Scene:
    """One scene; every car, pedestrian and so on in it has a box of what the picture shows."""
    street, camera = _street(rng)
    things: list[Thing] = []
    while not things:
        things = _placed(street, camera, rng)
    canvas = Canvas(WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING)
    fine = camera._replace(
        **{name: SUPERSAMPLING * getattr(camera, name) for name in ("focal", "middle", "horizon")}
    )
    draw_backdrop(canvas, fine, street, rng)
    light, haze = _light(rng), rng.uniform(0.002, 0.01)
    for thing in sorted(things, key=lambda thing: -thing.depth):
        _draw_thing(canvas, thing, fine, light, min(0.4, haze * thing.depth))
    objects = [thing for thing in things if thing.label is not None]
    boxes = np.array([_inside(thing.box_xyxy) for thing in objects])
    labels = np.array([thing.label for thing in objects])
    mask = canvas.classes_at(WIDTH, HEIGHT)
    return Scene(_photographed(canvas.picture, rng), boxes, labels, mask)


def _street(rng: np.random.Generator) -> tuple[Street, Camera]:
    """Mostly as a driver sees it; in one of three it runs across the picture."""
    road = rng.uniform(2.8, 8)
    street = Street(road, road + rng.uniform(1, 6))
    yaw = rng.normal(0, 0.15) if rng.random() < 2 / 3 else rng.uniform(0.4, np.pi - 0.4)
    across, focal = rng.uniform(-0.7, 0.7) * road, rng.uniform(0.75, 1.4) * WIDTH
    middle, horizon = rng.uniform(0.35, 0.65) * WIDTH, rng.uniform(0.33, 0.58) * HEIGHT
    return street, Camera(across, rng.uniform(1.1, 2.4), float(yaw), focal, middle, horizon)


def _placed(street: Street, camera: Camera, rng: np.random.Generator) -> list[Thing]:
    """Up to eight objects and up to five other things, none of them too well hidden."""
    things: list[Thing] = []
    wanted, other = int(rng.integers(1, 9)), int(rng.integers(0, 6))
    for _ in range(8 * wanted):
        if sum(thing.label is not None for thing in things) == wanted:
            break
        label = 0 if rng.random() < 0.5 else int(rng.integers(1, len(CLASSES)))
        tall = rng.uniform(*np.log([9, 110]))  # pixels; as many small ones as large ones
        depth = camera.focal * 1.6 / np.exp(tall)
        spot = camera.ground(rng.uniform(-0.1, 1.1) * WIDTH, depth)
        on_road = abs(spot[0]) < street.road
        if on_road != (CLASSES[label] != "pedestrian") and rng.random() < 0.75:
            continue
        _try_to_add(things, _standing(label, spot, camera, rng))
    if things:
        for _ in range(other):
            spot = camera.ground(rng.uniform(0, WIDTH), np.exp(rng.uniform(1.2, 4)))
            _try_to_add(things, _standing(None, spot, camera, rng))
    return things


def _standing(
    label: int | None, spot: np.ndarray, camera: Camera, rng: np.random.Generator
) -> Thing:
    """An object of a class, or clutter, at a spot of the street."""
    if label is None:
        kinds = list(CLUTTER)
        name = kinds[rng.integers(len(kinds))]
    else:
        name = CLASSES[label]
    if label == 0:
        along = rng.choice([0, np.pi]) + rng.normal(0, 0.08)
        turn = along if rng.random() < 0.8 else rng.uniform(0, 2 * np.pi)
        cos, sin = np.cos(turn), np.sin(turn)
        spin = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        faces = [Face(camera.turned(face.corners @ spin + spot), face.colour) for face in car(rng)]
    else:
        draw = (CLUTTER if label is None else OBJECTS)[name]
        here, mirrored = camera.turned(spot[None])[0], rng.choice([-1, 1])
        faces = [
            Face(here + np.insert(face.corners * [mirrored, 1], 2, 0, axis=1), face.colour)
            for face in draw(rng)
        ]
    corners = np.concatenate([face.corners for face in faces])
    pixels = camera.pixels(corners)
    box = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
    kind = PIXEL_CLASSES.index(name) if name in PIXEL_CLASSES else VOID
    return Thing(faces, label, kind, float(camera.turned(spot[None])[0, 2]), box)


def _try_to_add(things: list[Thing], thing: Thing) -> None:
    """Adds it unless it is behind the camera, too small, out of the picture, or hides too much."""
    nearest = min(face.corners[:, 2].min() for face in thing.faces)
    inside = _inside(thing.box_xyxy)
    sides, size = inside[2:] - inside[:2], thing.box_xyxy[2:] - thing.box_xyxy[:2]
    if nearest < 2 * NEAREST:
        return
    if thing.label is not None and (sides.min() < MIN_SIDE or (sides < LEAST_VISIBLE * size).any()):
        return
    together = sorted([*things, thing], key=lambda one: -one.depth)
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


def _light(rng: np.random.Generator) -> np.ndarray:
    """(4,) where light is from, in the camera's axes, as long as it is strong; and the rest."""
    direction = rng.normal([0, 1.5, 0], 1)
    strength = rng.uniform(0.1, 0.7)
    return np.append(strength * direction / np.linalg.norm(direction), 1 - strength)


def _draw_thing(
    canvas: Canvas, thing: Thing, camera: Camera, light: np.ndarray, haze: float
) -> None:
    corners = np.concatenate([face.corners for face in thing.faces])
    pixels = np.split(
        camera.pixels(corners), np.cumsum([len(face.corners) for face in thing.faces])
    )
    left, _, right, bottom = SUPERSAMPLING * thing.box_xyxy
    flat = 0.05 * (bottom - camera.horizon)
    shadow = [left - flat, bottom - 3 * flat, right + flat, bottom + flat]
    canvas.draw("ellipse", shadow, (42, 42, 46), None)
    shades = _shades(thing, light) if thing.label == 0 else np.ones(len(thing.faces))
    for face, outline, shade in zip(thing.faces, pixels, shades, strict=False):
        if shade > 0:
            colour = (1 - haze) * shade * np.asarray(face.colour) + haze * HAZE
            canvas.draw("polygon", outline.ravel().tolist(), colour, thing.kind)


def _shades(thing: Thing, light: np.ndarray) -> np.ndarray:
    """(n,) how bright each face of a solid is; 0 where it is turned away from the camera."""
    corners = np.array([face.corners[[0, 1, -1]] for face in thing.faces])
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    middles = np.array([face.corners.mean(axis=0) for face in thing.faces])
    outwards = np.sign(np.einsum("ij,ij->i", normals, middles - middles.mean(axis=0)))
    normals *= outwards[:, None]
    is_seen = np.einsum("ij,ij->i", normals, -middles) > 0
    lit = light[3] + np.maximum(normals @ light[:3], 0) + 0.15 * np.maximum(normals[:, 1], 0)
    return is_seen * np.clip(lit, 0.2, 1.3)


def _photographed(canvas: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """As a camera stores it: exposed, blurred, with grain."""
    image = canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    pixels = np.asarray(image, np.float32) / 255
    for side, strength in ((12, 0.08), (60, 0.06)):
        coarse = rng.normal(0, 1, (side, side)).astype(np.float32)
        clouds = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        pixels *= 1 + strength * np.asarray(clouds)[..., None]
    pixels = np.clip(pixels, 0, 1) ** np.float32(rng.uniform(0.65, 1.4))
    pixels = rng.uniform(0, 0.12) + rng.uniform(0.55, 1.1) * pixels  # flat in haze, dark at dusk
    pixels *= (np.exp(rng.uniform(-0.9, 0.3)) * rng.uniform(0.92, 1.08, 3)).astype(np.float32)
    noise = rng.standard_normal((HEIGHT, WIDTH, 3), np.float32) * rng.uniform(0.004, 0.03)
    return (255 * np.clip(pixels + noise, 0, 1)).astype(np.uint8)
