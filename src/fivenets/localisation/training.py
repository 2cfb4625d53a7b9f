"""Trains a network that localises: deterministic for a seed, and resumable after being killed."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np

from fivenets.core.digests import arrays_sha256
from fivenets.datasets.places.prepared import PlaceDataset
from fivenets.fitting.acceleration import FusedAdamW, training_copy
from fivenets.fitting.batches import assembled, whole_batches
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic
from fivenets.fitting.inference import jit_compile
from fivenets.localisation import augmentation
from fivenets.localisation.losses import LocalisationLoss
from fivenets.localisation.network import localiser
from fivenets.localisation.settings import LocaliserRecipe


def train(
    data: PlaceDataset,
    recipe: LocaliserRecipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    All of data.train is trained on, and the last epoch's weights are kept: nothing is chosen.
    Returns: the network and one row of metrics per epoch. The caller removes `checkpoint_dir` once
        it has saved the network.
    Raises: UserError where the loss becomes NaN, or the data cannot be changed as the recipe says.
    """
    make_deterministic(recipe.seed)
    coordinates = np.stack([one.coordinates for one in data.train])
    augmentation.check(recipe.augmentation, data.form, coordinates.shape[1])
    is_there = np.array([one.label >= 0 for one in data.train])
    network = localiser(len(data.labels), coordinates[is_there].mean(axis=0), recipe)
    trained = training_copy(network, recipe.policy)
    # Before it is compiled: what a loss or an optimizer says of itself is not the same twice.
    settings = {"recipe": dataclasses.asdict(recipe), "data": dataclasses.asdict(data.settings)}
    settings |= {"source": data.record["digest"], "labels": data.labels}
    arrays = itertools.chain((one.image_rgb_uint8 for one in data.train), [coordinates])
    known_by = fingerprint(settings, arrays_sha256(arrays), network)
    fit = Fit.by(
        recipe,
        name="localisation",
        steps=whole_batches(len(data.train), recipe.batch_size)[1],
        checkpoint_dir=checkpoint_dir,
        fingerprint=known_by,
    )
    optimizer = FusedAdamW(fit.rate(recipe), weight_decay=recipe.weight_decay)
    loss = LocalisationLoss(coordinates.shape[1], recipe.loss)
    trained.compile(optimizer, loss, jit_compile=jit_compile())
    rows = fit.run(trained, lambda epoch: batches(data, recipe, epoch), on_epoch_end)
    network.set_weights(trained.get_weights())
    return network, rows


def batches(
    data: PlaceDataset, recipe: LocaliserRecipe, first_epoch: int
) -> Iterator[tuple[np.ndarray, ...]]:
    """(pictures, label vectors) from an epoch on: see `assembled`."""

    def example(index: int, _: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        picture, label, coordinates = augmentation.augmented(
            data.train[index], data.form, recipe.size, recipe.augmentation, rng
        )
        return picture, label_vector(label, coordinates, len(data.labels))

    def order(rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(len(data.train))

    return assembled(recipe.seed, first_epoch, recipe.batch_size, order, example)


def label_vector(label: int, coordinates: np.ndarray, classes: int) -> np.ndarray:
    """(1 + coordinates + classes,) of a class' number, or -1 for none: p_c, places, classes."""
    kinds = np.eye(classes)[label] if label >= 0 else np.zeros(classes)
    return np.concatenate([[label >= 0], coordinates, kinds]).astype(np.float32)
