"""Workers on loopback train as one does, and say so when one of them is gone."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fivenets.classification.classifier import Classifier
from fivenets.core.digests import arrays_sha256
from fivenets.core.errors import UserError
from fivenets.fitting import distribution

PROJECT = Path(__file__).parents[2]

# Trains the assignment's network and prints the loss after each step and each epoch's end.
WORKER = """
import sys, time
from pathlib import Path
import keras
import numpy as np
import tensorflow as tf
from fivenets.fitting import distribution
from fivenets.classification.signs_cnn import assignment_cnn
from fivenets.core.errors import reported
from fivenets.fitting.fit import Fit, make_deterministic, warmup_then_cosine

kind, folder, epochs, pause = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
rng = np.random.default_rng(0)
images = rng.integers(0, 255, (32, 16, 16, 3)).astype(np.uint8)
labels = np.eye(2, dtype=np.float32)[np.arange(32) % 2]


def batches(first_epoch):
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8).repeat()
    return data.skip(4 * first_epoch)


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
        optimizer=keras.optimizers.AdamW(warmup_then_cosine(0.01, 4000, 0.001)),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    fit = Fit(name="test", epochs=epochs, steps=4, seed=0, checkpoint_dir=checkpoints,
              fingerprint="f", distribute=kind)
    shown = keras.callbacks.LambdaCallback(on_train_batch_end=on_batch_end)
    validation = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
    fit.run(trainer, batches, on_epoch_end, [shown], validation_data=validation)
alone = distribution.local(network)
if kind == "multi_worker" and distribution.worker_index() == 0:
    time.sleep(2)  # until the other has ended
    alone.predict_on_batch(images)
"""


def start(kind: str, folder: Path, epochs: int, pause: float, config: dict | None = None):
    environment = {key: value for key, value in os.environ.items() if key != "TF_CONFIG"}
    environment |= {"TF_CONFIG": json.dumps(config)} if config else {}
    words = [sys.executable, "-c", WORKER, kind, str(folder), str(epochs), str(pause)]
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@dataclass(frozen=True)
class Said:
    """What a process left."""

    status: int
    losses: list[float]
    errors: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers") / "checkpoints"


def configurations() -> list[dict]:
    """TF_CONFIG of each of two workers."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        hosts = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
    return [
        {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]


@pytest.fixture(scope="module")
def said(folder: Path) -> list[Said]:
    """Of one process alone, for two epochs, and of two workers until the second is killed."""
    configs = configurations()
    workers = [start("multi_worker", folder, 1000, 0.05, config) for config in configs]
    processes = [start("none", folder.with_name("alone"), 2, 0.0), *workers]
    try:
        deadline = time.monotonic() + 120
        while not reached(folder / "history.csv", epochs=3):
            assert all(process.poll() is None for process in workers)
            assert time.monotonic() < deadline
            time.sleep(0.05)
        workers[1].send_signal(signal.SIGKILL)
        outputs = [process.communicate(timeout=60) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return [what(*ended) for ended in zip(processes, outputs, strict=True)]


def what(process: subprocess.Popen, output: tuple[str, str]) -> Said:
    losses = [float(line.split()[-1]) for line in output[0].splitlines()]
    return Said(process.returncode, losses, output[1])


def reached(history: Path, epochs: int) -> bool:
    return history.exists() and len(history.read_text().splitlines()) > epochs


def test_two_workers_have_the_losses_of_one(said: list[Said]) -> None:
    alone, *workers = said
    assert alone.status == 0, alone.errors
    assert len(alone.losses) == 2 * (4 + 1)  # of 4 steps and of validation, in each epoch
    for worker in workers:
        assert worker.losses[:10] == pytest.approx(alone.losses, abs=1e-5)


def test_the_loss_of_a_worker_is_told_and_its_epochs_are_kept(
    said: list[Said], folder: Path
) -> None:
    _, survivor, killed = said
    assert killed.status == -signal.SIGKILL
    assert survivor.status == 2, survivor.errors
    assert "another worker was lost: start all workers again to resume" in survivor.errors
    assert f"kept in {folder}" in " ".join(survivor.errors.split())
    assert "Traceback" not in survivor.errors
    assert (folder / "state.weights.h5").exists()


def test_a_new_training_does_not_go_on_where_one_worker_alone_was_left(
    said: list[Said], folder: Path
) -> None:
    beside = folder.with_name("checkpoints.worker1")
    assert (beside / "state.weights.h5").exists()
    shutil.rmtree(folder)
    processes = [start("multi_worker", folder, 2, 0.0, config) for config in configurations()]
    try:
        outputs = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for worker in map(what, processes, outputs):
        assert worker.status == 0, worker.errors
        assert worker.losses == pytest.approx(said[0].losses, abs=1e-5)


def test_each_worker_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index, name in enumerate(["net", "net.worker1"]):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": ["a:1", "b:1"]}, "task": task}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        assert distribution.own_folder(tmp_path / "net") == tmp_path / name


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


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        worker = f"127.0.0.1:{taken.getsockname()[1]}"
        config = {"cluster": {"worker": [worker]}, "task": {"type": "worker", "index": 0}}
        process = start("multi_worker", tmp_path, 1, 0.0, config)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    last = errors.splitlines()[-1]
    assert last.startswith("error: this worker cannot listen at its address in TF_CONFIG")
    assert worker in last


def test_two_trainings_in_a_row_by_the_stages_command_end_well(
    tmp_path: Path, empty_store: Path, drawn_signs: Path
) -> None:
    """As README has it: each worker runs `pipelines/train.py`, and the first keeps the results."""
    settings = YAML(typ="safe").load(PROJECT / "params.yaml")
    recipe = {"epochs": 1, "optimizer": "adamw", "distribute": "multi_worker"}
    settings["signs-assignment"]["train"] |= recipe
    YAML().dump(settings, tmp_path / "params.yaml")
    (tmp_path / "dvc.yaml").touch()
    shutil.copyfile(empty_store, tmp_path / "mlflow.db")
    shutil.copytree(drawn_signs, tmp_path / "data" / "classification")
    made, digests = tmp_path / "models" / "signs-cnn" / "signs-assignment" / "model.keras", []
    for _ in range(2):
        processes = [start_stage(tmp_path, config) for config in configurations()]
        try:
            outputs = [process.communicate(timeout=180) for process in processes]
        finally:
            for process in processes:
                process.kill()
        for process, (_, errors) in zip(processes, outputs, strict=True):
            assert process.returncode == 0, errors
        digests.append(arrays_sha256(Classifier.from_file(made).network.get_weights()))
        made.unlink()
        assert list((tmp_path / "checkpoints").glob("*")) == []
    assert digests[0] == digests[1]


def start_stage(project: Path, config: dict) -> subprocess.Popen:
    """A worker of the training of signs-assignment in this folder."""
    store = f"sqlite:///{project}/mlflow.db"
    environment = {**os.environ, "TF_CONFIG": json.dumps(config), "MLFLOW_TRACKING_URI": store}
    words = [sys.executable, str(PROJECT / "pipelines" / "train.py"), "signs-assignment"]
    return subprocess.Popen(
        words,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
