"""Darknet's fitting of pictures (src/image.c), transcribed line by line: a witness for `pictures`.

Slow and plain, with each pixel's weights in a matrix; float32 wherever Darknet has `float`, since a
rounding decides which two pixels are mixed.
"""

import numpy as np

FILL = 0.5


def letterbox_image(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """(h, w, channels) in 0..1 -> (height, width, channels), the aspect kept."""
    image_height, image_width = picture.shape[:2]
    if np.float32(width) / np.float32(image_width) < np.float32(height) / np.float32(image_height):
        new_width, new_height = width, (image_height * width) // image_width
    else:
        new_width, new_height = (image_width * height) // image_height, height
    boxed = np.full((height, width, picture.shape[2]), FILL, np.float32)
    top, left = (height - new_height) // 2, (width - new_width) // 2
    resized = resize_image(picture, new_width, new_height)
    boxed[top : top + new_height, left : left + new_width] = resized
    return boxed


def resize_image(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """(h, w, channels) in 0..1 -> (height, width, channels)."""
    image_height, image_width = picture.shape[:2]
    across, down = np.zeros((width, image_width)), np.zeros((height, image_height))
    for column in range(width):
        if column == width - 1 or image_width == 1:
            across[column, image_width - 1] = 1
            continue
        place = np.float32(column) * (np.float32(image_width - 1) / np.float32(width - 1))
        across[column, int(place)] += 1 - (place - int(place))
        across[column, int(place) + 1] += place - int(place)
    for row in range(height):
        place = np.float32(row) * (np.float32(image_height - 1) / np.float32(max(1, height - 1)))
        down[row, int(place)] += 1 - (place - int(place))
        if row == height - 1 or image_height == 1:
            continue
        down[row, int(place) + 1] += place - int(place)
    part = np.einsum("xi,yic->yxc", across, picture)
    return np.einsum("yj,jxc->yxc", down, part).astype(np.float32)
