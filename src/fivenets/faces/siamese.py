"""The Siamese binary classifier of the course: same or not, from two frozen embeddings.

Logistic regression on the features of a pair, either |f(a) - f(b)| or the chi-square similarity
(f(a) - f(b))^2 / (f(a) + f(b)) (Taigman et al. 2014, section 4.2), taken of |f| as it is made for
values that are not negative.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SMALLEST_SUM = 1e-6  # below this, both embeddings are 0 there


def absolute_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """|f(a) - f(b)|, (n, d) from two (n, d)."""
    return np.abs(one - other)


def chi_square(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(f(a) - f(b))^2 / (|f(a)| + |f(b)|), (n, d) from two (n, d)."""
    return np.square(one - other) / np.maximum(np.abs(one) + np.abs(other), SMALLEST_SUM)


FEATURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "absolute_difference": absolute_difference,
    "chi_square": chi_square,
}


def train(
    one: np.ndarray, other: np.ndarray, is_same: np.ndarray, *, features: str, strength: float
) -> "Pipeline":
    """A classifier of pairs of embeddings (n, d), (n, d); both kinds of pair weigh alike.

    Args: features: a key of FEATURES. strength: inverse of the penalty on large weights, > 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(
        C=strength,
        class_weight="balanced",
        solver="newton-cholesky",  # many more pairs than features: a few steps, and exact ones
    )
    classifier = make_pipeline(StandardScaler(), regression)
    return classifier.fit(FEATURES[features](one, other), is_same)


def distances(
    classifier: "Pipeline", one: np.ndarray, other: np.ndarray, *, features: str
) -> np.ndarray:
    """(n,) log-odds of two people: like a distance, smaller means the same; 0 is the border."""
    return -classifier.decision_function(FEATURES[features](one, other))
