"""Pictures and masks as users have them -> arrays of the size that is worked at."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from fivenets.core import files, images
from fivenets.core.errors import UserError
from fivenets.style.settings import MIN_SIDE

MAX_SIDE = 10**9  # pixels, of which no machine has the memory; beyond, numbers would overflow
WRITABLE = (".png", ".jpg", ".jpeg")


def read(picture: Any, role: str) -> np.ndarray:
    """A user's picture (height, width, 3), uint8; `role` such as "content" names it in errors.

    Grey becomes RGB and transparency is laid on white, as in `images.read_image`.
    Raises: UserError for what is no picture, or one under MIN_SIDE pixels a side.
    """
    image = images.read_image(picture)
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise UserError(
            f"the {role} picture is {width}x{height} pixels: expected at least "
            f"{MIN_SIDE}x{MIN_SIDE}, below which VGG's layers have nothing left to see"
        )
    return image


def read_mask(picture: Any, content_rgb_uint8: np.ndarray) -> np.ndarray:
    """A mask (height, width) in 0..1: 1 where the picture is white and the style applies.

    Raises: UserError where it is not of the content's size, or black all over.
    """
    mask = images.read_image(picture).mean(axis=-1) / 255
    height, width = content_rgb_uint8.shape[:2]
    if mask.shape != (height, width):
        raise UserError(
            f"a mask is {mask.shape[1]}x{mask.shape[0]} pixels: expected {width}x{height}, "
            "the size of the content picture"
        )
    if mask.max() == 0:
        raise UserError("a mask is black all over: expected white where its style applies")
    return mask.astype(np.float32)


def write(image_rgb_uint8: np.ndarray, file: Path) -> None:
    """Writes a picture, whole or not at all.

    Raises: UserError where it cannot be written any more; a full disk is an OSError.
    """
    files.write_picture(Image.fromarray(image_rgb_uint8), file)


def sized(image: np.ndarray, longest: int) -> tuple[int, int]:
    """Height and width of an image with `longest` pixels at the longer side, the aspect kept.

    Raises: UserError for more than MAX_SIDE.
    """
    if longest > MAX_SIDE:
        raise UserError(f"a picture should have at most {MAX_SIDE:,} pixels a side, not more")
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize(image_rgb_uint8: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3), float32 in 0..1."""
    resized = Image.fromarray(image_rgb_uint8).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized, np.float32) / 255


def fitted(image_rgb_uint8: np.ndarray, longest: int) -> np.ndarray:
    """(height, width, 3), float32 in 0..1, with `longest` pixels at the longer side."""
    return resize(image_rgb_uint8, *sized(image_rgb_uint8, longest))


def resize_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """A mask in 0..1 of another size."""
    resized = Image.fromarray(mask).resize((width, height), Image.Resampling.BOX)
    return np.asarray(resized)


def enlarge(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """A float image (height, width, 3) of any range, resized without rounding to 8 bits.

    The blur takes away what interpolation leaves of the small picture's pixels: seen as blocks.
    """
    channels = [
        Image.fromarray(image[..., channel]).resize((width, height), Image.Resampling.BICUBIC)
        for channel in range(3)
    ]
    deviation = height / image.shape[0] / 2
    enlarged = np.stack([np.asarray(channel) for channel in channels], axis=-1)
    return gaussian_filter(enlarged, (deviation, deviation, 0))


def to_uint8(image: np.ndarray) -> np.ndarray:
    """(height, width, 3) uint8 of a float image that may leave 0..1."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
