"""Pictures as users have them -> whether there is an object, what it is, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.fitting import engine, inference
from fivenets.localisation.augmentation import WHOLE, warped

METADATA = ("labels", "form", "caution")
BATCH_SIZE = 32


@dataclass(frozen=True)
class Located:
    """What one picture shows."""

    presence: float  # how likely there is an object, 0..1
    label: str
    probability: float  # of the label, given that there is one
    # (k, 2) a box' corners, or the points: of `locate` in pixels, else parts of the sides.
    coordinates: np.ndarray

    @property
    def is_there(self) -> bool:
        return self.presence >= 0.5

    def row(self) -> dict[str, Any]:
        """Of a table: coordinates by number."""
        places = {}
        for at, (x, y) in enumerate(self.coordinates, start=1):
            places |= {f"x{at}": x, f"y{at}": y}
        return {"presence": self.presence, "label": self.label, **places}


class Locator:
    """A trained network with all that it needs to be asked about a user's picture."""

    def __init__(self, network: Any, labels: Sequence[str], form: str, caution: str = ""):
        self.network = network  # of `engine.load`: (n, size, size, 3) in 0..255 -> a vector each
        self.labels, self.form = tuple(labels), form
        self.caution = caution  # to be said with answers

    @classmethod
    def from_file(cls, path: Path) -> "Locator":
        """What `save` wrote. Raises: UserError where the file is no such model."""
        network, metadata = engine.load(path)
        known = {key: metadata[key] for key in METADATA if key in metadata}
        with engine.understood(path):
            if len(known) < len(METADATA) or not _fits(network, known["labels"], known["form"]):
                raise UserError(f"{path} is no model that localises")
        return cls(network, **known)

    def save(self, path: Path) -> None:
        engine.save(self.network, path, {key: getattr(self, key) for key in METADATA})

    @property
    def size(self) -> int:
        """Pixels a side at which the network sees a picture."""
        return self.network.input_shape[1]

    def locate(self, picture: Any, to_picture: np.ndarray = WHOLE) -> Located:
        """The object of a picture, which is what `images.read_image` reads.

        Args: to_picture: a (2, 3) matrix from the square that is looked at to the picture, both
            with sides of 1; by default all of it.
        """
        image = images.read_image(picture)
        (found,) = self.located([warped(image, to_picture, self.size)])
        places = found.coordinates @ to_picture[:, :2].T + to_picture[:, 2]
        height, width = image.shape[:2]
        pixels = places * [width, height]
        return Located(found.presence, found.label, found.probability, pixels)

    def located(self, pictures: Sequence[np.ndarray]) -> list[Located]:
        """The objects of pictures (size, size, 3); coordinates are fractions of their sides."""
        shown = np.stack(pictures).astype(np.float32)
        return [self.read(answer) for answer in inference.outputs(self.network, shown, BATCH_SIZE)]

    def read(self, answer: np.ndarray) -> Located:
        """What the vector for one picture says; coordinates are fractions of its sides."""
        end = len(answer) - len(self.labels)
        chances = np.exp(answer[end:] - answer[end:].max())
        best = int(chances.argmax())
        places = answer[1:end].reshape(-1, 2).astype(float)
        if self.form == "box":
            middle, sides = places
            sides = np.maximum(sides, 0)
            places = np.clip([middle - sides / 2, middle + sides / 2], 0, 1)
        return Located(
            float(1 / (1 + np.exp(-answer[0]))),
            self.labels[best],
            float(chances[best] / chances.sum()),
            places,
        )


def _fits(network: Any, labels: Sequence[str], form: str) -> bool:
    """Whether a network, which may be anybody's, gives such vectors for pictures."""
    height, width, channels = network.input_shape[1:]
    (numbers,) = network.output_shape[1:]
    coordinates = numbers - 1 - len(labels)
    is_form = {"box": coordinates == 4, "points": coordinates > 0 and coordinates % 2 == 0}
    is_picture = channels == 3 and height is not None and height == width
    return is_picture and len(labels) > 0 and is_form.get(form, False)
