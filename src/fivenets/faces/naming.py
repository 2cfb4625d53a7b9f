"""Who is in a picture or a film: the faces that are meant, and whom each is nearest to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.core.listing import VIDEO_SUFFIXES
from fivenets.faces import alignment
from fivenets.faces.alignment import Which
from fivenets.faces.embedder import Embedder, read_face
from fivenets.faces.face import Found
from fivenets.faces.recognition import Gallery, Match

Meant = Which | Literal["all"]
FRAME_SECONDS = 0.5  # from one frame of a film that is looked at to the next


@dataclass(frozen=True)
class Named:
    """The faces of a picture, and of those that are meant whom they are nearest to."""

    found: Found
    meant: list[int]  # places in `found.faces`; [0] of a picture that is a face itself
    matches: list[Match]  # one of each
    seconds: float | None = None  # since a film's start

    @property
    def labels(self) -> list[str]:
        """Of each face, what to write at it."""
        labels = [""] * len(self.found.faces)
        for place, match in zip(self.meant, self.matches, strict=True):
            labels[place] = f"{match.person or 'not recognised'} {match.distance:.2f}"
        return labels

    def rows(self) -> list[dict[str, Any]]:
        """Of each face that is meant: where it is, and who; for a film also when."""
        about: dict[str, Any] = {}
        if self.seconds is not None:
            about["seconds"] = round(self.seconds, 3)
        if self.found.turned:  # places are those in the picture as it was turned
            about["turned"] = self.found.turned
        return [
            {**about, "face": self._box(place), "person": match.person, "distance": match.distance}
            for place, match in zip(self.meant, self.matches, strict=True)
        ]

    def title(self, path: Path) -> str:
        """What a table calls it."""
        return str(path) if self.seconds is None else f"{path} {self.seconds:.1f} s"

    def cells(self, row: dict[str, Any], threshold: float) -> list[str]:
        """A row of a table, after its title."""
        place = "whole" if row["face"] is None else ", ".join(map(str, row["face"]))
        person = row["person"] or "not recognised"
        return [place, person, f"{row['distance']:.3f}", f"{threshold:.3f}"]

    def _box(self, place: int) -> list[int] | None:
        """left, top, right, bottom of a face, in pixels; None of a picture that is one itself."""
        faces = self.found.faces
        return [round(edge) for edge in faces[place].box] if faces else None


def name_all(
    path: Path,
    embedder: Embedder,
    known: Gallery,
    threshold: float,
    meant: Meant = "all",
    is_cropped: bool = False,
) -> Iterator[Named]:
    """Who is in a picture, or in each frame of a film that is looked at and shows a face.

    Raises: UserError where it cannot be read, or shows no face.
    """
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        yield name(path, embedder, known, threshold, meant, is_cropped)
        return
    named = None
    for named in name_film(path, embedder, known, threshold):
        yield named
    if named is None:
        raise UserError(f"{path}: a face expected, none found in a frame each {FRAME_SECONDS} s")


def name(
    path: Path,
    embedder: Embedder,
    known: Gallery,
    threshold: float,
    meant: Meant = "all",
    is_cropped: bool = False,
) -> Named:
    """Who the faces of a picture are, the largest first.

    Raises: UserError where it cannot be read, or shows no face.
    """
    if is_cropped or meant != "all":
        found = read_face(path, is_cropped, "largest" if meant == "all" else meant)
        return _named(found, [found.chosen], embedder, known, threshold)
    found = alignment.find_all(images.read_image(path), str(path))
    return _named(found, list(range(len(found.faces))), embedder, known, threshold)


def name_film(path: Path, embedder: Embedder, known: Gallery, threshold: float) -> Iterator[Named]:
    """Who the faces are in a frame each FRAME_SECONDS of a film; left out are those without any.

    Raises: UserError for a file that is no video, and at a frame that cannot be read.
    """
    following = 0.0
    from fivenets.core import footage  # imports FFmpeg

    for frame in footage.frames(path, footage.survey(path)):
        if frame.seconds < following:
            continue
        following = float(frame.seconds) + FRAME_SECONDS
        faces = alignment.faces_in([frame.image_rgb_uint8])[0]
        if faces:
            found = Found(frame.image_rgb_uint8, alignment.by_size(faces))
            named = _named(found, list(range(len(faces))), embedder, known, threshold)
            yield Named(found, named.meant, named.matches, float(frame.seconds))


def _named(
    found: Found, meant: list[int], embedder: Embedder, known: Gallery, threshold: float
) -> Named:
    crops = found.crops  # each is cut out when it is asked for
    asked = embedder.embeddings([crops[place] for place in meant])
    return Named(found, meant, known.search(asked, threshold))
