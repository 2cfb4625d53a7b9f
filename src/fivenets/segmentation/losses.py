"""What a segmentation network is trained to lower; pixels of no class count neither way."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops


class SegmentationLoss(keras.losses.Loss):
    """Cross-entropy with a weight for each class, and Dice loss beside it.

    Takes masks (n, height, width) of class numbers, of which others than 0..classes - 1 are of no
    class, and logits (n, height, width, classes). Smaller ones are enlarged first, as in use.
    """

    def __init__(self, class_weights: Sequence[float], dice: float = 0.0, **options):
        super().__init__(reduction="sum_over_batch_size", **options)
        self.class_weights, self.dice = list(map(float, class_weights)), dice

    def call(self, y_true, y_pred):
        # Of a number that is none of theirs, ops.one_hot makes zeros.
        truth = ops.one_hot(ops.cast(y_true, "int32"), len(self.class_weights))
        if y_pred.shape[1:3] != y_true.shape[1:3]:
            y_pred = ops.image.resize(y_pred, y_true.shape[1:3])
        log_probabilities = ops.log_softmax(y_pred)
        loss = cross_entropy(truth, log_probabilities, ops.convert_to_tensor(self.class_weights))
        if self.dice:
            loss += self.dice * dice_loss(truth, ops.exp(log_probabilities))
        # Of several devices, Keras divides by their number a loss that is no scalar.
        return ops.reshape(loss, (1,))


def cross_entropy(truth, log_probabilities, class_weights):
    """The mean over pixels of some class, each weighing what its class does.

    Args: truth, log_probabilities: (n, height, width, k), truth all 0 where a pixel is of no class.
    """
    weighted = truth * class_weights
    return -ops.sum(weighted * log_probabilities) / ops.maximum(ops.sum(weighted), 1e-6)


def dice_loss(truth, probabilities):
    """1 less the Dice coefficients' mean over the classes that the pictures show (Milletari 2016).

    The coefficient is twice what is shared by the sum of both, over all pixels of the batch.
    """
    counted = probabilities * ops.sum(truth, axis=-1, keepdims=True)
    pixels = ops.sum(truth, axis=(0, 1, 2))
    shared = ops.sum(truth * counted, axis=(0, 1, 2))
    coefficients = 2 * shared / ops.maximum(pixels + ops.sum(counted, axis=(0, 1, 2)), 1e-6)
    is_shown = ops.cast(pixels > 0, coefficients.dtype)
    return 1 - ops.sum(coefficients * is_shown) / ops.maximum(ops.sum(is_shown), 1)


def class_weights(pixels: np.ndarray, balance: float) -> np.ndarray:
    """(k,) weights that fall with a class' pixels (k,), by the power `balance`; 1 on average.

    The average is over pixels. A class without any has no weight.
    """
    shares = pixels / max(1, pixels.sum())
    weights = np.where(shares > 0, np.maximum(shares, 1e-12) ** -balance, 0)
    return weights / max(np.sum(shares * weights), 1e-12)
