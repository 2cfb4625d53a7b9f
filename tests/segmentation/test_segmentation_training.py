"""Training learns, and goes on where it was cut off."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from cutting import cut_off

from fivenets.core.errors import UserError
from fivenets.datasets.masks.prepared import MaskDataset, MaskExample, MaskSettings
from fivenets.drawn.canvas import VOID
from fivenets.segmentation import scoring
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import FineTuning, Loss, MaskChanges, UNetRecipe
from fivenets.segmentation.training import batches, train
from fivenets.segmentation.unet_on_imagenet import ENDS
from fivenets.sources.origin import Origin

RECIPE = UNetRecipe(
    height=16,
    width=24,
    filters=4,
    depth=1,
    epochs=6,
    batch_size=4,
    learning_rate=0.02,
    warmup_fraction=0.1,
    weight_decay=0.0,
    batch_norm_momentum=0.8,
    mixed_precision=True,
    loss=Loss(class_balance=0.5, dice=0.5),
    augmentation=MaskChanges(mirror=True, crop=0.3),
    seed=0,
)

TUNING = FineTuning(
    start=["mobilenet_v2"], height=32, width=64, filters=4, epochs=1, learning_rate=0.01
)


def scene(rng: np.random.Generator) -> MaskExample:
    """A bright square on dark ground, whose edge is of no class, at twice the network's size."""
    image, mask = rng.integers(0, 60, (32, 48, 3)), np.zeros((32, 48), np.uint8)
    top, left = rng.integers(4, 14), rng.integers(4, 28)
    mask[top - 1 : top + 15, left - 1 : left + 15] = VOID
    mask[top : top + 14, left : left + 14] = 1
    image[top : top + 14, left : left + 14] += 150
    return MaskExample(image.astype(np.uint8), mask)


@pytest.fixture(scope="module")
def data() -> MaskDataset:
    rng = np.random.default_rng(0)
    train, test = ([scene(rng) for _ in range(count)] for count in (34, 8))
    settings = MaskSettings(dataset="squares", train="train", test="test")
    source = Origin.drawn("squares", "0" * 64).record()
    return MaskDataset(settings, ("ground", "square"), source, train, test)


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(data, tmp_path: Path) -> None:
    whole, rows = train(data, RECIPE, tmp_path / "whole")
    assert [row["epoch"] for row in rows] == list(range(6))

    cut_off(3, lambda watch: train(data, RECIPE, tmp_path / "cut", watch))
    seen, shown = [], []
    again, _ = train(
        data,
        RECIPE,
        tmp_path / "cut",
        lambda epoch, logs: seen.append(epoch),
        show=lambda picture, name, epoch: shown.append((name, epoch, picture.dtype)),
    )
    assert shown[-1] == ("classes", RECIPE.epochs - 1, np.uint8)  # which changes no weight
    assert seen[0] in (1, 2, 3), "the first epoch is always backed up, later ones may be"
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        assert np.array_equal(one, other)

    segmenter = Segmenter(whole, data.labels, 16, 24, 1)
    confusions = [
        scoring.confusion(one.mask, segmenter.segment(one.image_rgb_uint8).mask, 2)
        for one in data.test
    ]
    assert scoring.metrics(np.stack(confusions), data.labels)["miou"] > 0.8


def test_an_epochs_batches_depend_on_seed_and_epoch_alone(data: MaskDataset) -> None:
    examples = list(data.train)
    steps = len(examples) // 4  # the last two are dropped
    first = batches(examples, RECIPE, 0)
    for _ in range(steps):
        next(first)
    later = batches(examples, RECIPE, 1)
    for _ in range(steps):
        for one, other in zip(next(first), next(later), strict=True):
            assert np.array_equal(one, other)
    another = next(batches(examples, replace(RECIPE, seed=1), 1))
    assert not np.array_equal(another[0], next(batches(examples, RECIPE, 1))[0])
    pictures, masks = another
    assert (pictures.shape, pictures.dtype) == ((4, 16, 24, 3), np.float32)
    assert (masks.shape, masks.dtype) == ((4, 16, 24), np.uint8)


def small_encoder() -> keras.Model:
    """Fixed as MobileNetV2 is, with layers of the names and strides that skips are taken from."""
    picture = x = keras.Input((None, None, 3))
    for name in ENDS["mobilenet_v2"]:
        x = keras.layers.Conv2D(4, 3, 2, padding="same", name=f"{name}_convolution")(x)
        x = keras.layers.BatchNormalization(name=name)(x)
    network = keras.Model(picture, keras.layers.GlobalAveragePooling2D()(x), name="mobilenet_v2")
    network.trainable = False
    return network


def test_the_encoder_keeps_its_numbers_and_the_rest_learns(
    data: MaskDataset, tmp_path: Path
) -> None:
    start = small_encoder()
    kept = {layer.name: layer.get_weights() for layer in start.layers[:-1] if layer.weights}
    tuned = replace(RECIPE, fine_tuning=TUNING).fine_tuned()
    assert (tuned.height, tuned.width, tuned.filters, tuned.epochs) == (32, 64, 4, 1)
    network, rows = train(data, tuned, tmp_path / "checkpoints", encoder=lambda: start)
    assert len(rows) == 1
    for layer in network.layers:
        for value, before in zip(layer.get_weights(), kept.get(layer.name, []), strict=False):
            assert np.array_equal(value, before), layer.name
    learned = {layer.name for layer in network.layers if layer.trainable_weights}
    assert {"side0", "up3", "up0_norm", "logits"} <= learned
    assert not learned & kept.keys()


def test_sides_that_are_no_whole_cells_of_the_encoder_are_named() -> None:
    sentence = r"fine_tuning\.width should be a multiple of 32 pixels, it is 48"
    with pytest.raises(UserError, match=sentence):
        replace(RECIPE, fine_tuning=replace(TUNING, width=48))
