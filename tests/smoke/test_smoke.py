"""The whole graph with tiny settings, as a user runs it, in a clone of the last commit.

The tests tell one story, in this order: what `make` leaves, what survives a lost store, what
survives a kill. Minutes; run by `make smoke`.
"""

import base64
import csv
import functools
import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import free_port, predictions, wait_until_it_answers
from PIL import Image
from ruamel.yaml import YAML
from tiny import CANDIDATES, EPOCHS, MODELS, NAME, PROJECT, TRAINED, Clone, kill, tiny_clone

from fivenets.drawn.signs import render_sign
from fivenets.runs import results
from fivenets.sources.fetching import MIRROR_VARIABLE

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The clone after a first `make`, without its setting up."""
    clone = tiny_clone(tmp_path_factory.mktemp("smoke") / "clone", CANDIDATES)
    clone.run("python", "pipelines/make/refresh.py")
    clone.run("dvc", "repro")
    clone.run("python", "pipelines/make/sync.py")
    return clone


def test_every_stage_has_run_and_left_its_outputs(clone: Clone) -> None:
    locked = YAML(typ="safe").load(clone.folder / "dvc.lock")["stages"]
    assert set(locked) == set(clone.run("dvc", "stage", "list", "--name-only").split())
    outputs = [clone.folder / out["path"] for stage in locked.values() for out in stage["outs"]]
    assert [path for path in outputs if not path.exists()] == []
    for model, epochs in (EPOCHS | TRAINED).items():
        with (clone.folder / clone.candidate(model).history).open(newline="") as stream:
            assert [float(row["epoch"]) for row in csv.DictReader(stream)] == list(range(epochs))
    assert list((clone.folder / "checkpoints").iterdir()) == []


def test_data_come_from_the_mirror_where_one_is_set(clone: Clone) -> None:
    source = clone.json("data", "classification", "source.json")
    assert (source["kind"] == "mirror") == bool(os.environ.get(MIRROR_VARIABLE))
    assert source["examples"] == {"train": 864, "validation": 216, "test": 120}


def test_a_second_run_has_nothing_to_do_and_says_so_at_once(clone: Clone) -> None:
    started = time.monotonic()
    assert "Data and pipelines are up to date." in clone.run("dvc", "repro")
    assert time.monotonic() - started < 15


def test_each_model_has_one_run_that_tells_where_it_comes_from(clone: Clone) -> None:
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
        section = "classification" if model == "signs-assignment" else "hands"
        source = clone.json("data", section, "source.json")
        assert run.data.tags["data"].startswith(source["asset"])
        # Others start with weights, which are data as well.
        if model == "signs-assignment":
            assert run.data.tags["data_digest"] == source["digest"]
        accuracy = clone.reported(model, "metrics.json")["accuracy"]
        assert run.data.metrics["test/accuracy"] == accuracy
        assert len(clone.metrics()[model, "val_loss"]) == epochs


def test_every_model_is_registered_and_the_best_of_a_name_is_champion(clone: Clone) -> None:
    registered = clone.registered()
    for name, candidates in CANDIDATES.items():
        decision = clone.json("reports", "registrations", f"{name}.json")
        champion = {"champion": decision["best"]} if decision["passed"] else {}
        assert registered[name] == {model: model for model in candidates} | champion
    decision = clone.json("reports", "registrations", f"{NAME}.json")
    able = [model for model in EPOCHS if model not in decision["drawn_only"]] or [*EPOCHS]
    accuracies = {model: clone.reported(model, "metrics.json")["accuracy"] for model in able}
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


PICTURES = PROJECT / "src" / "fivenets" / "runs" / "pyfunc"
STREET, FACE = PICTURES / "example_street.png", PICTURES / "example_face.png"
# Of each registered name: the items of a request, its params, and the columns of the answer.
REQUESTS: dict[str, tuple[list, dict, set[str]]] = {
    NAME: ([PICTURES / "example_sign.png"], {}, {"label", "probability", "probabilities"}),
    "signs-resnet50": ([PICTURES / "example_sign.png"], {}, {"label", "probability"}),
    "yolov2": ([STREET], {}, set()),  # an object is a row, and a picture may show none
    "yolov2-compact": ([STREET], {}, set()),
    "unet": ([STREET], {}, {"shares", "mask"}),
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


@pytest.fixture(scope="module")
def served(clone: Clone) -> dict[str, Any]:
    """Of each registered name what its server answers, two servers at a time."""
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(functools.partial(asked, clone), CANDIDATES)
        return dict(zip(CANDIDATES, answers, strict=True))


def asked(clone: Clone, name: str) -> tuple[int, dict, list[tuple[int, dict]]]:
    """Status and answer of MLflow's server of a model, and its refusals of two texts."""
    items, params, _ = REQUESTS[name]
    port, store = free_port(), f"sqlite:///{clone.folder}/mlflow.db"
    words = ["mlflow", "models", "serve", "--model-uri", f"models:/{name}@{CANDIDATES[name][-1]}"]
    where = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with clone.in_background(*words, *where, MLFLOW_TRACKING_URI=store):
        wait_until_it_answers(port, "/ping")
        body = {"inputs": [base64_of(item) for item in items], "params": params}
        status, answer = predictions(port, body)
        texts = ["no picture", str(STREET)]
        refusals = [predictions(port, {"inputs": [text] * len(items)}) for text in texts]
    return status, answer, refusals


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_registered_model_answers_behind_mlflows_server(
    clone: Clone, served: dict[str, Any], name: str
) -> None:
    items, _, columns = REQUESTS[name]
    status, answer, refusals = served[name]
    assert status == 200, answer
    assert all(row.keys() >= columns for row in answer["predictions"])
    assert len(answer["predictions"]) >= bool(columns)
    place = "inputs[0]: " * (len(items) > 1)  # of several, the one is named that is no picture
    sentence = f"{place}expected an image file as base64 text, received other text"
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
    assert shown == {model: numbers(clone.reported(model, "metrics.json")) for model in MODELS}
    clone.run("dvc", "plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots" / "index.html").read_text()
    assert all(f"{model}/history.csv" in page for model in EPOCHS)
    assert all(f"{model}/pictures/confusion.png" in page for model in EPOCHS)
    rows = clone.run("fivenets", "results", "--json").splitlines()
    assert [json.loads(row)["model"] for row in rows] == MODELS
    assert results.table([json.loads(row) for row in rows]) in (
        clone.folder.joinpath("README.md").read_text()
    )


def test_every_notebook_runs_to_its_registered_model(clone: Clone) -> None:
    """All in one process: TensorFlow is imported once."""
    files = sorted(str(file) for file in clone.folder.glob("notebooks/*.py"))
    assert len(files) == 9
    script = "import runpy, sys; [runpy.run_path(file) for file in sys.argv[1:]]"
    small = ["EPOCHS=1", "BATCH=4", "ITERATIONS=2", "MPLBACKEND=agg"]
    printed = clone.run("env", *small, "python", "-c", f"import fivenets; {script}", *files)
    assert all(name in printed for name in ("signs-cnn", "nearest is", "iterations in"))


def test_a_lost_store_comes_back_without_training(clone: Clone) -> None:
    before = clone.metrics(), clone.registered()
    found = (clone.folder / "models").rglob("*")
    models = {path: path.stat().st_mtime_ns for path in found if path.is_file()}
    (clone.folder / "mlflow.db").unlink()
    assert "Data and pipelines are up to date." in clone.run("dvc", "repro")
    clone.run("python", "pipelines/make/sync.py")
    assert (clone.metrics(), clone.registered()) == before
    assert {path: path.stat().st_mtime_ns for path in models} == models
    assert all("rebuilt" in run.data.tags for run in clone.runs().values())


def test_a_training_that_was_killed_in_an_epoch_ends_with_the_same_model(clone: Clone) -> None:
    model = "signs-compact"
    before = clone.digest(model), clone.metrics()
    words = ["dvc", "repro", "--force", "--single-item", f"train@{model}"]
    with clone.in_background(*words) as process:
        state = clone.folder / "checkpoints" / model / "state.weights.h5"
        while not state.exists():
            assert process.poll() is None, "the training ended before its first epoch"
            time.sleep(0.02)
        time.sleep(0.1)  # into the next epoch
        kill(process)
        assert process.returncode == -signal.SIGKILL
    assert not (clone.folder / clone.candidate(model).file).exists()
    assert state.exists()
    said = clone.run("dvc", "repro", stderr=subprocess.STDOUT)
    assert re.search(f"going on after epoch [12] of {EPOCHS[model]}", said)
    assert (clone.digest(model), clone.metrics()) == before
    assert list((clone.folder / "checkpoints").iterdir()) == []
