"""What CONTRIBUTING says of adding a network and a task: a toy of each is added, made, and served.

In a clone of the last commit, on tiny settings; run by `make smoke`.
"""

import subprocess
from typing import Any

import pytest
from mlflow import MlflowClient
from ruamel.yaml import YAML
from tiny import PROJECT, Clone, tiny_clone

pytestmark = pytest.mark.smoke

BUILDER = '''"""A network that is one layer."""

import keras


def one_layer(input_shape: tuple[int, int, int], num_classes: int) -> keras.Model:
    """Logits of images of 0..255."""
    image = keras.Input(input_shape)
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image))
    logits = keras.layers.Dense(num_classes, name="logits")(flat)
    return keras.Model(image, logits, name="one_layer")
'''
TASK = '''"""Says how bright pictures are."""

import json
from pathlib import Path

import keras

from fivenets.brightness.settings import Recipe
from fivenets.core import params
from fivenets.core.task import Making, Service, Task
from fivenets.fitting import model_files
from fivenets.sources.origin import Origin


def train(candidate):
    recipe = params.settings(Recipe, candidate.name, "train")
    source = json.loads(Path("data", candidate.data, "source.json").read_text())

    def make(log):
        keras.utils.set_random_seed(recipe.seed)
        image = keras.Input((8, 8, 3))
        network = keras.Model(image, keras.layers.Dense(1)(keras.layers.Flatten()(image)))
        model_files.save(network, candidate.file, {})
        log.log_epoch(0, {"loss": 0.5})
        return [{"epoch": 0, "loss": 0.5, "seconds": 1.0}]

    return Making({"seed": recipe.seed}, [Origin.of(source)], make)


def evaluate(candidate):
    network, _ = model_files.load(candidate.file)
    return {"parameters": network.count_params(), "brightness": 0.25, "examples": 1}


TASK = Task(
    name="brightness",
    train=train,
    evaluate=evaluate,
    service=Service(
        script="brightness.py",
        example="example_sign.png",
        use="pictures in, brightness out",
        limits="A toy.",
        limits_of_builtin="A toy.",
        command="brightness sign.png",
    ),
)
'''
SETTINGS = '''"""How brightness is learned, as params.yaml says it."""

from fivenets.core.metrics import Metrics
from fivenets.core.params import Count, Seed, checked


@checked
class Recipe:
    seed: Seed


@checked
class Evaluation:
    pictures: Count


SECTIONS = {"brightness": {"train": Recipe, "evaluate": Evaluation}}
METRICS = {"brightness": Metrics(("brightness",))}
'''
SERVICE = '''"""What MLflow runs to say how bright pictures are."""

from typing import Any

import mlflow
import pandas as pd


class Brightness(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        return pd.DataFrame([{"brightness": 0.25} for _ in model_input])


mlflow.models.set_model(Brightness())
'''
COMMAND = '''"""`fivenets brightness`."""

import typer

app = typer.Typer()


@app.command()
def brightness(image: str) -> None:
    """Says how bright a picture is."""
    print(f"{image}: 0.25")
'''
TRAIN = {
    "architecture": "one_layer",
    "epochs": 1,
    "batch_size": 32,
    "learning_rate": 0.001,
    "warmup_fraction": 0.1,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augmentation": {},
    "seed": 0,
}
FIVENETS = "import sys; sys.argv[0] = 'fivenets'; from fivenets.cli import main; main()"
NETWORK_FILES, TASK_FILES = 3, 2  # existing ones that adding one of these may touch
COMMANDS = {"flat": "classify photo.jpg", "bright": "brightness sign.png"}
# Of the gate, the tests of the plan, the graph and the rooms.
GATE = [f"tests/pipelines/test_{name}.py" for name in ("plan", "graph", "rooms", "imports")]


def add_network(clone: Clone) -> None:
    package = clone.folder / "src/fivenets/classification"
    (package / "one_layer.py").write_text(BUILDER)
    settings = package / "settings.py"
    known = '    "resnet50": Network('
    mine = '    "one_layer": Network("classification.one_layer"),\n'
    settings.write_text(settings.read_text().replace(known, mine + known))
    candidate = {"task": "classification", "registered": "flat"}
    candidate |= {"data": "classification", "scored_on": "classification"}
    add_parameters(
        clone,
        "flat",
        {"one-layer": candidate},
        {
            "one-layer": {"train": TRAIN, "evaluate": {"near_duplicate_similarity": 0.95}},
            "flat": {"register": {"metric": "accuracy", "minimum": 0}},
        },
    )


def add_task(clone: Clone) -> None:
    source = clone.folder / "src/fivenets"
    (source / "brightness").mkdir()
    (source / "brightness" / "__init__.py").write_text('"""How bright pictures are."""\n')
    (source / "brightness" / "task.py").write_text(TASK)
    (source / "brightness" / "settings.py").write_text(SETTINGS)
    (source / "runs/pyfunc/brightness.py").write_text(SERVICE)
    (source / "cli/brightness.py").write_text(COMMAND)
    tasks = source / "tasks.py"
    known = '    "faces": "fivenets.faces.task",\n'
    mine = '    "brightness": "fivenets.brightness.task",\n'
    tasks.write_text(tasks.read_text().replace(known, mine + known))
    candidate = {"task": "brightness", "registered": "bright"}
    candidate |= {"data": "classification", "scored_on": "classification"}
    add_parameters(
        clone,
        "bright",
        {"brightness": candidate},
        {
            "brightness": {"train": {"seed": 0}, "evaluate": {"pictures": 1}},
            "bright": {"register": {"metric": "brightness", "minimum": 0}},
        },
    )


def add_parameters(
    clone: Clone, registered: str, candidates: dict[str, Any], sections: dict[str, Any]
) -> None:
    yaml, file = YAML(), clone.folder / "params.yaml"
    settings = yaml.load(file)
    settings["trained"] |= candidates
    settings["registered"].append(registered)
    settings |= sections
    yaml.dump(settings, file)


def commit(clone: Clone) -> list[str]:
    """Commits all, and names the files that were there before."""
    clone.run("git", "add", "--all")
    changed = clone.run("git", "diff", "--cached", "--name-only", "--diff-filter=M").split()
    identity = ["-c", "user.name=Smoke", "-c", "user.email=smoke@example.org"]
    clone.run("git", *identity, "commit", "--quiet", "--allow-empty", "--message", "A toy")
    return [name for name in changed if name != "dvc.lock"]  # which DVC writes


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return tiny_clone(tmp_path_factory.mktemp("adding") / "clone", {})


@pytest.mark.parametrize(
    ("add", "limit", "registered", "model"),
    [
        (add_network, NETWORK_FILES, "flat", "one-layer"),
        (add_task, TASK_FILES, "bright", "brightness"),
    ],
    ids=["network", "task"],
)
def test_what_is_added_in_a_few_places_is_made_scored_and_registered(
    clone: Clone, add, limit: int, registered: str, model: str
) -> None:
    commit(clone)  # the results, with the toy before this one
    add(clone)
    changed = commit(clone)
    assert len(changed) <= limit, changed
    # Nothing else has to be touched for the tests' sake.
    clone.run("python", "-m", "pytest", "-q", *GATE, stderr=subprocess.STDOUT)
    clone.run("python", "pipelines/make/check.py")
    clone.run("dvc", "repro", f"register@{registered}", stderr=subprocess.STDOUT)
    decision = clone.json("reports", "registrations", f"{registered}.json")
    assert (decision["best"], decision["passed"]) == (model, True)
    store = f"sqlite:///{clone.folder}/mlflow.db"
    champion = MlflowClient(store, store).get_model_version_by_alias(registered, "champion")
    assert champion.tags["model"] == model
    if add is add_task:
        assert clone.run("python", "-c", FIVENETS, "brightness", "sign.png") == "sign.png: 0.25\n"
    # The results and the end of `make` show it, beside what git has of the other models.
    clone.run("dvc", "repro", "--single-item", "report", stderr=subprocess.STDOUT)
    rows = {row["model"]: row for row in clone.json("reports", "results.json")}
    assert (rows[model]["registered"], rows[model]["gate"]) == (registered, "champion")
    command = COMMANDS[registered]
    page = (clone.folder / "reports" / "results.html").read_text()
    shown = f".venv/bin/fivenets {command} --model {registered}".split()
    assert "".join(f"<span>{word}</span> " for word in shown) in page
    assert f"fivenets {command}" in clone.run("python", "pipelines/make/finish.py")


def test_contributing_names_the_files_that_are_touched() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    for name in (
        "settings.py",
        "params.yaml",
        "tasks.py",
        "task.py",
        "runs/pyfunc/",
        "cli/FOLDER.py",
        "demo/FOLDER.py",
    ):
        assert f"`{name}`" in text or f"/{name}`" in text, name
