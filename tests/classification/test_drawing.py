"""The pictures of what a classifier gets wrong show the right panels, in the right order."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivenets.classification.drawing import confusion_matrix, misclassified

NAMES = ["zero", "one", "two"]


@pytest.fixture(autouse=True)
def figures_closed() -> Iterator[None]:
    yield
    plt.close("all")


def drawn(labels: list[int], predicted: list[int], confidence: list[float]) -> Figure:
    """`misclassified` over images whose pixels all hold the image's index."""
    count = len(labels)
    images = (
        np.zeros((count, 8, 8, 3), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
    )
    probabilities = np.zeros((count, len(NAMES)))
    probabilities[np.arange(count), predicted] = confidence
    return misclassified(images, np.array(labels), probabilities, NAMES)


def pixels(axes: Axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def shown(figure: Figure) -> dict[int, str]:
    """Index -> title of the images in a figure of `drawn`, in order."""
    return {int(pixels(axes)[0, 0, 0]): axes.get_title() for axes in figure.axes if axes.images}


def test_the_most_confident_mistakes_come_first() -> None:
    figure = drawn([0, 1, 2, 0], [0, 2, 1, 1], [0.9, 0.6, 0.8, 0.7])
    assert figure.get_suptitle() == "3 of 4 test images misclassified"
    assert list(shown(figure).items()) == [
        (2, "is two, said one (0.80)"),
        (3, "is zero, said one (0.70)"),
        (1, "is one, said two (0.60)"),
    ]


def test_of_many_mistakes_24_are_shown_and_all_are_counted() -> None:
    figure = drawn([0] * 30, [1] * 30, list(np.linspace(0.5, 0.99, 30)))
    assert figure.get_suptitle() == "30 of 30 test images misclassified"
    assert list(shown(figure)) == list(range(29, 5, -1))
    assert len(figure.axes) == 24


@pytest.mark.parametrize(("count", "panels"), [(9, [8, 7, 6, 5, 4, 3]), (2, [1, 0])])
def test_without_a_mistake_the_least_certain_are_shown_and_the_title_says_so(
    count: int, panels: list[int]
) -> None:
    figure = drawn([1] * count, [1] * count, [0.99 - 0.05 * index for index in range(count)])
    assert figure.get_suptitle() == (
        f"none of {count} test images misclassified; the least certain:"
    )
    assert list(shown(figure)) == panels


def test_the_confusion_matrix_counts_actual_by_row_and_shows_classes_that_are_absent() -> None:
    figure = confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), NAMES)
    [axes] = figure.axes
    assert pixels(axes).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "actual")
    assert axes.get_title() == "3 test images"


def test_names_of_classes_are_drawn_as_they_are() -> None:
    names = ["$x^$", "собака", "猫"]
    figure = confusion_matrix(np.array([0, 1, 2]), np.array([0, 1, 2]), names)
    figure.canvas.draw()
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == [r"\$x^\$", "собака", "U+732B"]
    images, labels = np.zeros((3, 8, 8, 3), np.uint8), np.array([0, 1, 2])
    figure = misclassified(images, labels, np.eye(3)[[1, 2, 0]], names)
    figure.canvas.draw()
    titles = {axes.get_title() for axes in figure.axes if axes.images}
    assert r"is \$x^\$, said собака (1.00)" in titles
