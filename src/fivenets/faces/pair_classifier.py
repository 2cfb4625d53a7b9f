"""The binary classifier of the course, trained end to end: one network for both pictures, then
logistic regression on how their embeddings differ (Taigman et al. 2014, section 6.1).

While it is trained (`pair_training`), every two pictures of a batch are a pair. Afterwards its
weights are a record beside the network, which is used as any other embedding.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces import siamese

BLOCK = 100_000  # pairs whose features are held at once


@dataclass(frozen=True)
class PairClassifier:
    """A classifier that was trained: its features (of `siamese`), a slope for each, and a bias."""

    features: str
    slopes: Sequence[float]
    bias: float

    @classmethod
    def read(cls, record: dict[str, Any] | None) -> "PairClassifier | None":
        """What `record` gave, or None. Raises: UserError for anything else."""
        if record is None:
            return None
        try:
            found = cls(**record)
            if found.features not in siamese.FEATURES or not np.isfinite(found.slopes).all():
                raise ValueError(found.features)
        except (TypeError, ValueError) as error:
            raise UserError(f"the model's classifier of pairs is not usable: {error}") from None
        return found

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def distances(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """(n,) log-odds of two people, of embeddings (n, d) and (n, d): less is more alike."""
        found = np.empty(len(one))
        for start in range(0, len(one), BLOCK):
            rows = slice(start, start + BLOCK)
            features = siamese.FEATURES[self.features](one[rows], other[rows])
            found[rows] = -(features @ np.asarray(self.slopes) + self.bias)
        return found
