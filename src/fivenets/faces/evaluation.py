"""What an embedding is worth: embeddings and people in, numbers out."""

from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces import held_out, identification, intervals, siamese
from fivenets.faces.galleries import curve
from fivenets.faces.recognition import enrolled_rows
from fivenets.faces.settings import Protocol
from fivenets.faces.thresholds import GalleryThresholds, of_galleries
from fivenets.faces.verification import (
    Pairs,
    all_pairs,
    balanced,
    best_threshold,
    check_far,
    curve_numbers,
    threshold_at_far,
    verify,
)

MOST_PICTURES = 4000  # all pairs of more, 8 million, take too much memory
MOST_CLASSIFIED = 200_000  # pairs that the Siamese classifier learns from and is scored on


def unseen_people(embeddings: np.ndarray, people: np.ndarray, protocol: Protocol) -> dict[str, Any]:
    """All numbers on people that the network was not trained on: 1:1, 1:K and Siamese."""
    return {
        **verification(embeddings, people, protocol.folds),
        "recognition": {
            f"{shots}_shot": recognition(
                embeddings, people, shots=shots, repeats=protocol.recognition_repeats
            )
            for shots in identification.possible_shots(people)
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
    pairs = all_pairs(people, possible_folds(people, folds))
    distances = pairs.distances(embeddings)
    return {
        **verify(distances, pairs),
        **curve_numbers(distances, pairs.is_same),
        **intervals.of_curve_numbers(distances, pairs, people),
        "examples": len(people),
        "people": len(np.unique(people)),
    }


def calibrated(
    embeddings: np.ndarray, people: np.ndarray, folds: int, target_far: float, target_false: float
) -> dict[str, Any]:
    """The threshold of `target_far` with its spread over folds of people, and those of galleries.

    Raises: UserError where there are too few pairs of two people to see so low a rate.
    """
    pairs = calibration_pairs(people, folds, target_far)
    distances = pairs.distances(embeddings)
    without_a_fold = [
        threshold_at_far(distances[chosen_on], pairs.is_same[chosen_on], target_far)
        for chosen_on in pairs.chosen_on
    ]
    return {
        "threshold": threshold_at_far(distances, pairs.is_same, target_far),
        "threshold_sd": float(np.std(without_a_fold)),
        "galleries": of_galleries(embeddings, people, target_false).record(),
        "people": len(np.unique(people)),
        "examples": len(people),
    }


def cross_validated(
    embeddings: np.ndarray, people: np.ndarray, target_far: float, target_false: float
) -> dict[str, Any]:
    """What thresholds, each set on the people who are not scored by it, do: see `held_out`.

    Returns: FAR and TAR with intervals, and false_identification; nothing of what too few people
        allow to be measured.
    """
    pairs = all_pairs(people, 3)
    accepted, is_scored = held_out.accepted(pairs.distances(embeddings), pairs, people, target_far)
    pairs, accepted, found = pairs.only(is_scored), accepted[is_scored], {}
    if 0 < pairs.is_same.sum() < len(accepted):
        found = intervals.of_rates(accepted, pairs, people)
    named = held_out.false_identification(embeddings, people, target_false)
    return found if named is None else {**found, "false_identification": named}


def calibration_pairs(people: np.ndarray, folds: int, target_far: float) -> Pairs:
    """The pairs that a threshold of `target_far` is set on.

    Raises: UserError where there are too few pairs of two people to see so low a rate.
    """
    check_far(target_far)
    pairs = all_pairs(people, min(folds, len(np.unique(people))))
    strangers = min(int((~pairs.is_same[chosen_on]).sum()) for chosen_on in pairs.chosen_on)
    if strangers * target_far < 1:
        raise UserError(
            f"a FAR of {target_far:g} takes at least {round(1 / target_far):,} pairs of two "
            f"people in every fold, there are {strangers:,}: add people, or raise the FAR"
        )
    return pairs


def served(
    embeddings: np.ndarray,
    people: np.ndarray,
    threshold: float,
    galleries: GalleryThresholds,
    repeats: int,
) -> dict[str, Any]:
    """What the very thresholds that are served do on people who had no part in them.

    Returns: FAR and TAR of all pairs with intervals over people; by the number of people in it,
        what a gallery of one picture each answers; and, by pictures a person, galleries of half of
        the people (see `identification.at_threshold`).
    """
    pairs = all_pairs(people, possible_folds(people, 2))
    several = {}
    for shots in identification.possible_shots(people):
        size = identification.half(people, shots)
        several[f"{shots}_shot"] = identification.at_threshold(
            embeddings, people, galleries.of(size * shots), shots=shots, repeats=repeats
        )
    return {
        "threshold": threshold,
        **intervals.of_rates(pairs.distances(embeddings) <= threshold, pairs, people),
        "galleries": curve(embeddings, people, galleries, repeats),
        "recognition": several,
    }


def possible_folds(people: np.ndarray, folds: int) -> int:
    """At most `folds`, each with a person of two pictures or more: with pairs of one person.

    Raises: UserError where there are too few such people, or too many pictures.
    """
    counts = np.unique(people, return_counts=True)[1]
    if len(people) > MOST_PICTURES:
        raise UserError(
            f"all pairs of at most {MOST_PICTURES:,} pictures are scored, there are "
            f"{len(people):,}: choose fewer people by test_people"
        )
    paired = int((counts > 1).sum())
    if len(counts) < 3 or paired < 2:
        raise UserError(
            "pictures of at least 3 people are needed, 2 of them with two pictures or more; there "
            f"are {len(counts)}, {paired} with two or more"
        )
    return min(folds, paired)


def recognition(
    embeddings: np.ndarray, people: np.ndarray, *, shots: int, repeats: int
) -> dict[str, float]:
    """Open-set recognition, the mean over `repeats` drawings of people.

    Each drawing cuts the people into three parts: one chooses the threshold, one is the gallery
    (its first `shots` images) and asks about the rest of its images, one are strangers. The
    threshold is the one of highest balanced accuracy in the first part, each person in turn asked
    about with their own gallery images among the others', and without them.
    """
    rng, results = np.random.default_rng(0), []
    for _ in range(repeats):
        parts = identification.thirds(people, shots, rng)
        choosing, known, strange = (np.flatnonzero(np.isin(people, part)) for part in parts)
        own, others = nearest_entries(embeddings[choosing], people[choosing], shots)
        is_own = np.arange(len(own) + len(others)) < len(own)
        threshold = best_threshold(np.concatenate([own, others]), is_own, is_balanced=True)
        results.append(
            identification.of_gallery(embeddings, people, known, strange, shots, threshold)
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
    pairs = all_pairs(people, possible_folds(people, folds)).some(MOST_CLASSIFIED)
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
