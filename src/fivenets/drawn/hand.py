"""A hand as a skeleton of tapered round bones: posed, turned and seen from the front as heights.

The signs are those of the photographs: 0 is a ring of fingers and thumb, 3 is thumb, index and
middle finger, 4 keeps the thumb across the palm.

Units: lengths of the hand are fractions of its own length, from the wrist (the origin) to the tip
of the middle finger; x runs along the knuckles away from the thumb, y to the fingertips, z out of
the palm to the viewer. Angles are degrees.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image

DIGITS = np.array(  # thumb to little finger: the root's x, y, z; three bone lengths; four radii
    [
        [-0.085, 0.11, 0.02, 0.22, 0.16, 0.12, 0.088, 0.066, 0.055, 0.046],
        [-0.165, 0.49, 0.00, 0.21, 0.12, 0.08, 0.058, 0.054, 0.050, 0.042],
        [-0.055, 0.52, 0.00, 0.23, 0.13, 0.09, 0.058, 0.054, 0.050, 0.042],
        [0.055, 0.50, 0.00, 0.21, 0.13, 0.08, 0.058, 0.054, 0.050, 0.042],
        [0.155, 0.44, 0.00, 0.17, 0.10, 0.07, 0.052, 0.048, 0.043, 0.037],
    ]
)
ROOTS, BONE_LENGTHS, JOINT_RADII = np.split(DIGITS, [3, 6], axis=1)
PALM_RAYS = 5  # bones side by side that fill the palm
PALM_RADIUS, ELBOW_RADIUS = 0.07, 0.17
WRIST = np.array([0.075, 0, 0])  # from the middle of the wrist to its side
ELBOW = np.array([0, -1.5, 0])  # well below the picture
CUSHION = 0.06  # how far flesh rounds off what lies under it
HEEL = np.array([[0.09, 0.09, 0.02], [0.14, 0.33, 0.01]])  # the cushion below the little finger
PALM_LINES = np.array(  # x, y of the two creases that show at this size
    [[[-0.16, 0.35], [-0.04, 0.29], [0, 0.14]], [[-0.06, 0.43], [0.05, 0.37], [0.17, 0.36]]]
)

# Each finger's lean (sideways from "up", below 0 to the thumb) and each bone's bend off the palm.
RAISED_LEAN = (-14.0, -4.0, 7.0, 20.0)
FOLDED_LEAN = (2.0, 0.0, -3.0, -8.0)
RAISED_BEND = (4.0, 8.0, 12.0)
FOLDED_BEND = (72.0, 165.0, 235.0)
RING_BEND = (48.0, 110.0, 158.0)
# The thumb's leans and bends, bone by bone.
THUMB_OUT = ((-54.0, -46.0, -40.0), (10.0, 6.0, 2.0))
THUMB_ACROSS_PALM = ((-28.0, 30.0, 62.0), (28.0, 18.0, 0.0))
THUMB_OVER_FINGERS = ((-22.0, 12.0, 50.0), (34.0, 50.0, 12.0))
THUMB_IN_RING = ((-15.0, -5.0, 0.0), (60.0, 32.0, 10.0))
RING_YAW = 76.0  # the hole of the ring shows only from the thumb's side

# Per label: how many fingers from the index on are raised, how the others bend, the thumb.
SIGNS = {
    0: (0, RING_BEND, THUMB_IN_RING),
    1: (1, FOLDED_BEND, THUMB_OVER_FINGERS),
    2: (2, FOLDED_BEND, THUMB_OVER_FINGERS),
    3: (2, FOLDED_BEND, THUMB_OUT),
    4: (4, FOLDED_BEND, THUMB_ACROSS_PALM),
    5: (4, FOLDED_BEND, THUMB_OUT),
}


@dataclass(frozen=True)
class Pose:
    """What a hand does and how the camera sees it; rows go from thumb to little finger."""

    leans: np.ndarray  # (5, 3) degrees sideways, per bone
    bends: np.ndarray  # (5, 3) degrees off the palm's plane, per bone
    finger_length: np.ndarray  # (5,) factors
    thickness: float = 1.0  # factor on every radius
    yaw: float = 0.0  # degrees about the forearm's axis
    pitch: float = 0.0  # degrees about the axis along the knuckles
    roll: float = 0.0  # degrees in the picture's plane
    scale: float = 0.7  # the hand's length, in picture sides
    shift: tuple[float, float] = (0.0, 0.0)  # right and down, in picture sides
    mirrored: bool = False


class Bone(NamedTuple):
    """A round bone between two points; `blood` is how far BLOOD_TINT applies at its end."""

    start: np.ndarray  # (3,)
    end: np.ndarray  # (3,)
    start_radius: float
    end_radius: float
    blood: float = 0.0


def neutral_pose(label: int) -> Pose:
    """The sign with the palm to the viewer and the fingers up (0: turned to show its hole)."""
    if label not in SIGNS:
        raise ValueError(f"expected a sign from 0 to 5, received {label!r}")
    raised, folded_bend, (thumb_leans, thumb_bends) = SIGNS[label]
    fingers = RAISED_LEAN[:raised] + FOLDED_LEAN[raised:]
    bends = [RAISED_BEND] * raised + [folded_bend] * (4 - raised)
    return Pose(
        leans=np.array([thumb_leans, *([lean] * 3 for lean in fingers)]),
        bends=np.array([thumb_bends, *bends]),
        finger_length=np.ones(5),
        yaw=RING_YAW if label == 0 else 0.0,
    )


def direction(leans: np.ndarray | float, bends: np.ndarray | float) -> np.ndarray:
    """Unit vectors (..., 3) for leans and bends in degrees."""
    lean, bend = np.radians(leans), np.radians(bends)
    return np.stack([np.sin(lean) * np.cos(bend), np.cos(lean) * np.cos(bend), np.sin(bend)], -1)


def digits(pose: Pose) -> list[Bone]:
    """The three bones of each of the five digits, in hand lengths."""
    lengths = BONE_LENGTHS * pose.finger_length[:, None]
    steps = direction(pose.leans, pose.bends) * lengths[..., None]
    joints = np.concatenate([ROOTS[:, None], steps], axis=1).cumsum(axis=1)
    return [
        Bone(joints[d, b], joints[d, b + 1], JOINT_RADII[d, b], JOINT_RADII[d, b + 1], b / 2)
        for d in range(5)
        for b in range(3)
    ]


def palm_and_forearm() -> list[Bone]:
    """Overlapping bones from the elbow over the wrist to the knuckles, in hand lengths."""
    wrists = np.linspace(-WRIST, WRIST, PALM_RAYS)
    across = np.linspace(1, 4, PALM_RAYS)
    knuckles = np.stack([np.interp(across, range(5), axis) for axis in ROOTS.T], axis=-1)
    palm = [Bone(*ends, PALM_RADIUS, PALM_RADIUS) for ends in zip(wrists, knuckles, strict=True)]
    forearm = [Bone(w, w + ELBOW, PALM_RADIUS, ELBOW_RADIUS) for w in wrists[::2]]
    return [*palm, *forearm, Bone(HEEL[0], HEEL[1], 0.085, 0.075)]


def palm_lines(thickness: float) -> list[Bone]:
    """Dark threads on the palm's surface, in hand lengths."""
    lines = np.insert(PALM_LINES, 2, PALM_RADIUS * thickness, axis=-1)
    return [Bone(*ends, 0.008, 0.008, 2.0) for line in lines for ends in pairwise(line)]


def rotation(pose: Pose) -> np.ndarray:
    """The (3, 3) matrix from the hand's axes to the picture's: right, down, to the viewer."""
    angles = np.radians([pose.yaw, pose.pitch, pose.roll])
    (cos_y, cos_x, cos_z), (sin_y, sin_x, sin_z) = np.cos(angles), np.sin(angles)
    about_y = np.array([[cos_y, 0, sin_y], [0, 1, 0], [-sin_y, 0, cos_y]])
    about_x = np.array([[1, 0, 0], [0, cos_x, -sin_x], [0, sin_x, cos_x]])
    about_z = np.array([[cos_z, -sin_z, 0], [sin_z, cos_z, 0], [0, 0, 1]])
    return np.diag([-1 if pose.mirrored else 1, -1, 1]) @ about_z @ about_x @ about_y


def stamp(bone: Bone, height: np.ndarray, blood: np.ndarray) -> None:
    """Raise the (side, side) maps where the bone (in pixels) is nearest to the viewer."""
    side, reach = len(height), max(bone.start_radius, bone.end_radius)
    low = (np.minimum(bone.start, bone.end)[:2] - reach).astype(int).clip(0, side)
    high = (np.maximum(bone.start, bone.end)[:2] + reach + 1).astype(int).clip(0, side)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    x = np.arange(low[0], high[0], dtype=np.float32) - bone.start[0]
    y = np.arange(low[1], high[1], dtype=np.float32)[:, None] - bone.start[1]
    dx, dy, dz = (bone.end - bone.start).tolist()
    flat = float(np.hypot(dx, dy)) + 1e-6
    along, beside = (x * dx + y * dy) / flat, (x * dy - y * dx) / flat
    taper = bone.end_radius - bone.start_radius
    radius = bone.start_radius + taper * (along / flat).clip(0, 1)
    # Of a tilted tube one sees a point further along its axis than the one straight behind.
    bulge = np.sqrt((radius**2 - beside**2).clip(0))
    part = ((along + bulge * (dz / np.hypot(flat, dz))) / flat).clip(0, 1)
    room = (bone.start_radius + taper * part) ** 2 - beside**2 - (along - part * flat) ** 2
    surface = bone.start[2] + part * dz + np.sqrt(room.clip(0))
    nearer = (room > 0) & (surface > height[window])
    height[window][nearer] = surface[nearer]
    blood[window][nearer] = bone.blood * part[nearer]


def hand_maps(pose: Pose, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Height to the viewer in pixels (-inf beside the hand) and blood, both (side, side)."""
    thumb_base, *other_bones = digits(pose)
    turn, unit = rotation(pose), pose.scale * side
    hand = np.array([ROOTS[0], *(bone.end for bone in other_bones)]) @ turn[:2].T * unit
    middle = (hand.min(axis=0) + hand.max(axis=0)) / 2
    wrist = np.append((np.array(pose.shift) + 0.5) * side - middle, 0)
    grow = pose.thickness * unit
    height = np.full((side, side), -np.inf, dtype=np.float32)
    blood = np.zeros((side, side), dtype=np.float32)

    def stamp_all(bones: list[Bone]) -> None:
        for bone in bones:
            start, end = turn @ bone.start * unit + wrist, turn @ bone.end * unit + wrist
            radii = bone.start_radius * grow, bone.end_radius * grow
            stamp(Bone(start, end, radii[0], radii[1], bone.blood), height, blood)

    stamp_all([*palm_and_forearm(), thumb_base])
    height[:] = fleshy(height, CUSHION * unit)
    stamp_all([*palm_lines(pose.thickness), *other_bones])
    return height, blood


def softened(values: np.ndarray, radius: float) -> np.ndarray:
    """A (side, side) map without details finer than a radius in pixels."""
    image = Image.fromarray(values.astype(np.float32))
    cells = max(2, round(len(values) / radius))
    coarse = image.resize((cells, cells), Image.Resampling.BOX)
    return np.asarray(coarse.resize(image.size, Image.Resampling.BICUBIC))


def fleshy(height: np.ndarray, radius: float) -> np.ndarray:
    """The surface of a (side, side) height map with the grooves between its bones filled."""
    solid = np.isfinite(height)
    weight = softened(solid, radius).clip(0.3)
    return np.where(solid, softened(np.where(solid, height, 0), radius) / weight, -np.inf)
