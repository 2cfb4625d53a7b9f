"""The MLflow store: which one it is, whether it answers, and the project's experiment in it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from fivenets.core.errors import UserError, is_full_disk
from fivenets.core.masking import masked
from fivenets.runs.local import SQLITE, missing_database, store_folder, store_uri

EXPERIMENT = "fivenets"
EXPERIMENT_TAGS = {
    "mlflow.note.content": "Models of the course on convolutional networks. Each run is of one "
    "that was trained or converted: curve, evaluation (`test/`), registered version.",
    # Else MLflow opens on its pages of language models.
    "mlflow.experimentKind": "custom_model_development",
}
SCHEMES = ("databricks", "http", "https", "mssql", "mysql", "postgresql", "sqlite")
DRIVERS = {  # of databases, by the module that Python misses: what pip calls them
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}


class StoreError(UserError):
    """The store cannot be used as it is."""


REFUSALS = (MlflowException, SQLAlchemyError, RequestException)  # the last, of artifacts
STORE_ERRORS = (*REFUSALS, StoreError)


def connect() -> mlflow.MlflowClient:
    """A client of the store that MLFLOW_TRACKING_URI names, or of `mlflow.db` in the project.

    Raises: StoreError where that store does not answer, or cannot be one. A full disk is left to
        `errors.reported`.
    """
    uri = store_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        if database := missing_database():
            _make(database)
        client = mlflow.MlflowClient()
        client.search_experiments(max_results=1)
    except ImportError as error:
        missing = error.name or "?"
        raise StoreError(
            f"the MLflow store at {masked(uri)} needs the Python package {missing}, which is not "
            f"installed: `pip install {DRIVERS.get(missing, missing)}`, or name an MLflow server's "
            "http address, which needs none"
        ) from None
    except (*STORE_ERRORS, OSError, ValueError) as error:  # ValueError: http://[::1
        if is_full_disk(error):
            raise
        raise StoreError(_unusable(uri)) from None
    return client


@contextmanager
def answering() -> Iterator[None]:
    """A block in which what the store refuses, as one that may only be read, is a StoreError."""
    try:
        yield
    except REFUSALS as error:
        if is_full_disk(error):
            raise
        # SQLAlchemy says first what it was about to do.
        lines = [line for line in str(error).splitlines() if not line.startswith("(raised as")]
        why = masked(next(iter(lines), "no reason is given"))
        raise StoreError(f"the MLflow store at {store_name()} refused: {why}") from error


def store_name() -> str:
    """The address of the store that `connect` has chosen, without a password."""
    return masked(mlflow.get_tracking_uri())


def experiment(
    client: mlflow.MlflowClient, name: str = EXPERIMENT, tags: dict[str, Any] = EXPERIMENT_TAGS
) -> str:
    """The id of the project's experiment of this name, made where there is none."""
    found = client.get_experiment_by_name(name)
    if found and found.lifecycle_stage == "deleted":
        raise StoreError(
            f"the experiment {name} was deleted in the MLflow store at {store_name()}: "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}` brings it back, "
            "`mlflow gc` removes it for good"
        )
    if found:
        return found.experiment_id
    is_local = mlflow.get_tracking_uri().startswith("sqlite:")
    artifacts = (store_folder() / "mlartifacts").as_uri() if is_local else None
    return client.create_experiment(name, artifacts, tags)


def _make(database: Path) -> None:
    """Makes MLflow's tables, all of them or none: it never opens a database that has some of them,
    as after a kill or on a full disk."""
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=f"{database.name}.") as folder:
        part = Path(folder, database.name)
        uri = f"{SQLITE}{part}"
        mlflow.MlflowClient(uri, uri).search_experiments(max_results=1)
        try:
            os.link(part, database)  # not over that of another process, which was sooner
        except OSError:
            if not database.exists():  # the file system has no links
                os.replace(part, database)


def _unusable(uri: str) -> str:
    """Why MLflow cannot open the store, and what to do."""
    scheme, separator, _ = uri.partition(":")
    if scheme == "file" or (not separator and uri != "databricks"):
        return (
            f"MLFLOW_TRACKING_URI names a folder, {masked(uri)}, in which MLflow keeps no runs any "
            "more: name a database, such as sqlite:////path/to/mlflow.db, or a server's http "
            "address; `mlflow migrate-filestore` takes the folder's runs over"
        )
    if scheme.partition("+")[0] not in SCHEMES:
        return (
            "MLFLOW_TRACKING_URI should start with http://, https://, sqlite:///, postgresql:// or "
            f"mysql://, it is {masked(uri)}"
        )
    return f"the MLflow store at {masked(uri)} does not answer"
