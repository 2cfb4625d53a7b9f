"""Intervals over people."""

import numpy as np
import pytest

from fivenets.faces import intervals
from fivenets.faces.verification import Pairs, all_pairs, curve_numbers

# Of one person: 1, 2, 3, 6. Of two: 4, 5, 7, 8.
DISTANCES = np.array([1, 2, 3, 6, 4, 5, 7, 8], dtype=float)
IS_SAME = np.array([True] * 4 + [False] * 4)
PEOPLE = np.repeat(list("abcdef"), 4)
PAIRS = all_pairs(PEOPLE, 2)


def test_numbers_of_weighted_pairs() -> None:
    ranks, once = DISTANCES.astype(int), np.ones(8)
    plain = intervals.weighted_numbers(ranks, IS_SAME, once)
    assert plain == pytest.approx(curve_numbers(DISTANCES, IS_SAME))
    # The same pair at 6 counts thrice: of 24, it is on the wrong side of 4 and 5 three times each.
    thrice = intervals.weighted_numbers(ranks, IS_SAME, once + 2 * (ranks == 6))
    assert thrice["auc"] == 18 / 24
    assert thrice["tar_at_far_1e-3"] == 3 / 6
    tied = intervals.weighted_numbers(np.zeros(8, int), IS_SAME, once)
    assert tied["auc"] == 0.5


def test_the_interval_of_auc_is_over_people() -> None:
    perfect = (~PAIRS.is_same).astype(float)
    found = intervals.of_curve_numbers(perfect, PAIRS, PEOPLE)
    assert (found["auc_low"], found["auc_high"], found["eer_high"]) == (1, 1, 0)
    # All of one person's pairs are farther than any: drawn or not, and how often, is the spread.
    far = perfect + 2.0 * (PAIRS.is_same & (PEOPLE[PAIRS.first] == "a"))
    found = intervals.of_curve_numbers(far, PAIRS, PEOPLE)
    assert found["auc_low"] < 5 / 6 < found["auc_high"] == 1
    assert found["tar_at_far_1e-3_low"] < 5 / 6 < found["tar_at_far_1e-3_high"] == 1


def test_rates_at_a_threshold_have_intervals_that_hold_the_truth() -> None:
    """One person in ten looks like all others: FAR of new people is 0.19, whoever was drawn."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(100):
        is_alike = rng.random(30) < 0.1
        people = np.arange(30).repeat(2)
        pairs = all_pairs(people, 2)
        one, other = (is_alike[people[rows]] for rows in (pairs.first, pairs.second))
        found = intervals.of_rates(pairs.is_same | one | other, pairs, people, draws=300)
        assert found["tar"] == found["tar_low"] == found["tar_high"] == 1
        held += found["far_low"] <= 0.19 <= found["far_high"]
    assert 85 <= held <= 100


def test_draws_without_a_pair_do_not_count() -> None:
    """Of three people one has two images: pairs of one person are where that one was drawn."""
    people = np.array(["a", "a", "b", "c"])
    none = np.zeros((0, 6), bool)  # no folds, which take four people
    pairs = Pairs(*np.triu_indices(4, 1), np.arange(6) == 0, none, none)
    accepted = (people[pairs.first] != "c") & (people[pairs.second] != "c")  # aa, ab, ab
    for seed in range(20):
        a, b, c = np.random.default_rng(seed).multinomial(3, np.full(3, 1 / 3), 1)[0]
        found = intervals.of_rates(accepted, pairs, people, draws=1, seed=seed)
        tar = (1.0, 1.0) if a else (0.0, 1.0)
        every = 2 * a * b + 2 * a * c + b * c
        far = (2 * a * b / every,) * 2 if every else (0.0, 1.0)
        assert (found["tar_low"], found["tar_high"]) == tar
        assert (found["far_low"], found["far_high"]) == pytest.approx(far)
    assert (found["tar"], found["far"]) == (1, 2 / 5)
    assert intervals.of_rates(accepted, pairs, people)["far_high"] == 1
    curve = intervals.of_curve_numbers((~pairs.is_same).astype(float), pairs, people)
    assert (curve["auc_low"], curve["auc_high"]) == (1, 1)


def test_of_no_accepted_stranger_the_upper_end_is_three_in_their_number() -> None:
    found = intervals.of_rates(PAIRS.is_same, PAIRS, PEOPLE)
    assert (found["far"], found["far_low"]) == (0, 0)
    assert found["far_high"] == 3 / (~PAIRS.is_same).sum()


def test_the_mean_of_answers_is_over_people() -> None:
    whose = np.repeat(np.arange(100), 10)
    found = intervals.of_mean(whose, whose < 20, 100)
    assert found[""] == 0.2
    assert intervals.of_mean(np.zeros(1, int), np.array([5.0]), 1)["_low"] == 5
    assert intervals.ENDS == (0.025, 0.975), "of 95%"
    # As of 100 trials, and not of 1,000.
    assert 0.2 - found["_low"] == pytest.approx(1.96 * np.sqrt(0.2 * 0.8 / 100), rel=0.2)
    # Of two people one was not asked: draws of that one alone say nothing, not 0.
    assert intervals.of_mean(np.zeros(3, int), np.ones(3), 2)["_low"] == 1
