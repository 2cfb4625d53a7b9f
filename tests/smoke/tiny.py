"""The whole graph with tiny settings, in a clone of the last commit, and what stands in its store.

Where it is killed, tested and measured, it is this one.
"""

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

from mlflow import MlflowClient
from mlflow.entities import Run
from ruamel.yaml import YAML

from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256

PROJECT = Path(__file__).parents[2]
EPOCHS = {"signs-assignment": 2, "signs-compact": 3}
SMALL_FINE_SIGNS = {"epochs": 3, "image_size": 32}
NAME = "signs-cnn"
CANDIDATES = {  # of each registered name
    NAME: [*EPOCHS],
    "signs-resnet50": ["resnet50"],
    "yolov2": ["yolov2"],
    "yolov2-compact": ["yolov2-compact"],
    "unet": ["unet"],
    "facenet": ["facenet-nn4", "facenet-resnet"],
    "style-transfer": ["style-transfer"],
}
MODELS = [model for candidates in CANDIDATES.values() for model in candidates]
TRAINED = {"resnet50": 1, "yolov2-compact": 2, "unet": 1, "facenet-nn4": 2}  # epochs, beside EPOCHS
SMALL_DETECTOR = {"height": 64, "width": 80, "filters": 4, "pictures": 64}
SMALL_FINE_TUNING = {"height": 64, "width": 96, "pictures": 64, "epochs": 2}
SMALL_UNET = {"height": 32, "width": 48, "filters": 4}
SMALL_FINE_UNET = {"height": 64, "width": 96, "filters": 4, "epochs": 1}
STYLE = {"size": 64, "iterations": 3, "coarse_scales": 0}


# What differs between two runs of the same: keys, beside those that name seconds, and files.
TIMES = {"also", "attempt", "evidence", "dvc_lock_sha256", "peak_memory_mib", "started", "training"}
SHOW_TIMES = {"losses.png", "results.html", "results.md"}


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

    @contextlib.contextmanager
    def in_background(
        self,
        *words: str,
        stdout: Any = subprocess.DEVNULL,
        stderr: Any = subprocess.DEVNULL,
        **environment: str,
    ) -> Iterator[subprocess.Popen[str]]:
        """A command in a group of processes of its own, which is gone at the end."""
        with subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment | environment,
            stdout=stdout,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                kill(process)

    def json(self, *path: str) -> Any:
        return json.loads(self.folder.joinpath(*path).read_text())

    def digest(self, model: str) -> str:
        return sha256(self.folder / self.candidate(model).file)

    def candidate(self, model: str) -> Candidate:
        """Of a model of this clone, which knows where its files are."""
        [name] = [name for name, models in self.candidates.items() if model in models]
        return Candidate(model, "", name)

    def reported(self, model: str, file: str) -> Any:
        """What one of a model's reports says."""
        return self.json(str(self.candidate(model).reports / file))

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


def tiny_clone(folder: Path, candidates: dict[str, list[str]]) -> Clone:
    """A clone of the last commit with tiny settings."""
    clone = checkout(folder, candidates, PROJECT)
    make_tiny(clone)
    return clone


def checkout(folder: Path, candidates: dict[str, list[str]], source: Path) -> Clone:
    """A clone of `source`'s last commit, whose own code runs in it."""
    commands = Path(sys.executable).parent
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    # What is installed beside the virtual environment, such as pyspark, is found there too.
    beside = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    environment |= {
        "PATH": f"{commands}{os.pathsep}{environment['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(folder / "src"), *beside]),
    }
    subprocess.run(["git", "clone", "--quiet", source, folder], check=True)
    clone = Clone(folder, environment, candidates)
    module = clone.run("python", "-c", "import fivenets; print(fivenets.__file__)")
    assert module.strip() == str(folder / "src" / "fivenets" / "__init__.py")
    return clone


def make_tiny(clone: Clone) -> None:
    """Few epochs and a gate that all pass, committed: runs should say that nothing is changed."""
    yaml, file = YAML(), clone.folder / "params.yaml"
    settings = yaml.load(file)
    for model, epochs in (EPOCHS | TRAINED).items():
        settings[model]["train"]["epochs"] = epochs
    settings["signs-compact"]["train"]["fine_tuning"] |= SMALL_FINE_SIGNS
    settings["hands"] |= {"examples": 96, "drawn": 4, "views": 1}
    settings["objects"] |= {"train": "train[:20%]", "test": "test[:20%]"}
    settings["face-photographs"]["most_people"] = 150
    settings["yolov2-compact"]["train"] |= SMALL_DETECTOR
    settings["yolov2-compact"]["train"]["fine_tuning"] |= SMALL_FINE_TUNING
    settings["streets"] |= {"train": "train[:10%]", "test": "test[:10%]"}
    settings["unet"]["train"] |= SMALL_UNET
    settings["unet"]["train"]["fine_tuning"] |= SMALL_FINE_UNET
    for model in CANDIDATES["facenet"]:
        settings[model]["evaluate"]["recognition_repeats"] = 2
    settings["style-transfer"]["convert"]["jobs"][0]["settings"] |= STYLE
    for name in CANDIDATES.keys() - {"yolov2"}:  # a conversion is exact, however little is trained
        settings[name]["register"]["minimum"] = 0
        settings[name]["register"].pop("minimum_builtin", None)
    yaml.dump(settings, file)
    commit(clone, "Tiny settings")


def commit(clone: Clone, message: str) -> None:
    identity = ["-c", "user.name=Smoke", "-c", "user.email=smoke@example.org"]
    clone.run("git", *identity, "commit", "--quiet", "--all", "--message", message)


def start_over(clone: Clone, *kept: str) -> None:
    """Leaves what is in git, and those of its paths that are named."""
    clone.run("git", "checkout", "--quiet", ".")
    exceptions = [word for path in kept for word in ("--exclude", path)]
    clone.run("git", "clean", "-ffdx", "--quiet", *exceptions)


def state(clone: Clone) -> dict[str, Any]:
    """What must be the same however often the graph was killed.

    By the path of each output: what is in it; then the store, and what should not lie about.
    """
    client = clone.client
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    versions = client.search_model_versions()
    locked = YAML(typ="safe").load(clone.folder / "dvc.lock")["stages"]
    outputs = [clone.folder / out["path"] for stage in locked.values() for out in stage["outs"]]
    return {str(out.relative_to(clone.folder)): content(out) for out in outputs} | {
        "runs": sorted((run.data.tags["model"], run.info.status) for run in runs),
        "points": {
            f"{run.data.tags['model']} {name}": [
                (point.step, point.value)
                for point in client.get_metric_history(run.info.run_id, name)
            ]
            for run in runs
            for name in run.data.metrics
            if not name.startswith("system/") and not is_a_time(name)
        },
        "versions": sorted(
            (one.name, one.tags["model"], one.tags["model_sha256"]) for one in versions
        ),
        "aliases": {one.name: sorted(one.aliases) for one in client.search_registered_models()},
        "logged models": len(client.search_logged_models([experiment.experiment_id])),
        "left over": sorted(
            str(path.relative_to(clone.folder))
            for pattern in ("checkpoints/*", "data/.*", "models/**/.*", "reports/**/.*")
            for path in clone.folder.glob(pattern)
            if path.name != ".gitignore"
        ),
    }


def content(path: Path) -> Any:
    """What an output says, but for when it was made and how busy the machine was."""
    if not path.exists():
        return None
    if path.is_dir():
        return {one.name: content(one) for one in path.iterdir()}
    if path.suffix == ".json":
        return without_times(json.loads(path.read_text()))
    if path.suffix == ".csv":
        with path.open(newline="") as stream:
            return without_times(list(csv.DictReader(stream)))
    if path.name in SHOW_TIMES:
        return True
    return sha256(path)


def without_times(value: Any) -> Any:
    """JSON's value less what stands under a key that names a time."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if not is_a_time(key)}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def is_a_time(name: str) -> bool:
    """Whether a metric or key, the last part of `name`, says when or how fast, or how full."""
    return "seconds" in name or re.split("[./]", name)[-1] in TIMES


def kill(process: subprocess.Popen) -> None:
    """Kills a process with all that it has started; returns when nothing is left of them.

    While the system still lists a killed `dvc`, another takes its lock for a living one's.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for _ in range(200):  # 10 seconds: longer only where nobody collects orphans
            os.killpg(process.pid, 0)
            time.sleep(0.05)
    process.wait()
