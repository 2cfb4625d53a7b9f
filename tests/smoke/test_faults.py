"""What can go wrong around a run of the graph: kills, two at once, a store that goes away.

On tiny settings, in a clone of the last commit; run by `make faults`.
"""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from asking import free_port, wait_until_it_answers
from mlflow import MlflowClient
from test_smoke import EPOCHS, NAME, Clone, tiny_clone

pytestmark = pytest.mark.faults

PROJECT = Path(__file__).parents[2]
TARGET = f"register@{NAME}"
KILLED = ["prepare@classification", "evaluate@signs-compact", TARGET]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the two classifiers of hand signs were made and registered."""
    clone = tiny_clone(tmp_path_factory.mktemp("faults") / "clone", {NAME: [*EPOCHS]})
    clone.run("dvc", "repro", TARGET)
    return clone


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """Ends what a test has started, and closes its pipes."""
    yield
    while STARTED:
        process = STARTED.pop()
        kill(process)
        if process.stderr:
            process.stderr.close()


def started(clone: Clone, *words: str, **environment: str) -> subprocess.Popen[str]:
    """A command in a group of processes of its own."""
    process = subprocess.Popen(
        words,
        cwd=clone.folder,
        env=clone.environment | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    STARTED.append(process)
    return process


def kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(moment: Callable[[], bool], process: subprocess.Popen) -> None:
    while not moment():
        assert process.poll() is None, "the stage ended before the moment to kill it"
        time.sleep(0.005)


@pytest.mark.parametrize("stage", KILLED)
def test_a_stage_that_was_killed_ends_the_second_time_as_the_first(
    clone: Clone, stage: str
) -> None:
    """Trainings are killed in test_smoke."""
    before = clone.metrics(), clone.registered()
    digests = {model: clone.digest(model) for model in EPOCHS}
    registered = set(clone.folder.glob("mlartifacts/models/*"))
    if stage == TARGET:  # else there would be nothing to register
        (clone.folder / "mlflow.db").unlink()
    process = started(clone, "dvc", "repro", "--force", "--single-item", stage)
    metrics = clone.folder / "reports" / "signs-compact" / "metrics.json"
    moments: dict[str, list[Callable[[], bool]]] = {
        "prepare@classification": [
            lambda: (clone.folder / "data" / ".classification.preparing" / "signs").exists()
        ],
        # DVC takes the old one away; pictures are drawn after the new one.
        "evaluate@signs-compact": [lambda: not metrics.exists(), metrics.exists],
        TARGET: [lambda: set(clone.folder.glob("mlartifacts/models/*")) > registered],
    }
    for moment in moments[stage]:
        wait_for(moment, process)
    kill(process)
    clone.run("dvc", "repro", TARGET)
    clone.run("python", "pipelines/sync.py")
    assert (clone.metrics(), clone.registered()) == before
    assert {model: clone.digest(model) for model in EPOCHS} == digests
    assert all(run.info.status == "FINISHED" for run in clone.runs().values())
    client = clone.client
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    assert len(client.search_logged_models([experiment.experiment_id])) == len(EPOCHS)


def test_a_second_make_says_that_there_is_a_first_and_waits_for_it(clone: Clone) -> None:
    alone = ("python", "pipelines/alone.py")
    first = started(clone, *alone, "sh", "-c", "echo first >> turns; sleep 3; echo end >> turns")
    turns = clone.folder / "turns"
    while not turns.exists():
        time.sleep(0.05)
    second = started(clone, *alone, "sh", "-c", "echo second >> turns")
    assert second.stderr is not None
    said = second.stderr.readline()
    assert said == (
        f"another make is at work in this folder (process {first.pid}): waiting for its end; "
        "Ctrl-C leaves it to it\n"
    )
    assert (first.wait(), second.wait()) == (0, 0)
    assert turns.read_text().split() == ["first", "end", "second"]
    turns.unlink()


@contextlib.contextmanager
def server(clone: Clone, folder: Path, port: int) -> Iterator[str]:
    """An MLflow server on the loopback interface, killed at the end."""
    words = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{folder}/server.db"]
    files = ["--artifacts-destination", str(folder / "artifacts")]
    process = started(clone, *words, *store, *files)
    try:
        wait_until_it_answers(port, "/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        kill(process)


def test_training_goes_on_without_its_server_and_the_run_is_rebuilt_when_it_is_back(
    clone: Clone, tmp_path: Path
) -> None:
    model, port = "signs-assignment", free_port()
    digest = clone.digest(model)
    with server(clone, tmp_path, port) as uri:
        words = ["dvc", "repro", "--force", "--single-item", f"train@{model}"]
        training = started(clone, *words, MLFLOW_TRACKING_URI=uri)
        state = clone.folder / "checkpoints" / model / "state.weights.h5"
        while not state.exists():
            assert training.poll() is None, "the training ended before its first epoch"
            time.sleep(0.02)
    _, said = training.communicate()
    assert training.returncode == 0, said
    assert "MLflow went away, `make` will rebuild the run" in said
    assert clone.digest(model) == digest
    with server(clone, tmp_path, port) as uri:
        away = replace(clone, environment=clone.environment | {"MLFLOW_TRACKING_URI": uri})
        away.run("dvc", "repro", TARGET)
        away.run("python", "pipelines/sync.py")
        client = MlflowClient(uri, uri)
        experiment = client.get_experiment_by_name("fivenets")
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id])
        whole = {run.data.tags["model"]: run for run in runs if "model_sha256" in run.data.tags}
        assert set(whole) == set(EPOCHS)
        points = client.get_metric_history(whole[model].info.run_id, "val_loss")
    with (clone.folder / "reports" / model / "history.csv").open(newline="") as stream:
        expected = [
            (int(float(row["epoch"])), float(row["val_loss"])) for row in csv.DictReader(stream)
        ]
    assert [(point.step, point.value) for point in points] == expected
    assert len(runs) == len(EPOCHS), "the half-told run is gone"


def test_a_registered_model_is_made_again_from_its_commit(clone: Clone) -> None:
    before = clone.metrics()
    found = json.loads(clone.run("fivenets", "reproduce", f"{NAME}@champion", "--json"))
    champion = clone.json("reports", NAME, "registration.json")["best"]
    assert found["same_model_file"]
    assert found["reproduced"]
    assert found["commit"] == clone.run("git", "rev-parse", "HEAD").strip()
    stated = [row for row in found["metrics"] if row["tolerance"] is not None]
    accuracy = clone.json("reports", champion, "metrics.json")["accuracy"]
    assert stated == [
        {
            "metric": "accuracy",
            "registered": accuracy,
            "reproduced": accuracy,
            "tolerance": 0.025,
            "within": True,
        }
    ]
    assert all(row["reproduced"] == row["registered"] for row in found["metrics"])
    assert clone.metrics() == before, "the store is only read"
    assert len(clone.run("git", "worktree", "list").splitlines()) == 1


@pytest.mark.skipif(shutil.which("java") is None, reason="no Java: Spark cannot start")
def test_spark_scores_a_folder_of_pictures(clone: Clone, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed (extra: spark)")
    picture = PROJECT / "src" / "fivenets" / "pyfunc" / "example_sign.png"
    for name in ("one.png", "two.png"):
        shutil.copy(picture, tmp_path / name)
    lines = clone.run("python", "-c", SPARK, str(tmp_path)).splitlines()
    [line] = clone.run("fivenets", "classify", "--json", str(picture)).splitlines()
    expected = json.loads(line)
    found = [json.loads(line) for line in lines if line.startswith("{")]
    assert sorted(Path(row["path"]).name for row in found) == ["one.png", "two.png"]
    for row in found:
        assert row["label"] == expected["label"]
        assert row["probability"] == pytest.approx(expected["probability"])


SPARK = """
import sys
import mlflow
from pyspark.sql import SparkSession, functions

local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
spark = SparkSession.builder.master("local[2]").config(map=local).getOrCreate()
mlflow.set_tracking_uri("sqlite:///mlflow.db")
columns = "label string, probability double"
uri = "models:/signs-cnn@champion"
classify = mlflow.pyfunc.spark_udf(spark, uri, columns, env_manager="local")
pictures = spark.read.format("binaryFile").load(sys.argv[1])
found = pictures.select("path", classify(functions.base64("content")).alias("found"))
for row in found.select("path", "found.*").toJSON().collect():
    print(row)
"""
