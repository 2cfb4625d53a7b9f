"""The whole graph with tiny settings, as a user runs it, in a clone of the last commit.

The tests tell one story, in this order: what `make` leaves, what survives a lost store, what
survives a kill. Minutes; run by `make smoke`.
"""

import base64
import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import free_port, predictions, wait_until_it_answers
from mlflow import MlflowClient
from mlflow.entities import Run
from PIL import Image
from ruamel.yaml import YAML

from fivenets import results
from fivenets.assets import MIRROR_VARIABLE
from fivenets.datasets.signs.render import render_sign
from fivenets.digests import sha256

pytestmark = pytest.mark.smoke

PROJECT = Path(__file__).parents[2]
EPOCHS = {"signs-assignment": 2, "signs-compact": 3}
NAME = "signs-cnn"
CANDIDATES = {  # of each registered name
    NAME: [*EPOCHS],
    "signs-resnet50": ["resnet50"],
    "yolov2": ["yolov2"],
    "yolov2-compact": ["yolov2-compact"],
    "facenet": ["facenet-nn4", "facenet-resnet"],
    "style-transfer": ["style-transfer"],
}
MODELS = [model for candidates in CANDIDATES.values() for model in candidates]
TRAINED = {"resnet50": 1, "yolov2-compact": 1, "facenet-nn4": 1}  # epochs, beside EPOCHS
STYLE = {"size": 64, "iterations": 3, "coarse_scales": 0}


@dataclass(frozen=True)
class Clone:
    """A checkout of the project, and how to work in it."""

    folder: Path
    environment: dict[str, str]
    candidates: dict[str, list[str]]  # made in it, of each registered name

    def run(self, *words: str, stderr: int = subprocess.PIPE) -> str:
        """What a command prints on standard output; its failure is the test's."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *path: str) -> Any:
        return json.loads(self.folder.joinpath(*path).read_text())

    def digest(self, model: str) -> str:
        return sha256(self.folder / "models" / f"{model}.keras")

    @property
    def client(self) -> MlflowClient:
        """Of a copy of the store: MLflow would go on reading a file since deleted."""
        copy = Path(tempfile.mkdtemp(dir=self.folder.parent)) / "mlflow.db"
        shutil.copyfile(self.folder / "mlflow.db", copy)
        return MlflowClient(f"sqlite:///{copy}", f"sqlite:///{copy}")

    def runs(self) -> dict[str, Run]:
        """Model -> its one active run."""
        client = self.client
        experiment = client.get_experiment_by_name("fivenets")
        assert experiment is not None
        active = client.search_runs([experiment.experiment_id])
        found = {run.data.tags["model"]: run for run in active}
        models = [model for candidates in self.candidates.values() for model in candidates]
        assert sorted(found) == sorted(models)
        assert len(active) == len(found), "expected one active run per model"
        return found

    def metrics(self) -> dict[tuple[str, str], list[tuple[int, float]]]:
        """(model, metric) -> its points, of all but what says how busy the machine was."""
        client = self.client
        return {
            (model, name): [
                (point.step, point.value)
                for point in client.get_metric_history(run.info.run_id, name)
            ]
            for model, run in self.runs().items()
            for name in run.data.metrics
            if not name.startswith("system/")
        }

    def registered(self) -> dict[str, dict[str, str]]:
        """Of each registered name: alias -> model."""
        client, found = self.client, {}
        for name, candidates in self.candidates.items():
            versions = client.search_model_versions(f"name = '{name}'")
            model_of = {str(version.version): version.tags["model"] for version in versions}
            assert sorted(model_of.values()) == sorted(candidates), "one version per model"
            aliases = client.get_registered_model(name).aliases
            found[name] = {alias: model_of[str(version)] for alias, version in aliases.items()}
        return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The clone after a first `make`, without its setting up."""
    clone = tiny_clone(tmp_path_factory.mktemp("smoke") / "clone", CANDIDATES)
    clone.run("python", "pipelines/refresh.py")
    clone.run("dvc", "repro")
    clone.run("python", "pipelines/sync.py")
    return clone


def tiny_clone(folder: Path, candidates: dict[str, list[str]]) -> Clone:
    """A clone of the last commit with tiny settings, whose own code runs in it."""
    commands = Path(sys.executable).parent
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    environment |= {
        "PATH": f"{commands}{os.pathsep}{environment['PATH']}",
        "PYTHONPATH": str(folder / "src"),
    }
    subprocess.run(["git", "clone", "--quiet", PROJECT, folder], check=True)
    clone = Clone(folder, environment, candidates)
    module = clone.run("python", "-c", "import fivenets; print(fivenets.__file__)")
    assert module.strip() == str(folder / "src" / "fivenets" / "__init__.py")
    make_tiny(clone)
    return clone


def make_tiny(clone: Clone) -> None:
    """Few epochs and a gate that all pass, committed: runs should say that nothing is changed."""
    yaml, file = YAML(), clone.folder / "params.yaml"
    settings = yaml.load(file)
    for model, epochs in (EPOCHS | TRAINED).items():
        settings[model]["train"]["epochs"] = epochs
    settings["style-transfer"]["stylize"]["jobs"][0]["settings"] |= STYLE
    for name in CANDIDATES.keys() - {"yolov2"}:  # a conversion is exact, however little is trained
        settings[name]["register"]["minimum"] = 0
    yaml.dump(settings, file)
    identity = ["-c", "user.name=Smoke", "-c", "user.email=smoke@example.org"]
    clone.run("git", *identity, "commit", "--quiet", "--all", "--message", "Tiny settings")


def test_every_stage_has_run_and_left_its_outputs(clone: Clone) -> None:
    locked = YAML(typ="safe").load(clone.folder / "dvc.lock")["stages"]
    assert set(locked) == set(clone.run("dvc", "stage", "list", "--name-only").split())
    outputs = [clone.folder / out["path"] for stage in locked.values() for out in stage["outs"]]
    assert [path for path in outputs if not path.exists()] == []
    for model, epochs in (EPOCHS | TRAINED).items():
        with (clone.folder / "reports" / model / "history.csv").open(newline="") as stream:
            assert [float(row["epoch"]) for row in csv.DictReader(stream)] == list(range(epochs))
    assert list((clone.folder / "checkpoints").iterdir()) == []


def test_data_come_from_the_mirror_where_one_is_set(clone: Clone) -> None:
    source = clone.json("data", "classification", "source.json")
    assert (source["origin"] == "mirror") == bool(os.environ.get(MIRROR_VARIABLE))
    assert source["examples"] == {"train": 864, "validation": 216, "test": 120}


def test_a_second_run_has_nothing_to_do_and_says_so_at_once(clone: Clone) -> None:
    started = time.monotonic()
    assert "Data and pipelines are up to date." in clone.run("dvc", "repro")
    assert time.monotonic() - started < 15


def test_each_model_has_one_run_that_tells_where_it_comes_from(clone: Clone) -> None:
    source = clone.json("data", "classification", "source.json")
    commit = clone.run("git", "rev-parse", "HEAD").strip()
    for model, run in clone.runs().items():
        assert run.info.status == "FINISHED"
        expected = {
            "model": model,
            "model_sha256": clone.digest(model),
            "git_commit": commit,
            "git_dirty": "false",
        }
        assert run.data.tags.items() >= expected.items()
        assert "rebuilt" not in run.data.tags
        assert any(name.startswith("test/") for name in run.data.metrics)
    for model, epochs in EPOCHS.items():
        run = clone.runs()[model]
        assert run.data.params["epochs"] == str(epochs)
        assert run.data.tags["data"] == f"signs ({source['origin']})"
        assert run.data.tags["data_digest"] == source["digest"]
        accuracy = clone.json("reports", model, "metrics.json")["accuracy"]
        assert run.data.metrics["test/accuracy"] == accuracy
        assert len(clone.metrics()[model, "val_loss"]) == epochs


def test_every_model_is_registered_and_the_best_of_a_name_is_champion(clone: Clone) -> None:
    registered = clone.registered()
    for name, candidates in CANDIDATES.items():
        decision = clone.json("reports", name, "registration.json")
        champion = {"champion": decision["best"]} if decision["passed"] else {}
        assert registered[name] == {model: model for model in candidates} | champion
    accuracies = {
        model: clone.json("reports", model, "metrics.json")["accuracy"] for model in EPOCHS
    }
    assert registered[NAME]["champion"] == max(accuracies, key=accuracies.__getitem__)


def test_the_champion_says_how_probable_each_sign_is(clone: Clone, tmp_path: Path) -> None:
    picture = tmp_path / "sign.png"
    Image.fromarray(render_sign(3, np.random.default_rng(0))).save(picture)
    [line] = clone.run("fivenets", "classify", "--json", str(picture)).splitlines()
    found = json.loads(line)
    assert found["image"] == str(picture)
    assert list(found["probabilities"]) == list("012345")
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    assert found["probability"] == max(found["probabilities"].values())


PICTURES = PROJECT / "src" / "fivenets" / "pyfunc"
STREET, FACE = PICTURES / "example_street.png", PICTURES / "example_face.png"
# Of each registered name: the items of a request, its params, and the columns of the answer.
REQUESTS: dict[str, tuple[list, dict, set[str]]] = {
    NAME: ([PICTURES / "example_sign.png"], {}, {"label", "probability", "probabilities"}),
    "signs-resnet50": ([PICTURES / "example_sign.png"], {}, {"label", "probability"}),
    "yolov2": ([STREET], {}, set()),  # an object is a row, and a picture may show none
    "yolov2-compact": ([STREET], {}, set()),
    "facenet": ([[FACE, FACE]], {"cropped": True}, {"same", "distance", "threshold"}),
    "style-transfer": (
        [STREET, FACE],
        {"size": 64, "iterations": 2, "coarse_scales": 0},
        {"image", "iterations", "seconds"},
    ),
}


def base64_of(item: Any) -> Any:
    """The pictures of a request's item as base64 text."""
    if isinstance(item, list):
        return [base64_of(one) for one in item]
    return base64.b64encode(item.read_bytes()).decode()


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_registered_model_answers_behind_mlflows_server(clone: Clone, name: str) -> None:
    items, params, columns = REQUESTS[name]
    port = free_port()
    words = ["mlflow", "models", "serve", "--model-uri", f"models:/{name}@{CANDIDATES[name][-1]}"]
    where = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with in_background(clone, *words, *where):
        wait_until_it_answers(port, "/ping")
        body = {"inputs": [base64_of(item) for item in items], "params": params}
        status, answer = predictions(port, body)
        texts = ["no picture", str(STREET)]
        refusals = [predictions(port, {"inputs": [text] * len(items)}) for text in texts]
    assert status == 200, answer
    assert all(row.keys() >= columns for row in answer["predictions"])
    assert len(answer["predictions"]) >= bool(columns)
    sentence = "expected an image file as base64 text, received other text"
    assert refusals == 2 * [(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": sentence})]
    if name == NAME:
        uri, picture = f"{NAME}@{CANDIDATES[name][-1]}", str(items[0])
        [line] = clone.run("fivenets", "classify", "--json", "--model", uri, picture).splitlines()
        [served] = answer["predictions"]
        assert served["probabilities"] == pytest.approx(json.loads(line)["probabilities"])


def numbers(metrics: dict[str, Any]) -> dict[str, Any]:
    """Those at the top: deeper down, DVC leaves out what is unknown."""
    return {key: value for key, value in metrics.items() if isinstance(value, int | float)}


def test_metrics_plots_and_results_show_the_models(clone: Clone, tmp_path: Path) -> None:
    metrics = json.loads(clone.run("dvc", "metrics", "show", "--json"))[""]["data"]
    shown = {Path(file).parent.name: numbers(entry["data"]) for file, entry in metrics.items()}
    assert shown == {
        model: numbers(clone.json("reports", model, "metrics.json")) for model in MODELS
    }
    clone.run("dvc", "plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots" / "index.html").read_text()
    assert all(f"{model}: test images" in page for model in EPOCHS)
    rows = clone.run("fivenets", "results", "--json").splitlines()
    assert [json.loads(row)["model"] for row in rows] == MODELS
    assert results.table([json.loads(row) for row in rows]) in (
        clone.folder.joinpath("README.md").read_text()
    )


def test_a_lost_store_comes_back_without_training(clone: Clone) -> None:
    before = clone.metrics(), clone.registered()
    models = {path: path.stat().st_mtime_ns for path in (clone.folder / "models").iterdir()}
    (clone.folder / "mlflow.db").unlink()
    assert "Data and pipelines are up to date." in clone.run("dvc", "repro")
    clone.run("python", "pipelines/sync.py")
    assert (clone.metrics(), clone.registered()) == before
    assert {path: path.stat().st_mtime_ns for path in models} == models
    assert all("rebuilt" in run.data.tags for run in clone.runs().values())


def test_a_training_that_was_killed_in_an_epoch_ends_with_the_same_model(clone: Clone) -> None:
    model = "signs-compact"
    before = clone.digest(model), clone.metrics()
    with forced_training(clone, model) as process:
        state = clone.folder / "checkpoints" / model / "state.weights.h5"
        while not state.exists():
            assert process.poll() is None, "the training ended before its first epoch"
            time.sleep(0.02)
        time.sleep(0.1)  # into the next epoch
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert not (clone.folder / "models" / f"{model}.keras").exists()
    assert state.exists()
    said = clone.run("dvc", "repro", stderr=subprocess.STDOUT)
    assert re.search(f"going on after epoch [12] of {EPOCHS[model]}", said)
    assert (clone.digest(model), clone.metrics()) == before
    assert list((clone.folder / "checkpoints").iterdir()) == []


@contextlib.contextmanager
def forced_training(clone: Clone, model: str) -> Iterator[subprocess.Popen]:
    """Trains a model again."""
    words = ["dvc", "repro", "--force", "--single-item", f"train@{model}"]
    with in_background(clone, *words) as process:
        yield process


@contextlib.contextmanager
def in_background(clone: Clone, *words: str) -> Iterator[subprocess.Popen]:
    """A command in a group of processes of its own, which is gone at the end."""
    process = subprocess.Popen(
        words,
        cwd=clone.folder,
        env=clone.environment | {"MLFLOW_TRACKING_URI": f"sqlite:///{clone.folder}/mlflow.db"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
