"""Two ways to keep the content's colours.

Gatys, Bethge, Hertzmann and Shechtman, "Preserving Color in Neural Artistic Style Transfer", 2016.
"""

import numpy as np
from PIL import Image

COLOURS = ("style", "luminance", "histogram")  # whose colours the result has, and how it gets them


def match_colours(image: np.ndarray, to: np.ndarray) -> np.ndarray:
    """`image` (height, width, 3) in 0..1 with the mean and covariance of colours of `to`.

    Section 5.1 of the paper, with the symmetric square root of the covariances.
    """
    pixels, wanted = image.reshape(-1, 3).astype(np.float64), to.reshape(-1, 3).astype(np.float64)
    matrix = _root(np.cov(wanted.T)) @ np.linalg.inv(_root(np.cov(pixels.T)))
    matched = (pixels - pixels.mean(axis=0)) @ matrix.T + wanted.mean(axis=0)
    return np.clip(matched, 0, 1).reshape(image.shape).astype(np.float32)


def with_luminance(image_rgb_uint8: np.ndarray, luminance_from: np.ndarray) -> np.ndarray:
    """The colours of `image_rgb_uint8` under the luminance (Y of YCbCr) of another picture."""
    luminance = Image.fromarray(luminance_from).convert("YCbCr").getchannel("Y")
    _, blue, red = Image.fromarray(image_rgb_uint8).convert("YCbCr").split()
    return np.asarray(Image.merge("YCbCr", (luminance, blue, red)).convert("RGB"))


def luminance(image: np.ndarray) -> np.ndarray:
    """Luminance of an image (height, width, 3) in 0..1, as three equal channels."""
    grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat(grey[..., None], 3, axis=-1)


def match_luminance(image: np.ndarray, to: np.ndarray) -> np.ndarray:
    """A grey `image` in 0..1 with mean and deviation of that of `to`."""
    deviation = max(float(image.std()), 1e-6)
    matched = (image - image.mean()) * (to.std() / deviation) + to.mean()
    return np.clip(matched, 0, 1).astype(np.float32)


def _root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root; a grey or plain picture has no variance in some directions."""
    values, vectors = np.linalg.eigh(covariance + 1e-6 * np.eye(3))
    return vectors * np.sqrt(values) @ vectors.T
