"""A picture looked at ten times: its corners and its middle, and each in a mirror.

As Krizhevsky et al. 2012 do at test time (section 4.1): windows of 224 in 256 pixels, whose
answers' mean counts.
"""

import numpy as np

from fivenets.classification.classifier import Classifier
from fivenets.core.images import resize

PART = 224 / 256  # of the side
VIEWS = 10


def ten_views(image_rgb_uint8: np.ndarray) -> np.ndarray:
    """(10, size, size, 3) uint8 of a picture (size, size, 3): corners, the middle, and mirrored."""
    size = len(image_rgb_uint8)
    side = round(PART * size)
    end = size - side
    corners = [(0, 0), (0, end), (end, 0), (end, end), (end // 2, end // 2)]
    windows = [image_rgb_uint8[y : y + side, x : x + side] for y, x in corners]
    shown = [resize(np.ascontiguousarray(window), size) for window in windows]
    return np.stack(shown + [one[:, ::-1] for one in shown])


def probabilities(classifier: Classifier, images_rgb_uint8: np.ndarray) -> np.ndarray:
    """(n, k) mean over the ten views of each of (n, size, size, 3) pictures."""
    views = np.concatenate([ten_views(image) for image in images_rgb_uint8])
    found = classifier.probabilities(views)
    return found.reshape(len(images_rgb_uint8), VIEWS, -1).mean(axis=1)
