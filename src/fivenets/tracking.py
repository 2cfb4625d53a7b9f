"""MLflow runs, one per model, found again by the digest of the model's file.

A training stage logs to a live run and, at its end, leaves a record of it (`training.json`,
`history.csv`) among its outputs. Later stages find the run by the digest of the model file, or
build it again from the record: after `dvc pull`, a wiped store, or a server that was away.
"""

import csv
import json
import logging
import os
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# A server that is away should be noticed in seconds; MLflow's own defaults take minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
# The default of 10 seconds leaves no points on a training of half a minute.
os.environ.setdefault("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "2")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# MLflow warns of a type hint of its own classes whenever it is imported.
warnings.filterwarnings("ignore", message=".*Any type hint is inferred")

import mlflow
import numpy as np
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor
from sqlalchemy.exc import SQLAlchemyError

from fivenets import files, git
from fivenets.digests import sha256
from fivenets.errors import UserError
from fivenets.params import flatten

log = logging.getLogger(__name__)

EXPERIMENT = "fivenets"
MODEL_TAG, DIGEST_TAG, LOCK_TAG = "model", "model_sha256", "dvc_lock_sha256"
EXPERIMENT_TAG = "dvc_experiment"
# Of a run that was begun and is not yet whole: what remembers it, or what it is rebuilt for.
ATTEMPT_TAG, REBUILDING_TAG = "attempt", "rebuilding"
LOCK_FILE = Path("dvc.lock")
RECORD_FILE, HISTORY_FILE, METRICS_FILE = "training.json", "history.csv", "metrics.json"
DIFF_ARTIFACT, LOCK_ARTIFACT = "source/changes.diff", "source/dvc.lock"
STORE_ERRORS = (MlflowException, SQLAlchemyError)


def connect() -> mlflow.MlflowClient:
    """A client of the store that MLFLOW_TRACKING_URI names, or of `mlflow.db` in the project.

    Raises: UserError where that store does not answer.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{store_folder()}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        client = mlflow.MlflowClient()
        client.search_experiments(max_results=1)
    except (*STORE_ERRORS, OSError):
        raise UserError(f"the MLflow store at {uri} does not answer") from None
    return client


def project_folder() -> Path:
    """The folder that holds dvc.yaml: at or above this one, or the source checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "dvc.yaml").exists():
            return folder
    return here


def store_folder() -> Path:
    """Where mlflow.db is: the project, also for an experiment that DVC runs in a copy of it."""
    # Set by DVC for every stage; in a copy, to the project that was copied.
    return Path(os.environ["DVC_ROOT"]) if "DVC_ROOT" in os.environ else project_folder()


class Training:
    """A live run of one training. When the store goes away, training goes on without it."""

    def __init__(self, client: mlflow.MlflowClient, run_id: str, record: dict[str, Any]):
        self.client = client
        self.run_id = run_id
        self.record = record
        self.is_connected = True
        self.logged_epochs = _logged_epochs(client, run_id)  # by the try that was cut off

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Logs the metrics of one epoch, counted from 0."""
        with self._while_connected():
            if self.is_connected and epoch not in self.logged_epochs:
                self.client.log_batch(self.run_id, metrics=_metrics(metrics, epoch))

    def log_image(self, image_rgb_uint8: np.ndarray, key: str, step: int) -> None:
        """Logs a picture (height, width, 3) of what has become of `key` by `step`."""
        with self._while_connected():
            if self.is_connected:
                self.client.log_image(self.run_id, image_rgb_uint8, key=key, step=step)

    def finish(self, model_file: Path, rows: list[dict[str, float]], out: Path) -> None:
        """Leaves the record of the training in `out`, and lets the run be found by its model."""
        digest, seconds = sha256(model_file), sum(row["seconds"] for row in rows)
        self.record |= {DIGEST_TAG: digest, "seconds": seconds}
        files.write_text(out / RECORD_FILE, json.dumps(self.record, indent=2) + "\n")
        write_rows(out / HISTORY_FILE, rows)
        with self._while_connected():
            has_gaps = not self.is_connected  # the store went away and came back
            if has_gaps or find_run(self.client, digest) not in (None, self.run_id):
                # Rebuilt from the record where it has gaps. Else, as training repeats exactly,
                # an earlier run has made this very model.
                self.client.delete_run(self.run_id)
            else:
                self.client.set_tag(self.run_id, DIGEST_TAG, digest)
                if "training_seconds" not in self.client.get_run(self.run_id).data.metrics:
                    self.client.log_metric(self.run_id, "training_seconds", seconds)
                end(self.client, self.run_id)
                self.client.delete_tag(self.run_id, ATTEMPT_TAG)

    def fail(self) -> None:
        """Marks the run as one that ended without a model."""
        with self._while_connected():
            self.client.set_terminated(self.run_id, "FAILED")

    @contextmanager
    def _while_connected(self) -> Iterator[None]:
        try:
            yield
        except STORE_ERRORS as error:
            if self.is_connected:
                log.warning("MLflow went away, `make` will rebuild the run: %s", _sentence(error))
            self.is_connected = False


@contextmanager
def training(
    name: str, parameters: Mapping[str, Any], source: Mapping[str, Any], run_file: Path
) -> Iterator[Training]:
    """Opens the live run of one training, or goes on with the run that was cut off.

    Args:
        source: what the data was made from (source.json).
        run_file: remembers the open run until its training has ended.
    Raises: UserError where the store does not answer at the start.
    """
    client = connect()
    record = {
        "name": name,
        "started": int(time.time() * 1000),
        "parameters": {key: str(value) for key, value in flatten(parameters).items()},
        "tags": {
            MODEL_TAG: name,
            "data": f"{source['asset']} ({source['origin']})",
            "data_digest": source["digest"],
            **git.state(),
            **_lock_state(),
            **_dvc_experiment(),
        },
        "diff": git.diff(),
        ATTEMPT_TAG: uuid.uuid4().hex,  # by which a run that is not whole is found
    }
    run_id = _cut_off_run(client, run_file, record)
    if run_id is None:
        # Before the run: a kill in between must not leave one that nothing remembers.
        files.write_text(run_file, json.dumps(record))
        run_id = _create_run(client, record, {ATTEMPT_TAG: record[ATTEMPT_TAG]})
    if LOCK_TAG in record["tags"]:
        client.log_artifact(run_id, str(LOCK_FILE), str(Path(LOCK_ARTIFACT).parent))
    run = Training(client, run_id, record)
    monitor = SystemMetricsMonitor(run_id, resume_logging=True)
    monitor.start()
    try:
        yield run
    except BaseException:
        run.fail()
        raise
    finally:
        monitor.finish()
    run_file.unlink()


def run_of(client: mlflow.MlflowClient, model_file: Path, reports: Path) -> str:
    """The id of the run that made `model_file`, rebuilt from `reports` where the store has none.

    Raises: UserError where the record in `reports` is of another model.
    """
    digest = sha256(model_file)
    run_id = find_run(client, digest)
    if run_id:
        return run_id
    record = json.loads((reports / RECORD_FILE).read_text())
    if record[DIGEST_TAG] != digest:
        raise UserError(
            f"{model_file} is not the model that {reports / RECORD_FILE} is about: run `dvc repro`"
        )
    # What a rebuilding that was cut off has left, and a training whose store went away.
    halves = ((REBUILDING_TAG, digest), (ATTEMPT_TAG, record.get(ATTEMPT_TAG)))
    for tag, value in halves:
        for half in _search(client, tag, value):
            client.delete_run(half)
    run_id = _create_run(client, record, {REBUILDING_TAG: digest})
    with (reports / HISTORY_FILE).open(newline="") as stream:
        for row in csv.DictReader(stream):
            metrics = {key: float(value) for key, value in row.items()}
            epoch = int(metrics.pop("epoch"))
            client.log_batch(run_id, metrics=_metrics(metrics, epoch))
    client.log_metric(run_id, "training_seconds", record["seconds"])
    if (reports / METRICS_FILE).exists():
        log_evaluation(client, run_id, reports)
    client.set_tag(run_id, "rebuilt", "from the outputs of the pipeline")
    end(client, run_id)
    # Last: a run without its digest is not found, so a kill before this leaves no half of one.
    client.set_tag(run_id, DIGEST_TAG, digest)
    client.delete_tag(run_id, REBUILDING_TAG)
    log.info("%s: its run was rebuilt in MLflow", record["name"])
    return run_id


def log_evaluation(client: mlflow.MlflowClient, run_id: str, reports: Path) -> None:
    """Adds the numbers and pictures in `reports` to a run; a second time changes nothing."""
    present = client.get_run(run_id).data.metrics
    new = {
        f"test/{key}": value
        for key, value in evaluation_numbers(reports).items()
        if present.get(f"test/{key}") != value
    }
    if new:
        client.log_batch(run_id, metrics=_metrics(new, step=0))
    for picture in sorted(reports.glob("*.png")):
        client.log_artifact(run_id, str(picture), "evaluation")
    client.log_artifact(run_id, str(reports / METRICS_FILE), "evaluation")


def evaluation_numbers(reports: Path) -> dict[str, float]:
    """The numbers of an evaluation, by dotted names, as a run holds them under `test/`."""
    numbers = flatten(json.loads((reports / METRICS_FILE).read_text()))
    return {
        key: value
        for key, value in numbers.items()
        # Numbers per class would fill the page with charts; they are in the artifact.
        if key.count(".") < 2 and isinstance(value, int | float)
    }


def find_run(client: mlflow.MlflowClient, digest: str) -> str | None:
    """The id of the run whose model file has this SHA-256."""
    return next(iter(_search(client, DIGEST_TAG, digest)), None)


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


def write_rows(file: Path, rows: list[dict[str, float]]) -> None:
    """Writes rows of one set of keys as CSV."""
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _create_run(
    client: mlflow.MlflowClient, record: Mapping[str, Any], tags: Mapping[str, str]
) -> str:
    run = client.create_run(
        _experiment(client), record["started"], {**record["tags"], **tags}, run_name=record["name"]
    )
    _describe(client, run.info.run_id, record)
    return run.info.run_id


def _describe(client: mlflow.MlflowClient, run_id: str, record: Mapping[str, Any]) -> None:
    """Gives a run its parameters and its diff; a second time changes nothing."""
    parameters = [Param(key, value) for key, value in record["parameters"].items()]
    client.log_batch(run_id, params=parameters)
    if record.get("diff"):  # older records have no such entry
        client.log_text(run_id, record["diff"], DIFF_ARTIFACT)


def _lock_state() -> dict[str, str]:
    """The digest of dvc.lock as it was when the training started: of all that it was given."""
    return {LOCK_TAG: sha256(LOCK_FILE)} if LOCK_FILE.exists() else {}


def _dvc_experiment() -> dict[str, str]:
    """The name that `dvc exp run` gave to what is running, where that is what runs."""
    name = os.environ.get("DVC_EXP_NAME")
    return {EXPERIMENT_TAG: name} if name else {}


def _cut_off_run(client: mlflow.MlflowClient, run_file: Path, record: dict[str, Any]) -> str | None:
    """The run that `run_file` remembers, if it was of the same training; else it is removed."""
    if not run_file.exists():
        return None
    left = json.loads(run_file.read_text())
    run_id = next(iter(_search(client, ATTEMPT_TAG, left.get(ATTEMPT_TAG))), None)
    if run_id is None:  # another store, or killed before there was a run
        return None
    has_same_data = left["tags"]["data_digest"] == record["tags"]["data_digest"]
    if has_same_data and all(left[key] == record[key] for key in ("name", "parameters")):
        record[ATTEMPT_TAG] = left[ATTEMPT_TAG]
        client.update_run(run_id, status="RUNNING")
        for key, value in record["tags"].items():  # the commit may be another by now
            client.set_tag(run_id, key, value)
        _describe(client, run_id, record)
        return run_id
    client.delete_run(run_id)
    return None


def _logged_epochs(client: mlflow.MlflowClient, run_id: str) -> set[int]:
    names = client.get_run(run_id).data.metrics
    return {
        point.step
        for name in names
        if not name.startswith("system/")
        for point in client.get_metric_history(run_id, name)
    }


def _search(client: mlflow.MlflowClient, tag: str, value: str | None) -> list[str]:
    """The ids of the active runs that have `tag` with this value."""
    found = client.search_runs([_experiment(client)], f"tags.{tag} = '{value}'")
    return [run.info.run_id for run in found]


def _experiment(client: mlflow.MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found:
        return found.experiment_id
    is_local = mlflow.get_tracking_uri().startswith("sqlite:")
    artifacts = (store_folder() / "mlartifacts").as_uri() if is_local else None
    return client.create_experiment(EXPERIMENT, artifacts)


def _metrics(values: Mapping[str, float], step: int) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(key, float(value), now, step) for key, value in values.items()]


def _sentence(error: Exception) -> str:
    return str(error).partition("\n")[0]
