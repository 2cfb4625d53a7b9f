"""A picture of any size -> the network's input, and boxes in the network's input -> pixels.

Pictures are sampled as Darknet samples them (src/image.c). `letterbox` keeps the aspect and fills
with grey, as the original Darknet does; `stretch` does not, as AlexeyAB's Darknet and the course
do. Boxes differ between the two, so a converted model records which it is.
"""

import numpy as np

from fivenets.core.errors import UserError

RESIZES = ("letterbox", "stretch")
GREY = 0.5  # of what a letterbox leaves free
CHANNELS = {1: "grey", 3: "RGB", 4: "RGB and opacity"}  # what Darknet's reader of pictures can give
LUMA = np.array([77, 150, 29], np.uint32)  # in parts of 256: how that reader (stb_image) makes grey


def check_resize(resize: str) -> str:
    """`resize`, if it is one of the two. Raises: UserError where it is neither."""
    if resize not in RESIZES:
        raise UserError(f"resize should be one of {', '.join(RESIZES)}, it is {resize!r}")
    return resize


def check_channels(channels: int) -> int:
    """`channels`, if a picture has so many. Raises: UserError where it has not."""
    if channels not in CHANNELS:
        known = ", ".join(f"{count} ({name})" for count, name in CHANNELS.items())
        raise UserError(f"the network takes {channels} channels, and a picture has one of {known}")
    return channels


def fit(
    image_rgb_uint8: np.ndarray, height: int, width: int, resize: str, channels: int = 3
) -> np.ndarray:
    """(h, w, 3) uint8 -> (height, width, channels) float32 in 0..1, as Darknet's letterbox_image.

    With 1 channel it is grey; a fourth is the opacity, which is full.
    """
    top, left, inner_height, inner_width = inner(image_rgb_uint8.shape, height, width, resize)
    canvas = np.full((height, width, channels), GREY, np.float32)
    canvas[top : top + inner_height, left : left + inner_width] = _sampled(
        with_channels(image_rgb_uint8, channels), inner_height, inner_width
    )
    return canvas


def with_channels(image_rgb_uint8: np.ndarray, channels: int) -> np.ndarray:
    """(h, w, 3) uint8 -> (h, w, channels) uint8."""
    if check_channels(channels) == 1:
        return (image_rgb_uint8 @ LUMA >> 8).astype(np.uint8)[..., None]
    if channels == 4:
        opaque = np.full_like(image_rgb_uint8[..., :1], 255)
        return np.concatenate([image_rgb_uint8, opaque], axis=-1)
    return image_rgb_uint8


def _sampled(image_uint8: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, channels) float32 in 0..1, bilinear, as Darknet's resize_image.

    The first and the last pixel stay the first and the last: corners are aligned. Nothing is
    smoothed before a picture shrinks; Pillow does, which costs YOLO-LITE the car on dog.jpg.
    """
    top, down = _places(image_uint8.shape[0], height)
    left, right = _places(image_uint8.shape[1], width)
    left[-1], right[-1] = image_uint8.shape[1] - 1, 0
    upper = _between(image_uint8.take(top, axis=0), left, right)
    lower = _between(image_uint8.take(top + 1, axis=0, mode="clip"), left, right)
    upper *= (1 - down)[:, None, None]
    # To the last row Darknet adds nothing of the row below, even where rounding has put it a hair
    # above the picture's last: there it is nearly black, and so it is here.
    down[-1] = 0
    lower *= down[:, None, None]
    upper += lower
    upper /= 255
    return upper


def _places(length: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of `length` pixels each of `target` lies at or after, and by what part of a pixel."""
    scale = np.float32(length - 1) / np.float32(max(1, target - 1))
    places = np.arange(target, dtype=np.float32) * scale
    pixels = places.astype(int)
    return pixels, places - pixels.astype(np.float32)


def _between(rows_uint8: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(h, columns, channels) float32: a part `right` of the way from pixel `left` to the next."""
    pixels = rows_uint8.take(left, axis=1).astype(np.float32)
    beside = rows_uint8.take(left + 1, axis=1, mode="clip").astype(np.float32)
    beside -= pixels
    beside *= right[:, None]
    pixels += beside
    return pixels


def inner(
    image_shape: tuple[int, ...], height: int, width: int, resize: str
) -> tuple[int, int, int, int]:
    """Where the picture lies in the network's input: top, left, height, width in its pixels."""
    if resize == "stretch":
        return 0, 0, height, width
    image_height, image_width = image_shape[:2]
    # Quotients of float32 and integers without remainder, or it is a pixel off Darknet's.
    if np.float32(width) / np.float32(image_width) < np.float32(height) / np.float32(image_height):
        inner_height, inner_width = max(1, image_height * width // image_width), width
    else:
        inner_height, inner_width = height, max(1, image_width * height // image_height)
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
