"""Verification (1:1): what pairs of embeddings say about a model and its threshold.

Distances are Euclidean; two images are said to be of one person where their distance is at most
the threshold. FAR is the part of pairs of two people that is accepted, TAR that of pairs of one
person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from fivenets.core.errors import UserError
from fivenets.datasets.faces.lfw import Pair

PAIR_BLOCK = 100_000  # pairs whose embeddings are held at once


@dataclass(frozen=True)
class Pairs:
    """Pairs of images, and which of them each fold scores and chooses its threshold on."""

    first: np.ndarray  # (p,) int, rows of the embeddings
    second: np.ndarray  # (p,) int
    is_same: np.ndarray  # (p,) bool, whether of one person
    scored: np.ndarray  # (folds, p) bool
    chosen_on: np.ndarray  # (folds, p) bool

    def distances(self, embeddings: np.ndarray) -> np.ndarray:
        """Euclidean distances (p,) in embeddings (n, d)."""
        distances = np.empty(len(self.first), embeddings.dtype)
        for start in range(0, len(distances), PAIR_BLOCK):
            rows = slice(start, start + PAIR_BLOCK)
            between = embeddings[self.first[rows]] - embeddings[self.second[rows]]
            distances[rows] = np.linalg.norm(between, axis=1)
        return distances

    def some(self, most: int) -> "Pairs":
        """At most so many of them, drawn with equal chances."""
        if len(self.first) <= most:
            return self
        return self.only(np.sort(np.random.default_rng(0).permutation(len(self.first))[:most]))

    def only(self, rows: np.ndarray) -> "Pairs":
        """Those of some rows."""
        return Pairs(
            self.first[rows],
            self.second[rows],
            self.is_same[rows],
            self.scored[:, rows],
            self.chosen_on[:, rows],
        )


def all_pairs(people: np.ndarray, folds: int) -> Pairs:
    """Every pair of images, in folds by person.

    A fold scores the pairs that one of its people is in, and chooses its threshold on those that
    none of them is in: nobody has a part in the threshold that they are scored by.
    Args: people: (n,) the person on each image. folds: 2 to the number of people.
    """
    names, counts = np.unique(people, return_counts=True)
    if len(names) < 3:
        raise UserError(f"pictures of at least 3 people are needed, there are {len(names)}")
    # Choosing a threshold takes pairs of two people, so two must be left.
    if not 2 <= folds <= len(names) or len(names) - -(-len(names) // folds) < 2:
        raise UserError(
            f"{folds} folds were asked for of {len(names)} people: at least 2 folds, and 2 people "
            "outside each, are needed"
        )
    order = np.random.default_rng(0).permutation(names)
    # Who has two pictures comes first: every fold should have pairs of one person to score.
    order = order[np.argsort(np.isin(order, names[counts < 2]), kind="stable")]
    fold_of = dict(zip(order, cycle(range(folds))))
    image_fold = np.array([fold_of[person] for person in people])
    first, second = np.triu_indices(len(people), 1)
    each = np.arange(folds)[:, None]
    scored = (image_fold[first] == each) | (image_fold[second] == each)
    return Pairs(first, second, people[first] == people[second], scored, ~scored)


def of_list(listed: Sequence[Pair], rows: Mapping[str, int]) -> tuple[Pairs, int]:
    """The pairs of one of LFW's lists whose pictures are among `rows`, and how many are not.

    A fold scores its own pairs, and chooses its threshold on all others.
    Args: rows: a picture's name -> its row in the embeddings.
    """
    found = [pair for pair in listed if rows.keys() >= set(pair.pictures)]
    if not found:
        raise UserError("none of the list's pictures is in the data set")
    first, second = (np.array([rows[pair.pictures[end]] for pair in found]) for end in (0, 1))
    fold = np.array([pair.fold for pair in found])
    scored = fold == np.unique(fold)[:, None]
    is_same = np.array([pair.is_same for pair in found])
    return Pairs(first, second, is_same, scored, ~scored), len(listed) - len(found)


def verify(distances: np.ndarray, pairs: Pairs) -> dict[str, Any]:
    """Each fold scored at the threshold of highest accuracy on the pairs it may choose on.

    Returns: accuracy over the folds (mean, standard deviation and, as is published of LFW, standard
        error of the mean), the same with pairs of one person
        and of two weighing alike (all pairs of a data set are mostly of two people: calling every
        pair different would look good), and the thresholds' mean and spread.
    """
    plain, fair, thresholds = [], [], []
    for scored, chosen_on in zip(pairs.scored, pairs.chosen_on, strict=True):
        threshold = best_threshold(distances[chosen_on], pairs.is_same[chosen_on])
        even = best_threshold(distances[chosen_on], pairs.is_same[chosen_on], is_balanced=True)
        is_same = pairs.is_same[scored]
        plain.append(((distances[scored] <= threshold) == is_same).mean())
        fair.append(balanced((distances[scored] <= even) == is_same, is_same))
        thresholds.append(threshold)
    return {
        "accuracy": float(np.mean(plain)),
        "accuracy_sd": float(np.std(plain)),
        "accuracy_se": float(np.std(plain, ddof=1) / np.sqrt(len(plain))),
        "balanced_accuracy": float(np.mean(fair)),
        "balanced_accuracy_sd": float(np.std(fair)),
        "threshold": float(np.mean(thresholds)),
        "threshold_sd": float(np.std(thresholds)),
        "folds": len(plain),
        "pairs": len(distances),
        "pairs_of_one_person": int(pairs.is_same.sum()),
    }


def curve_numbers(distances: np.ndarray, is_same: np.ndarray) -> dict[str, float]:
    """ROC AUC, equal error rate, and TAR at FAR 1e-2 and 1e-3, all 0..1."""
    _, tar, far = rates(distances, is_same)
    return {"auc": float(roc_auc_score(is_same, -distances)), **of_curve(tar, far)}


def of_curve(tar: np.ndarray, far: np.ndarray) -> dict[str, float]:
    """Equal error rate, and TAR at two FARs, of a curve (t,) that rises."""
    nearest = np.argmin(np.abs(far - (1 - tar)))
    return {
        "eer": float((far[nearest] + 1 - tar[nearest]) / 2),
        "tar_at_far_1e-2": float(tar[far <= 1e-2].max(initial=0.0)),
        "tar_at_far_1e-3": float(tar[far <= 1e-3].max(initial=0.0)),
    }


def balanced(is_right: np.ndarray, is_same: np.ndarray) -> float:
    """The mean of the accuracies on pairs of one person and on pairs of two."""
    return float((is_right[is_same].mean() + is_right[~is_same].mean()) / 2)


def best_threshold(distances: np.ndarray, is_same: np.ndarray, is_balanced: bool = False) -> float:
    """The threshold of highest accuracy, or balanced accuracy, of those that accept a pair.

    It lies in the gap above a distance.
    """
    candidates, tar, far = rates(distances, is_same)
    same_weight = 0.5 if is_balanced else is_same.mean()
    best = np.argmax(same_weight * tar - (1 - same_weight) * far)
    following = candidates[min(best + 1, len(candidates) - 1)]
    return float((candidates[best] + following) / 2)


def rates(distances: np.ndarray, is_same: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(thresholds, TAR, FAR), each (t,), at every distance that occurs, rising.

    Raises: UserError without pairs of both kinds.
    """
    if is_same.all() or not is_same.any():
        raise UserError(
            "pairs of one person and of two people are both needed, "
            f"there are {is_same.sum()} and {(~is_same).sum()}"
        )
    far, tar, scores = roc_curve(is_same, -distances, drop_intermediate=False)
    return -scores[1:], tar[1:], far[1:]  # the first accepts nothing


def threshold_at_far(distances: np.ndarray, is_same: np.ndarray, target_far: float) -> float:
    """The largest threshold whose FAR is at most `target_far`."""
    check_far(target_far)
    different = np.sort(distances[~is_same])
    if not len(different):
        raise UserError("pairs of two people are needed to set a FAR, there are none")
    # As many as this may be accepted; the threshold lies just below the next one. The tiny sum
    # keeps 0.29 * 100 from being 28.
    accepted = int(target_far * len(different) + 1e-9)
    return float(np.nextafter(different[accepted], -np.inf))


def check_far(target_far: float) -> None:
    """Raises UserError where the rate is not between 0 and 1."""
    if not 0 < target_far < 1:
        raise UserError(f"the target FAR should lie between 0 and 1, it is {target_far:g}")


def hardest(distances: np.ndarray, pairs: Pairs, count: int) -> tuple[Sequence[int], Sequence[int]]:
    """Rows of the pairs of one person farthest apart, and of two people nearest together."""
    same, different = np.flatnonzero(pairs.is_same), np.flatnonzero(~pairs.is_same)
    farthest = same[np.argsort(-distances[same])][:count]
    nearest = different[np.argsort(distances[different])][:count]
    return farthest.tolist(), nearest.tolist()
