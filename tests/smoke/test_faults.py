"""What can go wrong around a run of the graph: two at once, a store that goes away.

On tiny settings, in a clone of the last commit; run by `make faults`.
"""

import contextlib
import csv
import json
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from asking import free_port, mlflow_server
from mlflow import MlflowClient
from tiny import EPOCHS, NAME, PROJECT, Clone, tiny_clone

pytestmark = pytest.mark.faults

TARGET = f"register@{NAME}"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the two classifiers of hand signs were made and registered."""
    clone = tiny_clone(tmp_path_factory.mktemp("faults") / "clone", {NAME: [*EPOCHS]})
    clone.run("dvc", "repro", TARGET)
    return clone


def test_a_second_make_says_that_there_is_a_first_and_waits_for_it(clone: Clone) -> None:
    alone = ("python", "pipelines/make/alone.py")
    turns = clone.folder / "turns"
    slow, quick = "echo first >> turns; sleep 3; echo end >> turns", "echo second >> turns"
    with clone.in_background(*alone, "sh", "-c", slow) as first:
        while not turns.exists():
            time.sleep(0.05)
        with clone.in_background(*alone, "sh", "-c", quick, stderr=subprocess.PIPE) as second:
            assert second.stderr is not None
            said = second.stderr.readline()
            assert (first.wait(), second.wait()) == (0, 0)
    assert said == (
        f"another make is running in this folder (process {first.pid}): waiting for it to "
        "finish; Ctrl-C stops the wait, not the other make\n"
    )
    assert turns.read_text().split() == ["first", "end", "second"]
    turns.unlink()


def test_training_goes_on_without_its_server_and_the_run_is_rebuilt_when_it_is_back(
    clone: Clone, tmp_path: Path
) -> None:
    model, port = "signs-assignment", free_port()
    digest, store = clone.digest(model), f"sqlite:///{tmp_path}/server.db"
    words = ["dvc", "repro", "--force", "--single-item", f"train@{model}"]
    with contextlib.ExitStack() as stack:
        with mlflow_server(clone, port, store, tmp_path / "artifacts") as uri:
            training = stack.enter_context(
                clone.in_background(*words, stderr=subprocess.PIPE, MLFLOW_TRACKING_URI=uri)
            )
            state = clone.folder / "checkpoints" / model / "state.weights.h5"
            while not state.exists():
                assert training.poll() is None, "the training ended before its first epoch"
                time.sleep(0.02)
        _, said = training.communicate()
    assert training.returncode == 0, said
    assert "MLflow went away, `make` will rebuild the run" in said
    assert clone.digest(model) == digest
    with mlflow_server(clone, port, store, tmp_path / "artifacts") as uri:
        away = replace(clone, environment=clone.environment | {"MLFLOW_TRACKING_URI": uri})
        away.run("dvc", "repro", TARGET)
        away.run("python", "pipelines/make/sync.py")
        client = MlflowClient(uri, uri)
        experiment = client.get_experiment_by_name("fivenets")
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id])
        whole = {run.data.tags["model"]: run for run in runs if "model_sha256" in run.data.tags}
        assert set(whole) == set(EPOCHS)
        points = client.get_metric_history(whole[model].info.run_id, "val_loss")
    with (clone.folder / clone.candidate(model).history).open(newline="") as stream:
        expected = [
            (int(float(row["epoch"])), float(row["val_loss"])) for row in csv.DictReader(stream)
        ]
    assert [(point.step, point.value) for point in points] == expected
    assert len(runs) == len(EPOCHS), "the half-told run is gone"


def test_a_registered_model_is_made_again_from_its_commit(clone: Clone) -> None:
    before = clone.metrics()
    found = json.loads(clone.run("fivenets", "reproduce", f"{NAME}@champion", "--json"))
    champion = clone.json("reports", "registrations", f"{NAME}.json")["best"]
    assert found["same_model_file"]
    assert found["reproduced"]
    assert found["commit"] == clone.run("git", "rev-parse", "HEAD").strip()
    stated = [row for row in found["metrics"] if row["tolerance"] is not None]
    accuracy = clone.reported(champion, "metrics.json")["accuracy"]
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
    picture = PROJECT / "src" / "fivenets" / "runs" / "pyfunc" / "example_sign.png"
    for name in ("one.png", "two.png"):
        shutil.copy(picture, tmp_path / name)
    (tmp_path / "three.png").write_text("no picture")
    lines = clone.run("python", "-c", SPARK, str(tmp_path)).splitlines()
    [line] = clone.run("fivenets", "classify", "--json", str(picture)).splitlines()
    expected = json.loads(line)
    found = [json.loads(line) for line in lines if line.startswith("{")]
    answered = {Path(row["path"]).name: row for row in found}
    assert answered.keys() == {"one.png", "two.png", "three.png"}
    assert "not an image" in answered.pop("three.png")["error"]
    for row in answered.values():
        assert row["label"] == expected["label"]
        assert row["probability"] == pytest.approx(expected["probability"])


SPARK = """
import sys
import mlflow
from pyspark.sql import SparkSession
from fivenets.runs import spark

local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
session = SparkSession.builder.master("local[2]").config(map=local).getOrCreate()
mlflow.set_tracking_uri("sqlite:///mlflow.db")
pictures = session.read.format("binaryFile").load(sys.argv[1])
for row in spark.answers(pictures, "models:/signs-cnn@champion").toJSON().collect():
    print(row)
"""
