"""Finds the faces of a photograph, and turns the one that is meant upright.

Their points come from MTCNN (see `cascade`). A picture that lies on its side or stands on its head
without an EXIF tag is turned first.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

import cv2
import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces import cascade
from fivenets.faces.face import Face, Found

log = logging.getLogger(__name__)

Which = Literal["largest", "centre", "only"]
# Where nothing is surer, one that is this sure will do: of 1,583 pictures of LFW five had no other.
# Of 41 pictures of streets, paintings, hands and blood one has such a face.
DOUBTFUL_CONFIDENCE = 0.90
UPRIGHT_WEIGHT = 1.5  # how much less a face has to say for the direction that a picture has
BATCH_SIZE = 25  # pictures searched at once
LONGEST_SIDE = 640  # pixels; larger photographs are searched at this size
SMALLEST = 20  # pixels, at that size, of a face that is looked for
# Where one large face is enough, those are looked for first that fill this part of the shorter
# side: it takes a third of the time.
LARGE_PART = 0.16
FLAT = 4.0  # grey levels: a picture whose colours deviate by less shows nothing


def find(
    pictures_rgb_uint8: Sequence[np.ndarray],
    names: Sequence[str],
    which: Which,
    is_quick: bool | None = None,
) -> list[Found | UserError]:
    """Of each picture (height, width, 3) the face that is meant, or what is wrong where none is.

    Pictures of one size are searched together, which takes a third of the time of one by one.
    Args: which: the largest face; the one nearest to the centre; or the only one, where several are
        one too many. is_quick: whether large faces are looked for first, and no others where there
        is a clear one; by default where the largest is meant.
    """
    is_quick = which == "largest" if is_quick is None else is_quick
    found: list[Found | UserError] = [_none(name) for name in names]
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, picture in enumerate(pictures_rgb_uint8):
        by_shape[picture.shape].append(row)
    is_clear = _is_one if which == "only" else _has_one
    part = LARGE_PART if is_quick else 0.0
    for rows in by_shape.values():
        for start in range(0, len(rows), BATCH_SIZE):
            batch = rows[start : start + BATCH_SIZE]
            pictures = [pictures_rgb_uint8[row] for row in batch]
            named = [names[row] for row in batch]
            for row, searched in zip(batch, _search(pictures, named, is_clear, part), strict=True):
                if searched[1]:
                    found[row] = _chosen(*searched, names[row], which)
    return found


def find_all(picture_rgb_uint8: np.ndarray, name: str) -> Found:
    """All faces of a picture, the largest first; that is the chosen one.

    Raises: UserError where there is none.
    """
    [(picture, faces, turned)] = _search([picture_rgb_uint8], [name], _has_one, 0.0)
    if not faces:
        raise _none(name)
    return Found(picture, by_size(faces), turned=turned)


def by_size(faces: Sequence[Face]) -> list[Face]:
    """The faces, the largest first."""
    return sorted(faces, key=lambda face: -face.side)


def align_central(
    pictures_rgb_uint8: Sequence[np.ndarray], names: Sequence[str]
) -> list[np.ndarray | UserError]:
    """Of each picture the face nearest to its centre, upright: LFW's labels are of that one.

    Returns: (SIDE, SIDE, 3) uint8, or what is wrong where no face is found.
    """
    found = find(pictures_rgb_uint8, names, "centre", is_quick=True)  # large ones, all of them
    return [one if isinstance(one, UserError) else one.crop for one in found]


def as_cropped(picture: np.ndarray, name: str) -> Found | UserError:
    """A picture that is one face already, or what is wrong with it where it shows nothing."""
    if picture.std(axis=(0, 1)).max() < FLAT:
        return UserError(f"{name}: a face expected, the picture is of one colour")
    return Found(picture, [])


def _none(name: str) -> UserError:
    return UserError(
        f"{name}: a face expected, none found; it must not be in profile, and needs at least "
        f"{SMALLEST} pixels where the picture's longer side has {LONGEST_SIDE}"
    )


def _chosen(
    picture: np.ndarray, faces: list[Face], turned: int, name: str, which: Which
) -> Found | UserError:
    if which == "only" and len(faces) > 1:
        return UserError(
            f"{name}: one face expected, {len(faces)} found; take the largest or the one in the "
            "centre, or crop it to one person"
        )
    centre = np.array(picture.shape[1::-1]) / 2
    far = [float(np.hypot(*(face.points_xy.mean(axis=0) - centre))) for face in faces]
    small = [-face.side for face in faces]
    found = Found(picture, faces, int(np.argmin(far if which == "centre" else small)), turned)
    if not found.face.is_likely:
        log.warning("%s: what is taken for a face may be none (%.2f)", name, found.face.confidence)
    return found


def _search(
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    is_clear: Callable[[list[Face]], bool],
    large_part: float,
) -> list[tuple[np.ndarray, list[Face], int]]:
    """Each of some pictures of one size, its faces, and the degrees clockwise by which it was
    turned, where only that showed a sure face.

    Args: names: of the pictures, for the log that says which were turned. is_clear: whether what
        was found in a picture as it is makes searching its other directions needless.
        large_part: of the shorter side: what a face has to fill to be looked for first, and alone
        where such a one is clear; 0: all at once.
    """
    found = list(zip(pictures, faces_in(pictures, large_part), strict=True))
    unclear = [row for row, (_, faces) in enumerate(found) if not is_clear(faces)]
    if large_part:
        for row, faces in zip(unclear, faces_in([pictures[row] for row in unclear]), strict=True):
            found[row] = (pictures[row], faces)
        unclear = [row for row in unclear if not is_clear(found[row][1])]
    directions, turned = [[found[row]] for row in unclear], [0] * len(found)
    for quarters in (1, 2, 3):
        rotated = [np.ascontiguousarray(np.rot90(pictures[row], quarters)) for row in unclear]
        for known, picture, faces in zip(directions, rotated, faces_in(rotated), strict=True):
            known.append((picture, faces))
    for row, known in zip(unclear, directions, strict=True):
        weights = [
            max((face.weight for face in faces if face.is_sure), default=0.0) for _, faces in known
        ]
        as_it_is = max((face.weight for face in known[0][1]), default=0.0)
        weights[0] = UPRIGHT_WEIGHT * as_it_is  # here a face need not be sure
        best = int(np.argmax(weights))  # the picture's own where none has a face
        turned[row] = -90 * best % 360  # NumPy turns the other way
        if best:
            log.warning(
                "%s: turned by %d degrees clockwise to find the face", names[row], turned[row]
            )
        found[row] = known[best]
    return [(*one, degrees) for one, degrees in zip(found, turned, strict=True)]


def faces_in(pictures_rgb_uint8: Sequence[np.ndarray], part: float = 0.0) -> list[list[Face]]:
    """The likely faces in each of some pictures of one size, or the doubtful ones without such.

    Args: part: of the shorter side, that a face fills at least; it has SMALLEST pixels or more.
    """
    if not pictures_rgb_uint8:
        return []
    height, width = pictures_rgb_uint8[0].shape[:2]
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        pictures_rgb_uint8 = [
            cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            for picture in pictures_rgb_uint8
        ]
    smallest = max(SMALLEST, part * factor * min(height, width))
    found = [
        [Face(points / factor, score) for points, score in faces if score >= DOUBTFUL_CONFIDENCE]
        for faces in cascade.find(pictures_rgb_uint8, smallest)
    ]
    return [[face for face in faces if face.is_likely] or faces for faces in found]


def _is_one(faces: list[Face]) -> bool:
    return len(faces) == 1 and faces[0].is_sure


def _has_one(faces: list[Face]) -> bool:
    return any(face.is_sure for face in faces)
