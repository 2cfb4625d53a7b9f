"""What every training shares: seeds, schedule, precision, and a fit that a kill cannot spoil.

Whatever is random in an epoch depends on (seed, epoch) alone, so a training that was killed and
started again ends with the weights of one that was not.
"""

import json
import logging
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.fitting import distribution
from fivenets.fitting.batches import untuned, with_example
from fivenets.fitting.callbacks import Backup, EpochState, Progress, RoomOnDisk, keep_rows
from fivenets.fitting.recipe import Distribution, Recipe

log = logging.getLogger(__name__)

BACKUP_SHARE = 0.05  # of the time


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


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made within compute by this dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def fingerprint(settings: dict[str, Any], data_digest: str, network: keras.Model) -> str:
    """What must be equal for a backed-up state to be worth going on from.

    Args: settings: of the training and of its data, JSON values. data_digest: of the very examples
        that are trained on: a source of the same digest may be split, sized or turned otherwise.
    """
    return sha256(json.dumps([settings, data_digest, network.to_json()], sort_keys=True).encode())


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One training, by what does not depend on the network: its length, its seed, its state."""

    name: str  # shown beside the progress
    epochs: int
    steps: int  # in an epoch
    seed: int
    checkpoint_dir: Path  # the caller removes it once it has saved the network
    fingerprint: str
    distribute: Distribution = "none"  # the model is built and fitted within this one's `scope`

    @classmethod
    def by(cls, recipe: Recipe, **about: Any) -> "Fit":
        """A training as long as the recipe says; `about`: the other fields."""
        return cls(epochs=recipe.epochs, seed=recipe.seed, **about)

    def rate(self, recipe: Recipe) -> keras.optimizers.schedules.LearningRateSchedule:
        """The recipe's learning rate, which warms up over these steps and then falls to 0."""
        steps = self.steps * self.epochs
        return warmup_then_cosine(recipe.learning_rate, steps, recipe.warmup_fraction)

    def run(
        self,
        trainer: keras.Model,
        batches: Callable[[int], Any],
        on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        validation_data: Any = None,
    ) -> list[dict[str, float]]:
        """Fits a compiled model, going on where an earlier try in `checkpoint_dir` was cut off.

        Args: trainer: of `distribution.trainer`, where it is distributed; batches: those from an
            epoch on, without end, so that an epoch's are the same in whichever try it runs;
            validation_data: where given, the model ends with the weights of the epoch of lowest
            validation loss, else with the last ones.
        Returns: one row of metrics per epoch.
        Raises: UserError where the loss becomes NaN.
        """
        # Workers have to save together, whatever their clocks say.
        share = BACKUP_SHARE if self.distribute == "none" else math.inf
        backup = Backup(self.checkpoint_dir, self.fingerprint, share)
        kept_epochs = backup.epochs(self.steps)
        if not distribution.agreed(self.distribute, self.fingerprint, kept_epochs):
            backup.forget()
        first_epoch = backup.restore(trainer, self.steps)
        history_file = self.checkpoint_dir / "history.csv"
        rows = keep_rows(history_file, first_epoch)
        if first_epoch:
            log.info("going on after epoch %d of %d", first_epoch, self.epochs)
        best_file = self.checkpoint_dir / "best.weights.h5"
        best = keras.callbacks.ModelCheckpoint(
            best_file,
            monitor="val_loss",
            save_best_only=True,
            save_weights_only=True,
            initial_value_threshold=min((row.get("val_loss", 0) for row in rows), default=None),
        )
        shared_out = partial(distribution.shared_out, self.distribute)
        training_data = batches(first_epoch)
        if isinstance(trainer, distribution.Distributed):
            example, training_data = with_example(training_data)
            trainer.build_metrics(*example)
        trainer.fit(
            shared_out(untuned(training_data)),
            validation_data=(
                None if validation_data is None else shared_out(untuned(validation_data))
            ),
            initial_epoch=first_epoch,
            epochs=self.epochs,
            steps_per_epoch=self.steps,
            callbacks=[
                EpochState(self.seed),
                RoomOnDisk(self.checkpoint_dir),  # before whatever writes
                keras.callbacks.TerminateOnNaN(),
                keras.callbacks.CSVLogger(history_file, append=True),
                *([best] if validation_data is not None else []),
                *callbacks,
                Progress(self.name, self.epochs, self.steps),
                keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end),
                backup,  # last, so that what it backs up has been recorded
            ],
            shuffle=False,  # the batches are shuffled already
            verbose=0,
        )
        rows = keep_rows(history_file, self.epochs)
        if not all(math.isfinite(row["loss"]) for row in rows):
            shutil.rmtree(self.checkpoint_dir)  # nothing to resume from
            raise UserError(
                f"the loss became NaN in epoch {len(rows)} of {self.epochs}: lower learning_rate"
            )
        if validation_data is not None:
            trainer.load_weights(best_file)
        return rows
