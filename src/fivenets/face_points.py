"""The points of every face in a photograph: faces are found by one task, their points by another.

What `fivenets landmarks` and the demo ask; in neither task's room, as tasks do not import each
other. The network knows one face, cut out as in training.
"""

from typing import TYPE_CHECKING

import numpy as np

from fivenets.core.errors import UserError

if TYPE_CHECKING:
    from fivenets.localisation.locator import Located, Locator

# Of the training set's crops: the part of their side that a face's own square has (see
# `faces.cropping`), and where in them its middle is; the mean over Helen's 870 pictures.
FACE_PART, FACE_MIDDLE = 0.77, (0.503, 0.447)


def points_of_faces(
    locator: "Locator", image_rgb_uint8: np.ndarray, name: str, is_cropped: bool = False
) -> tuple[np.ndarray, "list[Located]", int]:
    """The picture, the points of each face, the largest first, and by how many degrees clockwise
    it was turned, as it lay on its side.

    Args: name: of the picture, for what is said of it. is_cropped: it is one face; taken whole.
    Raises: UserError where no face is found, or a cropped one is of one colour.
    """
    from fivenets.faces import alignment

    if is_cropped:
        face = alignment.as_cropped(image_rgb_uint8, name)
        if isinstance(face, UserError):
            raise face
        return image_rgb_uint8, [locator.locate(image_rgb_uint8)], 0
    seen = alignment.find_all(image_rgb_uint8, name)
    crops = [crop(face.points_xy, seen.picture) for face in seen.faces]
    return seen.picture, [locator.locate(seen.picture, one) for one in crops], seen.turned


def in_words(found: "list[Located]") -> str:
    """How many points, on how many faces."""
    faces = "1 face" if len(found) == 1 else f"{len(found)} faces"
    return f"{len(found[0].coordinates)} points on {faces}"


def crop(five_points_xy: np.ndarray, image_rgb_uint8: np.ndarray) -> np.ndarray:
    """(2, 3) from the square that is looked at, upright, to the picture, both of sides 1."""
    from fivenets.faces.cropping import TEMPLATE_XY, similarity_transform

    to_picture = similarity_transform(TEMPLATE_XY, five_points_xy)
    # A place u of the crop is 0.5 + (u - FACE_MIDDLE) / FACE_PART of the face's own square.
    linear = to_picture[:, :2] / FACE_PART
    shift = to_picture[:, :2] @ (0.5 - np.array(FACE_MIDDLE) / FACE_PART) + to_picture[:, 2]
    height, width = image_rgb_uint8.shape[:2]
    return np.column_stack([linear, shift]) / np.array([[width], [height]])
