"""Trains an image classifier: deterministic for a seed, and resumable after being killed.

Whatever is random in an epoch depends on (seed, epoch) alone, so a run that was killed and
started again ends with the weights of one that was not.
"""

import dataclasses
import json
import logging
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from fivenets.callbacks import Backup, EpochProgress, EpochState, keep_rows
from fivenets.classification.architectures import build
from fivenets.classification.augmentation import augmentation
from fivenets.datasets.prepared import ImageDataset
from fivenets.digests import sha256
from fivenets.errors import UserError
from fivenets.params import check_arguments

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one classifier is trained; params.yaml says what each value is and where it is from."""

    architecture: str
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_fraction: float
    weight_decay: float
    label_smoothing: float
    augmentation: dict[str, Any] = field(default_factory=dict)
    seed: int

    def __post_init__(self):
        check_arguments(augmentation, self.augmentation, "augmentation")
        if self.epochs < 1 or self.batch_size < 1:
            raise UserError(
                f"epochs and batch_size should be at least 1, they are {self.epochs} and "
                f"{self.batch_size}"
            )


def train(
    data: ImageDataset,
    recipe: Recipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    Returns: the network with the weights of the epoch of lowest validation loss, giving logits,
        and one row of metrics per epoch. The caller removes `checkpoint_dir` once it has saved
        the network.
    Raises: UserError where the loss becomes NaN.
    """
    make_deterministic(recipe.seed)
    network = build(recipe.architecture, data.image_size, len(data.labels))
    trainer = keras.Sequential(
        [keras.Input(network.input_shape[1:]), *augmentation(**recipe.augmentation), network]
    )
    batch_size = min(recipe.batch_size, data.counts["train"])
    steps = data.counts["train"] // batch_size
    trainer.compile(
        optimizer=keras.optimizers.AdamW(
            warmup_then_cosine(recipe.learning_rate, steps * recipe.epochs, recipe.warmup_fraction),
            weight_decay=recipe.weight_decay,
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing
        ),
        metrics=["accuracy"],
        # On a CPU, XLA makes a convolution's train step several times slower.
        jit_compile=False,
    )
    backup = Backup(checkpoint_dir, _fingerprint(recipe, data, network))
    first_epoch = backup.restore(trainer, steps)
    history_file = checkpoint_dir / "history.csv"
    rows = keep_rows(history_file, first_epoch)
    if first_epoch:
        log.info("going on after epoch %d of %d", first_epoch, recipe.epochs)
    best = keras.callbacks.ModelCheckpoint(
        checkpoint_dir / "best.weights.h5",
        monitor="val_loss",
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=min((row["val_loss"] for row in rows), default=None),
    )
    trainer.fit(
        data.training_batches(batch_size, recipe.seed, first_epoch),
        validation_data=data.batches("validation"),
        initial_epoch=first_epoch,
        epochs=recipe.epochs,
        steps_per_epoch=steps,
        callbacks=[
            EpochState(recipe.seed),
            keras.callbacks.TerminateOnNaN(),
            keras.callbacks.CSVLogger(history_file, append=True),
            best,
            EpochProgress(recipe.architecture, recipe.epochs),
            keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end),
            backup,  # last, so that what it backs up has been recorded
        ],
        shuffle=False,  # the batches are shuffled already
        verbose=0,
    )
    rows = keep_rows(history_file, recipe.epochs)
    if not all(math.isfinite(row["loss"]) for row in rows):
        shutil.rmtree(checkpoint_dir)  # nothing to go on from
        raise UserError(
            f"the loss became NaN in epoch {len(rows)} of {recipe.epochs}: "
            f"lower learning_rate (now {recipe.learning_rate:g})"
        )
    trainer.load_weights(checkpoint_dir / "best.weights.h5")
    return network, rows


def make_deterministic(seed: int) -> None:
    """Seeds Python, NumPy and Keras, and asks the backend for operations that repeat exactly."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def warmup_then_cosine(
    peak: float, steps: int, warmup_fraction: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    """From peak / 20 up to `peak` over the first part of the steps, then down to 0 on a cosine."""
    warmup_steps = round(steps * warmup_fraction)
    return keras.optimizers.schedules.CosineDecay(
        peak / 20, max(1, steps - warmup_steps), warmup_target=peak, warmup_steps=warmup_steps
    )


def _fingerprint(recipe: Recipe, data: ImageDataset, network: keras.Model) -> str:
    """What must be equal for a backed-up state to be worth going on from."""
    parts = [dataclasses.asdict(recipe), data.source["digest"], network.to_json()]
    return sha256(json.dumps(parts, sort_keys=True).encode())
