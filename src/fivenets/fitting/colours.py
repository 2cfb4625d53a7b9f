"""Random changes of a picture's colours, for trainings whose pictures are changed before Keras."""

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def random_colours(
    exposure: float, saturation: float, hue: float, rng: np.random.Generator
) -> np.ndarray:
    """(3, 3) float32 for rows of RGB: exposure, saturation about grey, and a turn of the hue.

    Args: exposure, saturation: by up to a factor of 1 + this, either way; hue: of a turn.
    """
    brighter, stronger = np.exp(rng.uniform(-1, 1, 2) * np.log1p([exposure, saturation]))
    turn = 2 * np.pi * rng.uniform(-hue, hue)
    grey = np.tile(LUMA[:, None], 3)
    # About the grey axis (1, 1, 1), by Rodrigues' formula.
    axis = np.cross(np.eye(3), np.full(3, 3**-0.5))
    rotation = np.eye(3) + np.sin(turn) * axis + (1 - np.cos(turn)) * axis @ axis
    saturated = stronger * np.eye(3) + (1 - stronger) * grey
    return (brighter * rotation @ saturated).astype(np.float32)
