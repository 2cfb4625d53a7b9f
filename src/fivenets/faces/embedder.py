"""Raw pictures -> embeddings, one interface for every network; and the verdict on two."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import images
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.faces import alignment
from fivenets.faces.alignment import Which
from fivenets.faces.calibration import Calibration
from fivenets.faces.face import Found
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.fitting import engine, inference
from fivenets.sources.origin import Origin, all_of, caution

BATCH_SIZE = 50  # images
FACE: Which = "largest"  # of several in a picture; chosen by `benchmarks/face_search.py`


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
        test_time_mirror: bool = False,
    ):
        self.network = network  # as of `engine.load`: (n, size, size, 3) RGB in 0..255 -> (n, d)
        self.model_sha256 = model_sha256
        self.trained_on = trained_on  # the digest of the data set, where it is one of ours
        self.sources = list(sources)  # what it was made of
        self.pairs = pairs  # where it was trained on pairs
        self.test_time_mirror = test_time_mirror  # see `embeddings`
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
            is_mirrored = bool(metadata.get("test_time_mirror"))
            return cls(network, sha256(path), metadata["trained_on"], sources, pairs, is_mirrored)

    def save(self, path: Path) -> None:
        sources = [origin.record() for origin in self.sources]
        metadata = {
            "task": "faces",
            "trained_on": self.trained_on,
            "sources": sources,
            "test_time_mirror": self.test_time_mirror,
        }
        if self.pairs:
            metadata["pairs"] = self.pairs.record()
        engine.save(self.network, path, metadata)

    def embeddings(self, faces_rgb_uint8: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(n, d) float32 of face crops (height, width, 3), each resized to the network's input.

        With `test_time_mirror`, the mean of those for a crop and for its mirror image.
        """
        resized = np.stack([images.resize(face, self.image_size) for face in faces_rgb_uint8])
        ask = inference.mirrored_outputs if self.test_time_mirror else inference.outputs
        return ask(self.network, resized, BATCH_SIZE)

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
    name = str(picture) if isinstance(picture, str | Path) else "the picture"
    [found] = faces_in([images.read_image(picture)], [name], is_cropped, which)
    if isinstance(found, UserError):
        raise found
    return found


def faces_in(
    pictures_rgb_uint8: Sequence[np.ndarray],
    names: Sequence[str],
    is_cropped: bool,
    which: Which = FACE,
) -> list[Found | UserError]:
    """Of each picture (height, width, 3) the face that is meant, or what is wrong with it."""
    if is_cropped:
        pairs = zip(pictures_rgb_uint8, names, strict=True)
        return [alignment.as_cropped(*one) for one in pairs]
    return alignment.find(pictures_rgb_uint8, names, which)
