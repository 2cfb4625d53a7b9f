"""Whether scores normalised against a gallery name more people than a threshold for its size does.

Three ways to decide whether the nearest person is the right one, each at the threshold at which it
names `target` of strangers: the distance itself; the distance less the mean of those to everybody
in the gallery, by their spread; and the distance by that to the second nearest person.
"""

import numpy as np
from scipy.spatial.distance import cdist

SIZES = (20, 100, 500)  # people in the gallery, of one picture each


def distance(distances: np.ndarray) -> np.ndarray:
    """The nearest of distances (n, people): less is more alike."""
    return distances.min(axis=1)


def standard_score(distances: np.ndarray) -> np.ndarray:
    """The nearest in standard deviations from the mean of all."""
    return (distances.min(axis=1) - distances.mean(axis=1)) / distances.std(axis=1)


def ratio(distances: np.ndarray) -> np.ndarray:
    """The nearest by the second nearest."""
    first, second = np.partition(distances, 1, axis=1)[:, :2].T
    return first / second


SCORES = {"distance": distance, "standard_score": standard_score, "ratio": ratio}


def compared(
    embeddings: np.ndarray, people: np.ndarray, target: float, repeats: int
) -> list[dict[str, float]]:
    """Who is named rightly, of embeddings (n, d) of people (n,), with galleries of SIZES.

    For choosing between them: thresholds are set on the strangers they are scored by.
    """
    names, first, counts = np.unique(people, return_index=True, return_counts=True)
    distances, person = cdist(embeddings, embeddings[first]), np.searchsorted(names, people)
    is_first = np.isin(np.arange(len(people)), first)
    rng, rows = np.random.default_rng(0), []
    for size in SIZES:
        found = {key: [] for key in SCORES}
        for _ in range(repeats if size * 1.5 <= len(names) else 0):
            order = rng.permutation(len(names))
            known = order[np.argsort(counts[order] < 2, kind="stable")][:size]
            to_known, is_known = distances[:, known], np.isin(person, known)
            asked = is_known & ~is_first
            is_right = known[to_known.argmin(axis=1)] == person
            for key, score in SCORES.items():
                scores = score(to_known)
                threshold = np.quantile(scores[~is_known], target)
                found[key].append((is_right & (scores <= threshold))[asked].mean())
        means = {key: float(np.mean(values)) for key, values in found.items() if values}
        rows += [{"people": size, **means}] if means else []
    return rows
