"""Finds the face in a photograph and turns it upright: five points -> one square crop.

The points come from MTCNN (Zhang et al. 2016), whose weights its package ships. A similarity
transform, which keeps proportions, carries them as near as it can to where the template has them.
A picture that lies on its side or stands on its head without an EXIF tag is turned first.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image

from fivenets.core.errors import UserError

log = logging.getLogger(__name__)

SIDE = 150  # pixels of an aligned crop, as the pretrained network takes it
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")  # left in the picture
# Where they stand in a crop, as fractions (x, y) of its side. The eyes are where dlib's chips have
# them; nose and mouth keep the proportions of the common 112x112 template (SphereFace, ArcFace).
TEMPLATE_XY = np.array(
    [[0.3180, 0.3147], [0.6687, 0.3128], [0.4945, 0.5142], [0.3504, 0.7195], [0.6408, 0.7179]]
)
MIN_CONFIDENCE = 0.95  # of MTCNN's last stage, 0..1; its false faces are mostly below
# Of LFW's pictures turned on a side or over, 7% show something that is taken for a face, mostly
# below this confidence or beyond this roll; of the upright faces 5% are. Only these pictures, and
# those without one face, are searched in the other directions too.
SURE_CONFIDENCE = 0.99
MOST_ROLL = 35  # degrees between the line of the eyes and the picture's rows
UPRIGHT_WEIGHT = 1.5  # how much less a face has to say for the direction that a picture has
BATCH_SIZE = 25  # pictures searched at once
LONGEST_SIDE = 640  # pixels; larger photographs are searched at this size


@dataclass(frozen=True)
class Face:
    """A face in a picture."""

    points_xy: np.ndarray  # (5, 2) in pixels, in the order of POINTS
    confidence: float  # of the detector, 0..1

    @property
    def is_sure(self) -> bool:
        """Whether it is one, and upright."""
        cosine, sine = self._from_template[:, 0]
        roll = np.degrees(np.arctan2(sine, cosine))
        return self.confidence >= SURE_CONFIDENCE and abs(roll) <= MOST_ROLL

    @property
    def weight(self) -> float:
        """What it says for the direction of its picture: false faces are small and unlikely."""
        side = np.hypot(*self._from_template[:, 0])
        return float(-np.log(max(1 - self.confidence, 1e-6)) * side)

    @property
    def _from_template(self) -> np.ndarray:
        return similarity_transform(TEMPLATE_XY, self.points_xy)


def align(image_rgb_uint8: np.ndarray, name: str = "the picture") -> np.ndarray:
    """The one face of a photograph (height, width, 3), upright, as (SIDE, SIDE, 3) uint8.

    Raises: UserError where no face, or more than one, is found.
    """
    [(image_rgb_uint8, faces)] = search([image_rgb_uint8], [name], _is_one)
    if not faces:
        raise UserError(f"{name}: one face expected, none found")
    if len(faces) > 1:
        raise UserError(f"{name}: one face expected, {len(faces)} found; crop it to one person")
    return crop(image_rgb_uint8, faces[0].points_xy)


def align_central(
    images_rgb_uint8: Sequence[np.ndarray], names: Sequence[str]
) -> list[np.ndarray | UserError]:
    """Of each picture the face nearest to its middle, upright: LFW's labels are of that one.

    Pictures of one size are searched together, which takes a tenth of the time of one by one.
    Returns: (SIDE, SIDE, 3) uint8, or what is wrong where no face is found.
    """
    found: list[np.ndarray | UserError] = [
        UserError(f"{name}: one face expected, none found") for name in names
    ]
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, image in enumerate(images_rgb_uint8):
        by_shape[image.shape].append(row)
    for rows in by_shape.values():
        for start in range(0, len(rows), BATCH_SIZE):
            chosen = rows[start : start + BATCH_SIZE]
            searched = search(
                [images_rgb_uint8[row] for row in chosen], [names[row] for row in chosen], _has_one
            )
            for row, (image, faces) in zip(chosen, searched, strict=True):
                middle = np.array(image.shape[1::-1]) / 2
                if faces:
                    nearest = min(faces, key=lambda face: _distance(face.points_xy, middle))
                    found[row] = crop(image, nearest.points_xy)
    return found


def search(
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    is_clear: Callable[[list[Face]], bool],
) -> list[tuple[np.ndarray, list[Face]]]:
    """Pictures of one size and the faces in each; those are turned that then show a sure face.

    Args: names: of the pictures, for the log that says which were turned. is_clear: whether what
        was found in a picture as it is makes searching its other directions needless.
    """
    found = list(zip(pictures, find_faces_of(pictures), strict=True))
    unclear = [row for row, (_, faces) in enumerate(found) if not is_clear(faces)]
    directions = [[found[row]] for row in unclear]
    for quarters in (1, 2, 3):
        turned = [np.ascontiguousarray(np.rot90(pictures[row], quarters)) for row in unclear]
        for known, picture, faces in zip(directions, turned, find_faces_of(turned), strict=True):
            known.append((picture, faces))
    for row, known in zip(unclear, directions, strict=True):
        weights = [
            max((face.weight for face in faces if face.is_sure), default=0.0) for _, faces in known
        ]
        as_it_is = max((face.weight for face in known[0][1]), default=0.0)
        weights[0] = UPRIGHT_WEIGHT * as_it_is  # here a face need not be sure
        best = int(np.argmax(weights))  # the picture's own where none has a face
        if best:
            clockwise = 360 - 90 * best  # NumPy turns the other way
            log.warning(
                "%s: turned by %d degrees clockwise to find the face", names[row], clockwise
            )
        found[row] = known[best]
    return found


def find_faces_of(images_rgb_uint8: Sequence[np.ndarray]) -> list[list[Face]]:
    """The faces that MTCNN is sure of in each of some pictures of one size."""
    if not images_rgb_uint8:
        return []
    height, width = images_rgb_uint8[0].shape[:2]
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    if factor < 1:
        size = (round(width * factor), round(height * factor))
        images_rgb_uint8 = [
            np.asarray(Image.fromarray(image).resize(size)) for image in images_rgb_uint8
        ]
    return [
        [
            Face(
                np.array([face["keypoints"][point] for point in POINTS]) / factor,
                float(face["confidence"]),
            )
            for face in found or ()
            if face["confidence"] >= MIN_CONFIDENCE
        ]
        for found in _detector().detect_faces(list(images_rgb_uint8))
    ]


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


def _is_one(faces: list[Face]) -> bool:
    return len(faces) == 1 and faces[0].is_sure


def _has_one(faces: list[Face]) -> bool:
    return any(face.is_sure for face in faces)


def _distance(points_xy: np.ndarray, place_xy: np.ndarray) -> float:
    return float(np.hypot(*(points_xy.mean(axis=0) - place_xy)))


@cache
def _detector() -> Any:
    from mtcnn import MTCNN

    return MTCNN()
