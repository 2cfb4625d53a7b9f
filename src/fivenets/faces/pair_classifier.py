"""The binary classifier of the course, trained end to end: one network for both pictures, then
logistic regression on how their embeddings differ (Taigman et al. 2014, section 6.1).

While it is trained, every two pictures of a batch are a pair. Afterwards its weights are a record
beside the network, which is used as any other embedding.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from fivenets.core.errors import UserError
from fivenets.faces import siamese
from fivenets.faces.losses import pair_masks

SLOPE = -1.0  # of each feature at the start: who differs more is less alike
BLOCK = 100_000  # pairs whose features are held at once


@keras.saving.register_keras_serializable("fivenets")
class PairLogits(keras.layers.Layer):
    """Embeddings (n, d) -> (n, d + n): themselves, then the log-odds of each two being one person.

    Both in one tensor, so that a batch's metrics still see the embeddings.
    """

    def __init__(self, features: str, **options: Any):
        super().__init__(**options)
        self.features = features

    def build(self, input_shape: tuple[int | None, int]) -> None:
        start = keras.initializers.Constant(SLOPE)
        self.slopes = self.add_weight((input_shape[-1],), initializer=start, name="slopes")
        self.bias = self.add_weight((), initializer="zeros", name="bias")

    def call(self, embeddings: Any) -> Any:
        embeddings = ops.cast(embeddings, "float32")
        one, other = ops.expand_dims(embeddings, 1), ops.expand_dims(embeddings, 0)
        difference = ops.abs(one - other)
        if self.features == "chi_square":
            total = ops.abs(one) + ops.abs(other)
            difference = ops.square(difference) / ops.maximum(total, siamese.SMALLEST_SUM)
        logits = ops.sum(difference * self.slopes, axis=-1) + self.bias
        return ops.concatenate([embeddings, logits], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "features": self.features}


@keras.saving.register_keras_serializable("fivenets")
class PairLoss(keras.losses.Loss):
    """Cross-entropy of all pairs of a batch; those of one person weigh as much as those of two.

    Args: dimensions: of the embeddings, which `PairLogits` leaves before the log-odds.
    """

    def __init__(self, dimensions: int):
        super().__init__(name="pairs")
        self.dimensions = dimensions

    def call(self, y_true: Any, y_pred: Any) -> Any:
        logits = y_pred[:, self.dimensions :]
        is_same, is_different = (ops.cast(mask, logits.dtype) for mask in pair_masks(y_true))
        of_same = ops.sum(ops.softplus(-logits) * is_same) / ops.maximum(ops.sum(is_same), 1.0)
        of_two = ops.sum(ops.softplus(logits) * is_different)
        return (of_same + of_two / ops.maximum(ops.sum(is_different), 1.0)) / 2

    def get_config(self) -> dict[str, Any]:
        return {"dimensions": self.dimensions}


@dataclass(frozen=True)
class PairClassifier:
    """A classifier that was trained: its features (of `siamese`), a slope for each, and a bias."""

    features: str
    slopes: Sequence[float]
    bias: float

    @classmethod
    def of(cls, layer: PairLogits) -> "PairClassifier":
        slopes, bias = map(ops.convert_to_numpy, (layer.slopes, layer.bias))
        return cls(layer.features, slopes.tolist(), float(bias))

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
