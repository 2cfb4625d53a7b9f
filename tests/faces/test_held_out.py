"""Rates of thresholds on people who had no part in them."""

import numpy as np

from fivenets.faces import held_out
from fivenets.faces.evaluation import calibrated, cross_validated
from fivenets.faces.verification import all_pairs


def test_a_pair_is_judged_by_a_threshold_of_neither_of_its_people() -> None:
    people, points = np.repeat(list("abcd"), 2), np.array([0, 0, 1, 1, 50, 50, 99, 99.0])
    pairs = all_pairs(people, 2)
    accepted, is_scored = held_out.accepted(pairs.distances(points[:, None]), pairs, people, 0.25)
    # Of the four pairs of two other people, all as far apart, none may pass but those nearer than
    # they are. So a and b (1) pass by c and d (49), a and c (50) by b and d (98), b and c (49) by a
    # and d (99); the other three are farther apart than the other two people.
    assert is_scored.all()
    assert (accepted[~pairs.is_same].mean(), accepted[pairs.is_same].mean()) == (3 / 6, 1)


def test_with_three_people_the_rate_on_others_is_unknown() -> None:
    people = np.repeat(list("abc"), 4)
    embeddings = np.random.default_rng(0).normal(size=(12, 2))
    assert "far" not in cross_validated(embeddings, people, 0.2, 0.02)
    assert calibrated(embeddings, people, 3, 0.2, 0.02)["threshold"] > 0


def test_the_rate_is_that_of_fresh_people_and_above_the_one_in_sample() -> None:
    rng, in_sample, others, fresh = np.random.default_rng(0), [], [], []

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        centres = rng.normal(size=(count, 3)).repeat(5, axis=0)
        return centres + rng.normal(0, 0.1, centres.shape), np.arange(count).repeat(5)

    for _ in range(30):
        mine, people = draw(10)
        found = calibrated(mine, people, 10, 0.02, 0.02)
        others.append(cross_validated(mine, people, 0.02, 0.02)["far"])
        for rates, (embeddings, who) in ((in_sample, (mine, people)), (fresh, draw(60))):
            pairs = all_pairs(who, 2)
            accepted = pairs.distances(embeddings) <= found["threshold"]
            rates.append(accepted[~pairs.is_same].mean())
    assert np.mean(in_sample) < 0.025 < np.mean(fresh)
    # With two of ten left out the thresholds are a little worse than the one of all ten.
    assert np.mean(fresh) < np.mean(others) < 1.4 * np.mean(fresh)


def test_strangers_to_a_gallery_have_no_part_in_threshold_or_gallery() -> None:
    # Neighbours are 10 apart at their nearest; d is 110 from c.
    people = np.repeat(list("abcd"), 2)
    embeddings = np.array([0, 1, 11, 12, 22, 23, 133, 134.0])[:, None]
    # Three people name none of themselves: below 10 where a or d is left out, whose nearest are at
    # 10 and 110. Where b is, a and c are 21 apart, and where c is, a and b are 10: both pictures
    # of b are named, and no other.
    assert held_out.false_identification(embeddings, people, 0.02) == 2 / 8
    assert held_out.by_entries(2 / 8, people) == [(6, 2 / 8)]
    assert held_out.by_entries(None, people) == []
    few = people[:6]
    assert held_out.false_identification(embeddings[:6], few, 0.02) is None
