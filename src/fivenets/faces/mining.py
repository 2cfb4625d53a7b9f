"""P x K batches: P people with K images of each, so that every batch is full of triplets."""

import math
from collections.abc import Iterator

import numpy as np

from fivenets.core.errors import UserError


def batches_of_people(
    labels: np.ndarray, people: int, images: int, seed: int, epoch: int
) -> Iterator[np.ndarray]:
    """One epoch of index batches (people * images,): each person once or, where P leaves a rest,
    none; the same for the same (seed, epoch).

    Args: people: P, at most as many as there are. images: K of each; a person with fewer is seen
        several times in its batch.
    """
    rows = {int(person): np.flatnonzero(labels == person) for person in np.unique(labels)}
    if people > len(rows):
        raise UserError(f"people per batch should lie in 2..{len(rows)}, they are {people}")
    rng = np.random.default_rng([seed, epoch])
    # Each person's images in rounds of K: as many as show the average person's once. Of a person
    # with many more (LFW has one with 530), each epoch sees others.
    rounds = math.ceil(np.mean([len(own) for own in rows.values()]) / images)
    shuffled = {
        person: np.resize(rng.permutation(own), rounds * images) for person, own in rows.items()
    }
    for turn in range(rounds):
        order = rng.permutation(list(rows))
        for start in range(0, len(order) - people + 1, people):
            chosen = order[start : start + people]
            span = slice(turn * images, (turn + 1) * images)
            yield np.concatenate([shuffled[person][span] for person in chosen])


def batches_per_epoch(labels: np.ndarray, people: int, images: int) -> int:
    """How many batches `batches_of_people` yields."""
    return sum(1 for _ in batches_of_people(labels, people, images, seed=0, epoch=0))
