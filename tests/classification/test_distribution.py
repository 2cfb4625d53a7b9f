"""Workers on loopback train as one does, and say so when one of them is gone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fivenets.classification import distribution
from fivenets.errors import UserError

# Trains the assignment's network and prints the loss after each step and each epoch's end.
WORKER = """
import json, sys, time
from pathlib import Path
import keras
import numpy as np
import tensorflow as tf
from fivenets.classification import distribution
from fivenets.classification.signs_cnn import assignment_cnn
from fivenets.errors import reported
from fivenets.fitting import Fit, make_deterministic, warmup_then_cosine

kind, folder, epochs, pause = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
rng = np.random.default_rng(0)
images = rng.integers(0, 255, (32, 16, 16, 3)).astype(np.uint8)
labels = np.eye(2, dtype=np.float32)[np.arange(32) % 2]


def batches(first_epoch):
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8).repeat()
    return distribution.shared_out(kind, data.skip(4 * first_epoch))


def on_batch_end(batch, logs):
    print("step", batch, float(logs["loss"]), flush=True)


def on_epoch_end(epoch, logs):
    print("epoch", epoch, logs["val_loss"], flush=True)
    time.sleep(pause)


with reported(), distribution.scope(kind, folder) as checkpoints:
    make_deterministic(0)
    network = assignment_cnn((16, 16, 3), 2)
    trainer = distribution.trainer(kind, [network], (16, 16, 3))
    trainer.compile(
        optimizer=keras.optimizers.AdamW(warmup_then_cosine(0.01, 4 * epochs, 0.1)),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    fit = Fit(name="test", epochs=epochs, steps=4, seed=0, checkpoint_dir=checkpoints,
              fingerprint="f")
    shown = keras.callbacks.LambdaCallback(on_train_batch_end=on_batch_end)
    validation = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
    fit.run(trainer, batches, on_epoch_end, [shown],
            validation_data=distribution.shared_out(kind, validation))
"""


def start(kind: str, folder: Path, epochs: int, pause: float, config: dict | None = None):
    environment = {key: value for key, value in os.environ.items() if key != "TF_CONFIG"}
    environment |= {"TF_CONFIG": json.dumps(config)} if config else {}
    words = [sys.executable, "-c", WORKER, kind, str(folder), str(epochs), str(pause)]
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def start_workers(folder: Path, epochs: int, pause: float = 0.0) -> list[subprocess.Popen]:
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        hosts = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
    return [
        start(
            "multi_worker",
            folder,
            epochs,
            pause,
            {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}},
        )
        for index in range(2)
    ]


def losses(text: str) -> list[float]:
    return [float(line.split()[-1]) for line in text.splitlines()]


def test_two_workers_have_the_losses_of_one(tmp_path: Path) -> None:
    processes = [start("none", tmp_path / "one", 2, 0.0), *start_workers(tmp_path / "two", 2)]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    alone, *workers = [losses(out) for out, _ in said]
    assert len(alone) == 2 * (4 + 1)  # of 4 steps and of validation, in each epoch
    for shared in workers:
        assert shared == pytest.approx(alone, abs=1e-5)


def test_the_loss_of_a_worker_is_told_and_its_epochs_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    processes = start_workers(folder, epochs=1000, pause=0.05)
    try:
        deadline = time.monotonic() + 60
        while not (folder / "state.weights.h5").exists():
            assert all(process.poll() is None for process in processes)
            assert time.monotonic() < deadline
            time.sleep(0.05)
        processes[1].send_signal(signal.SIGKILL)
        _, errors = processes[0].communicate(timeout=60)
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert processes[0].returncode == 2, errors
    assert "another worker was lost" in errors
    assert str(folder) in errors
    assert (folder / "state.weights.h5").exists()


@pytest.mark.parametrize("config", [None, "{}", "not JSON", '{"task": {"type": "chief"}}'])
def test_without_its_place_among_the_workers_a_worker_does_not_start(
    config: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with (
        pytest.raises(UserError, match=f"needs TF_CONFIG on each.*it is {config or 'not set'}$"),
        distribution.scope("multi_worker", tmp_path),
    ):
        pass
