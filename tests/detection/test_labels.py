"""Which cell and anchor an object belongs to."""

import numpy as np
import pytest

from fivenets.detection.labels import label_tensor

ANCHORS = np.array([[1.0, 1.0], [1.0, 3.0]])


def tensor(*boxes_xyxy: list[float], classes: list[int]) -> np.ndarray:
    """In a grid of 4 by 4 cells."""
    return label_tensor(np.array(boxes_xyxy), np.array(classes), ANCHORS, 2, 4, 4)


def test_an_object_is_in_the_cell_of_its_midpoint_and_the_anchor_of_its_shape() -> None:
    # 1 by 2.4 cells about (1.5, 2.3): nearer to the tall anchor.
    labels = tensor([0.25, 0.275, 0.5, 0.875], classes=[1])
    assert np.argwhere(labels[..., 4]).tolist() == [[2, 1, 1]]
    assert labels[2, 1, 1] == pytest.approx([0.5, 0.3, 1, 2.4, 1, 0, 1])
    assert labels.sum() == pytest.approx(0.5 + 0.3 + 1 + 2.4 + 1 + 1)


def test_two_of_one_cell_take_two_anchors_and_a_third_is_left_out() -> None:
    square = [0.0, 0.0, 0.25, 0.25]
    labels = tensor(square, square, square, classes=[0, 1, 1])
    assert labels[0, 0, :, 4].tolist() == [1, 1]
    assert labels[0, 0, 0, 5:].tolist() == [1, 0]  # the first has its anchor
    assert labels[0, 0, 1, 5:].tolist() == [0, 1]
    assert labels[..., 4].sum() == 2


def test_a_midpoint_on_the_far_edge_is_in_the_last_cell() -> None:
    labels = tensor([1.0, 1.0, 1.0, 1.0], classes=[0])
    assert np.argwhere(labels[..., 4])[:, :2].tolist() == [[3, 3]]


def test_no_object_is_a_tensor_of_nothing() -> None:
    labels = label_tensor(np.zeros((0, 4)), np.zeros(0, int), ANCHORS, 2, 4, 4)
    assert labels.shape == (4, 4, 2, 7)
    assert not labels.any()


def test_what_is_ignored_comes_last_and_has_no_class() -> None:
    square = [0.0, 0.0, 0.25, 0.25]
    boxes, classes = np.array([square, square, square]), np.array([0, 1, 1])
    labels = label_tensor(boxes, classes, ANCHORS, 2, 4, 4, np.array([True, False, False]))
    assert labels[0, 0, :, 4].tolist() == [1, 1]  # the ignored one finds its cell taken
    labels = label_tensor(boxes[:2], classes[:2], ANCHORS, 2, 4, 4, np.array([True, False]))
    assert labels[0, 0, 0].tolist() == [0.5, 0.5, 1, 1, 1, 0, 1]
    assert labels[0, 0, 1].tolist() == [0.5, 0.5, 1, 1, -1, 0, 0]
