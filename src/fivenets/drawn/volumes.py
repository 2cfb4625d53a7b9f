"""Built-in volumes, as a scanner would give them: one solid in noise, of a kind that only all
three directions together tell."""

import numpy as np

SIDE = 16  # voxels
CLASSES = ("ball", "cube", "rod", "shell")


def volumes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, SIDE, SIDE, SIDE, 1) float32 of mean about 0, and classes (count,)."""
    rng = np.random.default_rng([6, seed])
    labels = rng.integers(len(CLASSES), size=count)
    drawn = np.stack([_volume(CLASSES[label], rng) for label in labels])
    return drawn[..., None].astype(np.float32), labels


def _volume(kind: str, rng: np.random.Generator) -> np.ndarray:
    radius = rng.uniform(3, 5)
    middle = rng.uniform(radius, SIDE - radius, 3)
    away = np.indices((SIDE,) * 3).transpose(1, 2, 3, 0) + 0.5 - middle
    turned = away @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    distance = np.linalg.norm(turned, axis=-1)
    inside = {
        "ball": distance < radius,
        "cube": np.abs(turned).max(axis=-1) < 0.8 * radius,
        "rod": (np.hypot(turned[..., 0], turned[..., 1]) < 0.45 * radius)
        & (np.abs(turned[..., 2]) < 1.6 * radius),
        "shell": (distance < radius) & (distance > 0.62 * radius),
    }[kind]
    return inside * rng.uniform(0.8, 1.6) + rng.normal(0, 0.5, (SIDE,) * 3)
