"""Logits -> probabilities that keep their word, and a score below which nothing is recognised.

Both are fitted on pictures of people who were not trained on: on others, a network is always right.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from fivenets.core.errors import UserError

TEMPERATURES = (0.05, 20.0)
LOST = 0.02  # part of the pictures of hands that may be rejected


@dataclass(frozen=True)
class Calibration:
    """What is done with logits (n, k)."""

    temperature: float = 1.0  # Guo et al. 2017
    least_score: float | None = None  # what scores less is rejected; None: nothing is

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(n, k), in float64, so that they add up to 1 to more digits than anyone prints."""
        return softmax(logits.astype(np.float64) / self.temperature, axis=1)

    def is_rejected(self, logits: np.ndarray) -> np.ndarray:
        """(n,) whether none of the labels is recognised."""
        return scores(logits) < (-np.inf if self.least_score is None else self.least_score)


def scores(logits: np.ndarray) -> np.ndarray:
    """(n,) how much there is of any label: the negative free energy (Liu et al. 2020)."""
    return logsumexp(logits.astype(np.float64), axis=1)


def fitted(logits: np.ndarray, labels: np.ndarray, rejects: bool) -> Calibration:
    """The temperature of the lowest log loss, and the score that LOST of these examples fall below.

    Args: logits: (n, k). labels: (n,) integers. rejects: whether the network was shown what
        belongs to no class, without which its scores tell nothing of it.
    Raises: UserError where there is nothing to fit on.
    """
    if not len(labels):
        raise UserError("a calibration needs pictures to validate with, there are none")

    def log_loss(log_temperature: float) -> float:
        scaled = logits.astype(np.float64) / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]).mean())

    bounds = tuple(np.log(TEMPERATURES))
    temperature = float(np.exp(minimize_scalar(log_loss, bounds=bounds, method="bounded").x))
    least = float(np.quantile(scores(logits), LOST)) if rejects else None
    return Calibration(temperature, least)
