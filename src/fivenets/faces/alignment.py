"""Finds the faces of a photograph, and turns the one that is meant upright.

Their points come from MTCNN (see `cascade`). A picture that lies on its side or stands on its head
without an EXIF tag is turned first.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces import cascade, cropping

log = logging.getLogger(__name__)

Which = Literal["largest", "centre", "only"]
MIN_CONFIDENCE = 0.95  # of the detector, 0..1; its false faces are mostly below
# Where nothing is surer, one that is this sure will do: of 1,583 pictures of LFW five had no other.
# Of 41 pictures of streets, paintings, hands and blood one has such a face.
DOUBTFUL_CONFIDENCE = 0.90
# Of LFW's pictures turned on a side or over, 7% show something that is taken for a face, mostly
# below this confidence or beyond this roll; of the upright faces 5% are. Only these pictures, and
# those without one face, are searched in the other directions too.
SURE_CONFIDENCE = 0.99
MOST_ROLL = 35  # degrees between the line of the eyes and the picture's rows
UPRIGHT_WEIGHT = 1.5  # how much less a face has to say for the direction that a picture has
BATCH_SIZE = 25  # pictures searched at once
LONGEST_SIDE = 640  # pixels; larger photographs are searched at this size
SMALLEST = 20  # pixels, at that size, of a face that is looked for
# Where one large face is enough, those are looked for first that fill this part of the shorter
# side: it takes a third of the time.
LARGE_PART = 0.16


@dataclass(frozen=True)
class Face:
    """A face in a picture."""

    points_xy: np.ndarray  # (5, 2) in pixels: eyes, nose, mouth's corners, each from left
    confidence: float  # of the detector, 0..1

    @property
    def is_likely(self) -> bool:
        """Whether it is one, more likely than not."""
        return self.confidence >= MIN_CONFIDENCE

    @property
    def is_sure(self) -> bool:
        """Whether it is one, and upright."""
        cosine, sine = self._from_template[:, 0]
        roll = np.degrees(np.arctan2(sine, cosine))
        return self.confidence >= SURE_CONFIDENCE and abs(roll) <= MOST_ROLL

    @property
    def side(self) -> float:
        """Pixels of the square that it is cropped to."""
        return float(np.hypot(*self._from_template[:, 0]))

    @property
    def weight(self) -> float:
        """What it says for the direction of its picture: false faces are small and unlikely."""
        return float(-np.log(max(1 - self.confidence, 1e-6)) * self.side)

    @property
    def _from_template(self) -> np.ndarray:
        return cropping.similarity_transform(cropping.TEMPLATE_XY, self.points_xy)


@dataclass(frozen=True)
class Found:
    """The faces of a picture, and which of them is meant."""

    picture: np.ndarray  # (height, width, 3) uint8, turned where it lay on its side
    faces: list[Face]
    chosen: int

    @property
    def face(self) -> Face:
        """The chosen one."""
        return self.faces[self.chosen]

    @property
    def crop(self) -> np.ndarray:
        """It upright, (SIDE, SIDE, 3) uint8."""
        return cropping.crop(self.picture, self.face.points_xy)

    @property
    def crops(self) -> list[np.ndarray]:
        """Each face upright."""
        return [cropping.crop(self.picture, face.points_xy) for face in self.faces]


def find(
    pictures_rgb_uint8: Sequence[np.ndarray], names: Sequence[str], which: Which
) -> list[Found | UserError]:
    """Of each picture (height, width, 3) the face that is meant, or what is wrong where none is.

    Pictures of one size are searched together, which takes a third of the time of one by one.
    Args: which: the largest face; the one nearest to the centre; or the only one, where several are
        one too many.
    """
    found: list[Found | UserError] = [_none(name) for name in names]
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, picture in enumerate(pictures_rgb_uint8):
        by_shape[picture.shape].append(row)
    is_clear, part = (_is_one, 0.0) if which == "only" else (_has_one, LARGE_PART)
    for rows in by_shape.values():
        for start in range(0, len(rows), BATCH_SIZE):
            batch = rows[start : start + BATCH_SIZE]
            pictures, named = (
                [pictures_rgb_uint8[row] for row in batch],
                [names[row] for row in batch],
            )
            for row, searched in zip(batch, _search(pictures, named, is_clear, part), strict=True):
                if searched[1]:
                    found[row] = _chosen(*searched, names[row], which)
    return found


def find_one(picture_rgb_uint8: np.ndarray, name: str, which: Which) -> Found:
    """The face that is meant in one picture.

    Raises: UserError where there is none, or `which` is only and there are several.
    """
    [found] = find([picture_rgb_uint8], [name], which)
    if isinstance(found, UserError):
        raise found
    return found


def find_all(picture_rgb_uint8: np.ndarray, name: str) -> Found:
    """All faces of a picture, from left to right; the first is the chosen one.

    Raises: UserError where there is none.
    """
    [(picture, faces)] = _search([picture_rgb_uint8], [name], _has_one, 0.0)
    if not faces:
        raise _none(name)
    return Found(picture, sorted(faces, key=lambda face: face.points_xy[:, 0].mean()), 0)


def align_central(
    pictures_rgb_uint8: Sequence[np.ndarray], names: Sequence[str]
) -> list[np.ndarray | UserError]:
    """Of each picture the face nearest to its centre, upright: LFW's labels are of that one.

    Returns: (SIDE, SIDE, 3) uint8, or what is wrong where no face is found.
    """
    found = find(pictures_rgb_uint8, names, "centre")
    return [one if isinstance(one, UserError) else one.crop for one in found]


def _none(name: str) -> UserError:
    return UserError(
        f"{name}: a face expected, none found (of {SMALLEST} pixels or more where the picture has "
        f"{LONGEST_SIDE}, and not in profile)"
    )


def _chosen(picture: np.ndarray, faces: list[Face], name: str, which: Which) -> Found | UserError:
    if which == "only" and len(faces) > 1:
        return UserError(
            f"{name}: one face expected, {len(faces)} found; take the largest or the one in the "
            "centre, or crop it to one person"
        )
    centre = np.array(picture.shape[1::-1]) / 2
    far = [float(np.hypot(*(face.points_xy.mean(axis=0) - centre))) for face in faces]
    small = [-face.side for face in faces]
    found = Found(picture, faces, int(np.argmin(far if which == "centre" else small)))
    if not found.face.is_likely:
        log.warning("%s: what is taken for a face may be none (%.2f)", name, found.face.confidence)
    return found


def _search(
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    is_clear: Callable[[list[Face]], bool],
    large_part: float,
) -> list[tuple[np.ndarray, list[Face]]]:
    """Pictures of one size and the faces in each; those are turned that then show a sure face.

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
    directions = [[found[row]] for row in unclear]
    for quarters in (1, 2, 3):
        turned = [np.ascontiguousarray(np.rot90(pictures[row], quarters)) for row in unclear]
        for known, picture, faces in zip(directions, turned, faces_in(turned), strict=True):
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


def faces_in(pictures_rgb_uint8: Sequence[np.ndarray], part: float = 0.0) -> list[list[Face]]:
    """The likely faces in each of some pictures of one size, or the doubtful ones without such.

    Args: part: of the shorter side, that a face fills at least; it has SMALLEST pixels or more.
    """
    if not pictures_rgb_uint8:
        return []
    height, width = pictures_rgb_uint8[0].shape[:2]
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    if factor < 1:
        size = (round(width * factor), round(height * factor))
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
