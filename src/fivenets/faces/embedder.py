"""Raw pictures -> embeddings, one interface for every network; and a model's threshold."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import files, images
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.faces import alignment
from fivenets.faces.alignment import Which
from fivenets.faces.face import Found
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.faces.thresholds import GalleryThresholds
from fivenets.fitting import engine, inference
from fivenets.sources.origin import Origin, all_of, caution

BATCH_SIZE = 50  # images
FACE: Which = "largest"  # of several in a picture; chosen by `benchmarks/face_search.py`


@dataclass(frozen=True)
class Calibration:
    """A threshold, and where it is from."""

    threshold: float  # Euclidean distance between embeddings
    threshold_sd: float  # over the folds
    target_far: float  # the part of pairs of two people to be accepted, 0..1
    data: str  # the data set, with its origin
    data_digest: str
    protocol: str
    model_sha256: str
    people: int = 0  # who set it
    # What it does to people who had no part in it; None where that was not measured.
    scored_by: int = 0  # so many others; 0: cross-validated, each scored by a threshold of others
    far: float | None = None
    far_low: float | None = None  # 95%, over people
    far_high: float | None = None
    tar: float | None = None
    # Of galleries: pairs of entries and threshold, see `thresholds`; and strangers who are named.
    galleries: list[tuple[int, float]] = field(default_factory=list)
    target_false_identification: float = 0.02
    false_identification: float | None = None
    cropped: bool | None = None  # whether pictures were taken whole; None: not recorded
    pairs_threshold: float | None = None  # log-odds of two people, of the classifier of pairs

    def of_gallery(self, entries: int) -> float:
        """The threshold for a gallery of so many pictures."""
        if not self.galleries:  # of an older version
            return self.threshold
        return GalleryThresholds.read(self.galleries).of(entries)

    def of_gallery_in_words(self, entries: int) -> str:
        """What that threshold promises of strangers, and how far it was measured."""
        if not self.galleries:
            return "the threshold is for one pair and not for a gallery: calibrate it again"
        measured = self.galleries[-1][0]
        size = "one picture" if entries == 1 else f"{entries:,} pictures"
        promised = (
            f"the threshold for a gallery of {size} is to name at most "
            f"{100 * self.target_false_identification:g}% of strangers"
        )
        # None of fewer may be as many of others, with 95% confidence.
        if (1 - self.target_false_identification) ** self.people > 0.05:
            promised += f", but is set on {self.people:,} people only, too few to promise it"
        elif entries > measured:
            promised += f"; galleries of more than {measured:,} were not measured"
        if self.false_identification is None:
            return promised
        return f"{promised}; measured on people who did not set it: {self.false_identification:.1%}"

    @property
    def in_words(self) -> str:
        """What it was set to do, on whom, and what it then did to others."""
        if not self.people:  # published with the weights, or of an older version
            return f"set on {self.data}"
        asked = f"set on {self.people:,} people of {self.data} for FAR {self.target_far:g}"
        if self.far is None:
            return f"{asked}, not measured on others"
        interval = f" [{self.far_low:.2g}, {self.far_high:.2g}]" if self.far_high else ""
        others = f"{self.scored_by:,} others" if self.scored_by else "people left out"
        return f"{asked}; measured on {others}: {self.far:.2g}{interval}"

    @classmethod
    def read(cls, file: Path) -> "Calibration":
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{file} is not a calibration of this program: {error}") from None

    def write(self, file: Path) -> None:
        files.write_text(file, json.dumps(asdict(self), indent=2) + "\n")


@dataclass(frozen=True)
class Verdict:
    """Whether two pictures show one person."""

    same: bool
    distance: float
    threshold: float
    target_far: float


class Embedder:
    """A network with all that it needs to be asked about a user's picture."""

    def __init__(
        self,
        network: Any,
        model_sha256: str = "",
        trained_on: str = "",
        sources: Sequence[Origin] = (),
        pairs: PairClassifier | None = None,
    ):
        self.network = network  # as of `engine.load`: (n, size, size, 3) RGB in 0..255 -> (n, d)
        self.model_sha256 = model_sha256
        self.trained_on = trained_on  # the digest of the data set, where it is one of ours
        self.sources = list(sources)  # what it was made of
        self.pairs = pairs  # where it was trained on pairs
        self.caution = caution(self.sources)  # to be said with each answer; or empty
        self.image_size = network.input_shape[1]
        self.dimensions = network.output_shape[1]

    @classmethod
    def from_file(cls, path: Path) -> "Embedder":
        network, metadata = engine.load(path)
        if metadata.get("task") != "faces":
            raise UserError(f"{path} is not a face embedding: it should be a model named facenet")
        with engine.understood(path):
            sources = all_of(metadata.get("sources"))
            pairs = PairClassifier.read(metadata.get("pairs"))
            return cls(network, sha256(path), metadata["trained_on"], sources, pairs)

    def save(self, path: Path) -> None:
        sources = [origin.record() for origin in self.sources]
        metadata = {"task": "faces", "trained_on": self.trained_on, "sources": sources}
        if self.pairs:
            metadata["pairs"] = self.pairs.record()
        engine.save(self.network, path, metadata)

    def embeddings(self, faces_rgb_uint8: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(n, d) float32 of face crops (height, width, 3), each resized to the network's input."""
        resized = np.stack([images.resize(face, self.image_size) for face in faces_rgb_uint8])
        return inference.outputs(self.network, resized, BATCH_SIZE)

    def embed(self, pictures: Sequence[Any], is_cropped: bool = False) -> np.ndarray:
        """(n, d) of one face in each of some pictures as users have them.

        Args: is_cropped: whether they are faces already, to be taken whole.
        Raises: UserError where a picture cannot be read, or shows no face.
        """
        return self.embeddings([read_face(one, is_cropped).crop for one in pictures])


def verdict(
    one: np.ndarray,
    other: np.ndarray,
    calibration: Calibration,
    pairs: PairClassifier | None = None,
) -> Verdict:
    """The verdict on two embeddings (d,), by their distance or by a classifier of pairs."""
    if pairs is None:
        distance, threshold = float(np.linalg.norm(one - other)), calibration.threshold
    elif calibration.pairs_threshold is None:
        raise UserError("the classifier of pairs has no threshold: run its evaluation again")
    else:
        [distance], threshold = pairs.distances(one[None], other[None]), calibration.pairs_threshold
    is_same = bool(distance <= threshold)
    return Verdict(is_same, float(distance), threshold, calibration.target_far)


def read_face(picture: Any, is_cropped: bool = False, which: Which = FACE) -> Found:
    """A picture as a user has it, and the face that is meant in it.

    Raises: UserError where it cannot be read, or shows no face.
    """
    [found] = read_faces([picture], is_cropped, which)
    if isinstance(found, UserError):
        raise found
    return found


def read_faces(
    pictures: Sequence[Any], is_cropped: bool = False, which: Which = FACE
) -> list[Found | UserError]:
    """Pictures as a user has them with the face that is meant, or what is wrong with one."""
    answers = [_read(picture) for picture in pictures]
    read = {row: one.picture for row, one in enumerate(answers) if isinstance(one, Found)}
    asked = [pictures[row] for row in read]
    names = [str(one) if isinstance(one, str | Path) else "the picture" for one in asked]
    if is_cropped:
        found = [alignment.as_cropped(*one) for one in zip(read.values(), names, strict=True)]
    else:
        found = alignment.find(list(read.values()), names, which)
    for row, one in zip(read, found, strict=True):
        answers[row] = one
    return answers


def _read(picture: Any) -> Found | UserError:
    try:
        return Found(images.read_image(picture), [])
    except UserError as error:
        return error


def calibration_of(model_file: Path, own_folder: Path | None = None) -> Calibration:
    """The threshold of a model: the user's own in `own_folder`, else the one beside the file.

    Raises: UserError where there is none, or it was measured with another model.
    """
    digest = sha256(model_file)
    own = own_calibration_file(own_folder, digest) if own_folder else None
    beside = calibration_file(model_file)
    file = own if own and own.exists() else beside
    if not file.exists():
        raise UserError(
            f"{model_file.name} has no threshold: expected {beside.name} beside it; "
            "`fivenets faces calibrate DIR --far 0.001` makes one"
        )
    calibration = Calibration.read(file)
    if calibration.model_sha256 != digest:
        raise UserError(f"{file} is of another model than {model_file}: calibrate it again")
    if file == own and beside.exists():  # which alone was set for the classifier of pairs
        calibration = replace(calibration, pairs_threshold=Calibration.read(beside).pairs_threshold)
    return calibration


def calibration_file(model_file: Path) -> Path:
    """Where a model's own threshold is: beside a registered one, else where the graph leaves it."""
    name = f"{model_file.stem}.calibration.json"
    beside, (*_, registered, candidate, _) = model_file.with_name(name), ("", "", *model_file.parts)
    in_reports = Path(*model_file.parts[:-4], "reports", registered, candidate, "tables", name)
    return in_reports if in_reports.exists() and not beside.exists() else beside


def own_calibration_file(own_folder: Path, model_sha256: str) -> Path:
    """Where a user's threshold for a model stands."""
    return own_folder / f"{model_sha256[:16]}.json"
