"""A picture and its boxes are changed alike."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection.augmentation import augmented
from fivenets.detection.pictures import fit
from fivenets.detection.settings import BoxChanges

HEIGHT, WIDTH = 40, 60
BOX = np.array([[0.1, 0.2, 0.3, 0.5]])  # columns 6 to 18, rows 8 to 20


@pytest.fixture
def picture() -> np.ndarray:
    """Black, with a white object in BOX."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[8:20, 6:18] = 255
    return image


def white_box(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(picture[..., 0] > 0.5)
    height, width = picture.shape[:2]
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array(edges) / [width, height, width, height]


def test_without_strength_only_the_size_changes(picture: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    seen, boxes, kept = augmented(picture, BOX, 80, 120, BoxChanges(), rng)
    assert seen.shape == (80, 120, 3)
    assert (seen.min(), seen.max()) == (0, 1)
    assert boxes == pytest.approx(BOX)
    assert white_box(seen) == pytest.approx(BOX[0], abs=1 / 80)
    assert kept.tolist() == [0]


@pytest.mark.parametrize("size", [(60, 90), (200, 133), (480, 640)])
def test_training_samples_where_use_does(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    none = np.zeros((0, 4))
    seen, _, _ = augmented(image, none, 96, 128, BoxChanges(), np.random.default_rng(0))
    # Pillow cuts what Darknet keeps of a grey level.
    assert 255 * np.abs(seen - fit(image, 96, 128, "stretch")).max() < 1.01


def test_boxes_follow_their_objects_through_crops_and_mirrors(picture: np.ndarray) -> None:
    strength, turned = BoxChanges(mirror=True, flip=True, crop=0.2), set()
    for seed in range(20):
        seen, boxes, kept = augmented(picture, BOX, 80, 120, strength, np.random.default_rng(seed))
        if len(kept):
            assert white_box(seen) == pytest.approx(boxes[0], abs=1.5 / 80)
            turned.add((boxes[0, 0] > 0.5, boxes[0, 1] > 0.5))
    assert len(turned) == 4  # every way round has come up


def test_an_object_that_has_left_the_picture_is_none_any_more(picture: np.ndarray) -> None:
    corner = np.array([[0.0, 0.0, 0.02, 0.02], BOX[0]])
    strength = BoxChanges(crop=0.2)
    kept = [
        augmented(picture, corner, 80, 120, strength, np.random.default_rng(seed))[2].tolist()
        for seed in range(10)
    ]
    assert [1] in kept
    assert [0, 1] in kept


def test_colours_change_and_boxes_do_not(picture: np.ndarray) -> None:
    picture[8:20, 6:18] = (200, 100, 50)
    strength = BoxChanges(exposure=0.5, saturation=0.5, hue=0.1)
    seen, boxes, _ = augmented(picture, BOX, HEIGHT, WIDTH, strength, np.random.default_rng(1))
    assert boxes == pytest.approx(BOX)
    assert np.abs(seen[12, 10] - np.array([200, 100, 50]) / 255).max() > 0.05
    assert (seen[0, 0] == 0).all()
    # Grey stays grey under any saturation and hue.
    grey = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    seen, _, _ = augmented(grey, BOX, HEIGHT, WIDTH, strength, np.random.default_rng(1))
    assert np.ptp(seen[5, 5]) < 1e-5


def test_a_crop_of_half_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"^crop should be below 0.5, it is 0.5$"):
        BoxChanges(crop=0.5)
