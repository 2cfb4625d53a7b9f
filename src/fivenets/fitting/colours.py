"""Random changes of a picture's colours, for trainings whose pictures are changed before Keras."""

import numpy as np

from fivenets.fitting.strengths import Colours

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def random_colours(of: Colours, rng: np.random.Generator) -> np.ndarray:
    """(3, 3) float32 for rows of RGB: exposure, saturation about grey, and a turn of the hue."""
    brighter, stronger = np.exp(rng.uniform(-1, 1, 2) * np.log1p([of.exposure, of.saturation]))
    turn = 2 * np.pi * rng.uniform(-of.hue, of.hue)
    grey = np.tile(LUMA[:, None], 3)
    # About the grey axis (1, 1, 1), by Rodrigues' formula.
    axis = np.cross(np.eye(3), np.full(3, 3**-0.5))
    rotation = np.eye(3) + np.sin(turn) * axis + (1 - np.cos(turn)) * axis @ axis
    saturated = stronger * np.eye(3) + (1 - stronger) * grey
    return (brighter * rotation @ saturated).astype(np.float32)
