"""Turns a face upright: five points in a photograph -> one square crop.

A similarity transform, which keeps proportions, carries the points as near as it can to where the
template has them.
"""

import cv2
import numpy as np
from PIL import Image

SIDE = 150  # pixels of an aligned crop, as the pretrained network takes it
# Where the eyes, the nose and the mouth's corners stand in a crop, the left in the picture first,
# as fractions (x, y) of its side. The eyes are where dlib's chips have them; nose and mouth keep
# the proportions of the common 112x112 template (SphereFace, ArcFace).
TEMPLATE_XY = np.array(
    [[0.3180, 0.3147], [0.6687, 0.3128], [0.4945, 0.5142], [0.3504, 0.7195], [0.6408, 0.7179]]
)


def crop(image_rgb_uint8: np.ndarray, points_xy: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The (side, side, 3) crop in which the five points lie nearest to the template."""
    to_picture = similarity_transform(TEMPLATE_XY * side, points_xy)
    image, scale = Image.fromarray(image_rgb_uint8), np.hypot(*to_picture[:, 0])
    # Sampling takes some source pixels per pixel of the crop; shrinking first keeps it from
    # skipping others of a large face.
    if scale > 2:
        image = image.reduce(int(scale))
        to_picture = to_picture / int(scale)
    # Points are counted from a picture's corner, OpenCV's from the middle of its first pixel.
    to_picture[:, 2] += to_picture[:, :2].sum(axis=1) / 2 - 0.5
    return cv2.warpAffine(
        np.asarray(image),
        to_picture,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        # Where a face is near the edge, black corners would tell its pictures apart.
        borderMode=cv2.BORDER_REPLICATE,
    )


def similarity_transform(source_xy: np.ndarray, target_xy: np.ndarray) -> np.ndarray:
    """The (2, 3) matrix of rotation, scale and shift that brings source nearest to target.

    Least squares over (n, 2) points, without reflection (Umeyama 1991, equations 40-42).
    """
    source_mean, target_mean = source_xy.mean(axis=0), target_xy.mean(axis=0)
    source, target = source_xy - source_mean, target_xy - target_mean
    u, singular, vt = np.linalg.svd(target.T @ source / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(signs) @ vt
    scale = (singular * signs).sum() / source.var(axis=0).sum()
    shift = target_mean - scale * rotation @ source_mean
    return np.column_stack([scale * rotation, shift])
