"""A user names a model in one of four ways, and is told what there is where none is meant."""

import base64
import re
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from fivenets.classification.architectures import build
from fivenets.classification.classifier import Classifier
from fivenets.core.errors import UserError
from fivenets.runs import lookup, registry, tracking

with warnings.catch_warnings(record=True):  # MLflow warns, past any filter, of list[Any]
    from fivenets.runs.pyfunc.image_classifier import ImageClassifier


@pytest.fixture(scope="module")
def store(project: Path) -> Path:
    """A project whose store holds two versions of `digits`, the first as champion."""
    client = tracking.connect()
    client.create_registered_model("digits")
    for version in ("1", "2"):
        model_file = project / version / "artifacts" / "digits.keras"
        model_file.parent.mkdir(parents=True)
        model_file.write_text(f"version {version}")
        client.create_model_version("digits", str(project / version))
    tracking.connect().set_registered_model_alias("digits", "champion", "1")
    tracking.connect().set_registered_model_alias("digits", "newest", "2")
    return project


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("given", "content"),
    [
        ("digits", "version 1"),
        ("digits@champion", "version 1"),
        ("digits@newest", "version 2"),
        ("digits/2", "version 2"),
    ],
)
def test_a_name_an_alias_and_a_version_lead_to_their_file(given: str, content: str) -> None:
    assert registry.model_file(given).read_text() == content
    read = lookup.registered_file(given)  # without MLflow
    assert read is not None
    assert read.read_text() == content


def test_a_file_is_taken_as_it_is_without_asking_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    file = tmp_path / "digits.keras"
    file.touch()
    assert lookup.model_file(str(file)) == file


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("letters", "no model named letters is registered; there are: digits"),
        ("letters@champion", "no model named letters is registered; there are: digits"),
        (
            "locator",
            "no model named locator is registered: run `make locator` first; there are: digits",
        ),
        ("digits@oldest", "digits@oldest is not registered; aliases of digits: champion, newest"),
        ("digits/3", "digits/3 is not registered; versions of digits: 1, 2"),
        ("digits/first", "digits/first is not registered; versions of digits: 1, 2"),
        ("missing.keras", "missing.keras: no such model file"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(given: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        lookup.model_file(given)
    assert str(caught.value) == sentence


def test_what_is_said_to_make_a_model_registers_it() -> None:
    text = (Path(__file__).parents[2] / "Makefile").read_text()
    rules = re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    registering = [(rule, re.search(r"register\.py ([a-z-]+)", lines)) for rule, lines in rules]
    found = {name[1]: f"make {rule}" for rule, name in registering if name}
    assert found == lookup.MADE_BY


def test_an_empty_registry_says_run_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(UserError) as caught:
        lookup.model_file("digits")
    assert str(caught.value) == (
        f"no model is registered in {uri}: run `make` first, or name a .keras file"
    )


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("digits", ("digits", "", "champion")),
        ("digits@newest", ("digits", "", "newest")),
        ("digits/2", ("digits", "2", "")),
    ],
)
def test_a_name_has_a_version_or_an_alias(model: str, parts: tuple[str, str, str]) -> None:
    assert lookup.parts(model) == parts


def test_a_name_with_both_is_refused(store: Path) -> None:
    with pytest.raises(UserError, match=r"received digits/2@champion$"):
        lookup.model_file("digits/2@champion")


def test_a_version_whose_files_are_gone_is_a_sentence(store: Path) -> None:
    client = tracking.connect()
    shutil.copytree(store / "2", store / "3")
    client.create_model_version("digits", str(store / "3"))
    tracking.connect().set_registered_model_alias("digits", "wiped", "3")
    shutil.rmtree(store / "3")
    with pytest.raises(UserError, match=r"^digits, version 3 is registered, but the store holds"):
        lookup.model_file("digits@wiped")
    client.delete_model_version("digits", "3")


def test_the_tables_are_those_of_the_mlflow_that_is_installed(store: Path) -> None:
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        found = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(lookup.SCHEMA,)]


def changed(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """Names a copy of the store in which a statement of SQL was run."""
    shutil.copy(store / "mlflow.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute(statement)
        database.commit()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = 'newer'",
        "DROP TABLE alembic_version",
        "ALTER TABLE model_versions RENAME COLUMN storage_location TO place",
        "UPDATE model_versions SET storage_location = 's3://bucket/digits'",
        "UPDATE model_versions SET storage_location = NULL",
        "UPDATE model_versions SET status = 'PENDING_REGISTRATION'",
        "UPDATE model_versions SET current_stage = 'Deleted_Internal'",
        "UPDATE model_versions SET workspace = 'other'",
    ],
)
def test_of_a_store_that_is_not_as_expected_mlflow_is_asked(
    statement: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(store, tmp_path, monkeypatch, statement)
    monkeypatch.setattr(registry, "model_file", lambda model: Path(f"by MLflow: {model}"))
    assert lookup.registered_file("digits") is None
    assert lookup.model_file("digits@newest") == Path("by MLflow: digits@newest")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "sqlite:////nowhere/mlflow.db", "mlruns"])
def test_of_a_store_elsewhere_mlflow_is_asked(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert lookup.registered_file("digits") is None


def test_after_a_move_of_an_alias_and_another_name_both_ways_agree(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(store, tmp_path, monkeypatch, "SELECT 1")
    client = tracking.connect()
    tracking.connect().set_registered_model_alias("digits", "champion", "2")
    client.rename_registered_model("digits", "numbers")
    assert lookup.registered_file("digits") is None
    assert lookup.registered_file("numbers") == registry.model_file("numbers@champion")
    with pytest.raises(UserError, match="no model named digits is registered; there are: numbers"):
        lookup.model_file("digits")


def test_a_lookup_changes_nothing(store: Path) -> None:
    before = (store / "mlflow.db").read_bytes()
    lookup.registered_file("digits")
    assert (store / "mlflow.db").read_bytes() == before


@pytest.fixture
def served_file(tmp_path: Path) -> Path:
    keras.utils.set_random_seed(0)
    Classifier(build("assignment_cnn", 8, 3), "abc").save(tmp_path / "letters.keras")
    Image.fromarray(np.full((8, 8, 3), 99, np.uint8)).save(tmp_path / "picture.png")
    return tmp_path / "letters.keras"


def loaded(model_file: Path) -> ImageClassifier:
    model = ImageClassifier()
    model.load_context(SimpleNamespace(artifacts={"model": str(model_file)}))
    return model


def test_behind_a_server_no_text_is_taken_as_a_path(
    served_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = served_file.with_name("picture.png")
    at_home = loaded(served_file).predict([str(picture)])
    monkeypatch.setenv("__pyfunc_model_path__", str(served_file))  # as MLflow's server sets it
    served = loaded(served_file)
    opened = []
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path))
    with pytest.raises(UserError, match="expected an image file as base64 text"):
        served.predict([str(picture)])
    assert opened == []
    monkeypatch.undo()
    content = base64.b64encode(picture.read_bytes()).decode()
    assert served.predict([content]).equals(at_home)
    assert served.predict([f"data:image/png;base64,{content}"]).equals(at_home)


def test_text_that_is_neither_a_path_nor_base64_is_a_sentence(served_file: Path) -> None:
    with pytest.raises(UserError, match="expected an image file as base64 text"):
        loaded(served_file).predict(["no such file.png"])


def test_a_version_without_a_network_is_a_sentence(store: Path) -> None:
    client = tracking.connect()
    (store / "bare/artifacts").mkdir(parents=True)
    (store / "bare/artifacts/table.csv").touch()
    version = client.create_model_version("digits", str(store / "bare")).version
    with pytest.raises(UserError, match=f"digits/{version} has no .keras file"):
        lookup.model_file(f"digits/{version}")


@pytest.mark.parametrize("named", ["models/yolo.h5", "signs-cnn@champion/1", "a/b/c", "yolo.h5"])
def test_what_names_neither_a_model_nor_a_keras_file_is_a_sentence(
    named: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in (Path("yolo.h5"), Path("models/yolo.h5")):
        file.parent.mkdir(exist_ok=True)
        file.touch()
    with pytest.raises(UserError, match=rf"or a \.keras file, received {named}$"):
        lookup.model_file(named)
