"""A picture of any size -> the network's input, and boxes in the network's input -> pixels.

`letterbox` keeps the aspect and fills with grey, as Darknet does; `stretch` does not, as the
course and OpenCV do. Boxes differ between the two, so a converted model records which it is.
"""

import numpy as np
from PIL import Image

from fivenets.core.errors import UserError

RESIZES = ("letterbox", "stretch")
GREY = 128  # Darknet fills with 0.5


def check_resize(resize: str) -> str:
    """`resize`, if it is one of the two.

    Raises: UserError where it is neither.
    """
    if resize not in RESIZES:
        raise UserError(f"resize should be one of {', '.join(RESIZES)}, it is {resize!r}")
    return resize


def fit(image_rgb_uint8: np.ndarray, height: int, width: int, resize: str) -> np.ndarray:
    """(h, w, 3) uint8 -> (height, width, 3) float32 in 0..1."""
    top, left, inner_height, inner_width = inner(image_rgb_uint8.shape, height, width, resize)
    canvas = np.full((height, width, 3), GREY, np.uint8)
    resized = _sampled(image_rgb_uint8, inner_height, inner_width)
    canvas[top : top + inner_height, left : left + inner_width] = resized
    return canvas.astype(np.float32) / 255


def _sampled(image_rgb_uint8: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8 by bilinear interpolation between four pixels, never more.

    Darknet, on whose samples these networks were trained, and OpenCV do not smooth before they
    shrink a picture. Pillow's own resize does, which costs YOLO-LITE the car on dog.jpg.
    """
    image_height, image_width = image_rgb_uint8.shape[:2]
    to_source = (image_width / width, 0, 0, 0, image_height / height, 0)
    picture = Image.fromarray(image_rgb_uint8).transform(
        (width, height), Image.Transform.AFFINE, to_source, Image.Resampling.BILINEAR
    )
    return np.asarray(picture)


def inner(
    image_shape: tuple[int, ...], height: int, width: int, resize: str
) -> tuple[int, int, int, int]:
    """Where the picture lies in the network's input: top, left, height, width in its pixels."""
    if resize == "stretch":
        return 0, 0, height, width
    image_height, image_width = image_shape[:2]
    scale = min(height / image_height, width / image_width)
    inner_height = min(height, max(1, int(image_height * scale)))
    inner_width = min(width, max(1, int(image_width * scale)))
    return (height - inner_height) // 2, (width - inner_width) // 2, inner_height, inner_width


def to_pixels(
    boxes_xyxy: np.ndarray, image_shape: tuple[int, ...], height: int, width: int, resize: str
) -> np.ndarray:
    """Boxes (n, 4) in parts of the network's input -> pixels of the picture, cut at its edges."""
    top, left, inner_height, inner_width = inner(image_shape, height, width, resize)
    image_height, image_width = image_shape[:2]
    in_input = boxes_xyxy * np.array([width, height] * 2)
    pixels = (in_input - np.array([left, top] * 2)) * np.array(
        [image_width / inner_width, image_height / inner_height] * 2
    )
    return np.clip(pixels, 0, np.array([image_width, image_height] * 2))
