"""Trains a face embedding by triplets or pairs: deterministic for a seed, resumable."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core import images
from fivenets.core.digests import arrays_sha256
from fivenets.core.errors import UserError
from fivenets.faces import dlib_resnet, losses, mining, nn4
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.faces.pair_training import PairLogits, PairLoss, classifier_of
from fivenets.faces.settings import EmbeddingRecipe
from fivenets.fitting import distribution, inference
from fivenets.fitting.acceleration import adamw, training_copy
from fivenets.fitting.augmentation import augmentation
from fivenets.fitting.batches import epochs
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic
from fivenets.fitting.inference import jit_compile
from fivenets.fitting.shown import Asked, Show, Shown
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.origin import Origin

# What training starts from, and the side of its images in pixels.
INITIALS = {
    "nn4_small2": nn4.IMAGE_SIZE,  # random weights
    "face_api_resnet": dlib_resnet.IMAGE_SIZE,  # the pretrained ones
}
PEOPLE_SHOWN, FACES_SHOWN = 10, 5  # of each, on a map after some epochs
COLLAPSED_SPREAD = 0.02  # of embeddings of unit length; 0.5 and more is usual
COLLAPSED_EPOCHS = 5  # in a row before it is called so: the first ones may recover


class StopOnCollapse(keras.callbacks.Callback):
    """Ends a training whose embeddings have become one point, which no triplet can part again."""

    def __init__(self, loss_of_one_point: float):
        super().__init__()
        self.loss_of_one_point = loss_of_one_point
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        is_collapsed = (
            logs["spread"] < COLLAPSED_SPREAD and logs["loss"] > 0.9 * self.loss_of_one_point
        )
        self.epochs = self.epochs + 1 if is_collapsed else 0
        if self.epochs >= COLLAPSED_EPOCHS:
            raise UserError(
                f"the embedding has collapsed: after epoch {epoch + 1} all images lie within "
                f"{logs['spread']:.4f} of one point and the loss stays at "
                f"{self.loss_of_one_point:g}, which that costs; lower learning_rate, or choose "
                "mining: semi_hard"
            )


def train(
    images_rgb_uint8: np.ndarray,
    labels: np.ndarray,
    data: Mapping[str, Any],
    recipe: EmbeddingRecipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
    pretrained: Callable[[keras.Model], None] | None = None,
    show: Show | None = None,
) -> tuple[keras.Model, PairClassifier | None, list[dict[str, float]]]:
    """Trains an embedding by `recipe`, going on from `checkpoint_dir` where a try was cut off.

    Args: images (n, side, side, 3), of the side that INITIALS says; labels (n,), the person on
        each; data: what else says which data they are: settings, digest of the source, as JSON
        values. All pictures are trained on: a stop by validation would need people for it, and the
        last epoch of a falling rate is the best. pretrained: gives a network the weights to start
        from. show: takes maps of the embeddings of some.
    Returns: the network, in float32, its classifier where `mining` is pairs, and one row of metrics
        per epoch. The caller removes `checkpoint_dir` once it has saved the network.
    Raises: UserError where the embedding collapses, the loss becomes NaN, a worker is lost, or a
        batch's people cannot be shared out whole.
    """
    make_deterministic(recipe.seed)
    is_paired = recipe.mining == "pairs"
    head = [PairLogits(recipe.pair_features, dtype="float32")] if is_paired else []
    steps = mining.batches_per_epoch(labels, recipe.people_per_batch, recipe.images_per_person)
    batch_metrics = (
        _active_fraction(recipe.margin, recipe.squared),
        losses.positive_distance,
        losses.negative_distance,
        losses.spread,
    )
    with distribution.scope(recipe.distribute, checkpoint_dir) as checkpoint_dir:
        _refuse_parts_of_people(recipe)
        network = build(recipe)
        if pretrained is not None:
            pretrained(network)
        trained = training_copy(network, recipe.policy)
        dimensions = network.output_shape[1]
        layers = [*augmentation(recipe.augmentation), trained, *head]
        trainer = distribution.trainer(recipe.distribute, layers, network.input_shape[1:])
        fit = Fit.by(
            recipe,
            name=recipe.initial,
            steps=steps,
            checkpoint_dir=checkpoint_dir,
            fingerprint=known_by(images_rgb_uint8, labels, data, recipe, network),
            distribute=recipe.distribute,
        )
        if is_paired:
            loss = PairLoss(dimensions)
        else:
            loss = losses.BatchTripletLoss(recipe.mining, recipe.margin, recipe.squared)
        trainer.compile(
            adamw(fit.rate(recipe), recipe.weight_decay, recipe.distribute),
            loss,
            metrics=[_of_embeddings(metric, dimensions) for metric in batch_metrics],
            jit_compile=jit_compile(),
        )
        rows = fit.run(
            trainer,
            lambda first_epoch: _batches(images_rgb_uint8, labels, recipe, first_epoch),
            on_epoch_end,
            [
                StopOnCollapse(math.log(2) if is_paired else recipe.margin),
                Shown(
                    show if recipe.distribute == "none" else None,
                    trained,
                    lambda asked: _map(asked, images_rgb_uint8, labels),
                    recipe.epochs,
                ),
            ],
        )
    if recipe.distribute != "none":
        network = distribution.local(network)
    network.set_weights(trained.get_weights())
    return network, classifier_of(head[0]) if head else None, rows


def _map(asked: Asked, images_rgb_uint8: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Where a network in training puts some faces, by a name for MLflow's slider."""
    from fivenets.faces import drawing

    people = np.unique(labels)[:PEOPLE_SHOWN]
    rows = np.concatenate([np.flatnonzero(labels == one)[:FACES_SHOWN] for one in people])
    embeddings = inference.outputs(asked, images_rgb_uint8[rows], len(rows))
    return {"embeddings": drawing.as_picture(drawing.embedding_map(embeddings, labels[rows]))}


def _refuse_parts_of_people(recipe: EmbeddingRecipe) -> None:
    """Each device compares the people of its own share: it needs two or more, whole."""
    devices = distribution.devices(recipe.distribute)
    if recipe.people_per_batch % devices or recipe.people_per_batch < 2 * devices:
        raise UserError(
            f"people_per_batch should be a multiple of the {devices} devices, and at least twice "
            f"as many, with distribute: {recipe.distribute}; it is {recipe.people_per_batch}"
        )


def known_by(
    images_rgb_uint8: np.ndarray,
    labels: np.ndarray,
    data: Mapping[str, Any],
    recipe: EmbeddingRecipe,
    network: keras.Model,
) -> str:
    """The fingerprint of training `network`; the other arguments are those of `train`."""
    settings = {"recipe": dataclasses.asdict(recipe), "data": dict(data)}
    return fingerprint(settings, arrays_sha256([images_rgb_uint8, labels]), network)


def inputs(faces_rgb_uint8: Sequence[np.ndarray], recipe: EmbeddingRecipe) -> np.ndarray:
    """Faces (height, width, 3) as the images (n, side, side, 3) that the recipe's network takes."""
    side = INITIALS[recipe.initial]
    return np.stack([images.resize(face, side) for face in faces_rgb_uint8])


def pretrained(
    recipe: EmbeddingRecipe, raw_dir: Path, source: str
) -> tuple[Callable[[keras.Model], None] | None, list[Origin]]:
    """What gives a network the weights that the recipe starts from, and where these are from.

    Returns: None and nothing where it starts from random ones.
    Raises: UserError where they cannot be had.
    """
    if recipe.initial not in ASSETS:
        return None, []
    found = dlib_resnet.fetched(raw_dir, source)
    if found is None:
        raise UserError(
            f"{recipe.initial} cannot be had from here: training can start from nn4_small2"
        )
    # Nothing is computed yet: TensorFlow refuses workers once anything has been.
    return functools.partial(dlib_resnet.load, folder=found.folder), [found.origin]


def build(recipe: EmbeddingRecipe) -> keras.Model:
    """The recipe's network, with random weights."""
    if recipe.initial == "nn4_small2":
        return nn4.nn4_small2(recipe.is_standardised)
    return dlib_resnet.dlib_resnet()


def _batches(
    images_rgb_uint8: np.ndarray, labels: np.ndarray, recipe: EmbeddingRecipe, first_epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(images, labels) of P x K batches without end, each epoch's by (seed, epoch) alone."""
    shape = (recipe.people_per_batch, recipe.images_per_person, *images_rgb_uint8.shape[1:])
    for epoch, rng in epochs(recipe.seed, first_epoch):
        for rows in mining.batches_of_people(
            labels, recipe.people_per_batch, recipe.images_per_person, recipe.seed, epoch
        ):
            batch = recipe.virtual_people.of(images_rgb_uint8[rows].reshape(shape), rng)
            yield batch.reshape(-1, *shape[2:]).astype(np.float32), labels[rows]


def _of_embeddings(metric: Callable[[Any, Any], Any], dimensions: int) -> Callable[[Any, Any], Any]:
    @functools.wraps(metric)
    def of_embeddings(labels: Any, output: Any) -> Any:
        return metric(labels, output[:, :dimensions])

    return of_embeddings


def _active_fraction(margin: float, squared: bool) -> Callable[[Any, Any], Any]:
    def active_fraction(labels, embeddings):
        return losses.active_fraction(labels, embeddings, margin, squared)

    return active_fraction
