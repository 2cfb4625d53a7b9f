"""Identification (1:K): what a gallery answers about its people, and about strangers."""

import numpy as np

from fivenets.core.errors import UserError
from fivenets.faces.recognition import Gallery, enrolled_rows

MOST_SHOTS = 5  # pictures of each person in a gallery
FEWEST_PEOPLE = 6  # two each for the gallery, the threshold and the strangers
MOST_QUERIES = 1000  # of a gallery's own pictures, asked about
QUERY_BLOCK = 100  # queries whose distances to all entries are held at once


def possible_shots(people: np.ndarray) -> list[int]:
    """How many pictures of each person (n,) a gallery can be tried with: 1, and at most MOST_SHOTS.

    A person of the gallery needs one picture more, to ask about. The number is the highest that
    two thirds of the people can give; who cannot is a stranger.
    Raises: UserError where that leaves too few people.
    """
    counts = np.unique(people, return_counts=True)[1]
    enrollable = int((counts > 1).sum())
    if len(counts) < FEWEST_PEOPLE or enrollable < 4:
        raise UserError(
            f"open-set recognition takes at least {FEWEST_PEOPLE} people, 4 of them with two "
            f"pictures or more; there are {len(counts)}, {enrollable} with two or more"
        )
    enough = max(4, 2 * len(counts) / 3)
    most = [shots for shots in range(2, MOST_SHOTS + 1) if (counts > shots).sum() >= enough]
    return [1, *most[-1:]]


def thirds(
    people: np.ndarray, shots: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names to choose a threshold on, to enrol, and of strangers, drawn anew at each call.

    Whoever has too few pictures to be enrolled is among the strangers.
    """
    names, counts = np.unique(people, return_counts=True)
    order = rng.permutation(len(names))
    order = order[np.argsort(counts[order] <= shots, kind="stable")]
    third, rest = divmod(len(names), 3)
    half = int((counts > shots).sum()) // 2
    choosing, known = min(third + (rest > 0), half), min(third + (rest > 1), half)
    drawn = names[order]
    return drawn[:choosing], drawn[choosing : choosing + known], drawn[choosing + known :]


def half(people: np.ndarray, shots: int) -> int:
    """How many of the people (n,) a gallery of half of them can enrol with `shots` pictures."""
    counts = np.unique(people, return_counts=True)[1]
    return min(len(counts) // 2, int((counts > shots).sum()))


def at_threshold(
    embeddings: np.ndarray,
    people: np.ndarray,
    threshold: float,
    *,
    shots: int,
    repeats: int,
) -> dict[str, float]:
    """What `of_gallery` says at a given threshold: the mean over `repeats` drawings of a gallery.

    Each enrols `shots` pictures of half of the people, asks about the rest of theirs, and has the
    other half for strangers. Whoever the threshold was set on should not be among `people`.
    """
    names, counts = np.unique(people, return_counts=True)
    enrollable, rng, results = names[counts > shots], np.random.default_rng(0), []
    size = half(people, shots)
    for _ in range(repeats):
        known = np.flatnonzero(np.isin(people, rng.permutation(enrollable)[:size]))
        strange = np.setdiff1d(np.arange(len(people)), known)
        results.append(of_gallery(embeddings, people, known, strange, shots, threshold))
    means = {key: float(np.mean([result[key] for result in results])) for key in results[0]}
    return {**means, "gallery_people": size, "shots": shots}


def of_gallery(
    embeddings: np.ndarray,
    people: np.ndarray,
    known: np.ndarray,
    strange: np.ndarray,
    shots: int,
    threshold: float,
) -> dict[str, float]:
    """What a gallery answers about its people and about strangers, all 0..1.

    It has the first `shots` pictures of each person in the rows `known`, and is asked about the
    rest of these, and about the rows `strange`.
    Returns: rank_1: the nearest entry is of the right person, threshold or not;
        detection_and_identification: and it is within the threshold;
        false_identification: strangers who are taken for somebody.
    """
    enrolled = known[enrolled_rows(people[known], shots)]
    asked = np.setdiff1d(known, enrolled)
    names = people[enrolled].astype(str).tolist()
    gallery = Gallery(embeddings[enrolled], names, names, "")
    nearest = gallery.search(embeddings[asked], np.inf)
    is_right = np.array([match.person for match in nearest]) == people[asked].astype(str)
    is_near = np.array([match.distance <= threshold for match in nearest])
    found = gallery.search(embeddings[strange], threshold)
    return {
        "rank_1": float(is_right.mean()),
        "detection_and_identification": float((is_right & is_near).mean()),
        "false_identification": float(np.mean([match.person is not None for match in found])),
    }


def within(gallery: Gallery, threshold: float) -> float | None:
    """The part of a gallery's pictures that it would take for somebody else's, 0..1.

    Each is asked about as a stranger would be: without the entries of its own person. None where
    there is nobody else. Of a large gallery, a part of the pictures is asked about.
    """
    people = np.array(gallery.people)
    if len(np.unique(people)) < 2:
        return None
    entries = gallery.embeddings
    rows = np.unique(np.linspace(0, len(people) - 1, MOST_QUERIES).round().astype(int))
    taken = 0
    for start in range(0, len(rows), QUERY_BLOCK):
        block = rows[start : start + QUERY_BLOCK]
        own = people[block][:, None] == people
        squares = np.square(entries).sum(axis=1) - 2 * entries[block] @ entries.T
        nearest = np.where(own, np.inf, squares).argmin(axis=1)
        distances = np.linalg.norm(entries[block] - entries[nearest], axis=1)
        taken += int((distances <= threshold).sum())
    return taken / len(rows)


def within_in_words(part: float | None, entries: int) -> str:
    """What `within` found in a gallery of so many pictures."""
    if part is None:
        return "with one person in it, this gallery cannot say more"
    return (
        f"this gallery takes {part:.1%} of its {entries:,} pictures for somebody else's when "
        "their person is left out"
    )
