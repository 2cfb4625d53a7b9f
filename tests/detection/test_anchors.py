"""k-means on IoU distance, against clusters and overlaps known by hand."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import anchors


def test_overlap_of_shapes_on_one_centre() -> None:
    sides, others = np.array([[2.0, 2], [4, 1]]), np.array([[2.0, 2], [1, 1]])
    # 4x1 and 2x2 share 2x1 of an area of 4 + 4 - 2.
    assert anchors.shape_iou(sides, others) == pytest.approx(np.array([[1, 1 / 4], [1 / 3, 1 / 4]]))


def test_clusters_are_found_small_to_large() -> None:
    tall, wide, small = [2.0, 6.0], [9.0, 3.0], [1.0, 1.0]
    sides = np.array([tall] * 5 + [wide] * 3 + [small] * 4)
    for seed in range(5):
        assert anchors.fit(sides, 3, seed).tolist() == [small, tall, wide]


def test_a_stray_box_moves_no_anchor() -> None:
    sides = np.array([[2.0, 2.0]] * 9 + [[3.0, 3.0]])
    assert anchors.fit(sides, 1, seed=0).tolist() == [[2.0, 2.0]]


def test_more_anchors_than_shapes_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"2 anchors need .* different shapes, 1 were received"):
        anchors.fit(np.ones((5, 2)), 2, seed=0)
