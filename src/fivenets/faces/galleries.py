"""What galleries of a few and of many people answer, each at the threshold for its size."""

import numpy as np
from scipy.spatial.distance import cdist

from fivenets.faces import intervals
from fivenets.faces.thresholds import GalleryThresholds

SIZES = (1, 5, 20, 100, 500)  # people, of one picture each
OPEN_SET = ("rank_1", "detection_and_identification", "false_identification")


def curve(
    embeddings: np.ndarray, people: np.ndarray, galleries: GalleryThresholds, repeats: int
) -> list[dict[str, float]]:
    """What galleries of SIZES people, one picture of each, answer at their own thresholds.

    The mean over `repeats` drawings of people. All other pictures of who is enrolled are asked
    about, those with two pictures being drawn first; all pictures of who is not are strangers'.
    Returns: for each number of people that leaves half as many strangers: rank_1 (the nearest entry
        is the right person's, threshold or not), detection_and_identification (and it is near
        enough), false_identification (strangers who are named); with 95% intervals over people.
    """
    names, first, counts = np.unique(people, return_index=True, return_counts=True)
    distances, rng, rows = cdist(embeddings, embeddings[first]), np.random.default_rng(0), []
    person = np.searchsorted(names, people)
    is_first = np.isin(np.arange(len(people)), first)
    for size in SIZES:
        if size * 1.5 > len(names):
            break
        threshold, found = galleries.of(size), {key: [] for key in OPEN_SET}
        for _ in range(repeats):
            order = rng.permutation(len(names))
            known = order[np.argsort(counts[order] < 2, kind="stable")][:size]
            nearest = known[distances[:, known].argmin(axis=1)]
            is_near = distances[np.arange(len(people)), nearest] <= threshold
            is_known = np.isin(person, known)
            asked, strange = is_known & ~is_first, ~is_known
            is_right = nearest == person
            answers = ((asked, is_right), (asked, is_right & is_near), (strange, is_near))
            for key, (mask, answer) in zip(OPEN_SET, answers, strict=True):
                found[key].append((person[mask], answer[mask]))
        means = {key: _mean(answers, len(names)) for key, answers in found.items()}
        row = {f"{key}{end}": value for key, own in means.items() for end, value in own.items()}
        rows.append({"people": size, "threshold": threshold, **row})
    return rows


def _mean(answers: list[tuple[np.ndarray, np.ndarray]], count: int) -> dict[str, float]:
    whose, values = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    return intervals.of_mean(whose, values, count)
