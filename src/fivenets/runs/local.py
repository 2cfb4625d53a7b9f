"""Where the project and its MLflow store are."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

SQLITE = "sqlite:///"


def project_folder() -> Path:
    """The folder that holds dvc.yaml: at or above this one, or the source checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if (folder / "dvc.yaml").exists():
            return folder
    return here


def thresholds_folder() -> Path:
    """Where `faces calibrate` keeps thresholds: beside the models of the project."""
    return project_folder() / "calibrations"


def store_folder() -> Path:
    """Where mlflow.db is: the project, also for an experiment that DVC runs in a copy of it."""
    # Set by DVC for every stage; in a copy, to the project that was copied.
    return Path(os.environ["DVC_ROOT"]) if "DVC_ROOT" in os.environ else project_folder()


def store_uri() -> str:
    """The store that MLFLOW_TRACKING_URI names, or that of `mlflow.db` in the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{store_folder()}/mlflow.db"


def missing_database() -> Path | None:
    """Where the database is to be that nobody has made yet, if the store is one on this machine."""
    uri = store_uri()
    if not uri.startswith(SQLITE) or "?" in uri or _database(uri).exists():
        return None
    return _database(uri)


def _database(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE)).absolute()


def asked(query: str, values: Sequence[str] = ()) -> list[tuple] | None:
    """The rows that the store gives to a query in SQL, without MLflow.

    None where the store is no database on this machine, or has no such tables.
    """
    uri = store_uri()
    if not uri.startswith(SQLITE) or "?" in uri:
        return None
    try:
        with closing(sqlite3.connect(f"{_database(uri).as_uri()}?mode=ro", uri=True)) as store:
            return store.execute(query, values).fetchall()
    except sqlite3.Error:
        return None
