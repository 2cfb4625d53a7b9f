"""Galleries and strangers: shots that adapt, and rates at the threshold that is served."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces import evaluation, identification
from fivenets.faces.recognition import Gallery
from fivenets.faces.thresholds import GalleryThresholds


def people_of(*counts: int) -> np.ndarray:
    return np.repeat([f"p{row}" for row in range(len(counts))], counts)


@pytest.mark.parametrize(
    ("counts", "shots"),
    [
        ([10] * 6, [1, 5]),
        ([5] * 6, [1, 4]),
        ([2] * 6, [1]),
        ([10] * 8 + [2] * 4, [1, 5]),  # four of twelve are strangers only
        ([10] * 7 + [2] * 5, [1]),
        ([3] * 4 + [1] * 2, [1, 2]),
        ([3] * 4 + [1] * 20, [1]),
    ],
)
def test_a_gallery_is_as_large_as_the_pictures_allow(counts: list[int], shots: list[int]) -> None:
    assert identification.possible_shots(people_of(*counts)) == shots


@pytest.mark.parametrize("counts", [[10] * 5, [10, 10, 10, 1, 1, 1, 1]])
def test_too_few_people_for_a_gallery_are_refused(counts: list[int]) -> None:
    with pytest.raises(UserError, match="takes at least 6 people, 4 of them with two pictures"):
        identification.possible_shots(people_of(*counts))


def test_who_cannot_be_enrolled_is_a_stranger() -> None:
    people = people_of(6, 6, 1, 6, 6, 1, 1, 1)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        choosing, known, strange = identification.thirds(people, 5, rng)
        assert {"p2", "p5", "p6", "p7"} == set(strange)
        assert sorted([*choosing, *known]) == ["p0", "p1", "p3", "p4"]


def test_where_all_can_be_enrolled_the_parts_are_thirds() -> None:
    parts = identification.thirds(people_of(*[6] * 8), 5, np.random.default_rng(0))
    assert [len(part) for part in parts] == [3, 3, 2]


def test_rates_are_those_of_the_threshold_that_is_served() -> None:
    # Six people on a line at 0, 10, ... 50, two pictures each, 1 apart.
    people = np.repeat(list("abcdef"), 2)
    points = np.array([10 * person + picture for person in range(6) for picture in range(2)])
    embeddings = points[:, None].astype(float)
    near, far = (
        identification.at_threshold(embeddings, people, threshold, shots=1, repeats=10)
        for threshold in (1.0, 60.0)
    )
    assert (near["gallery_people"], near["shots"]) == (3, 1)
    assert (near["detection_and_identification"], near["false_identification"]) == (1, 0)
    assert (far["rank_1"], far["false_identification"]) == (1, 1)
    thresholds = GalleryThresholds((1, 100), (60.0, 60.0))
    found = evaluation.served(embeddings, people, 9.5, thresholds, repeats=10)
    # Within 9.5 are pairs of one person, and of neighbours those 9 apart: 5 of 60.
    assert (found["tar"], found["far"]) == (1, pytest.approx(5 / 60))
    assert found["far_low"] < found["far"] < found["far_high"]
    # A gallery has a threshold of its own.
    assert found["recognition"]["1_shot"]["false_identification"] == 1


def test_a_gallery_says_how_many_of_its_own_it_would_take_for_others() -> None:
    # Without their own person: 0 and 1 are 2 and 3 from 3; 3 is 2 from 1; 9 is 6 from 3.
    gallery = Gallery(np.array([[0.0], [1], [3], [9]]), list("aabc"), list("1234"), "m")
    assert identification.within(gallery, 2.0) == 0.5
    assert identification.within(gallery, 3.0) == 0.75
    assert identification.within(gallery, 1.0) == 0
    assert identification.within(gallery.kept(np.array([0, 1])), 9.0) is None


def test_of_a_large_gallery_some_pictures_are_asked_about(monkeypatch) -> None:
    monkeypatch.setattr(identification, "MOST_QUERIES", 3)
    monkeypatch.setattr(identification, "QUERY_BLOCK", 2)
    gallery = Gallery(np.arange(9.0)[:, None], list("abcdefghi"), list("abcdefghi"), "m")
    assert identification.within(gallery, 1.0) == 1
    assert identification.within(gallery, 0.5) == 0
