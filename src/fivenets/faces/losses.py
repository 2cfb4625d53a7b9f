"""Triplet losses: the assignment's, and three that choose triplets within a batch.

Batch losses take labels (n,) and embeddings (n, d) and return one number. Distances are Euclidean,
or their squares as in Schroff et al. 2015; a margin has the unit of the distance.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

# The root's slope is infinite at 0; distances are taken as of at least a millionth.
SMALLEST_SQUARE = 1e-12
FAR = 1e9  # more than any distance: takes an entry out of a minimum

BatchLoss = Callable[..., Any]


def triplet_loss(anchor: Any, positive: Any, negative: Any, alpha: float = 0.2) -> Any:
    """Triplet loss of the assignment (Schroff et al. 2015, equation 3), summed over the batch.

    Args: embeddings, each (n, d). alpha: margin between squared distances, >= 0.
    Returns: the sum over the batch of max(|a - p|^2 - |a - n|^2 + alpha, 0).
    """
    to_positive = ops.sum(ops.square(anchor - positive), axis=-1)
    to_negative = ops.sum(ops.square(anchor - negative), axis=-1)
    return ops.sum(ops.maximum(to_positive - to_negative + alpha, 0.0))


def pairwise_distances(embeddings: Any, squared: bool = False) -> Any:
    """Distances (n, n) between the rows of embeddings (n, d)."""
    # Differences and not |a|^2 - 2ab + |b|^2, which loses the digits of small distances.
    differences = ops.expand_dims(embeddings, 1) - ops.expand_dims(embeddings, 0)
    squares = ops.sum(ops.square(differences), axis=-1)
    return squares if squared else ops.sqrt(ops.maximum(squares, SMALLEST_SQUARE))


def pair_masks(labels: Any) -> tuple[Any, Any]:
    """(n, n) bools: pairs of one person's different images, and pairs of two people."""
    labels = ops.reshape(labels, (-1,))
    is_same = ops.equal(ops.expand_dims(labels, 1), ops.expand_dims(labels, 0))
    is_itself = ops.cast(ops.eye(ops.shape(labels)[0]), "bool")
    return ops.logical_and(is_same, ops.logical_not(is_itself)), ops.logical_not(is_same)


def batch_all(labels: Any, embeddings: Any, margin: float, squared: bool = False) -> Any:
    """The mean over all triplets of a batch that still have a loss (Hermans et al. 2017)."""
    losses, is_valid = _all_triplets(labels, embeddings, margin, squared)
    losses = ops.where(is_valid, ops.maximum(losses, 0.0), 0.0)
    active = ops.sum(ops.cast(losses > 0, losses.dtype))
    return ops.sum(losses) / ops.maximum(active, 1.0)


def batch_hard(labels: Any, embeddings: Any, margin: float, squared: bool = False) -> Any:
    """The mean over anchors with their farthest positive, nearest negative (Hermans et al. 2017).

    Anchors without a positive or a negative in the batch do not count.
    """
    distances = pairwise_distances(embeddings, squared)
    is_positive, is_negative = pair_masks(labels)
    farthest = ops.max(ops.where(is_positive, distances, -FAR), axis=1)
    nearest = ops.min(ops.where(is_negative, distances, FAR), axis=1)
    is_anchor = ops.logical_and(ops.any(is_positive, axis=1), ops.any(is_negative, axis=1))
    return _mean_where(ops.maximum(farthest - nearest + margin, 0.0), is_anchor)


def semi_hard(labels: Any, embeddings: Any, margin: float, squared: bool = False) -> Any:
    """The mean over pairs of one person with their semi-hard negative (Schroff et al. 2015, 3.2).

    That is the nearest negative which is farther than the positive, or, where there is none, the
    farthest negative.
    """
    distances = pairwise_distances(embeddings, squared)
    is_positive, is_negative = pair_masks(labels)
    to_positive, to_negative = ops.expand_dims(distances, 2), ops.expand_dims(distances, 1)
    is_farther = ops.logical_and(ops.expand_dims(is_negative, 1), to_negative > to_positive)
    nearest = ops.min(ops.where(is_farther, to_negative, FAR), axis=2)
    farthest = ops.max(ops.where(is_negative, distances, -FAR), axis=1, keepdims=True)
    negative = ops.where(ops.any(is_farther, axis=2), nearest, farthest)
    has_negative = ops.any(is_negative, axis=1, keepdims=True)
    losses = ops.maximum(distances - negative + margin, 0.0)
    return _mean_where(losses, ops.logical_and(is_positive, has_negative))


BATCH_LOSSES: dict[str, BatchLoss] = {
    "batch_all": batch_all,
    "batch_hard": batch_hard,
    "semi_hard": semi_hard,
}


def active_fraction(labels: Any, embeddings: Any, margin: float, squared: bool = False) -> Any:
    """The part of a batch's triplets, 0..1, whose loss is above 0."""
    losses, is_valid = _all_triplets(labels, embeddings, margin, squared)
    return _mean_where(ops.cast(losses > 0, "float32"), is_valid)


def positive_distance(labels: Any, embeddings: Any) -> Any:
    """Mean distance between different images of one person."""
    return _mean_where(pairwise_distances(embeddings), pair_masks(labels)[0])


def negative_distance(labels: Any, embeddings: Any) -> Any:
    """Mean distance between images of two people."""
    return _mean_where(pairwise_distances(embeddings), pair_masks(labels)[1])


def spread(labels: Any, embeddings: Any) -> Any:
    """Root mean square distance of embeddings from their mean: 0 when they have collapsed."""
    centred = embeddings - ops.mean(embeddings, axis=0, keepdims=True)
    return ops.sqrt(ops.mean(ops.sum(ops.square(centred), axis=-1)))


def _all_triplets(labels: Any, embeddings: Any, margin: float, squared: bool) -> tuple[Any, Any]:
    """Losses (anchor, positive, negative) before the cut at 0, and which of them are triplets."""
    distances = pairwise_distances(embeddings, squared)
    is_positive, is_negative = pair_masks(labels)
    losses = ops.expand_dims(distances, 2) - ops.expand_dims(distances, 1) + margin
    return losses, ops.logical_and(ops.expand_dims(is_positive, 2), ops.expand_dims(is_negative, 1))


def _mean_where(values: Any, mask: Any) -> Any:
    weights = ops.cast(mask, values.dtype)
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1.0)


class BatchTripletLoss(keras.losses.Loss):
    """One of BATCH_LOSSES for `compile`: labels (n,) are the targets, embeddings the output."""

    def __init__(self, mining: str, margin: float, squared: bool = False):
        super().__init__(name=mining)
        self.mining, self.margin, self.squared = mining, margin, squared

    def call(self, y_true, y_pred):
        return BATCH_LOSSES[self.mining](y_true, y_pred, self.margin, self.squared)
