"""Thresholds of galleries: what they promise is kept by people who did not set them."""

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from fivenets.core.errors import UserError
from fivenets.faces import galleries, thresholds
from fivenets.faces.thresholds import GalleryThresholds


def draw(rng: np.random.Generator, count: int, pictures: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of so many people in 8 dimensions, and the people."""
    centres = rng.normal(size=(count, 8)).repeat(pictures, axis=0)
    return centres + rng.normal(0, 0.15, centres.shape), np.arange(count).repeat(pictures)


def test_a_stranger_is_named_as_often_as_galleries_hold_somebody_near() -> None:
    distances = np.array([[np.inf, 1.0, 2.0, 3.0, 4.0]])
    # Of the six galleries of two of the four others, three hold the one at 1; five, 1 or 2.
    assert thresholds.named(distances, 1.0, 2, 4) == pytest.approx(3 / 6)
    assert thresholds.named(distances, 2.0, 2, 4) == pytest.approx(5 / 6)
    assert thresholds.named(distances, 3.0, 2, 4) == pytest.approx(1)
    assert thresholds.named(distances, 0.5, 2, 4) == pytest.approx(0)


@pytest.mark.parametrize("people", [149, 300, 1000, 30_000])
def test_so_many_may_be_named_that_others_are_below_the_target(people: int) -> None:
    named = round(thresholds.allowed_rate(people, 0.02) * people)

    def upper(count: int) -> float:
        return binomtest(count, people).proportion_ci(0.90, "exact").high

    assert upper(named) <= 0.02 < upper(named + 1)


def test_the_threshold_is_the_largest_that_names_as_few_as_allowed(monkeypatch) -> None:
    points = np.array([[0.0], [1.0], [2.9], [6.0], [9.5]])
    distances = np.abs(points - points.T)
    np.fill_diagonal(distances, np.inf)
    ordered = np.sort(distances[np.isfinite(distances)])

    def rate(threshold: float, size: int) -> float:
        return thresholds.named(distances, threshold, size, 4).mean()

    below = [np.nextafter(distance, 0) for distance in ordered]
    for allowed in (0.0, rate(below[6], 1), rate(below[6], 2), rate(below[6], 1) / 1.005, 1.0):
        monkeypatch.setattr(thresholds, "allowed_rate", lambda *_, rate=allowed: rate)
        found = thresholds.of_galleries(points, np.arange(5), 0.02)
        assert found.entries == (1, 2)
        for size, threshold in found.record():
            assert threshold == max(one for one in below if rate(one, size) <= allowed)
    assert thresholds.of_galleries(points[:3], np.arange(3), 0.02).entries == (1,)


def test_too_few_people_to_promise_it_name_no_stranger_of_theirs() -> None:
    assert thresholds.allowed_rate(148, 0.02) == 0
    embeddings, people = draw(np.random.default_rng(0), 20)
    found = thresholds.of_galleries(embeddings, people, 0.02)
    first = embeddings[::2]
    nearest = min(
        np.linalg.norm(embeddings[row] - first[other])
        for row in range(40)
        for other in range(20)
        if people[row] != other
    )
    assert set(found.thresholds) == {np.nextafter(nearest, 0)}


def test_the_promise_is_kept_by_others_at_every_size() -> None:
    rng = np.random.default_rng(0)
    found = thresholds.of_galleries(*draw(rng, 600), 0.02)
    assert found.entries == (1, 2, 5, 10, 20, 50, 100, 200)
    assert list(found.thresholds) == sorted(found.thresholds, reverse=True)
    assert found.thresholds[0] > 1.3 * found.thresholds[-1]
    rates = [
        [row["false_identification"] for row in galleries.curve(*draw(rng, 400), found, 5)]
        for _ in range(4)
    ]
    means = np.mean(rates, axis=0)  # with 1, 5, 20 and 100 people
    assert len(means) == 4
    assert means.max() <= 0.02
    assert means.min() > 0.002  # and not by naming nobody


def test_galleries_of_two_thousand_are_measured_where_there_are_people() -> None:
    assert thresholds.SIZES[-4:] == (200, 500, 1000, 2000)


def test_a_rate_that_just_reaches_the_target_is_allowed() -> None:
    # With nobody named, the upper end for n people is 1 - 0.05 ** (1 / n).
    upper = float(beta.ppf(thresholds.CONFIDENCE, 1, 20))
    assert thresholds.allowed_rate(20, upper) == 0
    two_named = float(beta.ppf(thresholds.CONFIDENCE, 3, 18))
    assert thresholds.allowed_rate(20, two_named) == pytest.approx(2 / 20)
    assert thresholds.allowed_rate(20, two_named * 0.999) == pytest.approx(1 / 20)


def test_between_and_beyond_the_sizes_measured() -> None:
    found = GalleryThresholds((1, 10, 100), (0.8, 0.6, 0.5))
    assert [found.of(size) for size in (1, 10, 100)] == pytest.approx([0.8, 0.6, 0.5])
    assert found.of(0) == 0.8
    assert 0.5 < found.of(50) < 0.6
    assert found.of(10_000) == pytest.approx(0.3)
    assert found.of(10**9) == 0  # names nobody
    assert found.of(102) < 0.5
    assert GalleryThresholds.read(found.record()) == found


@pytest.mark.parametrize("record", [[[1]], [["x", 1]], 3, [[1, None]], []])
def test_a_record_of_something_else_is_refused(record: object) -> None:
    with pytest.raises(UserError, match="thresholds of galleries should be pairs"):
        GalleryThresholds.read(record)  # type: ignore[arg-type]


def test_two_people_are_too_few() -> None:
    with pytest.raises(UserError, match="at least 3 people are needed, there are 2"):
        thresholds.of_galleries(*draw(np.random.default_rng(0), 2), 0.02)


def test_the_curve_of_perfect_embeddings() -> None:
    people = np.arange(30).repeat(2)
    names_nobody_else = GalleryThresholds((1,), (0.5,))
    rows = galleries.curve(np.eye(30)[people], people, names_nobody_else, 3)
    assert [row["people"] for row in rows] == [1, 5, 20]
    for row in rows:
        assert row["rank_1"] == row["detection_and_identification"] == 1
        assert row["false_identification"] == row["false_identification_high"] == 0
