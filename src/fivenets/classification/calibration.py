"""Logits -> probabilities that keep their word, and a score below which nothing is recognised.

Both are fitted on pictures of people who were not trained on: on others, a network is always right.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # its modules are imported where they are used

from fivenets.core.errors import UserError

TEMPERATURES = (0.05, 20.0)
LOST = 0.02  # part of the pictures of hands that may be rejected


@dataclass(frozen=True)
class Calibration:
    """What is done with a network's outputs (n, k), or (n, k + 1): of none of the k labels, too."""

    labels: int  # k
    temperature: float = 1.0  # Guo et al. 2017
    least_score: float | None = None  # what scores less is rejected; None: nothing is

    @property
    def outputs(self) -> int:
        """How many a network has."""
        return self.labels + (self.least_score is not None)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(n, k), in float64, so that they add up to 1 to more digits than anyone prints."""
        scaled = logits[:, : self.labels].astype(np.float64) / self.temperature
        return np.exp(scaled - _log_sum_exp(scaled)[:, None])

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """(n,) log-odds of one of the labels against none of them; without that output, inf."""
        logits = logits.astype(np.float64)
        if logits.shape[1] == self.labels:
            return np.full(len(logits), np.inf)
        return _log_sum_exp(logits[:, : self.labels]) - logits[:, self.labels]

    def is_rejected(self, logits: np.ndarray) -> np.ndarray:
        """(n,) whether none of the labels is recognised."""
        return self.scores(logits) < (-np.inf if self.least_score is None else self.least_score)


def fitted(
    logits: np.ndarray,
    labels: np.ndarray,
    label_count: int,
    others: np.ndarray | None = None,
    all_logits: np.ndarray | None = None,
) -> Calibration:
    """The temperature of the lowest log loss, and the score below which nothing is recognised.

    LOST of these examples fall below it, or fewer where that suffices to reject all but LOST of the
    others; but no fewer than LOST of all pictures, those included that are harder to recognise.
    Args: logits: (n, k or k + 1). labels: (n,) integers. label_count: k.
        others: (m, k + 1) of pictures without a label. all_logits: (l, k + 1), see above.
    Raises: UserError where there is nothing to fit on.
    """
    if not len(labels):
        raise UserError("a calibration needs pictures to validate with, there are none")
    own = logits[:, :label_count].astype(np.float64)

    def log_loss(log_temperature: float) -> float:
        scaled = own / np.exp(log_temperature)
        return float((_log_sum_exp(scaled) - scaled[np.arange(len(labels)), labels]).mean())

    bounds = tuple(np.log(TEMPERATURES))
    best = scipy.optimize.minimize_scalar(log_loss, bounds=bounds, method="bounded").x
    least = None
    if logits.shape[1] > label_count:
        score = Calibration(label_count).scores
        most = np.quantile(score(logits), LOST)
        fewest = -np.inf if all_logits is None else np.quantile(score(all_logits), LOST)
        suffices = np.inf if others is None else np.quantile(score(others), 1 - LOST)
        least = float(min(most, max(fewest, suffices)))
    return Calibration(label_count, float(np.exp(best)), least)


def _log_sum_exp(values: np.ndarray) -> np.ndarray:
    """(n,) of (n, k)."""
    return np.logaddexp.reduce(values, axis=1)
