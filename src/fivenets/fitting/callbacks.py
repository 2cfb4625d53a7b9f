"""What every training does between epochs: reseed, show progress, back up."""

import atexit
import csv
import errno
import logging
import math
import os
import shutil
import time
from pathlib import Path

import h5py
import keras
import numpy as np
from rich import progress
from rich.console import Console

from fivenets.core import files

log = logging.getLogger(__name__)


class EpochState(keras.callbacks.Callback):
    """Makes an epoch's random layers depend on (seed, epoch) alone; logs its rate and seconds."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed
        self.started = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
        generators = [
            value
            for layer in self.model._flatten_layers()
            for value in vars(layer).values()
            if isinstance(value, keras.random.SeedGenerator)
        ]
        for index, generator in enumerate(generators):
            # Their state is not among the weights that a backup holds.
            entropy = np.random.SeedSequence([self.seed, index, epoch])
            generator.state.assign(entropy.generate_state(2))

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
            logs["learning_rate"] = float(rate)
            logs["seconds"] = time.perf_counter() - self.started


class Progress(keras.callbacks.Callback):
    """One bar over all steps of a training, with the time left; without a terminal, about ten
    lines instead."""

    def __init__(self, name: str, epochs: int, steps: int):
        """Args: steps: in an epoch."""
        super().__init__()
        self.name, self.epochs, self.steps = name, epochs, steps
        self.done, self.shown = 0, ""
        console = Console(stderr=True)
        self.is_live = console.is_terminal
        self.bar = progress.Progress(
            progress.TextColumn("  {task.description}", markup=False),
            progress.BarColumn(bar_width=20),
            progress.TextColumn("{task.fields[shown]}", markup=False),
            progress.TimeRemainingColumn(compact=True),
            progress.TextColumn("left"),
            console=console,
            disable=not self.is_live,
            speed_estimate_period=60.0,  # seconds: validation comes in bursts
        )

    def on_train_begin(self, logs=None):
        self.task = self.bar.add_task(self.name, total=self.epochs * self.steps, shown="")
        self.bar.start()
        atexit.register(self.bar.stop)  # a training that raises would leave no cursor

    def on_epoch_begin(self, epoch, logs=None):
        self.done = epoch * self.steps
        self.bar.update(self.task, completed=self.done, shown=self._words(epoch + 1))

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(self.task, completed=self.done + batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        keys = [key for key in ("val_accuracy", "val_loss", "loss") if key in logs]
        self.shown = "  ".join(f"{key} {logs[key]:.3f}" for key in keys[:1])
        self.bar.update(self.task, shown=self._words(epoch + 1))
        if not self.is_live and (epoch + 1) % max(1, self.epochs // 10) == 0:
            numbers = "  ".join(f"{key} {logs[key]:.3f}" for key in reversed(keys))
            log.info("  %s: %s  %s", self.name, self._words(epoch + 1, ""), numbers)

    def on_train_end(self, logs=None):
        self.bar.stop()

    def _words(self, epoch: int, numbers: str | None = None) -> str:
        numbers = self.shown if numbers is None else numbers
        return f"epoch {epoch} of {self.epochs}  {numbers}".rstrip()


class RoomOnDisk(keras.callbacks.Callback):
    """Ends a training whose next files of weights would not fit on the disk.

    HDF5 ends the process with a segmentation fault where a write fails, after many tracebacks.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        values = [*self.model.variables, *self.model.optimizer.variables]
        size = sum(math.prod(value.shape) * 4 for value in values)
        # The best weights and the state, with HDF5's own bookkeeping.
        if shutil.disk_usage(self.folder).free < 2 * size + 1_000_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))


class Backup(keras.callbacks.Callback):
    """The training state after an epoch, replaced in one step, so that a kill cannot tear it.

    Keras' `BackupAndRestore` writes its weights and its epoch in place, as two files; a kill
    within or between them leaves a state that cannot be read, or that trains an epoch twice.
    Here one file holds both: the optimizer counts its steps. Epochs that would make backups take
    more than `share` of the time are left out: training goes through them again after a kill.
    """

    def __init__(self, folder: Path, fingerprint: str, share: float = 0.05):
        """Opens `folder`, emptied first if it was left by a training of another fingerprint."""
        super().__init__()
        self.folder = folder
        self.share = share
        self.seconds, self.written = 0.0, -math.inf  # of the last backup; when it ended
        self.state_file = folder / "state.weights.h5"
        fingerprint_file = folder / "fingerprint"
        known_by = fingerprint_file.read_text() if fingerprint_file.exists() else ""
        # A state without one is left by a kill while an older folder was removed.
        if known_by != fingerprint and (known_by or self.state_file.exists()):
            log.info("%s has other settings, data or network: starting from scratch", folder)
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        fingerprint_file.write_text(fingerprint)

    def epochs(self, steps_per_epoch: int) -> int:
        """The number of epochs that the backed-up state has been through."""
        if not self.state_file.exists():
            return 0
        with h5py.File(self.state_file) as file:
            iterations = file["optimizer/vars/0"]
            assert isinstance(iterations, h5py.Dataset)
            return int(iterations[()]) // steps_per_epoch

    def restore(self, model: keras.Model, steps_per_epoch: int) -> int:
        """Gives `model` the backed-up state; returns the number of epochs it has been through."""
        if not self.state_file.exists():
            return 0
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self.state_file)
        return int(keras.ops.convert_to_numpy(model.optimizer.iterations)) // steps_per_epoch

    def forget(self) -> None:
        """Removes the backed-up state."""
        self.state_file.unlink(missing_ok=True)

    def on_epoch_end(self, epoch, logs=None):
        start = time.perf_counter()
        if self.seconds > self.share * (start - self.written):
            return
        with files.replacing(self.state_file, ".weights.h5") as part:
            self.model.save_weights(part, overwrite=True)
        self.written = time.perf_counter()
        self.seconds = self.written - start


def keep_rows(history_file: Path, epochs: int) -> list[dict[str, float]]:
    """The first `epochs` rows of a CSVLogger's file; later ones are removed from it."""
    if epochs == 0:
        # CSVLogger writes the names of its columns into a new file only.
        history_file.unlink(missing_ok=True)
    if not history_file.exists():
        return []
    with history_file.open(newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)[:epochs]
        names = reader.fieldnames or []
    with files.replacing(history_file) as part, part.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    # Without validation, CSVLogger adds a column val_... of NA for each of its own.
    return [{name: float(value) for name, value in row.items() if value != "NA"} for row in rows]
