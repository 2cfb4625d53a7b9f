"""A picture whose classes are plain."""

import numpy as np


def stripes(height: int, width: int) -> np.ndarray:
    """(height, width, 3): the left half red, the right half blue."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 255
    return picture
