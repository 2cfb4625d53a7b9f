"""Trains a U-Net: deterministic for a seed, and resumable after being killed."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import keras
import numpy as np

from fivenets.core.digests import arrays_sha256
from fivenets.datasets.masks.prepared import MaskDataset, MaskExample
from fivenets.fitting import distribution
from fivenets.fitting.acceleration import adamw, training_copy
from fivenets.fitting.batches import assembled, whole_batches
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic
from fivenets.fitting.inference import jit_compile
from fivenets.fitting.shown import Asked, Show, Shown
from fivenets.segmentation.augmentation import augmented, resized, resized_mask
from fivenets.segmentation.drawing import coloured
from fivenets.segmentation.losses import SegmentationLoss, class_weights
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import UNetRecipe
from fivenets.segmentation.unet import unet
from fivenets.segmentation.unet_on_imagenet import unet_on

KEPT = 2  # times the network's sides: what is larger is shrunk before training, to save memory


def train(
    data: MaskDataset,
    recipe: UNetRecipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
    encoder: Callable[[], keras.Model] | None = None,
    show: Show | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    All of data.train is trained on: a stop by validation would need pictures for it, and the last
    epoch of a falling rate is the best.

    Args: encoder: makes a trained contracting path, which stays as it is; by default there is none,
        and all numbers start at random. show: takes pictures of the classes of one not trained on.
    Returns: the network, giving logits in float32, and one row of metrics per epoch. The caller
        removes `checkpoint_dir` once it has saved the network.
    Raises: UserError where the loss becomes NaN, or a worker is lost.
    """
    make_deterministic(recipe.seed)
    examples = [_shrunk(example, recipe) for example in data.train]  # decoded once
    classes, momentum = len(data.labels), recipe.batch_norm_momentum
    arrays = (array for one in examples for array in (one.image_rgb_uint8, one.mask))
    digest = arrays_sha256(arrays)
    weights = class_weights(_pixels(examples, len(data.labels)), recipe.loss.class_balance)
    # Workers find each other before anything is computed: all that is of Keras is made within.
    with distribution.scope(recipe.distribute, checkpoint_dir) as checkpoint_dir:
        if encoder is None:
            network = unet(classes, recipe.filters, recipe.depth, momentum)
        else:
            contracting = encoder()
            keras.utils.set_random_seed(recipe.seed)  # the same, whatever numbers that has drawn
            network = unet_on(contracting, classes, recipe.filters, momentum)
        trained = training_copy(network, recipe.policy)
        settings = {"recipe": dataclasses.asdict(recipe), "data": dataclasses.asdict(data.settings)}
        settings |= {"source": data.record["digest"], "labels": data.labels}
        fit = Fit.by(
            recipe,
            name="unet",
            steps=whole_batches(len(examples), recipe.batch_size)[1],
            checkpoint_dir=checkpoint_dir,
            # Before it is compiled: what a loss or an optimizer says of itself is not the same
            # twice.
            fingerprint=fingerprint(settings, digest, network),
            distribute=recipe.distribute,
        )
        optimizer = adamw(fit.rate(recipe), recipe.weight_decay, recipe.distribute)
        loss = SegmentationLoss(weights.tolist(), recipe.loss.dice)
        trainer = distribution.trainer(recipe.distribute, [trained], trained.input_shape[1:])
        trainer.compile(optimizer, loss, jit_compile=jit_compile())
        shown = show if recipe.distribute == "none" else None
        rows = fit.run(
            trainer,
            lambda first_epoch: batches(examples, recipe, first_epoch),
            on_epoch_end,
            [Shown(shown, trained, lambda asked: _mask(asked, data, recipe), recipe.epochs)],
        )
    if recipe.distribute != "none":
        network = distribution.local(network)
    network.set_weights(trained.get_weights())
    return network, rows


def _mask(asked: Asked, data: MaskDataset, recipe: UNetRecipe) -> dict[str, np.ndarray]:
    """The classes that a network in training sees in a picture, by a name for MLflow's slider."""
    segmenter = Segmenter(asked, data.labels, recipe.height, recipe.width, recipe.depth)
    (example,) = data.test[:1]
    mask = segmenter.segment(example.image_rgb_uint8).mask
    return {"classes": np.asarray(coloured(example.image_rgb_uint8, mask))}


def batches(
    examples: Sequence[MaskExample], recipe: UNetRecipe, first_epoch: int
) -> Iterator[tuple[np.ndarray, ...]]:
    """(pictures, masks) from an epoch on: see `assembled`."""

    def example(index: int, _: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        one, sides = examples[index], (recipe.height, recipe.width)
        return augmented(one.image_rgb_uint8, one.mask, *sides, recipe.augmentation, rng)

    def order(rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(len(examples))

    return assembled(recipe.seed, first_epoch, recipe.batch_size, order, example)


def _shrunk(example: MaskExample, recipe: UNetRecipe) -> MaskExample:
    """At most KEPT times as high and as wide as the network's input."""
    height, width = example.mask.shape
    sides = min(height, KEPT * recipe.height), min(width, KEPT * recipe.width)
    if sides == (height, width):
        return example
    return MaskExample(resized(example.image_rgb_uint8, *sides), resized_mask(example.mask, *sides))


def _pixels(examples: Sequence[MaskExample], classes: int) -> np.ndarray:
    """(classes,) how many pixels of the examples are of each class."""
    counts = (np.bincount(one.mask.ravel(), minlength=256)[:classes] for one in examples)
    return np.sum(list(counts), axis=0)
