"""Boxes of components on tiny label pictures, and CamVid's folders."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.datasets.objects import camvid
from fivenets.datasets.objects.components import Shape, components_of

CAR, PERSON = 8, 9
SHAPES = {CAR: ("car", Shape(2.1, 0.6, 0.83)), PERSON: ("pedestrian", Shape(0.8, 0.15, 0.6))}


def street(*boxes: tuple[int, int, int, int, int]) -> np.ndarray:
    """A label picture of road, 60x80, with filled boxes: class, then left, top, right, bottom."""
    classes = np.full((60, 80), 3, np.uint8)
    for label, left, top, right, bottom in boxes:
        classes[top:bottom, left:right] = label
    return classes


def test_each_component_is_a_box_of_its_class() -> None:
    found = components_of(
        street((CAR, 5, 30, 25, 45), (CAR, 40, 20, 60, 40), (PERSON, 65, 10, 75, 50)), SHAPES
    )
    assert found.labels == ["car", "car", "pedestrian"]
    assert found.boxes_xyxy.tolist() == [[40, 20, 60, 40], [5, 30, 25, 45], [65, 10, 75, 50]]
    assert not found.is_ambiguous.any()


@pytest.mark.parametrize(
    "boxes",
    [
        [(CAR, 0, 20, 20, 40)],  # cut at the left
        [(CAR, 30, 45, 50, 60)],  # and below
        [(CAR, 10, 20, 19, 40)],  # 9 pixels wide
        [(CAR, 10, 20, 60, 40)],  # as wide as two
        [(CAR, 10, 20, 20, 40)],  # as narrow as a part
        [(CAR, 10, 30, 40, 45), (CAR, 30, 15, 40, 45)],  # a lorry and the car that touches it
        [(CAR, 10, 20, 22, 35), (CAR, 25, 20, 37, 35)],  # one, behind a pole of 3 pixels
    ],
)
def test_what_is_no_single_whole_thing_is_ambiguous(boxes: list) -> None:
    assert components_of(street(*boxes), SHAPES).is_ambiguous.all()


def test_what_touches_at_a_corner_is_one_and_a_speck_beside_a_car_is_no_part_of_it() -> None:
    touching = components_of(street((CAR, 5, 5, 20, 20), (CAR, 20, 20, 35, 35)), SHAPES)
    assert touching.boxes_xyxy.tolist() == [[5, 5, 35, 35]]
    found = components_of(street((CAR, 10, 20, 30, 35), (CAR, 32, 22, 34, 24)), SHAPES)
    assert found.is_ambiguous.tolist() == [False, True]


def test_a_picture_without_any_has_no_boxes() -> None:
    found = components_of(street(), SHAPES)
    assert (found.labels, found.boxes_xyxy.shape, found.is_ambiguous.shape) == ([], (0, 4), (0,))


def test_camvid_has_its_splits_and_counts_what_is_ambiguous_neither_way(tmp_path: Path) -> None:
    for name in camvid.SPLITS.values():
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}annot").mkdir()
        Image.new("RGB", (80, 60)).save(tmp_path / name / "a.jpg")
        Image.fromarray(street((CAR, 40, 20, 60, 40), (10, 0, 0, 20, 30))).save(
            tmp_path / f"{name}annot" / "a.png"
        )
    folder = camvid.read(tmp_path)
    assert folder.splits.keys() == {"train", "validation", "test"}
    [picture] = folder.splits["test"]
    assert picture.labels == ["car", "bicyclist"]
    assert picture.boxes_xyxy[0] == pytest.approx([0.5, 1 / 3, 0.75, 2 / 3])
    assert picture.is_difficult == [False, True]
