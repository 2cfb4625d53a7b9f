"""Runs that have ended: found by their model's digest, or made again from a stage's outputs."""

import csv
import json
import logging
import shlex
import sys
import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run
from mlflow.exceptions import MlflowException

from fivenets.core import params
from fivenets.core.candidates import HISTORY_FILE, METRICS_FILE, RECORD_FILE
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.params import flatten
from fivenets.runs.tracking.store import answering, connect, experiment

log = logging.getLogger(__name__)

MODEL_TAG, DIGEST_TAG, LOCK_TAG = "model", "model_sha256", "dvc_lock_sha256"
SOURCES_TAG = "sources"  # each origin of what a training was given, as JSON
# Of a run that was begun and is not yet whole: what remembers it, or what it is rebuilt for.
ATTEMPT_TAG, REBUILDING_TAG = "attempt", "rebuilding"
SUPERSEDED_TAG = "superseded_by"  # the run that made the same model file later, as it says
SAID = ("git_commit", "git_dirty", "data", "data_digest")  # tags of where a model comes from
NOTE_TAG, SOURCE_TAG = "mlflow.note.content", "mlflow.source.name"  # as MLflow's pages show them
SCRIPTS = {"trained": "train", "converted": "convert", "off_graph": "train"}
SPLITS = {"training": "train", "evaluation": "test"}
DIFF_ARTIFACT, LOCK_ARTIFACT = "source/changes.diff", "source/dvc.lock"


@answering()
def run_of(client: mlflow.MlflowClient, model_file: Path, reports: Path) -> str:
    """The id of the run that made `model_file`, rebuilt from `reports` where the store has none,
    or one that the record in `reports` supersedes, as after a store that was away.

    Raises: UserError where the record in `reports` belongs to another model.
    """
    digest = sha256(model_file)
    run_id = next(iter(makers(client, digest)), None)
    if run_id and not _is_outdated(client, run_id, digest, reports):
        return run_id
    record = json.loads((reports / RECORD_FILE).read_text())
    if record[DIGEST_TAG] != digest:
        raise UserError(
            f"{model_file} is not the model that {reports / RECORD_FILE} is about: run `dvc repro`"
        )
    # What a rebuilding that was cut off has left, and a training whose store went away.
    halves = ((REBUILDING_TAG, digest), (ATTEMPT_TAG, record.get(ATTEMPT_TAG)))
    for tag, value in halves:
        for half in with_tag(client, tag, value):
            client.delete_run(half)
    outdated, run_id = run_id, create(client, record, {REBUILDING_TAG: digest})
    with (reports / HISTORY_FILE).open(newline="") as stream:
        for row in csv.DictReader(stream):
            metrics = {key: float(value) for key, value in row.items()}
            epoch = int(metrics.pop("epoch"))
            client.log_batch(run_id, metrics=points(metrics, epoch))
    client.log_metric(run_id, "training_seconds", record["seconds"])
    if (reports / METRICS_FILE).exists():
        log_evaluation(client, run_id, reports)
    client.set_tag(run_id, "rebuilt", "from the outputs of the pipeline")
    end(client, run_id)
    # Last: a run without its digest is not found, so a kill before this leaves no half of one.
    client.set_tag(run_id, DIGEST_TAG, digest)
    if outdated:
        client.set_tag(outdated, SUPERSEDED_TAG, run_id)
    client.delete_tag(run_id, REBUILDING_TAG)
    log.info("%s: its run was rebuilt in MLflow", record["name"])
    return run_id


@answering()
def log_evaluation(client: mlflow.MlflowClient, run_id: str, reports: Path) -> None:
    """Adds the numbers and pictures in `reports` to a run; a second time changes nothing."""
    run = client.get_run(run_id)
    present = run.data.metrics
    new = {
        f"test/{key}": value
        for key, value in evaluation_numbers(reports).items()
        if present.get(f"test/{key}") != value
    }
    if new:
        client.log_batch(run_id, metrics=points(new, step=0))
    for picture in sorted(reports.glob("pictures/*.png")):
        client.log_artifact(run_id, str(picture), "evaluation")
    client.log_artifact(run_id, str(reports / METRICS_FILE), "evaluation")
    client.log_inputs(run_id, datasets_of(scored_on(reports), "evaluation", given(run)))


def scored_on(reports: Path) -> list[dict[str, Any]]:
    """Records of what an evaluation was of: where it names no data, of what the model was made
    from, as photographs may come with weights."""
    said = json.loads((reports / METRICS_FILE).read_text()).get("scored_on")
    file = reports / RECORD_FILE
    return said or (json.loads(file.read_text()).get("sources", []) if file.exists() else [])


def evaluation_numbers(reports: Path) -> dict[str, float]:
    """The numbers of an evaluation, by dotted names, as a run holds them under `test/`."""
    numbers = flatten(json.loads((reports / METRICS_FILE).read_text()))
    return {
        key: value
        for key, value in numbers.items()
        # Numbers per class would fill the page with charts; they are in the artifact.
        if key.count(".") < 2 and isinstance(value, int | float)
    }


def makers(client: mlflow.MlflowClient, digest: str) -> list[str]:
    """The ids of the runs that made a model file, by its SHA-256, but for superseded ones."""
    found = client.search_runs([experiment(client)], f"tags.{DIGEST_TAG} = '{digest}'")
    return [run.info.run_id for run in found if SUPERSEDED_TAG not in run.data.tags]


def supersedes(client: mlflow.MlflowClient, record: Mapping[str, Any], run_id: str) -> bool:
    """Whether a later record of the same model is to take the place of the run that made it first.

    It is where it says otherwise, unless that run was of a clean commit and the record is not.
    """
    run = client.get_run(run_id)
    if run.data.tags.get("git_dirty") == "false" and record["tags"].get("git_dirty") != "false":
        return False
    of_run, of_record = (
        [tags.get(key) for key in SAID] for tags in (run.data.tags, record["tags"])
    )
    if of_run != of_record or run.data.params != record["parameters"]:
        return True
    return bool(record["diff"]) and record["diff"] != text_artifact(run_id, DIFF_ARTIFACT)


def _is_outdated(client: mlflow.MlflowClient, run_id: str, digest: str, reports: Path) -> bool:
    """Whether the record in `reports` is this model's, later than the run, and supersedes it."""
    file = reports / RECORD_FILE
    record = json.loads(file.read_text()) if file.exists() else {}
    return (
        record.get(DIGEST_TAG) == digest
        and record["started"] > client.get_run(run_id).info.start_time
        and supersedes(client, record, run_id)
    )


def with_tag(client: mlflow.MlflowClient, tag: str, value: str | None) -> list[str]:
    """The ids of the active runs that have `tag` with this value."""
    found = client.search_runs([experiment(client)], f"tags.{tag} = '{value}'")
    return [run.info.run_id for run in found]


def run_with_id(run_id: str) -> Run | None:
    """The active run of this id."""
    try:
        run = connect().get_run(run_id)
    except MlflowException:
        return None
    return run if run.info.lifecycle_stage == "active" else None


def text_artifact(run_id: str, path: str) -> str | None:
    """The text that a run keeps under `path`, if it keeps any."""
    client = connect()
    if path not in [file.path for file in client.list_artifacts(run_id, str(Path(path).parent))]:
        return None
    return mlflow.artifacts.load_text(f"runs:/{run_id}/{path}")


def end(client: mlflow.MlflowClient, run_id: str) -> None:
    """Lets a run end with its training, also where it was opened again to log more to it."""
    run = client.get_run(run_id)
    ended = run.info.start_time + int(1000 * run.data.metrics["training_seconds"])
    if (run.info.status, run.info.end_time) != ("FINISHED", ended):
        client.set_terminated(run_id, end_time=ended)


def create(client: mlflow.MlflowClient, record: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    shown = {SOURCE_TAG: command_of(record["name"]), "mlflow.source.type": "LOCAL"}
    run = client.create_run(
        experiment(client),
        record["started"],
        {**shown, **record["tags"], **tags},
        run_name=record["name"],
    )
    describe(client, run.info.run_id, record)
    return run.info.run_id


def command_of(name: str) -> str:
    """What makes the model of this name, as it is typed in the project's folder."""
    lists = params.load() if params.PARAMS_FILE.exists() else {}
    for section, script in SCRIPTS.items():
        if name in lists.get(section, {}):
            return f"python pipelines/{script}.py {name}"
    return shlex.join(["python", *sys.argv])  # of a study


def describe(client: mlflow.MlflowClient, run_id: str, record: Mapping[str, Any]) -> None:
    """Gives a run its parameters, its sources and its diff; a second time changes nothing."""
    parameters = [Param(key, value) for key, value in record["parameters"].items()]
    client.log_batch(run_id, params=parameters)
    if record.get("sources"):  # which two committed records do not say
        client.set_tag(run_id, SOURCES_TAG, json.dumps(record["sources"]))
        client.log_inputs(run_id, datasets_of(record["sources"], "training"))
    if record["diff"]:
        client.log_text(run_id, record["diff"], DIFF_ARTIFACT)


def given(run: Run) -> set[tuple[str, str]]:
    """Name and digest of each data set that a run was trained on, as MLflow has them."""
    return {
        (one.dataset.name, one.dataset.digest)
        for one in (run.inputs.dataset_inputs if run.inputs else ())
        if ("mlflow.data.context", "training") in ((tag.key, tag.value) for tag in one.tags)
    }


def datasets_of(
    sources: Sequence[Mapping[str, Any]],
    context: str,
    trained_on: Set[tuple[str, str]] = frozenset(),
) -> list[DatasetInput]:
    """Origins, as `Origin.record` has them, for MLflow's column of data sets.

    Args: context: what they were used for: training or evaluation. trained_on: data sets that the
        run has already. MLflow keeps one context of each, so these get a name of their own.
    """
    tags = [InputTag("mlflow.data.context", context), InputTag("split", SPLITS[context])]
    found = []
    for one in sources:
        name, digest = one["asset"], one["digest"][:36]  # MLflow keeps no more of a digest
        shown = f"{name} ({context})" if (name, digest) in trained_on else name
        found.append(DatasetInput(Dataset(shown, digest, one["kind"], json.dumps(one)), tags))
    return found


def points(values: Mapping[str, float], step: int) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(key, float(value), now, step) for key, value in values.items()]
