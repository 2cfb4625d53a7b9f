"""Pictures of any size are answered at their own size; a saved model answers the same."""

import numpy as np
import pytest
from striped import stripes

from fivenets.classification.architectures import build
from fivenets.core.errors import UserError
from fivenets.fitting.model_files import save
from fivenets.segmentation.segmenter import Segmentation, Segmenter, best_class


@pytest.mark.parametrize("sides", [(16, 24), (480, 360), (37, 211), (8, 3000)])
def test_the_mask_is_of_the_pictures_own_size(segmenter, sides: tuple[int, int]) -> None:
    height, width = sides
    found = segmenter.segment(stripes(height, width))
    assert found.mask.shape == sides
    assert (found.mask[:, : int(0.45 * width)] == 0).all()
    assert (found.mask[:, int(0.55 * width) :] == 2).all()
    assert sum(found.shares.values()) == pytest.approx(1)
    assert list(found.shares)[-1] == "green"
    assert found.shares["red"] == pytest.approx(0.5, abs=0.05)


def test_it_sees_about_as_many_pixels_as_in_training_and_keeps_the_aspect(segmenter) -> None:
    for height, width in [(480, 360), (360, 480), (1000, 2000), (17, 17)]:
        high, wide = segmenter.sides(height, width)
        assert high % 4 == wide % 4 == 0
        assert 0.6 < high * wide / (16 * 24) < 1.5
        assert 0.7 < (high / wide) / (height / width) < 1.4
    assert segmenter.sides(8, 1_000_000) == (4, 96)  # not 4 by 6788


def test_a_saved_model_answers_the_same_and_says_its_caution(segmenter, model) -> None:
    again = Segmenter.from_file(model)
    picture = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    assert np.array_equal(again.segment(picture).mask, segmenter.segment(picture).mask)
    assert (again.labels, again.caution) == (("red", "green", "blue"), "Colours only.")


def test_another_kind_of_model_is_refused(tmp_path) -> None:
    save(build("assignment_cnn", 8, 3), tmp_path / "signs.keras", {"labels": ["a", "b", "c"]})
    with pytest.raises(UserError, match="is no model that tells the classes of pixels"):
        Segmenter.from_file(tmp_path / "signs.keras")


def test_a_model_that_halves_away_its_pictures_is_refused(segmenter, tmp_path) -> None:
    segmenter.depth = 12
    segmenter.save(tmp_path / "deep.keras")
    with pytest.raises(UserError, match="halves its pictures 12 times, and sees 16x24 pixels"):
        Segmenter.from_file(tmp_path / "deep.keras")


def test_the_best_class_is_taken_after_enlarging() -> None:
    # Between 0 and 4 of class 1, against 1 of class 0 everywhere: it wins where it is above 1.
    logits = np.stack([np.ones((1, 2)), np.array([[0.0, 4.0]])], axis=-1)
    found = best_class(logits, 1, 8)
    # Linear between the middles of the two, at 1.5 and 5.5: above 1 from 2.5 on.
    assert found.tolist() == [[0, 0, 0, 1, 1, 1, 1, 1]]


def test_shares_are_parts_of_all_pixels_largest_first() -> None:
    found = Segmentation(np.array([[2, 2, 0], [2, 2, 0]], np.uint8), ("a", "b", "c"))
    assert list(found.shares.items()) == [
        ("c", pytest.approx(2 / 3)), ("a", pytest.approx(1 / 3)), ("b", 0),
    ]  # fmt: skip
