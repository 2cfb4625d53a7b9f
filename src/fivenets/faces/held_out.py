"""What thresholds accept of people who had no part in them: cross-validation by person.

A pair has two people, so that leaving out one fold of people is not enough: the other one's pairs
would still have set the threshold. For every two folds, the threshold is set on pairs of people in
neither, and judged on the pairs between the two.
"""

from itertools import combinations_with_replacement

import numpy as np

from fivenets.faces.verification import Pairs, threshold_at_far

MOST_FOLDS = 10


def rates(
    distances: np.ndarray, pairs: Pairs, people: np.ndarray, target_far: float, seed: int = 0
) -> dict[str, float | None]:
    """FAR and TAR of all pairs (p,) of the people (n,), each by a threshold of others.

    A rate is None where there are too few people to leave out two folds.
    """
    fold = folds(people, seed)
    low, high = np.sort([fold[pairs.first], fold[pairs.second]], axis=0)
    accepted: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for one, other in combinations_with_replacement(range(fold.max() + 1), 2):
        is_apart = ~np.isin(low, (one, other)) & ~np.isin(high, (one, other))
        if (is_apart & ~pairs.is_same).sum() * target_far < 1:
            continue
        threshold = threshold_at_far(distances[is_apart], pairs.is_same[is_apart], target_far)
        scored = (low == one) & (high == other)
        for kind in accepted:
            accepted[kind].append(distances[scored & (pairs.is_same == kind)] <= threshold)
    return {"far": _mean(accepted[False]), "tar": _mean(accepted[True])}


def false_identification(
    embeddings: np.ndarray,
    distances: np.ndarray,
    pairs: Pairs,
    people: np.ndarray,
    target_far: float,
    seed: int = 0,
) -> float | None:
    """The part of pictures (n, d) that a gallery of all people in other folds takes for somebody.

    Each fold's people are strangers to a threshold and a gallery of the others.
    """
    fold, named = folds(people, seed), []
    for one in range(fold.max() + 1):
        is_apart = (fold[pairs.first] != one) & (fold[pairs.second] != one)
        if (is_apart & ~pairs.is_same).sum() * target_far < 1:
            continue
        threshold = threshold_at_far(distances[is_apart], pairs.is_same[is_apart], target_far)
        gallery = embeddings[fold != one]
        for picture in embeddings[fold == one]:
            named.append(np.linalg.norm(gallery - picture, axis=1).min() <= threshold)
    return float(np.mean(named)) if named else None


def folds(people: np.ndarray, seed: int) -> np.ndarray:
    """(n,) the fold of each picture, 0 to at most MOST_FOLDS - 1; a person is in one."""
    names, person = np.unique(people, return_inverse=True)
    count = min(MOST_FOLDS, len(names))
    return (np.random.default_rng(seed).permutation(len(names)) % count)[person]


def _mean(parts: list[np.ndarray]) -> float | None:
    joined = np.concatenate([*parts, np.zeros(0, bool)])
    return float(joined.mean()) if len(joined) else None
