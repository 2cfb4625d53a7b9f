"""Finds the face in a photograph and turns it upright: five points -> one square crop.

The points come from MTCNN (Zhang et al. 2016), whose weights its package ships. A similarity
transform, which keeps proportions, carries them as near as it can to where the template has them.
"""

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from fivenets.errors import UserError

SIDE = 150  # pixels of an aligned crop, as the pretrained network takes it
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")  # left in the picture
# Where they stand in a crop, as fractions (x, y) of its side. The eyes are where dlib's chips have
# them; nose and mouth keep the proportions of the common 112x112 template (SphereFace, ArcFace).
TEMPLATE_XY = np.array(
    [[0.3180, 0.3147], [0.6687, 0.3128], [0.4945, 0.5142], [0.3504, 0.7195], [0.6408, 0.7179]]
)
MIN_CONFIDENCE = 0.95  # of MTCNN's last stage, 0..1; its false faces are mostly below
LONGEST_SIDE = 640  # pixels; larger photographs are searched at this size


def align(image_rgb_uint8: np.ndarray, name: str = "the picture") -> np.ndarray:
    """The one face of a photograph (height, width, 3), upright, as (SIDE, SIDE, 3) uint8.

    Raises: UserError where no face, or more than one, is found.
    """
    faces = find_faces(image_rgb_uint8)
    if not faces:
        raise UserError(f"{name}: one face expected, none found")
    if len(faces) > 1:
        raise UserError(f"{name}: one face expected, {len(faces)} found; crop it to one person")
    return crop(image_rgb_uint8, faces[0])


def align_central(image_rgb_uint8: np.ndarray, name: str = "the picture") -> np.ndarray:
    """As `align`, of the face nearest to the middle: LFW's labels are of that one."""
    faces = find_faces(image_rgb_uint8)
    if not faces:
        raise UserError(f"{name}: one face expected, none found")
    middle = np.array(image_rgb_uint8.shape[1::-1]) / 2
    nearest = min(faces, key=lambda points: np.hypot(*(points.mean(axis=0) - middle)))
    return crop(image_rgb_uint8, nearest)


def find_faces(image_rgb_uint8: np.ndarray) -> list[np.ndarray]:
    """The five points (5, 2), as (x, y) in pixels, of each face that MTCNN is sure of."""
    height, width = image_rgb_uint8.shape[:2]
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    if factor < 1:
        size = (round(width * factor), round(height * factor))
        image_rgb_uint8 = np.asarray(Image.fromarray(image_rgb_uint8).resize(size))
    found = _detector().detect_faces(image_rgb_uint8) or ()
    return [
        np.array([face["keypoints"][point] for point in POINTS]) / factor
        for face in found
        if face["confidence"] >= MIN_CONFIDENCE
    ]


def crop(image_rgb_uint8: np.ndarray, points_xy: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The (side, side, 3) crop in which the five points lie nearest to the template."""
    to_picture = similarity_transform(TEMPLATE_XY * side, points_xy)
    # Pillow samples one source pixel per pixel of the crop; shrinking first keeps that from
    # skipping pixels of a large face.
    image, scale = Image.fromarray(image_rgb_uint8), np.hypot(*to_picture[:, 0])
    if scale > 2:
        image = image.reduce(int(scale))
        to_picture = to_picture / int(scale)
    return np.asarray(
        image.transform(
            (side, side),
            Image.Transform.AFFINE,
            tuple(to_picture.ravel()),
            Image.Resampling.BILINEAR,
        )
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


@cache
def _detector() -> Any:
    import fivenets.quiet  # noqa: F401, I001 (before the import that brings TensorFlow)
    from mtcnn import MTCNN

    return MTCNN()
