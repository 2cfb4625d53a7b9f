"""Training learns, and goes on where it was cut off."""

import gc
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fivenets.datasets.masks.prepared import MaskDataset
from fivenets.segmentation import scoring
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import Augmentation, Recipe
from fivenets.segmentation.training import batches, train


class Cut(BaseException):
    """Ends a training as a signal would."""


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(
    data: MaskDataset, recipe: Recipe, tmp_path: Path
) -> None:
    whole, rows = train(data, recipe, tmp_path / "whole")
    assert [row["epoch"] for row in rows] == list(range(6))

    def cut(epoch: int, logs: dict[str, float]) -> None:
        if epoch == 3:
            raise Cut

    with warnings.catch_warnings():
        # Keras' CSVLogger leaves its file open where an exception passes.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(Cut):
            train(data, recipe, tmp_path / "cut", cut)
        gc.collect()
    seen = []
    again, _ = train(data, recipe, tmp_path / "cut", lambda epoch, logs: seen.append(epoch))
    assert seen[0] in (1, 2, 3), "the first epoch is always backed up, later ones may be"
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        assert np.array_equal(one, other)

    segmenter = Segmenter(whole, data.labels, 16, 24, 1)
    confusions = [
        scoring.confusion(one.mask, segmenter.segment(one.image_rgb_uint8).mask, 2)
        for one in data.test
    ]
    assert scoring.metrics(np.stack(confusions), data.labels)["miou"] > 0.8


def test_an_epochs_batches_depend_on_seed_and_epoch_alone(
    data: MaskDataset, recipe: Recipe
) -> None:
    examples = list(data.train)
    steps = len(examples) // 4  # the last two are dropped
    first = batches(examples, recipe, 0)
    for _ in range(steps):
        next(first)
    later = batches(examples, recipe, 1)
    for _ in range(steps):
        for one, other in zip(next(first), next(later), strict=True):
            assert np.array_equal(one, other)
    another = next(batches(examples, replace(recipe, seed=1), 1))
    assert not np.array_equal(another[0], next(batches(examples, recipe, 1))[0])
    pictures, masks = another
    assert (pictures.shape, pictures.dtype) == ((4, 16, 24, 3), np.float32)
    assert (masks.shape, masks.dtype) == ((4, 16, 24), np.uint8)
    _, half = next(batches(examples, replace(recipe, augmentation=Augmentation()), 0, stride=2))
    _, whole = next(batches(examples, replace(recipe, augmentation=Augmentation()), 0))
    assert half.shape == (4, 8, 12)
    assert np.mean(half == whole[:, 1::2, 1::2]) > 0.95
