"""Training learns, goes on where it was cut off, and ends in Darknet's files."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from cutting import cut_off

from fivenets.core.errors import UserError
from fivenets.datasets.objects.prepared import ObjectDataset, ObjectExample, ObjectSettings
from fivenets.detection import certificate, compact
from fivenets.detection.detector import Detector
from fivenets.detection.regions import Region
from fivenets.detection.settings import BoxChanges, DetectorRecipe
from fivenets.detection.training import (
    batches,
    fitted_anchors,
    known_by,
    order_of,
    shares_of,
    train,
)
from fivenets.sources.origin import Origin

RECIPE = DetectorRecipe(
    height=48,
    width=64,
    filters=4,
    anchors=2,
    epochs=8,
    batch_size=4,
    learning_rate=0.01,
    warmup_fraction=0.1,
    weight_decay=0.0,
    mixed_precision=True,
    scales=[1.0, 2.0],
    augmentation=BoxChanges(mirror=True),
    seed=0,
)
REGION = Region(((1.0, 1.0), (2.0, 2.0)), 2, softmax=True)


def square(rng: np.random.Generator, label: int) -> ObjectExample:
    """A red (0) or a blue (1) rectangle on grey."""
    image = np.full((48, 64, 3), 120, np.uint8)
    left, top = rng.integers([2, 2], [36, 26])
    width, height = rng.integers([14, 12], [24, 20])
    image[top : top + height, left : left + width] = (230, 30, 30) if label == 0 else (30, 30, 230)
    box = np.array([[left / 64, top / 48, (left + width) / 64, (top + height) / 48]])
    return ObjectExample(image, box, np.array([label]), np.zeros(1, bool))


@pytest.fixture(scope="module")
def data() -> ObjectDataset:
    rng = np.random.default_rng(0)
    train, test = ([square(rng, index % 2) for index in range(count)] for count in (48, 10))
    source = Origin.drawn("squares", "0" * 64).record()
    settings = ObjectSettings(dataset="squares", train="train", test="test")
    return ObjectDataset(settings, ("red", "blue"), source, train, test)


@pytest.fixture
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two layers in place of nine, which take most of a short training to be traced."""
    whole = compact.cfg

    def cfg(height: int, width: int, classes: int, anchors: list, filters: int) -> str:
        text = whole(height, width, classes, anchors, filters)
        first, last = text.find("[maxpool]"), text.rfind("[convolutional]")
        return text[:first].rpartition("[convolutional]")[0] + 3 * compact.MAXPOOL + text[last:]

    monkeypatch.setattr(compact, "cfg", cfg)


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(
    data: ObjectDataset, small_network: None, tmp_path: Path
) -> None:
    whole, rows = train(data, RECIPE, tmp_path / "whole")
    assert [row["epoch"] for row in rows] == list(range(RECIPE.epochs))
    assert rows[-1]["loss"] < rows[0]["loss"] / 3

    cut_off(3, lambda watch: train(data, RECIPE, tmp_path / "cut", watch))
    seen, shown = [], []
    again, _ = train(
        data,
        RECIPE,
        tmp_path / "cut",
        lambda epoch, logs: seen.append(epoch),
        show=lambda picture, name, epoch: shown.append((name, epoch, picture.dtype)),
    )
    assert shown[-1] == ("detections", RECIPE.epochs - 1, np.uint8)  # which changes no weight
    assert seen[0] in (1, 2, 3), "the first epoch is always backed up, later ones may be"
    assert seen == list(range(seen[0], 8))
    assert again.to_weights() == whole.to_weights()
    assert again.cfg.text == whole.cfg.text

    # What it wrote as Darknet's files is the same detector, for this project and for OpenCV.
    cfg, weights, names = whole.write_darknet(tmp_path / "models" / "squares")
    assert names.read_text().split() == ["red", "blue"]
    read = Detector.from_darknet(cfg, weights, whole.labels, whole.resize, whole.trained_on)
    assert read.to_weights() == weights.read_bytes()
    assert read.header.seen == 8 * 48
    assert (read.resize, read.trained_on) == ("stretch", Origin.drawn("squares", "0" * 64))
    pictures = [example.image_rgb_uint8 for example in data.test[:2]]
    assert certificate.is_equal(certificate.certify(read, cfg, weights, pictures))


def turned(example: ObjectExample) -> ObjectExample:
    return replace(example, image_rgb_uint8=example.image_rgb_uint8[::-1].copy())


@pytest.mark.parametrize(
    "change",
    [
        lambda data: replace(data, settings=replace(data.settings, train="train+validation")),
        lambda data: replace(data, settings=replace(data.settings, test="train[:10%]")),
        lambda data: replace(data, train=data.train[1:]),
        lambda data: replace(data, train=[*data.train[1:], turned(data.train[0])]),
        lambda data: replace(
            data, train=[replace(data.train[0], is_difficult=np.ones(1, bool)), *data.train[1:]]
        ),
    ],
    ids=["split", "test split", "picture left out", "picture turned", "object uncounted"],
)
def test_what_is_trained_on_is_part_of_what_a_training_is_known_by(
    change: Callable[[ObjectDataset], ObjectDataset], data: ObjectDataset
) -> None:
    network = keras.Sequential([keras.Input((1,))])
    same, other = replace(data, test=[]), change(data)
    assert known_by(same, RECIPE, network) == known_by(data, RECIPE, network)
    assert known_by(other, RECIPE, network) != known_by(data, RECIPE, network)


def test_scales_take_turns(data: ObjectDataset) -> None:
    stream = batches(data.train, REGION, RECIPE, first_epoch=0)
    pictures, labels = zip(*(next(stream) for _ in range(3)), strict=True)
    assert [one.shape for one in pictures] == [(4, 48, 64, 3), (4, 96, 128, 3), (4, 48, 64, 3)]
    assert [one.shape[1:] for one in labels[:2]] == [(3, 4, 2, 7), (6, 8, 2, 7)]


def test_difficult_objects_are_ignored(data: ObjectDataset) -> None:
    wide = np.array([[0.1, 0.1, 0.9, 0.2]])
    marked = [
        replace(
            one,
            boxes_xyxy=np.concatenate([one.boxes_xyxy, wide]),
            classes=np.append(one.classes, 1 - one.classes),
            is_difficult=np.array([False, True]),
        )
        for one in data.train
    ]
    assert np.array_equal(fitted_anchors(marked, RECIPE), fitted_anchors(data.train, RECIPE))
    _, labels = next(batches(marked, REGION, RECIPE, first_epoch=0))
    _, plain = next(batches(data.train, REGION, RECIPE, first_epoch=0))
    assert np.array_equal(np.maximum(labels[..., 4:], 0), plain[..., 4:])
    assert (labels[..., 4] == -1).sum(axis=(1, 2, 3)).tolist() == [1] * 4


def test_batches_of_an_epoch_depend_on_it_and_the_seed_alone(data: ObjectDataset) -> None:
    whole, steps = batches(data.train, REGION, RECIPE, first_epoch=0), 12
    second = [next(whole) for _ in range(steps + 1)][steps]
    resumed = next(batches(data.train, REGION, RECIPE, first_epoch=1))
    assert all(map(np.array_equal, second, resumed))
    other = next(batches(data.train, REGION, replace(RECIPE, seed=1), first_epoch=1))
    assert (second[0] != other[0]).any()


def test_a_recipe_that_cannot_be_is_a_sentence() -> None:
    for change, message in [
        ({"height": 50}, "height should be a multiple of 16 pixels, it is 50"),
        (
            {"scales": [1.0, 0.7]},
            "of 16 pixels when multiplied by 0.7 of scales, it is 48",
        ),
        (
            {"scales": [1.0, 1.0, 2.0]},
            "scales should be a list of different numbers, it is",
        ),
        ({"epochs": 0}, "epochs should be at least 1, it is 0"),
        ({"augmentation": {"rotation": 0.1}}, "augmentation.rotation is unknown"),
        ({"loss": {"object": "much"}}, "loss.object should be a number, it is 'much'"),
    ]:
        with pytest.raises(UserError, match=re.escape(message)):
            replace(RECIPE, **change)


def test_an_epoch_is_shared_among_data_sets_by_their_weights(data: ObjectDataset) -> None:
    real = [replace(one, source="real") for one in data.train[:4]]
    drawn = [replace(one, source="drawn") for one in data.train[4:24]]
    examples = [*real, *drawn]
    shares = shares_of(examples, {"real": 2, "drawn": 1, "absent": 5}, 30)
    assert shares == {"real": 20, "drawn": 10}
    order = order_of(examples, shares, np.random.default_rng(0))
    times = np.bincount(order, minlength=24)
    assert times[:4].tolist() == [5, 5, 5, 5]
    assert sorted(times[4:]) == [0] * 10 + [1] * 10
    assert shares_of(data.train, {"squares": 1}, 48) == {"": 48}


def test_what_a_picture_is_of_is_part_of_what_a_training_is_known_by(data: ObjectDataset) -> None:
    network = keras.Sequential([keras.layers.Dense(1)])
    weights = {"real": 2.0, "drawn": 1.0}
    mixed = replace(
        data,
        settings=ObjectSettings(dataset=weights, train="train", test="test"),
        train=[replace(data.train[0], source="real"), replace(data.train[1], source="drawn")],
    )
    swapped = replace(mixed, train=[replace(one, source="real") for one in mixed.train])
    heavier = replace(
        mixed, settings=ObjectSettings(dataset={**weights, "real": 3.0}, train="train", test="test")
    )
    assert len({known_by(one, RECIPE, network) for one in (mixed, swapped, heavier)}) == 3
