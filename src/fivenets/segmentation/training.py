"""Trains a U-Net: deterministic for a seed, and resumable after being killed."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import keras
import numpy as np

from fivenets.core.digests import arrays_sha256
from fivenets.datasets.masks.prepared import Example, MaskDataset
from fivenets.fitting.acceleration import FusedAdamW, training_copy
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic, warmup_then_cosine
from fivenets.fitting.inference import jit_compile
from fivenets.segmentation.augmentation import augmented, resized, resized_mask
from fivenets.segmentation.losses import SegmentationLoss, class_weights
from fivenets.segmentation.settings import Recipe
from fivenets.segmentation.unet import unet

KEPT = 2  # times the network's sides: what is larger is shrunk before training, to save memory


def train(
    data: MaskDataset,
    recipe: Recipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    All of data.train is trained on: a stop by validation would need pictures for it, and the last
    epoch of a falling rate is the best.
    Returns: the network, giving logits in float32, and one row of metrics per epoch. The caller
        removes `checkpoint_dir` once it has saved the network.
    Raises: UserError where the loss becomes NaN.
    """
    make_deterministic(recipe.seed)
    examples = [_shrunk(example, recipe) for example in data.train]  # decoded once
    network = unet(len(data.labels), recipe.filters, recipe.depth, recipe.batch_norm_momentum)
    trained = training_copy(network, "mixed_bfloat16" if recipe.mixed_precision else "float32")
    # Before it is compiled: what a loss or an optimizer says of itself is not the same twice.
    settings = {"recipe": dataclasses.asdict(recipe), "data": dataclasses.asdict(data.settings)}
    settings |= {"source": data.source["digest"], "labels": data.labels}
    arrays = (array for one in examples for array in (one.image_rgb_uint8, one.mask))
    known_by = fingerprint(settings, arrays_sha256(arrays), network)
    batch_size = min(recipe.batch_size, len(examples))
    steps = len(examples) // batch_size
    weights = class_weights(_pixels(examples, len(data.labels)), recipe.loss.class_balance)
    trained.compile(
        optimizer=FusedAdamW(
            warmup_then_cosine(recipe.learning_rate, steps * recipe.epochs, recipe.warmup_fraction),
            weight_decay=recipe.weight_decay,
        ),
        loss=SegmentationLoss(weights.tolist(), recipe.loss.dice),
        jit_compile=jit_compile(),
    )
    fit = Fit(
        name="unet",
        epochs=recipe.epochs,
        steps=steps,
        seed=recipe.seed,
        checkpoint_dir=checkpoint_dir,
        fingerprint=known_by,
    )
    rows = fit.run(
        trained, lambda first_epoch: batches(examples, recipe, first_epoch), on_epoch_end
    )
    network.set_weights(trained.get_weights())
    return network, rows


def batches(
    examples: Sequence[Example], recipe: Recipe, first_epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(pictures, masks) from an epoch on, without end; an epoch's by (seed, epoch) alone.

    An epoch's short last batch is dropped.
    """
    batch_size = min(recipe.batch_size, len(examples))
    steps = len(examples) // batch_size
    for epoch in itertools.count(first_epoch):
        rng = np.random.default_rng([recipe.seed, epoch])
        order = rng.permutation(len(examples))[: steps * batch_size].reshape(steps, batch_size)
        for indices in order:
            pairs = [
                augmented(
                    examples[index].image_rgb_uint8,
                    examples[index].mask,
                    recipe.height,
                    recipe.width,
                    recipe.augmentation,
                    rng,
                )
                for index in indices
            ]
            pictures, masks = zip(*pairs, strict=True)
            yield np.stack(pictures), np.stack(masks)


def _shrunk(example: Example, recipe: Recipe) -> Example:
    """At most KEPT times as high and as wide as the network's input."""
    height, width = example.mask.shape
    sides = min(height, KEPT * recipe.height), min(width, KEPT * recipe.width)
    if sides == (height, width):
        return example
    return Example(resized(example.image_rgb_uint8, *sides), resized_mask(example.mask, *sides))


def _pixels(examples: Sequence[Example], classes: int) -> np.ndarray:
    """(classes,) how many pixels of the examples are of each class."""
    counts = (np.bincount(one.mask.ravel(), minlength=256)[:classes] for one in examples)
    return np.sum(list(counts), axis=0)
