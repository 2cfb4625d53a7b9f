"""A training that was killed and resumed ends with the weights of one that was not."""

import logging
import math
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from fivenets.core.errors import is_full_disk
from fivenets.fitting.callbacks import Backup, EpochState, Progress, RoomOnDisk, keep_rows

EPOCHS, STEPS, SEED = 4, 4, 5
INPUTS = np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32)
TARGETS = INPUTS.sum(axis=1, keepdims=True)


class Killed(BaseException):
    """Ends a training where a signal would."""


def network() -> keras.Model:
    """Random in its own layer, in a nested one, and at its start."""
    keras.utils.set_random_seed(SEED)
    nested = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dropout(0.5)])
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.GaussianNoise(0.3), nested, keras.layers.Dense(1)]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.05, EPOCHS * STEPS)
    model.compile(keras.optimizers.AdamW(rate), "mse", jit_compile=False)
    return model


def fit(
    folder: Path,
    kill: dict[str, Callable] | None = None,
    fingerprint: str = "f",
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> list:
    """Trains from what `folder` holds to the last epoch; answers the weights."""
    model, backup = network(), Backup(folder, fingerprint)
    first_epoch = backup.restore(model, STEPS)
    rows = keep_rows(folder / "history.csv", first_epoch)
    assert [row["epoch"] for row in rows] == list(range(first_epoch))
    shuffled = tf.data.Dataset.from_tensor_slices((INPUTS, TARGETS)).shuffle(16, SEED).batch(4)
    history = keras.callbacks.CSVLogger(folder / "history.csv", append=True)
    killing = keras.callbacks.LambdaCallback(**(kill or {}))
    try:
        model.fit(
            shuffled.repeat().skip(first_epoch * STEPS),
            validation_data=(INPUTS, TARGETS),
            initial_epoch=first_epoch,
            epochs=EPOCHS,
            steps_per_epoch=STEPS,
            callbacks=[EpochState(SEED), *callbacks, history, killing, backup],
            shuffle=False,
            verbose=0,
        )
    finally:
        if history.csv_file:
            history.csv_file.close()  # as the end of a process does
    return model.get_weights()


def kill_at(epoch: int, batch: int | None = None) -> dict[str, Callable]:
    """Kills within `epoch` after `batch`, or at its end, before its backup."""
    begun = []

    def at_batch(number: int, logs) -> None:
        if len(begun) == epoch + 1 and number == batch:
            raise Killed

    def at_end(number: int, logs) -> None:
        if batch is None and number == epoch:
            raise Killed

    return {
        "on_epoch_begin": lambda number, logs: begun.append(number),
        "on_train_batch_end": at_batch,
        "on_epoch_end": at_end,
    }


def killed_fit(folder: Path, kill: dict[str, Callable]) -> None:
    with pytest.raises(Killed):
        fit(folder, kill)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list, Path]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return fit(folder), folder


def without_seconds(folder: Path) -> list[dict[str, float]]:
    rows = keep_rows(folder / "history.csv", EPOCHS)
    return [{name: row[name] for name in row if name != "seconds"} for row in rows]


@pytest.mark.parametrize(
    ("epoch", "batch"),
    [(0, 1), (2, 1), (2, None)],
    ids=["in the first epoch", "within an epoch", "between record and backup"],
)
def test_killed_and_resumed_is_bit_identical_to_uninterrupted(
    uninterrupted, tmp_path: Path, epoch: int, batch: int | None
) -> None:
    expected, expected_folder = uninterrupted
    killed_fit(tmp_path, kill_at(epoch, batch))
    for weights, expected_weights in zip(fit(tmp_path), expected, strict=True):
        np.testing.assert_array_equal(weights, expected_weights)
    assert without_seconds(tmp_path) == without_seconds(expected_folder)


def test_each_epoch_draws_other_noise_and_logs_its_rate_and_seconds(uninterrupted) -> None:
    rows = keep_rows(uninterrupted[1] / "history.csv", EPOCHS)
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    # The cosine after each whole epoch.
    cosine = [0.05 * (1 + np.cos(np.pi * (epoch + 1) / EPOCHS)) / 2 for epoch in range(EPOCHS)]
    np.testing.assert_allclose([row["learning_rate"] for row in rows], cosine, atol=1e-6)
    assert all(0 < row["seconds"] < 60 for row in rows)


@pytest.mark.parametrize(
    ("first", "second", "is_equal"),
    [((5, 1), (5, 1), True), ((5, 1), (5, 2), False), ((5, 1), (6, 1), False)],
)
def test_random_layers_depend_on_seed_and_epoch_alone(first, second, is_equal: bool) -> None:
    noisy = [keras.layers.GaussianNoise(1.0), keras.Sequential([keras.layers.Dropout(0.5)])]
    model = keras.Sequential([keras.Input((8,)), *noisy])

    def outputs(seed: int, epoch: int) -> np.ndarray:
        state = EpochState(seed)
        state.set_model(model)
        state.on_epoch_begin(epoch)
        return np.asarray(model(np.ones((4, 8), np.float32), training=True))

    assert np.array_equal(outputs(*first), outputs(*second)) is is_equal


def test_two_random_layers_of_one_model_draw_different_noise() -> None:
    inputs = keras.Input((8,))
    noises = [keras.layers.GaussianNoise(1.0)(inputs) for _ in range(2)]
    model = keras.Model(inputs, noises)
    state = EpochState(0)
    state.set_model(model)
    state.on_epoch_begin(0)
    first, second = model(np.zeros((4, 8), np.float32), training=True)
    assert not np.array_equal(first, second)


def test_a_backup_without_a_state_starts_at_epoch_0(tmp_path: Path) -> None:
    assert Backup(tmp_path / "new", "f").restore(network(), STEPS) == 0


@pytest.mark.parametrize(("fingerprint", "epochs"), [("f", 3), ("other", 0)])
def test_only_the_same_fingerprint_goes_on(tmp_path: Path, fingerprint: str, epochs: int) -> None:
    model, backup = network(), Backup(tmp_path, "f")
    (tmp_path / "history.csv").write_text("epoch,loss\n0,1\n")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(3 * STEPS)
    backup.set_model(model)
    backup.on_epoch_end(2)
    opened = Backup(tmp_path, fingerprint)
    assert opened.restore(network(), STEPS) == epochs
    assert (tmp_path / "history.csv").exists() is (epochs > 0)
    assert Backup(tmp_path, fingerprint).restore(network(), STEPS) == epochs
    (tmp_path / "fingerprint").unlink()  # by a kill while the folder was removed
    assert Backup(tmp_path, fingerprint).restore(network(), STEPS) == 0


def test_a_state_says_how_many_epochs_it_has_been_through_before_it_is_loaded(
    tmp_path: Path,
) -> None:
    model, backup = network(), Backup(tmp_path, "f", share=math.inf)
    assert backup.epochs(STEPS) == 0
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(3 * STEPS)
    backup.set_model(model)
    backup.on_epoch_end(2)
    assert backup.epochs(STEPS) == 3
    backup.forget()
    assert backup.epochs(STEPS) == backup.restore(network(), STEPS) == 0


def test_a_kill_while_the_backup_is_written_keeps_the_last_whole_one(tmp_path, monkeypatch) -> None:
    def torn(path: Path, overwrite: bool) -> None:
        Path(path).write_bytes(b"half")
        raise Killed

    model, backup = network(), Backup(tmp_path, "f", share=math.inf)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(STEPS)
    backup.set_model(model)
    backup.on_epoch_end(0)
    monkeypatch.setattr(model, "save_weights", torn)
    with pytest.raises(Killed):
        backup.on_epoch_end(1)
    assert Backup(tmp_path, "f").restore(network(), STEPS) == 1


def test_backups_take_no_more_than_their_share_of_the_time(tmp_path, monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def save(path: Path, overwrite: bool) -> None:
        nonlocal now
        now += 2  # seconds
        Path(path).touch()

    backup, backed_up = Backup(tmp_path, "f", share=0.1), []
    backup.set_model(SimpleNamespace(save_weights=save))
    for epoch in range(5):
        now += 8
        before = now
        backup.on_epoch_end(epoch)
        backed_up += [epoch] * (now > before)
    assert backed_up == [0, 3], "2 seconds, then not before 20 have passed"


@pytest.mark.parametrize(
    ("content", "epochs", "kept", "left"),
    [
        ("epoch,loss\n0,0.5\n1,0.25\n", 1, [{"epoch": 0, "loss": 0.5}], "epoch,loss\n0,0.5\n"),
        ("epoch,loss\n0,0.5\n1,0.", 1, [{"epoch": 0, "loss": 0.5}], "epoch,loss\n0,0.5\n"),
        ("epoch,loss\n0,0.5\n1", 1, [{"epoch": 0, "loss": 0.5}], "epoch,loss\n0,0.5\n"),
        ("epoch,loss\n0,nan\n", 9, None, "epoch,loss\n0,nan\n"),
        ("epoch,loss\n0,0.5\n", 0, [], None),
        ("epoch,lo", 0, [], None),
        ("", 0, [], None),
    ],
    ids=["later", "torn value", "torn row", "fewer", "none", "torn header", "empty"],
)  # fmt: skip
def test_keep_rows_drops_later_and_torn_rows(
    tmp_path: Path, content: str, epochs: int, kept: list | None, left: str | None
) -> None:
    """Without a row no file stays: CSVLogger writes its header to a new file only."""
    file = tmp_path / "history.csv"
    file.write_text(content)
    rows = keep_rows(file, epochs)
    assert rows == kept if kept is not None else np.isnan(rows[0]["loss"])
    assert (file.read_text() if file.exists() else None) == left
    assert set(tmp_path.iterdir()) <= {file}


def test_keep_rows_of_no_file_is_no_rows(tmp_path: Path) -> None:
    assert keep_rows(tmp_path / "history.csv", 3) == []


def test_a_full_disk_ends_a_training_and_leaves_the_state_to_go_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted
) -> None:
    with monkeypatch.context() as patch:
        free = iter([10**9, 1_000_000])  # bytes, after the first epoch and after the second
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free)))
        with pytest.raises(OSError, match="No space left") as caught:
            fit(tmp_path, callbacks=[RoomOnDisk(tmp_path)])
    assert is_full_disk(caught.value)
    model = network()
    assert Backup(tmp_path, "f").restore(model, STEPS) == 1
    assert all(map(np.array_equal, fit(tmp_path), uninterrupted[0]))


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_file(
    is_terminal: bool, monkeypatch, capsys, caplog
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", str(int(is_terminal)))
    with caplog.at_level(logging.INFO):
        shown = Progress("assignment_cnn", epochs=200, steps=2)
        shown.on_train_begin()
        for epoch in range(198, 200):  # as after a kill
            shown.on_epoch_begin(epoch)
            for batch in range(2):
                shown.on_train_batch_end(batch)
            shown.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.25, "val_accuracy": 0.75})
        shown.on_train_end()
    bars = capsys.readouterr().err
    assert (
        "epoch 200 of 200  val_accuracy 0.750" in re.sub(r"\x1b\[[0-9;?]*\w", "", bars)
    ) == is_terminal
    line = "  assignment_cnn: epoch 200 of 200  loss 0.500  val_loss 0.250  val_accuracy 0.750"
    assert caplog.messages == ([] if is_terminal else [line])
