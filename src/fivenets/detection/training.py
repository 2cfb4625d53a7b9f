"""Trains a YOLOv2 network: deterministic for a seed, and resumable after being killed.

Whatever is random in an epoch depends on (seed, epoch) alone, so a run that was killed and
started again ends with the weights of one that was not.
"""

import dataclasses
import itertools
import json
import logging
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.callbacks import Backup, EpochProgress, EpochState, keep_rows
from fivenets.detection import anchors, compact, darknet, model, weights
from fivenets.detection.augmentation import Augmentation, augmented
from fivenets.detection.detector import Detector
from fivenets.detection.labels import label_tensor
from fivenets.detection.losses import Weights, YoloLoss
from fivenets.digests import sha256
from fivenets.errors import UserError
from fivenets.optimisation import make_deterministic, warmup_then_cosine
from fivenets.params import check_arguments

log = logging.getLogger(__name__)

DARKNET_VERSION = (0, 2, 5)  # the last that Darknet itself wrote


@dataclass(frozen=True)
class Example:
    """A picture (h, w, 3) uint8 and its objects: boxes (n, 4) in parts of it, classes (n,)."""

    image_rgb_uint8: np.ndarray
    boxes_xyxy: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one detector is trained; params.yaml says what each value is and where it is from."""

    height: int
    width: int
    filters: int
    anchors: int
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_fraction: float
    weight_decay: float
    mixed_precision: bool
    scales: list[float]
    augmentation: dict[str, Any] = field(default_factory=dict)
    seed: int

    def __post_init__(self):
        check_arguments(Augmentation, self.augmentation, "augmentation")


def train(
    examples: Sequence[Example],
    labels: Sequence[str],
    data_digest: str,
    recipe: Recipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
    validate=None,
):
    make_deterministic(recipe.seed)
    rows, columns = recipe.height // compact.STRIDE, recipe.width // compact.STRIDE
    sides = np.concatenate([one.boxes_xyxy[:, 2:] - one.boxes_xyxy[:, :2] for one in examples])
    fitted = anchors.fit(sides * [columns, rows], recipe.anchors, recipe.seed)
    print(fitted, anchors.mean_iou(sides * [columns, rows], fitted))
    cfg = darknet.parse(
        compact.cfg(recipe.height, recipe.width, len(labels), fitted, recipe.filters)
    )
    network = model.build(cfg, dtype="mixed_bfloat16" if recipe.mixed_precision else "float32")
    batch_size = min(recipe.batch_size, len(examples))
    steps = len(examples) // batch_size
    loss = YoloLoss(fitted, Weights(), max(len(one.classes) for one in examples))
    network.compile(
        optimizer=keras.optimizers.AdamW(
            warmup_then_cosine(recipe.learning_rate, steps * recipe.epochs, recipe.warmup_fraction),
            weight_decay=recipe.weight_decay,
        ),
        loss=loss,
        # On a CPU, XLA makes a convolution's train step several times slower.
        jit_compile=False,
    )
    class V(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            print(epoch, {k: round(float(v), 4) for k, v in logs.items()}, flush=True)
            if validate and (epoch + 1) % validate[0] == 0 or epoch + 1 == recipe.epochs:
                validate[1](as_detector(network, cfg, labels, 0), epoch)
    network.fit(
        batches(examples, cfg, recipe, 0), epochs=recipe.epochs, steps_per_epoch=steps,
        callbacks=[EpochState(recipe.seed), V()], shuffle=False, verbose=0)
    return as_detector(network, cfg, labels, 0)


def as_detector(network, cfg, labels, seen):
    copy = model.build(cfg)
    model.load(copy, cfg, model.numbers_of(network, cfg))
    return Detector(copy, cfg, weights.Header(*DARKNET_VERSION, seen=seen), labels, "stretch")


def batches(examples, cfg, recipe, first_epoch):
    strength = Augmentation(**recipe.augmentation)
    batch_size = min(recipe.batch_size, len(examples))
    rows, columns, _ = cfg.layers[-1].shape
    region = cfg.region
    for epoch in itertools.count(first_epoch):
        rng = np.random.default_rng([recipe.seed, epoch])
        order = rng.permutation(len(examples))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            pictures, tensors = [], []
            for index in order[start : start + batch_size]:
                one = examples[index]
                picture, boxes_xyxy, kept = augmented(
                    one.image_rgb_uint8, one.boxes_xyxy, recipe.height, recipe.width, strength, rng
                )
                pictures.append(picture)
                tensors.append(
                    label_tensor(boxes_xyxy, one.classes[kept], np.array(region.anchors), region.classes, rows, columns)
                )
            yield np.stack(pictures), np.stack(tensors)
