"""Which numbers the evaluations of a task give, for params.yaml to name them; one of several."""

from dataclasses import dataclass

import numpy as np

from fivenets.core.params import Count, checked


@dataclass(frozen=True)
class Metrics:
    """Names in metrics.json."""

    scores: tuple[str, ...]  # more is better: what a gate can ask for
    measures: tuple[str, ...] = ()  # other numbers that the results can show
    groups: tuple[str, ...] = ()  # sections, such as unseen of unseen.auc
    of_converted: tuple[str, ...] = ()  # scores of a model that is not trained here; none: all

    def scores_of(self, is_converted: bool) -> tuple[str, ...]:
        """Those that a model of this kind has."""
        return self.of_converted if is_converted and self.of_converted else self.scores


@checked
class Page:
    """What an evaluation leaves to be looked at."""

    shown: Count  # pictures on the page


def calibration_error(confidence: np.ndarray, is_correct: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017, equation 3), 0..1.

    The mean gap between confidence and accuracy over equal-width bins of confidence, each
    weighted by the examples in it. Both (n,), at least one.
    """
    bin_of_example = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(bin_of_example, weights=confidence - is_correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))
