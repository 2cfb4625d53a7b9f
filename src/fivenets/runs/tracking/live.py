"""The live run of a training: logged to as it goes, resumed after a kill, done without."""

import json
import logging
import math
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from fivenets.core import files
from fivenets.core.candidates import HISTORY_FILE, RECORD_FILE
from fivenets.core.digests import sha256
from fivenets.core.masking import masked
from fivenets.core.params import flatten
from fivenets.core.task import Log
from fivenets.runs import git
from fivenets.runs.tracking.runs import (
    ATTEMPT_TAG,
    DIFF_ARTIFACT,
    DIGEST_TAG,
    LOCK_ARTIFACT,
    LOCK_TAG,
    MODEL_TAG,
    SUPERSEDED_TAG,
    create,
    describe,
    end,
    makers,
    points,
    supersedes,
    with_tag,
)
from fivenets.runs.tracking.store import STORE_ERRORS, answering, connect
from fivenets.sources.origin import Origin, digest_of, in_words

log = logging.getLogger(__name__)

EXPERIMENT_TAG = "dvc_experiment"
ALIKE = 1e-3  # the relative difference of an epoch's losses, on another machine as well
LOCK_FILE = Path("dvc.lock")


class Training(Log):
    """A live run of one training. When the store goes away, training continues without it."""

    def __init__(self, client: mlflow.MlflowClient, run_id: str, record: dict[str, Any]):
        self.client = client
        self.run_id = run_id
        self.record = record
        self.is_connected = True
        self.has_gaps = False  # or points of another training: to be rebuilt from its record
        self.logged_epochs = _logged_epochs(client, run_id)  # by the try that was cut off

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        if epoch in self.logged_epochs:
            # As training repeats exactly, another loss means other code or other pictures.
            before, loss = self.logged_epochs[epoch], metrics.get("loss")
            if before is not None and loss is not None:
                self.has_gaps |= not math.isclose(before, loss, rel_tol=ALIKE)
            return
        with self._while_connected():
            if self.is_connected:
                self.client.log_batch(self.run_id, metrics=points(metrics, epoch))

    def log_image(self, image_rgb_uint8: np.ndarray, key: str, step: int) -> None:
        with self._while_connected():
            if self.is_connected:
                self.client.log_image(self.run_id, image_rgb_uint8, key=key, step=step)

    def finish(self, model_file: Path, rows: list[dict[str, float]], out: Path) -> None:
        """Leaves the record of the training in `out`, and lets the run be found by its model."""
        digest, seconds = sha256(model_file), sum(row["seconds"] for row in rows)
        self.record |= {DIGEST_TAG: digest, "seconds": seconds}
        files.write_text(out / RECORD_FILE, json.dumps(self.record, indent=2) + "\n")
        files.write_rows(out / HISTORY_FILE, rows)
        with self._while_connected():
            earlier = [run for run in makers(self.client, digest) if run != self.run_id]
            has_gaps = self.has_gaps or not self.is_connected  # the store went away and came back
            is_new = all(supersedes(self.client, self.record, run) for run in earlier)
            if has_gaps or not is_new:
                # Rebuilt from the record where it has gaps. Else, as training repeats exactly,
                # an earlier run has made this very model, from the same or from cleaner code.
                self.client.delete_run(self.run_id)
                if not is_new:
                    log.info("%s: as an earlier run made it, which stays", self.record["name"])
            else:
                if "training_seconds" not in self.client.get_run(self.run_id).data.metrics:
                    self.client.log_metric(self.run_id, "training_seconds", seconds)
                end(self.client, self.run_id)
                # Only now is it found by its model: it is whole.
                self.client.set_tag(self.run_id, DIGEST_TAG, digest)
                for run in earlier:  # kept: versions that were registered from it name it
                    self.client.set_tag(run, SUPERSEDED_TAG, self.run_id)
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
                why = masked(str(error).partition("\n")[0])
                log.warning("MLflow went away, `make` will rebuild the run: %s", why)
            self.is_connected = False


@contextmanager
def training(
    name: str, parameters: Mapping[str, Any], sources: Sequence[Origin], run_file: Path
) -> Iterator[Training]:
    """Opens the live run of one training, or resumes the run that was cut off.

    Args:
        sources: all that the training is given: data, and weights to start from.
        run_file: remembers the open run until its training has ended.
    Raises: UserError where the store does not answer at the start or refuses a run, or git does
        not say what the code is.
    """
    client = connect()
    record = {
        "name": name,
        "started": int(time.time() * 1000),
        "parameters": {key: str(value) for key, value in flatten(parameters).items()},
        "tags": {
            MODEL_TAG: name,
            "data": in_words(sources),
            "data_digest": digest_of(sources),
            **git.state(),
            **_lock_state(),
            **_dvc_experiment(),
        },
        "sources": [origin.record() for origin in sources],
        "diff": git.diff(),
        ATTEMPT_TAG: uuid.uuid4().hex,  # by which a run that is not whole is found
    }
    with answering():
        run_id = _cut_off_run(client, run_file, record)
        if run_id is None:
            # Before the run: a kill in between must not leave one that nothing remembers.
            files.write_text(run_file, json.dumps(record))
            run_id = create(client, record, {ATTEMPT_TAG: record[ATTEMPT_TAG]})
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
    run_id = next(iter(with_tag(client, ATTEMPT_TAG, left.get(ATTEMPT_TAG))), None)
    if run_id is None:  # another store, or killed before there was a run
        return None
    has_same_data = left["tags"]["data_digest"] == record["tags"]["data_digest"]
    if has_same_data and all(left[key] == record[key] for key in ("name", "parameters")):
        record[ATTEMPT_TAG] = left[ATTEMPT_TAG]
        client.update_run(run_id, status="RUNNING")
        for key, value in record["tags"].items():  # the commit may have changed
            client.set_tag(run_id, key, value)
        describe(client, run_id, record)
        if left["diff"] and not record["diff"]:
            client.log_text(run_id, "", DIFF_ARTIFACT)
        return run_id
    client.delete_run(run_id)
    return None


def _logged_epochs(client: mlflow.MlflowClient, run_id: str) -> dict[int, float | None]:
    """Epochs that the run has points of, each with its loss, where that is among them."""
    names = [name for name in client.get_run(run_id).data.metrics if not name.startswith("system/")]
    points = [point for name in names for point in client.get_metric_history(run_id, name)]
    losses = {point.step: point.value for point in points if point.key == "loss"}
    return {point.step: losses.get(point.step) for point in points}
