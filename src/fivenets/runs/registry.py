"""The MLflow model registry: register past a gate, and load by name.

A registered model carries its own copy of this package, so that a version keeps answering as
it did on the day it was registered.
"""

import atexit
import base64
import logging
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mlflow
import mlflow.pyfunc
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import RESOURCE_ALREADY_EXISTS, ErrorCode, MlflowException
from mlflow.types import ParamSchema, ParamSpec

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.quiet import held_back_stderr
from fivenets.core.task import Service
from fivenets.core.versions import versions
from fivenets.runs import tracking
from fivenets.runs.exporting import PYFUNC, Exporter
from fivenets.runs.local import missing_database
from fivenets.runs.lookup import MADE_BY, none_registered, parts

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parents[1]
ENGINE_TAG = "answers_by"  # of every version: OpenVINO or Keras, and why
OWNER_TAG, OWNER = "made_by", "fivenets"  # of every registered model that this project makes
REQUIREMENTS = ("keras", "mlflow", "numpy", "openvino", "pandas", "pillow", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Entry:
    """A candidate as it becomes a version of the registered model `name`."""

    name: str
    run_id: str
    files: Mapping[str, Path]  # what the service's script reads: "model" is the .keras file
    service: Service
    card: str  # Markdown, the version's description
    tags: Mapping[str, str]
    export: Exporter = lambda _: ({}, "Keras")  # makes more files, by which a new version answers

    @cached_property
    def digest(self) -> str:
        """Of the model file or, where more files are served, of all of them."""
        digests = [sha256(file) for file in self.files.values()]
        return digests[0] if len(digests) == 1 else sha256(" ".join(digests).encode())

    @property
    def request(self) -> list[str]:
        """An example of what a client sends: pictures in base64."""
        picture = (PYFUNC / self.service.example).read_bytes()
        return [base64.b64encode(picture).decode()] * self.service.pictures


def register(entry: Entry) -> str:
    """Registers a model's files as a version of its name, once; returns the version's number.

    The same files made by another run, say from a clean commit, are another version.
    Raises: UserError where somebody else has a registered model of that name.
    """
    client = tracking.connect()
    claim(client, entry.name)
    version = _version_of(client, entry)
    if version is None:
        _delete_unregistered(client, entry.name, entry.run_id)
        version = _log_version(entry)
        log.info("%s: registered as version %s", entry.name, version)
    for key, value in entry.tags.items():
        client.set_model_version_tag(entry.name, version, key, value)
    client.update_model_version(entry.name, version, entry.card)
    tracking.end(client, entry.run_id)  # logging to the run has opened it again
    return version


def claim(client: mlflow.MlflowClient, name: str) -> None:
    """Makes the registered model `name` where there is none.

    Raises: UserError where there is one that this project has not made.
    """
    try:
        client.create_registered_model(name, {OWNER_TAG: OWNER})
        return
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
    if client.get_registered_model(name).tags.get(OWNER_TAG) != OWNER:
        raise UserError(
            f"the store at {tracking.store_name()} has a registered model {name} that this project "
            f"did not make: rename one of them, or give that one the tag {OWNER_TAG} = {OWNER} to "
            "let this project add versions to it and move its aliases"
        )


def model_file(model: str) -> Path:
    """The `.keras` file of a model, as `folder_of` finds it (see `lookup`)."""
    folder = folder_of(model)
    for file in folder.glob("*.keras"):
        return file
    raise UserError(f"{model} has no .keras file: expected one in {folder}")


def folder_of(model: str) -> Path:
    """The artifacts of NAME, NAME@ALIAS or NAME/VERSION, in any store.

    Raises: UserError where there is none; it names the models that there are.
    """
    return files_of(version_of(model)) / "artifacts"


def files_of(version: ModelVersion) -> Path:
    """The folder of all files of a version; fetched, for as long as this process runs, where the
    store is not on this machine.

    Raises: UserError where the store has lost them.
    """
    fetched = None
    if not mlflow.get_tracking_uri().startswith("sqlite:"):
        fetched = tempfile.mkdtemp(prefix="fivenets-")
        atexit.register(shutil.rmtree, fetched, ignore_errors=True)
    uri = f"models:/{version.name}/{version.version}"
    try:
        folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=fetched))
    except MlflowException:
        folder = None
    if folder is None or not any(file.is_file() for file in folder.rglob("*")):
        raise UserError(
            f"{version.name}, version {version.version} is registered, but the store holds none of "
            "its files: was the project moved? Its store names folders where it was before"
        )
    return folder


def version_of(model: str) -> ModelVersion:
    """The version that NAME, NAME@ALIAS or NAME/VERSION means.

    Raises: UserError where there is none; it names the models that there are.
    """
    name, version, alias = parts(model)
    if missing_database():  # MLflow would make a database that is not there
        raise UserError(none_registered(name))
    client = tracking.connect()
    try:
        if alias:
            version = client.get_model_version_by_alias(name, alias).version
        return client.get_model_version(name, version)
    except MlflowException:
        uri = f"{name}@{alias}" if model == name else model
        raise UserError(_unknown_model(client, name, uri)) from None


def _unknown_model(client: mlflow.MlflowClient, name: str, uri: str) -> str:
    models = {model.name: model for model in client.search_registered_models()}
    if not models:
        return none_registered(name)
    if name not in models:
        hint = f": run `{MADE_BY[name]}` first" if name in MADE_BY else ""
        return f"no model named {name} is registered{hint}; there are: {', '.join(sorted(models))}"
    if "@" in uri:
        there = sorted(models[name].aliases)
    else:
        versions = client.search_model_versions(f"name = '{name}'")
        there = sorted((str(one.version) for one in versions), key=int)
    kind = "aliases" if "@" in uri else "versions"
    return f"{uri} is not registered; {kind} of {name}: {', '.join(there) or 'none'}"


def _version_of(client: mlflow.MlflowClient, entry: Entry) -> str | None:
    # Not by a filter on the tag: its absence from a file store's index would cost a duplicate.
    for version in client.search_model_versions(f"name = '{entry.name}'"):
        is_same = version.tags.get(tracking.DIGEST_TAG) == entry.digest
        if is_same and version.run_id == entry.run_id:
            return version.version
    return None


def _delete_unregistered(client: mlflow.MlflowClient, name: str, run_id: str) -> None:
    """Deletes models that a registration as `name` logged to the run before it was killed.

    Those of other names, and those that any name has a version of, are left alone.
    """
    experiment = client.get_run(run_id).info.experiment_id
    logged = client.search_logged_models(
        [experiment], f"source_run_id = '{run_id}' AND name = '{name}'"
    )
    for model in logged:
        if not client.search_model_versions(f"source_path = '{model.model_uri}'"):
            client.delete_logged_model(model.model_id)


def _log_version(entry: Entry) -> str:
    request, options = entry.request, dict(entry.service.options)
    with (
        tempfile.TemporaryDirectory(prefix="fivenets-export-") as folder,
        warnings.catch_warnings(),
        mlflow.start_run(run_id=entry.run_id, log_system_metrics=False),
    ):
        exported, engine = entry.export(Path(folder))
        # MLflow warns thrice, past any filter, that list[Any] is not validated. It is meant:
        # docs/decisions/0003.
        warnings.showwarning = lambda *_, **__: None
        info = mlflow.pyfunc.log_model(
            name=entry.name,
            python_model=str(PYFUNC / entry.service.script),
            artifacts={key: str(file) for key, file in {**entry.files, **exported}.items()},
            code_paths=[str(PACKAGE)],
            input_example=(request, options) if options else request,
            pip_requirements=_requirements(entry.service.requirements),
        )
        # From the type hints, MLflow knows that a list goes in, and not which columns come out.
        model = mlflow.pyfunc.load_model(info.model_uri)
        columns = model.predict(request, options or None)
        inferred = mlflow.models.infer_signature(request, columns, options or None)
        # What a request leaves out is as the model has it, and not as in the example.
        params = inferred.params and ParamSchema(
            [ParamSpec(param.name, param.dtype, None) for param in inferred.params]
        )
        signature = mlflow.models.ModelSignature(info.signature.inputs, inferred.outputs, params)
        # Else the scoring server makes one array of the request, and two pictures of a pair.
        signature._is_signature_from_type_hint = True
        mlflow.models.set_signature(info.model_uri, signature)
        # With its digest from the start: a version without it would be registered again.
        tags = {tracking.DIGEST_TAG: entry.digest, ENGINE_TAG: engine}
        with held_back_stderr():  # it says that the name exists already, whoever has made it
            registered = mlflow.register_model(info.model_uri, entry.name, tags=tags)
    return str(registered.version)


def _requirements(more: Sequence[str]) -> list[str]:
    known = versions((*REQUIREMENTS, *more, "tensorflow-cpu", "tensorflow"))
    if "tensorflow-cpu" in known:
        known.pop("tensorflow", None)
    return [f"{package}=={version}" for package, version in known.items()]
