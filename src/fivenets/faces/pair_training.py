"""How a `PairClassifier` is trained: the layer that compares all pictures of a batch, its loss."""

from typing import Any

import keras
from keras import ops

from fivenets.faces import siamese
from fivenets.faces.losses import pair_masks
from fivenets.faces.pair_classifier import PairClassifier

SLOPE = -1.0  # of each feature at the start: who differs more is less alike


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


def classifier_of(layer: PairLogits) -> PairClassifier:
    """What the layer has learned."""
    slopes, bias = map(ops.convert_to_numpy, (layer.slopes, layer.bias))
    return PairClassifier(layer.features, slopes.tolist(), float(bias))
