"""Built-in heart beats, for when ECG5000 cannot be had: the bumps that doctors name, P to T.

As there, a beat has 140 samples and is one of five classes of which the first is healthy; what is
wrong with the others is drawn after textbooks, and is no model of those classes.
"""

import numpy as np

SAMPLES = 140
CLASSES = ("normal", "premature", "wide", "without P", "flat T")
SHARES = (0.5, 0.2, 0.1, 0.1, 0.1)
# Of each bump the middle and width, as parts of a beat, and the height in millivolt.
BUMPS = {
    "P": (0.20, 0.025, 0.15),
    "Q": (0.36, 0.010, -0.12),
    "R": (0.40, 0.012, 1.20),
    "S": (0.44, 0.012, -0.25),
    "T": (0.66, 0.045, 0.30),
}


def beats(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, SAMPLES, 1) float32, each with mean 0 and deviation 1, and classes (count,)."""
    rng = np.random.default_rng([5, seed])
    labels = rng.choice(len(CLASSES), size=count, p=SHARES)
    drawn = np.stack([_beat(CLASSES[label], rng) for label in labels])
    drawn -= drawn.mean(axis=1, keepdims=True)
    drawn /= drawn.std(axis=1, keepdims=True)
    return drawn[..., None].astype(np.float32), labels


def _beat(kind: str, rng: np.random.Generator) -> np.ndarray:
    place = np.linspace(0, 1, SAMPLES)
    stretch, shift = rng.normal(1, 0.05), rng.normal(0, 0.02)
    signal = rng.normal(0, 0.03, SAMPLES) + rng.normal(0, 0.1) * np.sin(2 * np.pi * place)
    for name, (middle, width, height) in BUMPS.items():
        if (kind, name) == ("without P", "P"):
            continue
        middle = 0.4 + (middle - 0.4) * stretch + shift
        if kind == "premature":
            middle -= 0.12
        if kind == "wide" and name in "QRS":
            width *= 2.6
        if (kind, name) == ("flat T", "T"):
            height *= -0.3
        height *= rng.normal(1, 0.1)
        signal += height * np.exp(-0.5 * ((place - middle) / (width * rng.normal(1, 0.08))) ** 2)
    return signal
