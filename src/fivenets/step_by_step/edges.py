"""The course's edge filters: on a user's picture, and learned from examples of what they give."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.step_by_step import strides

VERTICAL = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]])
HORIZONTAL = VERTICAL.T
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
SCHARR = np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]])
# Sobel's and Scharr's are used as gradients: of both directions.
FILTERS = {
    "vertical": (VERTICAL,),
    "horizontal": (HORIZONTAL,),
    "sobel": (SOBEL, SOBEL.T),
    "scharr": (SCHARR, SCHARR.T),
}
BRIGHTEST = 99.9  # percentile of a picture's edges that is drawn white: a few pixels are not all


def edges(image_rgb_uint8: np.ndarray, name: str) -> np.ndarray:
    """The edges of a picture (height, width, 3): white on black, (height, width) uint8.

    Args: name: vertical and horizontal show edges of that direction, sobel and scharr all of them
        by the length of the gradient.
    Raises: UserError for a filter that is not in FILTERS.
    """
    if name not in FILTERS:
        raise UserError(f"a filter should be one of {', '.join(FILTERS)}, it is {name!r}")
    grey = np.asarray(Image.fromarray(image_rgb_uint8).convert("L"), np.float32)
    length = np.sqrt(sum(_response(grey, kernel) ** 2 for kernel in FILTERS[name]))
    white = max(float(np.percentile(length, BRIGHTEST)), 1.0)
    return np.round(255 * np.minimum(length / white, 1)).astype(np.uint8)


def _response(grey: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What the filter gives at each pixel; beyond the border the picture goes on as it ends."""
    windows = sliding_window_view(np.pad(grey, 1, mode="edge"), kernel.shape)
    # No product of matrices, which would copy every window of a photograph.
    return np.einsum("hwij,ij->hw", windows, kernel.astype(grey.dtype))


def learned(pictures: np.ndarray, responses: np.ndarray, steps: int = 300) -> np.ndarray:
    """A 3x3 filter that turns pictures into responses, found by gradient descent from zeros.

    The course's w1 to w9: what follows each edge need not be known, only examples of it.
    Args: pictures: (m, height, width, 1). responses: (m, height - 2, width - 2, 1).
    """
    weights, bias = np.zeros((3, 3, 1, 1)), np.zeros(1)
    # The loss is quadratic: steps of 1 over its greatest curvature cannot overshoot.
    seen = strides.windows(pictures, (3, 3), 1).reshape(-1, 9)
    rate = 1 / np.linalg.eigvalsh(seen.T @ seen / len(seen))[-1]
    velocity = np.zeros_like(weights)
    for _ in range(steps):
        z, cache = strides.conv_forward(pictures, weights, bias, {"stride": 1, "pad": 0})
        _, gradient, _ = strides.conv_backward((z - responses) / responses.size, cache)
        velocity = 0.9 * velocity - rate * gradient
        weights = weights + velocity
    return weights[..., 0, 0]
