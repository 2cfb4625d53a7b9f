"""What an embedding is worth: embeddings and people in, numbers out."""

from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces import siamese
from fivenets.faces.recognition import enrolled_rows, open_set
from fivenets.faces.settings import FEWEST_PEOPLE, Protocol
from fivenets.faces.verification import (
    all_pairs,
    auc_interval,
    balanced,
    best_threshold,
    check_far,
    curve_numbers,
    threshold_at_far,
    verify,
)


def unseen_people(embeddings: np.ndarray, people: np.ndarray, protocol: Protocol) -> dict[str, Any]:
    """All numbers on people that the network was not trained on: 1:1, 1:K and Siamese."""
    return {
        **verification(embeddings, people, protocol.folds),
        "recognition": {
            f"{shots}_shot": recognition(
                embeddings,
                people,
                shots=shots,
                repeats=protocol.recognition_repeats,
            )
            for shots in (1, 5)
        },
        "siamese": {
            features: siamese_classifier(
                embeddings,
                people,
                protocol.folds,
                features=features,
                strength=protocol.siamese_strength,
            )
            for features in siamese.FEATURES
        },
    }


def verification(embeddings: np.ndarray, people: np.ndarray, folds: int) -> dict[str, Any]:
    """All pairs of embeddings (n, d), in folds by person (n,)."""
    pairs = all_pairs(people, min(folds, len(np.unique(people))))
    distances = pairs.distances(embeddings)
    return {
        **verify(distances, pairs),
        **curve_numbers(distances, pairs.is_same),
        **auc_interval(distances, pairs, people),
        "examples": len(people),
        "people": len(np.unique(people)),
    }


def calibrated(
    embeddings: np.ndarray, people: np.ndarray, folds: int, target_far: float
) -> dict[str, float]:
    """The threshold of `target_far`: mean and spread over the folds, and what it accepts.

    Raises: UserError where there are too few pairs of two people to see so low a rate.
    """
    check_far(target_far)
    pairs = all_pairs(people, min(folds, len(np.unique(people))))
    distances, thresholds = pairs.distances(embeddings), []
    for chosen_on in pairs.chosen_on:
        strangers = int((~pairs.is_same[chosen_on]).sum())
        if strangers * target_far < 1:
            raise UserError(
                f"a FAR of {target_far:g} takes at least {round(1 / target_far):,} pairs of two "
                f"people in every fold, there are {strangers:,}: add people, or raise the FAR"
            )
        thresholds.append(
            threshold_at_far(distances[chosen_on], pairs.is_same[chosen_on], target_far)
        )
    threshold = float(np.mean(thresholds))
    accepted = distances <= threshold
    return {
        "threshold": threshold,
        "threshold_sd": float(np.std(thresholds)),
        "far": float(accepted[~pairs.is_same].mean()),
        "tar": float(accepted[pairs.is_same].mean()),
    }


def recognition(
    embeddings: np.ndarray,
    people: np.ndarray,
    *,
    shots: int,
    repeats: int,
    seed: int = 0,
) -> dict[str, float]:
    """Open-set recognition, the mean over `repeats` drawings of people.

    Each drawing cuts the people into three parts: one chooses the threshold, one is the gallery
    (its first `shots` images) and asks about the rest of its images, one are strangers. The
    threshold is the one of highest balanced accuracy in the first part, each person in turn asked
    about with their own gallery images among the others', and without them.
    """
    names, rng, results = np.unique(people), np.random.default_rng(seed), []
    if len(names) < FEWEST_PEOPLE:
        raise UserError(
            f"open-set recognition takes at least {FEWEST_PEOPLE} people, there are {len(names)}"
        )
    for _ in range(repeats):
        parts = np.array_split(rng.permutation(names), 3)
        choosing, known, strange = (np.flatnonzero(np.isin(people, part)) for part in parts)
        enrolled = known[enrolled_rows(people[known], shots)]
        own, others = nearest_entries(embeddings[choosing], people[choosing], shots)
        is_own = np.arange(len(own) + len(others)) < len(own)
        threshold = best_threshold(np.concatenate([own, others]), is_own, is_balanced=True)
        asked = np.setdiff1d(known, enrolled)
        results.append(
            open_set(
                embeddings[enrolled],
                people[enrolled],
                embeddings[asked],
                people[asked],
                embeddings[strange],
                threshold,
            )
        )
    return {key: float(np.mean([result[key] for result in results])) for key in results[0]}


def nearest_entries(
    embeddings: np.ndarray, people: np.ndarray, shots: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the nearest gallery image, the first `shots` of each person being the gallery.

    Returns: of each image that is not in the gallery to its own person's, and of each image to the
        other people's.
    """
    enrolled = enrolled_rows(people, shots)
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None, enrolled], axis=-1)
    is_own = people[:, None] == people[None, enrolled]
    own = np.where(is_own, distances, np.inf).min(axis=1)
    others = np.where(is_own, np.inf, distances).min(axis=1)
    return np.delete(own, enrolled), others


def siamese_classifier(
    embeddings: np.ndarray, people: np.ndarray, folds: int, *, features: str, strength: float
) -> dict[str, float]:
    """The Siamese classifier on all pairs: each fold's people scored by a classifier of others."""
    pairs = all_pairs(people, min(folds, len(np.unique(people))))
    one, other = embeddings[pairs.first], embeddings[pairs.second]
    accuracies, aucs = [], []
    for scored, chosen_on in zip(pairs.scored, pairs.chosen_on, strict=True):
        classifier = siamese.train(
            one[chosen_on],
            other[chosen_on],
            pairs.is_same[chosen_on],
            features=features,
            strength=strength,
        )
        log_odds = siamese.distances(classifier, one[scored], other[scored], features=features)
        is_same = pairs.is_same[scored]
        accuracies.append(balanced((log_odds <= 0) == is_same, is_same))
        aucs.append(curve_numbers(log_odds, is_same)["auc"])
    return {"balanced_accuracy": float(np.mean(accuracies)), "auc": float(np.mean(aucs))}
