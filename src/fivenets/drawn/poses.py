"""The sign of a hand as other people make it: fingers and thumbs, and how they are seen."""

from dataclasses import replace

import numpy as np

from fivenets.drawn.hand import Pose


def varied(pose: Pose, rng: np.random.Generator) -> Pose:
    """The same sign by another hand before another camera."""
    fan = np.array([1.0] + [rng.uniform(0.7, 1.35)] * 4)[:, None]
    curl = rng.uniform(0, 10) * np.array([0.0, 1.0, 2.0])
    return replace(
        pose,
        leans=pose.leans * fan + rng.normal(0, 2, (5, 1)),
        bends=pose.bends + curl + rng.normal(0, 3, (5, 1)),
        finger_length=rng.uniform(0.92, 1.08) * rng.uniform(0.95, 1.05, 5),
        thickness=rng.uniform(0.9, 1.1),
        yaw=pose.yaw + rng.uniform(-16, 16),
        pitch=rng.uniform(-15, 15),
        roll=rng.uniform(-35, 35),
        scale=rng.uniform(0.52, 0.78),
        shift=(rng.uniform(-0.07, 0.07), rng.uniform(-0.07, 0.07)),
        mirrored=bool(rng.integers(2)),
    )


def freely_varied(pose: Pose, rng: np.random.Generator) -> Pose:
    """The same sign by any hand from any side, upright; its fingers together or spread."""
    fan = np.array([1.0] + [rng.uniform(0.1, 2.0)] * 4)[:, None]
    curl = rng.uniform(0, 14) * np.array([0.0, 1.0, 2.0])
    yaw = (-45, 15) if pose.yaw else (-28, 28)  # the ring is seen from the palm's side as well
    thumb_leans, thumb_bends = _any_thumb(pose, rng)
    return replace(
        pose,
        leans=pose.leans * fan + rng.normal(0, 4, (5, 1)) + _apart(pose, rng) + thumb_leans,
        bends=pose.bends + curl + rng.normal(0, 4, (5, 1)) + thumb_bends,
        finger_length=rng.uniform(0.88, 1.12) * rng.uniform(0.93, 1.07, 5),
        thickness=rng.uniform(0.82, 1.3),
        yaw=pose.yaw + rng.uniform(*yaw),
        pitch=rng.uniform(-28, 28),
        roll=rng.uniform(-20, 20),
        scale=0.66,
    )


def _any_thumb(pose: Pose, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (5, 3) by which its thumb leans and bends otherwise, each joint by itself: people put
    it down in many ways, and hold it out by little or much."""
    leans, bends = np.zeros((5, 3)), np.zeros((5, 3))
    if pose.leans[0, 2] < 0:  # held out
        leans[0] = pose.leans[0] * rng.uniform(-0.4, 0.3) + rng.normal(0, 5, 3)
        bends[0] = rng.normal(0, 5, 3) + rng.uniform(0, 12)
    else:
        leans[0], bends[0] = rng.normal(0, 10, 3), rng.normal(0, 8, 3)
    return leans, bends


def _apart(pose: Pose, rng: np.random.Generator) -> np.ndarray:
    """Degrees (5, 1) that two raised fingers lean further apart: to a V of up to half a right
    angle."""
    is_pair = pose.bends[2, 2] < 90 < pose.bends[3, 2]
    half = rng.uniform(0, 17) if is_pair else 0.0
    return np.array([0, -half, half, 0, 0])[:, None]
