"""Trains a YOLOv2 network: deterministic for a seed, and resumable after being killed."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from fivenets.core.digests import arrays_sha256
from fivenets.datasets.objects.prepared import ObjectDataset, ObjectExample
from fivenets.detection import anchors, compact, darknet, drawing, model, transfer, weights
from fivenets.detection.augmentation import augmented
from fivenets.detection.boxes import profile
from fivenets.detection.converted import Converted
from fivenets.detection.detector import Detector
from fivenets.detection.labels import label_tensor
from fivenets.detection.losses import YoloLoss
from fivenets.detection.settings import DetectorRecipe
from fivenets.fitting import distribution
from fivenets.fitting import fit as fitting
from fivenets.fitting.acceleration import adamw, training_copy
from fivenets.fitting.batches import assembled, whole_batches
from fivenets.fitting.fit import Fit, make_deterministic
from fivenets.fitting.inference import jit_compile
from fivenets.fitting.shown import Asked, Show, Shown
from fivenets.sources.origin import Origin, specific

LEAST_SCORE = 0.3  # of what is shown after some epochs, when none is sure yet
DARKNET_VERSION = (0, 2, 5)  # what Darknet itself writes


def train(
    data: ObjectDataset,
    recipe: DetectorRecipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
    start: Converted | None = None,
    show: Show | None = None,
) -> tuple[Detector, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    All of data.train is trained on: a stop by validation would need pictures for it, and the last
    epoch of a falling rate is the best. Its difficult objects, and crowds, are neither learned nor
    unlearned.

    Args: start: a network whose layers but the last are started from; by default all are random.
        show: takes pictures of what is found on some that are not trained on.
    Returns: the detector, in float32 however it was trained, and one row of metrics per epoch. The
        caller removes `checkpoint_dir` once it has saved the detector.
    Raises: UserError where the loss becomes NaN, or a worker is lost.
    """
    make_deterministic(recipe.seed)
    examples = list(data.train)  # decoded once
    sizes = recipe.height, recipe.width, len(data.labels)
    fitted = fitted_anchors(examples, recipe).tolist()
    if start is None:
        cfg = darknet.parse(compact.cfg(*sizes, fitted, recipe.filters))
    else:
        cfg = darknet.parse(transfer.cfg(start.cfg, *sizes, fitted, recipe.fine_tuning.trained))
    (region,) = cfg.regions
    shares = shares_of(examples, data.settings.weights, recipe.pictures or len(examples))
    batch_size, steps = whole_batches(sum(shares.values()), recipe.batch_size)
    with distribution.scope(recipe.distribute, checkpoint_dir) as checkpoint_dir:
        network = model.build(cfg, any_size=len(recipe.scales) > 1)
        if start is not None:
            transfer.load(network, cfg, start, recipe.fine_tuning.trained)
        trained = training_copy(network, recipe.policy)
        if start is not None:
            transfer.freeze(trained, cfg, recipe.fine_tuning.trained)
        fit = Fit.by(
            recipe,
            name="yolov2",
            steps=steps,
            checkpoint_dir=checkpoint_dir,
            # Before it is compiled: what a loss or an optimizer says of itself is not the same
            # twice.
            fingerprint=known_by(dataclasses.replace(data, train=examples), recipe, network),
            distribute=recipe.distribute,
        )
        optimizer = adamw(fit.rate(recipe), recipe.weight_decay, recipe.distribute)
        loss = YoloLoss(region.anchors, recipe.loss, _most_objects(examples, recipe))
        trainer = distribution.trainer(recipe.distribute, [trained], trained.input_shape[1:])
        trainer.compile(optimizer, loss, jit_compile=jit_compile())
        rows = fit.run(
            trainer,
            lambda first_epoch: batches(examples, region, recipe, first_epoch, shares),
            on_epoch_end,
            [
                Shown(
                    show if recipe.distribute == "none" else None,
                    trained,
                    lambda asked: _detections(asked, cfg, data),
                    recipe.epochs,
                )
            ],
        )
    header = weights.Header(*DARKNET_VERSION, seen=recipe.epochs * steps * batch_size)
    plain = model.build(cfg)
    plain.set_weights(trained.get_weights())
    origins = [*data.origins, *([start.trained_on] if start and start.trained_on else [])]
    trained_on = Origin.joint(specific(origins))
    return Detector(plain, cfg, header, data.labels, "stretch", trained_on), rows


def _detections(asked: Asked, cfg: darknet.Network, data: ObjectDataset) -> dict[str, np.ndarray]:
    """What a network in training finds on some pictures, by its name for MLflow's slider."""
    header = weights.Header(*DARKNET_VERSION, seen=0)
    detector = Detector(asked, cfg, header, data.labels, "stretch", None)
    pictures = [data.test[at].image_rgb_uint8 for at in (0, len(data.test) // 2)]
    found = [detector.detect_in(picture, profile("course", LEAST_SCORE)) for picture in pictures]
    return {"detections": np.asarray(drawing.page(pictures, found, data.labels))}


def known_by(data: ObjectDataset, recipe: DetectorRecipe, network: keras.Model) -> str:
    """The fingerprint of training `network` on data.train by `recipe`."""
    settings = {"recipe": dataclasses.asdict(recipe), "data": dataclasses.asdict(data.settings)}
    trained_on = arrays_sha256(
        array
        for one in data.train
        for array in (one.image_rgb_uint8, one.boxes_xyxy, one.classes, one.is_difficult)
    )
    settings |= {"source": data.record["digest"], "labels": data.labels}
    settings |= {"sources": [one.source for one in data.train]}
    return fitting.fingerprint(settings, trained_on, network)


def fitted_anchors(examples: Sequence[ObjectExample], recipe: DetectorRecipe) -> np.ndarray:
    """(anchors, 2) widths and heights in cells, of the boxes in `examples` that are learned."""
    boxes_xyxy = np.concatenate([one.boxes_xyxy[~one.is_difficult] for one in examples])
    cells = np.array([recipe.width, recipe.height]) / compact.STRIDE
    return anchors.fit((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) * cells, recipe.anchors, recipe.seed)


def shares_of(
    examples: Sequence[ObjectExample], weights: Mapping[str, float], count: int
) -> dict[str, int]:
    """How many of an epoch's `count` pictures are of each data set, by their weights."""
    present = {one.source for one in examples}
    if present == {""}:  # of one data set, which needs no name
        return {"": count}
    kept = {name: weight for name, weight in weights.items() if name in present}
    total = sum(kept.values())
    return {name: max(1, round(count * weight / total)) for name, weight in kept.items()}


def order_of(
    examples: Sequence[ObjectExample], shares: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray:
    """Indices of an epoch's pictures, shuffled: each of a set as often as others, or once more."""
    chosen = []
    for name, count in shares.items():
        indices = np.array([at for at, one in enumerate(examples) if one.source == name])
        rounds = -(-count // len(indices))
        chosen.append(np.concatenate([rng.permutation(indices) for _ in range(rounds)])[:count])
    return rng.permutation(np.concatenate(chosen))


def batches(
    examples: Sequence[ObjectExample],
    region: darknet.Region,
    recipe: DetectorRecipe,
    first_epoch: int,
    shares: Mapping[str, int] | None = None,
) -> Iterator[tuple[np.ndarray, ...]]:
    """(pictures, label tensors) from an epoch on: see `assembled`. Scales take turns, by batch.

    Args: shares: of `shares_of`; by default an epoch has each picture once.
    """
    shares = shares or {"": len(examples)}
    sides = np.array(region.anchors)

    def pair(index: int, step: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        one, (height, width) = examples[index], recipe.sizes[step % len(recipe.sizes)]
        picture, boxes_xyxy, kept = augmented(
            one.image_rgb_uint8, one.boxes_xyxy, height, width, recipe.augmentation, rng
        )
        classes, is_ignored = one.classes[kept], one.is_difficult[kept]
        grid = height // compact.STRIDE, width // compact.STRIDE
        return picture, label_tensor(boxes_xyxy, classes, sides, region.classes, *grid, is_ignored)

    def order(rng: np.random.Generator) -> np.ndarray:
        return order_of(examples, shares, rng)

    return assembled(recipe.seed, first_epoch, recipe.batch_size, order, pair)


def _most_objects(examples: Sequence[ObjectExample], recipe: DetectorRecipe) -> int:
    """In any one picture, and no more than its label tensor has room for."""
    height, width = min(recipe.sizes)
    room = (height // compact.STRIDE) * (width // compact.STRIDE) * recipe.anchors
    return min(room, max(len(one.classes) for one in examples))
