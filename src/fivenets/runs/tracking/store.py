"""The MLflow store: which one it is, whether it answers, and the project's experiment in it."""

import os
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from fivenets.core.errors import UserError

EXPERIMENT = "fivenets"
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
    for folder in (here, *here.parents, Path(__file__).resolve().parents[4]):
        if (folder / "dvc.yaml").exists():
            return folder
    return here


def store_folder() -> Path:
    """Where mlflow.db is: the project, also for an experiment that DVC runs in a copy of it."""
    # Set by DVC for every stage; in a copy, to the project that was copied.
    return Path(os.environ["DVC_ROOT"]) if "DVC_ROOT" in os.environ else project_folder()


def experiment(client: mlflow.MlflowClient) -> str:
    """The id of the project's experiment, made where there is none."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found:
        return found.experiment_id
    is_local = mlflow.get_tracking_uri().startswith("sqlite:")
    artifacts = (store_folder() / "mlartifacts").as_uri() if is_local else None
    return client.create_experiment(EXPERIMENT, artifacts)
