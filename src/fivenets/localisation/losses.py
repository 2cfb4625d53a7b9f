"""The notes' loss of a label vector: logistic, log-likelihood and squared.

A label is p_c, the coordinates and one class of several as a one: where p_c is 0, the rest says
nothing and counts nothing.
"""

import keras
from keras import ops

from fivenets.localisation.settings import Loss


class LocalisationLoss(keras.losses.Loss):
    """Of labels and answers (n, 1 + coordinates + classes), the latter with logits."""

    def __init__(self, coordinates: int, weights: Loss, **options):
        super().__init__(**options)
        self.coordinates, self.weights = coordinates, weights

    def call(self, y_true, y_pred):
        end = 1 + self.coordinates
        is_there = y_true[:, 0]
        presence = ops.softplus(y_pred[:, 0]) - is_there * y_pred[:, 0]
        label = -ops.sum(y_true[:, end:] * ops.log_softmax(y_pred[:, end:]), axis=-1)
        place = ops.sum(ops.square(y_true[:, 1:end] - y_pred[:, 1:end]), axis=-1)
        parts = self.weights
        return parts.presence * presence + is_there * (parts.label * label + parts.place * place)
