"""MLflow runs, one per model, found again by the digest of the model's file.

A training stage logs to a live run and, at its end, leaves a record of it (`training.json`,
`history.csv`) among its outputs. Later stages find the run by the digest of the model file, or
build it again from the record: after `dvc pull`, a wiped store, or a server that was away.
"""

import os
import warnings

# A server that is away should be noticed in seconds; MLflow's own defaults take minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
# The default of 10 seconds leaves no points on a training of half a minute.
os.environ.setdefault("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "2")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# MLflow warns of a type hint of its own classes whenever it is imported.
warnings.filterwarnings("ignore", message=".*Any type hint is inferred")

from fivenets.runs.tracking.live import Training, training
from fivenets.runs.tracking.runs import (
    DIFF_ARTIFACT,
    DIGEST_TAG,
    LOCK_ARTIFACT,
    LOCK_TAG,
    NOTE_TAG,
    SOURCES_TAG,
    end,
    evaluation_numbers,
    log_evaluation,
    run_of,
    run_with_id,
    text_artifact,
)
from fivenets.runs.tracking.store import EXPERIMENT, answering, connect, store_name
