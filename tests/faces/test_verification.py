"""Verification: rates and thresholds worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.faces.lfw import Pair
from fivenets.faces import evaluation, verification
from fivenets.faces.evaluation import calibrated

# Of one person: 1, 2, 3, 6. Of two: 4, 5, 7, 8.
DISTANCES = np.array([1, 2, 3, 6, 4, 5, 7, 8], dtype=float)
IS_SAME = np.array([True] * 4 + [False] * 4)


def test_rates_at_every_distance() -> None:
    thresholds, tar, far = verification.rates(DISTANCES, IS_SAME)
    assert thresholds.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert tar.tolist() == [0.25, 0.5, 0.75, 0.75, 0.75, 1, 1, 1]
    assert far.tolist() == [0, 0, 0, 0.25, 0.5, 0.5, 0.75, 1]


def test_the_best_threshold_lies_in_the_gap_above_the_best_distance() -> None:
    assert verification.best_threshold(DISTANCES, IS_SAME) == 3.5


def test_with_few_of_one_person_plain_accuracy_is_stricter_than_balanced() -> None:
    # 1 and 5 of one person; twelve of two at 4, and 8: accepting 5 would accept those at 4.
    distances = np.array([1.0, 5.0, *[4.0] * 3, *[8.0] * 9])
    is_same = np.array([True, True] + [False] * 12)
    assert verification.best_threshold(distances, is_same) == 2.5
    assert verification.best_threshold(distances, is_same, is_balanced=True) == 6.5


def test_equal_error_rate_and_auc() -> None:
    # At 4, a quarter of each kind is judged wrongly.
    assert verification.curve_numbers(DISTANCES, IS_SAME)["eer"] == 0.25
    # Of 16 pairs of a same and a different distance, 6 > 4 and 6 > 5 are the wrong way round.
    assert verification.curve_numbers(DISTANCES, IS_SAME)["auc"] == pytest.approx(14 / 16)


@pytest.mark.parametrize(("far", "tar"), [(0.2, 0.75), (0.25, 0.75), (0.5, 1.0)])
def test_the_threshold_of_a_far(far: float, tar: float) -> None:
    threshold = verification.threshold_at_far(DISTANCES, IS_SAME, far)
    assert (DISTANCES[~IS_SAME] <= threshold).mean() <= far
    assert (DISTANCES[IS_SAME] <= threshold).mean() == tar


def test_tar_at_the_two_rates_that_are_reported() -> None:
    # Of 200 pairs of two, at 1..200, two may pass at 1e-2 and none at 1e-3; of one person, half
    # lie below 1 and a quarter at 2.
    different = np.arange(1, 201.0)
    distances = np.concatenate([[0.5, 0.5, 2.0, 300.0], different])
    found = verification.curve_numbers(distances, np.arange(204) < 4)
    assert (found["tar_at_far_1e-3"], found["tar_at_far_1e-2"]) == (0.5, 0.75)


def test_nobody_has_a_part_in_the_threshold_they_are_scored_by() -> None:
    people = np.repeat(list("abcd"), 3)
    pairs = verification.all_pairs(people, folds=2)
    assert len(pairs.first) == 12 * 11 / 2
    for scored, chosen_on in zip(pairs.scored, pairs.chosen_on, strict=True):
        choosing = set(
            people[pairs.first[chosen_on]].tolist() + people[pairs.second[chosen_on]].tolist()
        )
        assert len(choosing) == 2
        assert not (scored & chosen_on).any()
        for one, other in zip(pairs.first[scored], pairs.second[scored], strict=True):
            assert not {str(people[one]), str(people[other])} <= choosing
    assert pairs.scored.any(axis=0).all()


def test_perfect_embeddings_verify_perfectly() -> None:
    people = np.repeat(list("abcd"), 3)
    embeddings = np.eye(4)[np.repeat(range(4), 3)]
    pairs = verification.all_pairs(people, folds=2)
    found = verification.verify(pairs.distances(embeddings), pairs)
    assert found["accuracy"] == found["balanced_accuracy"] == 1
    assert found["threshold"] == pytest.approx(2**0.5 / 2)  # between 0 and the side of a square


def test_each_fold_is_scored_at_the_threshold_of_the_other() -> None:
    # The second sets 2.5, where of the first 2.5 is accepted and 2.51 is not; that sets 5.755.
    distances = np.array([1, 2.5, 2.51, 9, 1, 2, 3, 4])
    is_same, first = np.array([1, 1, 1, 0, 1, 1, 0, 0], bool), np.arange(8) < 4
    folds = np.stack([first, ~first])
    pairs = verification.Pairs(np.zeros(8, int), np.ones(8, int), is_same, folds, ~folds)
    assert verification.verify(distances, pairs) == pytest.approx(
        {
            "accuracy": (3 / 4 + 1 / 2) / 2,
            "accuracy_sd": 1 / 8,
            "accuracy_se": 1 / 8,  # of two folds, as much
            "balanced_accuracy": (5 / 6 + 1 / 2) / 2,
            "balanced_accuracy_sd": 1 / 6,
            "threshold": (2.5 + 5.755) / 2,
            "threshold_sd": (5.755 - 2.5) / 2,
            "folds": 2,
            "pairs": 8,
            "pairs_of_one_person": 5,
        }
    )
    # As above, plain accuracy chooses 2.5 and balanced accuracy 6.5; asked is about 5 and 9.
    distances = np.array([1.0, 5.0, *[4.0] * 3, *[8.0] * 9, 5.0, 9.0])
    is_same, asked = np.isin(np.arange(16), [0, 1, 14]), np.arange(16) >= 14
    pairs = replace(pairs, is_same=is_same, scored=asked[None].repeat(2, 0))
    found = verification.verify(distances, replace(pairs, chosen_on=~pairs.scored))
    assert (found["accuracy"], found["balanced_accuracy"]) == (0.5, 1)


def test_of_two_thresholds_as_good_the_stricter_one_and_all_may_be_accepted() -> None:
    same, mostly = np.array([1, 0, 1, 0], bool), np.array([1, 1, 0, 1, 1], bool)
    assert verification.best_threshold(np.arange(1.0, 5), same, is_balanced=True) == 1.5
    assert verification.best_threshold(np.arange(1.0, 6), mostly) == 5
    with pytest.raises(UserError, match="both needed, there are 2 and 0"):
        verification.rates(np.ones(2), np.ones(2, bool))


def test_the_two_rates_and_a_target_are_limits() -> None:
    far = np.array([0.001, 0.001005, 0.01, 0.01005])
    found = verification.of_curve(np.array([0.1, 0.2, 0.3, 0.4]), far)
    assert (found["tar_at_far_1e-3"], found["tar_at_far_1e-2"]) == (0.1, 0.3)
    verification.check_far(0.995)
    for outside in (0, 1, 1.5):
        with pytest.raises(UserError, match="should lie between 0 and 1"):
            verification.check_far(outside)


def test_calling_all_pairs_different_is_half_right_when_balanced() -> None:
    is_same = np.array([True] + [False] * 9)
    assert verification.balanced(~is_same, is_same) == 0.5


@pytest.mark.parametrize("folds", [1, 2, 4])
def test_folds_that_leave_no_two_people_are_refused(folds: int) -> None:
    with pytest.raises(UserError, match=f"{folds} folds were asked for of 3 people"):
        verification.all_pairs(np.repeat(["a", "b", "c"], 3), folds)


def test_pairs_of_a_list_and_how_many_are_not_at_hand() -> None:
    listed = [
        Pair("Ann/1", "Ann/2", True, 0),
        Pair("Ann/1", "Bob/1", False, 0),
        Pair("Bob/1", "Bob/2", True, 1),
        Pair("Bob/2", "Eve/1", False, 1),
    ]
    rows = {"Ann/1": 0, "Ann/2": 1, "Bob/1": 2, "Bob/2": 3}
    pairs, skipped = verification.of_list(listed, rows)
    assert skipped == 1
    assert verification.of_list(listed[:1], {"Ann/1": 0, "Ann/2": 1})[1] == 0
    assert pairs.first.tolist() == [0, 0, 2]
    assert pairs.second.tolist() == [1, 2, 3]
    assert pairs.is_same.tolist() == [True, False, True]
    assert pairs.scored.tolist() == [[True, True, False], [False, False, True]]
    with pytest.raises(UserError, match="none of the list's pictures is in the data set"):
        verification.of_list(listed, {})


def test_a_far_too_low_to_be_seen_is_refused() -> None:
    people = np.repeat(list("abcd"), 3)
    with pytest.raises(UserError, match="takes at least 1,000 pairs of two people in every fold"):
        calibrated(np.random.default_rng(0).normal(size=(12, 2)), people, 2, 0.001, 0.1)


def test_hardest_pairs() -> None:
    pairs = verification.all_pairs(np.repeat(list("abc"), 2), 3)
    distances = np.arange(len(pairs.first), dtype=float)
    farthest, nearest = verification.hardest(distances, pairs, 1)
    assert pairs.is_same[farthest].all()
    assert not pairs.is_same[nearest].any()
    assert distances[farthest[0]] == distances[pairs.is_same].max()


def test_people_with_one_picture_are_the_strangers_of_every_fold() -> None:
    people = np.array([*"aaabbbccc", *"defghijklmnopqrs"])
    embeddings = np.random.default_rng(0).normal(size=(len(people), 3)) * 0.01
    embeddings += np.unique(people, return_inverse=True)[1][:, None]
    found = evaluation.verification(
        embeddings, people, 10
    )  # a division by zero would be a warning, and an error
    assert (found["folds"], found["people"], found["pairs_of_one_person"]) == (3, 19, 9)
    assert found["auc"] == found["balanced_accuracy"] == 1
    siamese = evaluation.siamese_classifier(
        embeddings, people, 10, features="absolute_difference", strength=1
    )
    assert siamese["auc"] > 0.9


def test_one_person_alone_with_two_pictures_cannot_be_verified() -> None:
    people = np.array([*"aabcde"])
    with pytest.raises(UserError, match="2 of them with two pictures or more; there are 5, 1 with"):
        evaluation.verification(np.zeros((6, 2)), people, 3)


def test_distances_are_the_same_in_blocks_and_some_pairs_keep_their_folds(monkeypatch) -> None:
    people, embeddings = np.repeat(list("abcd"), 3), np.random.default_rng(0).normal(size=(12, 2))
    pairs = verification.all_pairs(people, 2)
    whole = pairs.distances(embeddings)
    monkeypatch.setattr(verification, "PAIR_BLOCK", 7)
    np.testing.assert_array_equal(pairs.distances(embeddings), whole)
    some = pairs.some(20)
    assert len(some.first) == 20
    assert some.scored.shape == (2, 20)
    assert (some.is_same == (people[some.first] == people[some.second])).all()
    assert set(zip(some.first, some.second, strict=True)) <= set(
        zip(pairs.first, pairs.second, strict=True)
    )
    assert pairs.some(66) is pairs
