"""Pictures of an evaluation show what they are given."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Rectangle
from scipy.stats import norm

from fivenets.faces import drawing
from fivenets.faces.verification import all_pairs

PEOPLE = np.repeat(list("abc"), 3)
PAIRS = all_pairs(PEOPLE, 3)
DISTANCES = np.where(PAIRS.is_same, 0.2, 0.8) + np.arange(len(PAIRS.first)) / 1000


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_the_roc_of_perfect_distances_is_at_the_top() -> None:
    [axes] = drawing.roc(DISTANCES, PAIRS.is_same, 0.5).axes
    line, served = axes.lines
    assert np.asarray(served.get_ydata()).tolist() == [1.0]
    far, tar = (np.asarray(values, float) for values in (line.get_xdata(), line.get_ydata()))
    # A FAR of 0 has no place on a logarithmic axis: it is drawn at half a pair.
    assert far.min() == 0.5 / 27
    assert tar[far > 0.5 / 27].min() == 1.0


def test_both_errors_at_the_threshold_that_is_served_are_marked() -> None:
    near = np.where(np.arange(len(DISTANCES)) < 3, 0.5, DISTANCES)  # of a and a, a and a, a and b
    threshold = 0.6
    [axes] = drawing.det(near, PAIRS.is_same, threshold).axes
    far, rejected = (norm.cdf(np.asarray(values)) for values in axes.lines[-1].get_data())
    accepted = near <= threshold
    assert far == pytest.approx(accepted[~PAIRS.is_same].mean())
    assert rejected == pytest.approx(1e-6)  # none, which has no place on this axis
    assert 0 < far[0] < 0.5


def test_a_curve_for_each_answer_of_galleries() -> None:
    keys = ("rank_1", "detection_and_identification", "false_identification")
    row = {f"{key}{end}": 0.5 for key in keys for end in ("", "_low", "_high")}
    above, below = drawing.galleries([{"people": n, **row} for n in (1, 5, 20)], 0.02).axes
    assert [len(axes.lines) for axes in (above, below)] == [2, 2]
    assert np.asarray(below.lines[1].get_ydata()).tolist() == [0.02, 0.02]
    assert [label.get_text() for label in below.get_xticklabels()] == ["1", "5", "20"]


def test_histograms_hold_all_pairs_and_the_threshold() -> None:
    [axes] = drawing.distance_histograms(DISTANCES, PAIRS.is_same, 0.5).axes
    assert np.asarray(axes.lines[0].get_xdata()).tolist() == [0.5, 0.5]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    areas = [bar.get_height() * bar.get_width() for bar in bars]
    assert sum(areas) == pytest.approx(2)  # two densities


def test_the_map_has_a_colour_and_a_name_for_each_person() -> None:
    [axes] = drawing.embedding_map(np.eye(9), PEOPLE).axes
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]
    assert [len(np.asarray(points.get_offsets())) for points in axes.collections] == [3, 3, 3]


def test_names_of_people_are_drawn_as_they_are() -> None:
    figure = drawing.embedding_map(np.eye(9), np.repeat(["Ζωή_Δ", "$x^$", "王"], 3))
    figure.canvas.draw()
    shown = {text.get_text() for text in figure.axes[0].texts}
    assert shown == {"Ζωή Δ", r"\$x^\$", "U+738B"}


def test_hardest_pairs_stand_above_each_other() -> None:
    images = [np.full((4, 4, 3), 20 * row, np.uint8) for row in range(9)]
    figure = drawing.hardest_pairs(images, DISTANCES, PAIRS, count=2)
    shown = [
        [int(np.asarray(axes.images[0].get_array())[0, 0, 0]) // 20 for axes in row]
        for half in figure.subfigs
        for row in (half.axes[:2], half.axes[2:])
    ]
    same, different = (np.flatnonzero(kind) for kind in (PAIRS.is_same, ~PAIRS.is_same))
    farthest, nearest = same[-1:-3:-1], different[:2]
    assert shown == [
        [*PAIRS.first[farthest]],
        [*PAIRS.second[farthest]],
        [*PAIRS.first[nearest]],
        [*PAIRS.second[nearest]],
    ]


@pytest.mark.parametrize(("count", "names"), [(30, 30), (31, 0)])
def test_a_map_names_people_where_they_are_few(count: int, names: int) -> None:
    people = np.repeat([f"person{number:02}" for number in range(count)], 2)
    points = np.random.default_rng(0).normal(size=(len(people), 4))
    [axes] = drawing.embedding_map(points, people).axes
    assert len(axes.texts) == names
    assert len(axes.collections) == count
