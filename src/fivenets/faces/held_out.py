"""What thresholds accept of people who had no part in them: cross-validation by person.

A pair has two people, so that leaving out one fold of people is not enough: the other one's pairs
would still have set the threshold. For every two folds, the threshold is set on pairs of people in
neither, and judged on the pairs between the two.
"""

from itertools import combinations_with_replacement

import numpy as np

from fivenets.faces.thresholds import of_galleries
from fivenets.faces.verification import Pairs, threshold_at_far

MOST_FOLDS = 10
FEWEST_PEOPLE = 3  # for the threshold of a gallery


def accepted(
    distances: np.ndarray, pairs: Pairs, people: np.ndarray, target_far: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs (p,) a threshold of other people accepts, and which could be scored by one.

    A pair is not where there are too few people to leave out two folds.
    """
    fold = folds(people)
    low, high = np.sort([fold[pairs.first], fold[pairs.second]], axis=0)
    is_accepted, is_scored = np.zeros((2, len(distances)), bool)
    for one, other in combinations_with_replacement(range(fold.max() + 1), 2):
        is_apart = ~np.isin(low, (one, other)) & ~np.isin(high, (one, other))
        if (is_apart & ~pairs.is_same).sum() * target_far < 1:
            continue
        threshold = threshold_at_far(distances[is_apart], pairs.is_same[is_apart], target_far)
        rows = (low == one) & (high == other)
        is_accepted[rows], is_scored[rows] = distances[rows] <= threshold, True
    return is_accepted, is_scored


def false_identification(embeddings: np.ndarray, people: np.ndarray, target: float) -> float | None:
    """The part of pictures (n, d) that a gallery of all people in other folds takes for somebody.

    Each fold's people are strangers to a gallery of the others, at the others' threshold for its
    number of entries. None where there are too few others.
    """
    fold, named = folds(people), []
    for one in range(fold.max() + 1):
        known = embeddings[fold != one]
        if len(np.unique(people[fold != one])) < FEWEST_PEOPLE:
            continue
        threshold = of_galleries(known, people[fold != one], target).of(len(known))
        for picture in embeddings[fold == one]:
            named.append(np.linalg.norm(known - picture, axis=1).min() <= threshold)
    return float(np.mean(named)) if named else None


def by_entries(rate: float | None, people: np.ndarray) -> list[tuple[int, float]]:
    """What `false_identification` found, and how many entries the smallest of its galleries had.

    Args: people: (n,) of the pictures. Returns: one pair, or none where nothing was measured.
    """
    return [] if rate is None else [(len(people) - int(np.bincount(folds(people)).max()), rate)]


def folds(people: np.ndarray) -> np.ndarray:
    """(n,) the fold of each picture, 0 to at most MOST_FOLDS - 1; a person is in one."""
    names, person = np.unique(people, return_inverse=True)
    count = min(MOST_FOLDS, len(names))
    return (np.random.default_rng(0).permutation(len(names)) % count)[person]
