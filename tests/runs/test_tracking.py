"""A training is one run, found by its model's digest, whatever was killed, lost or away."""

import csv
import hashlib
import json
import logging
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from fivenets.core.errors import UserError
from fivenets.runs import git, tracking
from fivenets.sources.origin import Kind, Origin, all_of

MODEL, REPORTS, RUN_FILE = Path("net.keras"), Path("reports/net"), Path("checkpoints/net.run.json")
PARAMETERS = {"epochs": 2, "augmentation": {"mirror": True, "shift": 0.1}}
SOURCE = Origin.drawn("signs", "d1")
EPOCHS = [{"loss": 1.5, "seconds": 2.0}, {"loss": 0.5, "seconds": 3.0}]
METRICS = {
    "accuracy": 0.75,
    "without_near_duplicates": {"accuracy": 0.5, "examples": 4},
    "recall": None,
    "also": "0.5 on the rest",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder with an empty store, to work in."""
    (tmp_path / "dvc.yaml").touch()
    shutil.copyfile(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


def lose_store(project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on with an empty store, as after `rm mlflow.db`."""
    shutil.copyfile(empty_store, project / "new.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/new.db")


def test_a_run_says_which_of_dvcs_experiments_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = train(b"plain")
    monkeypatch.setenv("DVC_EXP_NAME", "longer")  # as DVC does
    named = train(b"longer")
    client = tracking.connect()
    assert "dvc_experiment" not in client.get_run(plain).data.tags
    assert client.get_run(named).data.tags["dvc_experiment"] == "longer"


def test_an_experiment_in_a_copy_of_the_project_logs_to_the_projects_store(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    (copy / "dvc.yaml").touch()
    monkeypatch.chdir(copy)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setenv("DVC_ROOT", str(project))  # as DVC does for a stage
    tracking.connect()
    assert mlflow.get_tracking_uri() == f"sqlite:///{project}/mlflow.db"
    assert list(copy.iterdir()) == [copy / "dvc.yaml"]


def test_a_clock_that_is_set_back_costs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an hour within a training, and between two."""
    hour = 3600
    now = time.time
    calls = iter(range(1000))
    monkeypatch.setattr(time, "time", lambda: now() - hour * next(calls))
    first, second = train(b"first"), train(b"second")
    client = tracking.connect()
    for run_id, content in ((first, b"first"), (second, b"second")):
        run = client.get_run(run_id)
        assert run.info.status == "FINISHED"
        assert run.info.end_time is not None
        assert 0 <= run.info.end_time - run.info.start_time < 600_000
        assert run.data.metrics["training_seconds"] >= 0
        MODEL.write_bytes(content)
        assert tracking.run_of(client, MODEL, REPORTS) == run_id


def opened(parameters: Mapping[str, Any] = PARAMETERS, source: Origin = SOURCE):
    return tracking.training("net", parameters, [source], RUN_FILE)


def train(model: bytes = b"weights", **changes: Any) -> str:
    """A whole training as the stage does it; returns the id of its run."""
    with opened(**changes) as run:
        for epoch, metrics in enumerate(EPOCHS):
            run.log_epoch(epoch, metrics)
        MODEL.write_bytes(model)
        rows = [{"epoch": float(epoch), **metrics} for epoch, metrics in enumerate(EPOCHS)]
        run.finish(MODEL, rows, REPORTS)
    return run.run_id


def cut_off() -> str:
    """A training that an exception ends after its first epoch; returns the id of its run."""
    run_ids = []

    def start() -> None:
        with opened() as run:
            run_ids.append(run.run_id)
            run.log_epoch(0, EPOCHS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start()
    return run_ids[0]


def evaluate(metrics: Mapping[str, Any] = METRICS) -> None:
    """The files that the stage `evaluate` leaves."""
    (REPORTS / "metrics.json").write_text(json.dumps(metrics))
    (REPORTS / "pictures").mkdir(exist_ok=True)
    (REPORTS / "pictures" / "confusion.png").write_bytes(b"picture")


def all_runs(view: int = ViewType.ACTIVE_ONLY) -> list[str]:
    client = tracking.connect()
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], run_view_type=view)
    return [run.info.run_id for run in runs]


def contents(run_id: str) -> dict[str, Any]:
    """All that a run says, but for the times of its points and what its machine was doing."""
    client = tracking.connect()
    run = client.get_run(run_id)
    names = [name for name in run.data.metrics if not name.startswith("system/")]
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "started": run.info.start_time,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {
            name: [(point.step, point.value) for point in client.get_metric_history(run_id, name)]
            for name in names
        },
    }


def test_a_run_holds_parameters_tags_and_the_metrics_of_every_epoch() -> None:
    found = contents(train())
    assert (found["name"], found["status"]) == ("net", "FINISHED")
    assert found["params"] == {
        "epochs": "2",
        "augmentation.mirror": "True",
        "augmentation.shift": "0.1",
    }
    expected_tags = {
        "model": "net",
        "model_sha256": hashlib.sha256(b"weights").hexdigest(),
        "data": "signs (builtin)",
        "data_digest": "d1",
        "git_commit": "none",
        "git_dirty": "unknown",
    }
    assert found["tags"].items() >= expected_tags.items()
    assert json.loads(found["tags"][tracking.SOURCES_TAG]) == [SOURCE.record()]
    assert found["metrics"] == {
        "loss": [(0, 1.5), (1, 0.5)],
        "seconds": [(0, 2.0), (1, 3.0)],
        "training_seconds": [(0, 5.0)],
    }


def test_a_run_names_each_of_its_sources_and_one_digest_of_them_all() -> None:
    weights = Origin("resnet50_imagenet", Kind.MIRROR, "d2", "MIT")
    with tracking.training("net", PARAMETERS, [SOURCE, weights], RUN_FILE) as run:
        MODEL.write_bytes(b"weights")
        run.finish(MODEL, [{"epoch": 0.0, "seconds": 1.0}], REPORTS)
    tags = contents(run.run_id)["tags"]
    assert tags["data"] == "signs + resnet50_imagenet (builtin, mirror)"
    assert tags["data_digest"] == hashlib.sha256(b"d1 d2").hexdigest()
    assert all_of(json.loads(tags[tracking.SOURCES_TAG])) == [SOURCE, weights]


def test_mlflow_shows_what_a_run_was_given_and_scored_on() -> None:
    run_id = train()
    metrics = {"accuracy": 0.75, "scored_on": [Origin("others", Kind.FOLDER, "d3", "own").record()]}
    (REPORTS / "metrics.json").write_text(json.dumps(metrics))
    client = tracking.connect()
    for _ in range(2):  # a second time changes nothing
        tracking.log_evaluation(client, run_id, REPORTS)
    given = client.get_run(run_id).inputs
    assert given is not None
    assert sorted(
        (
            *(one.dataset.name, one.dataset.digest, one.dataset.source_type),
            *(tag.value for tag in sorted(one.tags, key=lambda tag: tag.key)),
        )
        for one in given.dataset_inputs
    ) == [
        ("others", "d3", "folder", "evaluation", "test"),
        ("signs", "d1", "builtin", "training", "train"),
    ]
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"


def test_an_evaluation_that_names_no_data_is_of_what_the_model_was_made_from() -> None:
    run_id = train()
    (REPORTS / "metrics.json").write_text('{"agreement": 1.0}')
    client = tracking.connect()
    tracking.log_evaluation(client, run_id, REPORTS)
    given = client.get_run(run_id).inputs
    assert given is not None
    names = {one.dataset.name: {tag.value for tag in one.tags} for one in given.dataset_inputs}
    assert names == {
        "signs": {"training", "train"},
        "signs (evaluation)": {"evaluation", "test"},  # MLflow keeps one context of a data set
    }


@pytest.mark.parametrize(
    ("section", "command"),
    [("trained", "train"), ("converted", "convert"), ("off_graph", "train"), ("prepared", None)],
)
def test_a_run_names_the_command_that_made_its_model(section: str, command: str | None) -> None:
    Path("params.yaml").write_text(f"{section}: {{net: {{}}}}\n")
    source = contents(train())["tags"]["mlflow.source.name"]
    typed = f"python pipelines/{command}.py net" if command else shlex.join(["python", *sys.argv])
    assert source == typed


def test_a_training_leaves_its_record_and_history_among_the_outputs() -> None:
    train()
    record = json.loads((REPORTS / "training.json").read_text())
    assert abs(record.pop("started") - time.time() * 1000) < 60_000
    assert record.pop("attempt")
    assert record == {
        "name": "net",
        "parameters": {
            "epochs": "2",
            "augmentation.mirror": "True",
            "augmentation.shift": "0.1",
        },
        "tags": {
            "model": "net",
            "data": "signs (builtin)",
            "data_digest": "d1",
            "git_commit": "none",
            "git_dirty": "unknown",
        },
        "sources": [SOURCE.record()],
        "diff": "",
        "model_sha256": hashlib.sha256(b"weights").hexdigest(),
        "seconds": 5.0,
    }
    with (REPORTS / "history.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["epoch", "loss", "seconds"],
            ["0.0", "1.5", "2.0"],
            ["1.0", "0.5", "3.0"],
        ]
    assert not RUN_FILE.exists()


def test_a_run_is_found_by_its_model_file() -> None:
    run_id = train()
    train(b"other weights")
    MODEL.write_bytes(b"weights")
    assert tracking.run_of(tracking.connect(), MODEL, REPORTS) == run_id


def test_a_lost_store_is_rebuilt_from_the_outputs(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = train()
    evaluate()
    tracking.log_evaluation(tracking.connect(), run_id, REPORTS)
    before = contents(run_id)
    lose_store(project, empty_store, monkeypatch)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    after = contents(rebuilt)
    assert after["tags"].pop("rebuilt") == "from the outputs of the pipeline"
    assert after == before
    info = tracking.connect().get_run(rebuilt).info
    assert info.end_time == before["started"] + 5000


def test_a_second_rebuilding_adds_nothing(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train()
    lose_store(project, empty_store, monkeypatch)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    before = contents(rebuilt)
    assert tracking.run_of(tracking.connect(), MODEL, REPORTS) == rebuilt
    assert all_runs() == [rebuilt]
    assert contents(rebuilt) == before


def test_a_model_file_that_the_record_is_not_about_is_refused(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train()
    MODEL.write_bytes(b"somebody else's weights")
    with pytest.raises(UserError, match=r"net\.keras is not the model that .*: run `dvc repro`"):
        tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert len(all_runs()) == 1


def test_training_the_same_model_again_leaves_its_first_run() -> None:
    first = train()
    second = train()
    assert second != first
    assert all_runs() == [first]
    assert len(contents(first)["metrics"]["loss"]) == 2


def test_training_another_model_adds_a_run() -> None:
    trained = {train(b"first"), train(b"second")}
    assert set(all_runs()) == trained
    assert len(trained) == 2


def test_a_training_that_was_cut_off_goes_on_in_its_run() -> None:
    first = cut_off()
    assert contents(first)["status"] == "FAILED"
    assert "model_sha256" not in contents(first)["tags"]
    assert RUN_FILE.exists()
    with opened() as run:
        assert run.run_id == first
        assert contents(first)["status"] == "RUNNING"
        run.log_epoch(1, EPOCHS[1])
        MODEL.write_bytes(b"weights")
        run.finish(MODEL, [{"epoch": 1.0, **EPOCHS[1]}], REPORTS)
    assert contents(first)["metrics"]["loss"] == [(0, 1.5), (1, 0.5)]
    assert contents(first)["status"] == "FINISHED"
    assert all_runs() == [first]
    assert not RUN_FILE.exists()


def test_a_run_that_a_training_went_through_anew_has_no_points_of_the_first_try() -> None:
    """Its code, or its prepared pictures, are others by now, and nothing that is told says so."""
    first = cut_off()  # with a loss of 1.5 in epoch 0
    rows = [{"loss": 0.75, "seconds": 2.0}, EPOCHS[1]]
    with opened() as run:
        assert run.run_id == first
        for epoch, row in enumerate(rows):
            run.log_epoch(epoch, row)
        MODEL.write_bytes(b"weights")
        run.finish(MODEL, [{"epoch": float(n), **row} for n, row in enumerate(rows)], REPORTS)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert contents(rebuilt)["metrics"]["loss"] == [(0, 0.75), (1, 0.5)]
    assert all_runs() == [rebuilt]


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": PARAMETERS | {"epochs": 3}},
        {"parameters": PARAMETERS | {"data": {"split_seed": 1}}},
        {"source": replace(SOURCE, digest="d2")},
    ],
    ids=["parameters", "split", "data"],
)
def test_a_run_that_was_cut_off_gives_way_to_one_of_other(change: dict[str, Any]) -> None:
    first = cut_off()
    second = train(**change)
    assert all_runs() == [second]
    assert all_runs(ViewType.DELETED_ONLY) == [first]


def test_a_run_that_was_cut_off_in_a_store_since_lost_is_begun_again(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cut_off()
    lose_store(project, empty_store, monkeypatch)
    second = train()
    assert second != first
    assert all_runs() == [second]


def test_a_run_that_goes_on_after_a_commit_names_the_commit_that_it_ended_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(git, "state", lambda: {"git_commit": "c1"})
    monkeypatch.setattr(git, "diff", lambda: "a diff\n")
    first = cut_off()
    monkeypatch.setattr(git, "state", lambda: {"git_commit": "c2"})
    monkeypatch.setattr(git, "diff", lambda: "")
    assert train() == first
    assert downloaded(first, tracking.DIFF_ARTIFACT) == ""
    assert contents(first)["tags"]["git_commit"] == "c2"
    assert json.loads((REPORTS / "training.json").read_text())["tags"]["git_commit"] == "c2"


def test_a_server_that_is_away_at_the_start_is_noticed_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and not listened on
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        started = time.monotonic()
        with pytest.raises(UserError, match=f"the MLflow store at {uri} does not answer"):
            train()
    assert time.monotonic() - started < 10
    assert not RUN_FILE.exists()


def test_a_store_that_is_no_database_is_a_sentence(project: Path) -> None:
    (project / "mlflow.db").write_text("not a database, whatever its name says" * 100)
    with pytest.raises(UserError, match=r"the MLflow store at sqlite:.* does not answer"):
        tracking.connect()


def test_a_deleted_experiment_is_a_sentence_that_says_how_to_have_it_back() -> None:
    train()
    client = tracking.connect()
    found = client.get_experiment_by_name("fivenets")
    assert found is not None
    client.delete_experiment(found.experiment_id)
    command = f"`mlflow experiments restore --experiment-id {found.experiment_id}`"
    with pytest.raises(UserError, match=f"experiment fivenets was deleted in .*: {command}"):
        train(b"other weights")


def test_an_experiment_that_is_deleted_under_a_training_loses_nothing_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "fivenets"), opened() as run:
        client = tracking.connect()
        found = client.get_experiment_by_name("fivenets")
        assert found is not None
        client.delete_experiment(found.experiment_id)
        MODEL.write_bytes(b"weights")
        run.finish(MODEL, [{"epoch": 0.0, **EPOCHS[0]}], REPORTS)
    assert "MLflow went away" in caplog.text
    client.restore_experiment(found.experiment_id)
    rebuilt = tracking.run_of(client, MODEL, REPORTS)
    assert all_runs() == [rebuilt]


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        (
            "postgresql://me:hush@127.0.0.1:9/runs",
            r"store at postgresql://me:\*\*\*@127.0.0.1:9/runs needs the Python package psycopg,"
            r" .*: `pip install 'psycopg\[binary\]'`, or name an MLflow server's http address",
        ),
        (
            "mysql+pymysql://me:hush@127.0.0.1:9/runs",
            r"store at mysql\+pymysql://me:\*\*\*@.* needs the Python package pymysql, .*"
            "`pip install pymysql`",
        ),
        ("mysql://me:hush@127.0.0.1:9/runs", "package MySQLdb, .*`pip install mysqlclient`"),
        ("./mlruns", r"names a folder, ./mlruns, .*name a database, such as sqlite:////path"),
        ("mlruns", "names a folder, mlruns, .*migrate-filestore"),
        ("file:///somewhere/mlruns", "names a folder, file:///somewhere/mlruns, in which"),
        ("postgres://me:hush@host/runs", r"should start with .* it is postgres://me:\*\*\*@host/r"),
        ("s3://bucket/runs", "should start with http://.* it is s3://bucket/runs"),
        ("sqlite+odd:///x.db", r"the MLflow store at sqlite\+odd:///x.db does not answer"),
        ("http://[::1", r"the MLflow store at http://\[::1 does not answer"),
        ("databricks", "the MLflow store at databricks does not answer"),
    ],
)
def test_an_address_that_is_no_store_is_a_sentence_that_says_what_is(
    uri: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    for driver in ("psycopg", "pymysql", "MySQLdb"):  # as where they are not installed
        monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(UserError, match=sentence) as caught:
        tracking.connect()
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


def refuse(*_: object, **__: object) -> None:
    raise MlflowException("the server is gone")


def test_a_store_that_may_only_be_read_is_a_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = train()
    evaluate()
    uri = f"sqlite:///file:{project}/mlflow.db?mode=ro&uri=true"  # modes of files bind no root
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    refused = r"^the MLflow store at sqlite:.* refused: .*attempt to write a readonly database$"
    with pytest.raises(UserError, match=refused):
        train(b"other weights")
    with pytest.raises(UserError, match=refused):
        tracking.log_evaluation(tracking.connect(), run_id, REPORTS)


def test_a_full_disk_is_not_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MlflowException("(sqlite3.OperationalError) database or disk is full")

    monkeypatch.setattr(mlflow.MlflowClient, "search_experiments", full)
    for asked in (tracking.connect, tracking.answering()(full)):
        with pytest.raises(MlflowException, match="disk is full"):
            asked()


def test_a_store_whose_making_was_cut_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "store"
    place.mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/mlflow.db")
    ask = mlflow.MlflowClient.search_experiments

    def full(client: mlflow.MlflowClient, **words: Any) -> None:
        ask(client, **words)
        raise MlflowException("(sqlite3.OperationalError) database or disk is full")

    monkeypatch.setattr(mlflow.MlflowClient, "search_experiments", full)
    with pytest.raises(MlflowException):
        tracking.connect()
    assert list(place.iterdir()) == []
    monkeypatch.setattr(mlflow.MlflowClient, "search_experiments", ask)
    assert [one.name for one in tracking.connect().search_experiments()] == ["Default"]
    assert list(place.iterdir()) == [place / "mlflow.db"]


def test_training_goes_on_when_the_store_goes_away(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "fivenets"), opened() as run:
        for method in ("log_batch", "search_runs", "delete_run", "set_tag", "set_terminated"):
            monkeypatch.setattr(run.client, method, refuse)
        for epoch, metrics in enumerate(EPOCHS):
            run.log_epoch(epoch, metrics)
        MODEL.write_bytes(b"weights")
        run.finish(MODEL, [{"epoch": 0.0, **EPOCHS[0]}], REPORTS)
    warnings = [entry.getMessage() for entry in caplog.records if entry.name.startswith("fivenets")]
    assert warnings.pop(0) == "no commit is recorded: this is not a git repository"
    assert warnings == ["MLflow went away, `make` will rebuild the run: the server is gone"]
    monkeypatch.undo()  # the store is back, with half of a run
    half = run.run_id
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlflow.db")
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert all_runs() == [rebuilt]
    assert all_runs(ViewType.DELETED_ONLY) == [half]


@pytest.mark.parametrize("method", ["log_metric", "set_terminated"])
def test_a_run_that_the_store_refused_to_end_is_not_taken_for_whole(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as run:
        MODEL.write_bytes(b"weights")
        with monkeypatch.context() as away:
            away.setattr(run.client, method, refuse)
            run.finish(MODEL, [{"epoch": 0.0, **EPOCHS[0]}], REPORTS)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert contents(rebuilt)["metrics"]["training_seconds"] == [(0, 2.0)]
    assert contents(rebuilt)["status"] == "FINISHED"
    assert all_runs() == [rebuilt]


def test_a_run_with_gaps_is_not_taken_for_whole_when_the_store_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened() as run:
        with monkeypatch.context() as away:
            away.setattr(run.client, "log_batch", refuse)
            run.log_epoch(0, EPOCHS[0])
        MODEL.write_bytes(b"weights")
        rows = [{"epoch": float(epoch), **metrics} for epoch, metrics in enumerate(EPOCHS)]
        run.finish(MODEL, rows, REPORTS)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert contents(rebuilt)["metrics"]["loss"] == [(0, 1.5), (1, 0.5)]
    assert all_runs() == [rebuilt]


@contextmanager
def killed_in(method: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends the block when it first calls this method of the client, and tidies nothing up."""

    class KilledError(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as killing:
        killing.setattr(mlflow.MlflowClient, method, die)
        killing.setattr(tracking.Training, "fail", lambda run: None)
        with pytest.raises(KilledError):
            yield


@pytest.mark.parametrize("method", ["create_run", "log_batch", "log_text", "log_artifact"])
def test_a_run_that_was_killed_while_it_was_opened_is_gone_on_with(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("dvc.lock").write_text("stages: {}")
    monkeypatch.setattr(git, "diff", lambda: "a diff\n")
    with killed_in(method, monkeypatch):
        train()
    run_id = train()
    assert all_runs() == [run_id]
    assert contents(run_id)["params"]["epochs"] == "2"
    assert {"attempt", "rebuilding"}.isdisjoint(contents(run_id)["tags"])
    assert downloaded(run_id, tracking.DIFF_ARTIFACT) == "a diff\n"
    assert downloaded(run_id, tracking.LOCK_ARTIFACT) == "stages: {}"
    lock_digest = hashlib.sha256(b"stages: {}").hexdigest()
    assert contents(run_id)["tags"]["dvc_lock_sha256"] == lock_digest


def downloaded(run_id: str, artifact: str) -> str:
    uri = f"runs:/{run_id}/{artifact}"
    return Path(mlflow.artifacts.download_artifacts(uri)).read_text()


@pytest.mark.parametrize("method", ["log_metric", "set_terminated", "delete_tag"])
def test_a_run_that_was_killed_at_its_end_has_every_point_once(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_in(method, monkeypatch):
        train()
    run_id = train()
    assert all_runs() == [run_id]
    assert contents(run_id)["status"] == "FINISHED"
    assert contents(run_id)["metrics"] == {
        "loss": [(0, 1.5), (1, 0.5)],
        "seconds": [(0, 2.0), (1, 3.0)],
        "training_seconds": [(0, 5.0)],
    }


@pytest.mark.parametrize("method", ["create_run", "log_batch", "log_metric", "set_tag"])
def test_a_rebuilding_that_was_killed_leaves_no_half_of_a_run(
    method: str, project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = train()
    before = contents(run_id)
    lose_store(project, empty_store, monkeypatch)
    with killed_in(method, monkeypatch):
        tracking.run_of(tracking.connect(), MODEL, REPORTS)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    after = contents(rebuilt)
    del after["tags"]["rebuilt"]
    assert after == before
    assert all_runs() == [rebuilt]


def test_a_rebuilt_run_keeps_the_diff(
    project: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "diff", lambda: "a diff\n")
    train()
    lose_store(project, empty_store, monkeypatch)
    rebuilt = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert downloaded(rebuilt, tracking.DIFF_ARTIFACT) == "a diff\n"


def test_an_evaluation_adds_numbers_and_files_and_no_second_point() -> None:
    run_id = train()
    evaluate()
    client = tracking.connect()
    expected = {
        "test/accuracy": [(0, 0.75)],
        "test/without_near_duplicates.accuracy": [(0, 0.5)],
        "test/without_near_duplicates.examples": [(0, 4.0)],
    }
    for _ in range(2):
        tracking.log_evaluation(client, run_id, REPORTS)
        found = contents(run_id)["metrics"]
        assert {key: value for key, value in found.items() if key.startswith("test/")} == expected
    files = [file.path for file in client.list_artifacts(run_id, "evaluation")]
    assert files == ["evaluation/confusion.png", "evaluation/metrics.json"]


def test_an_evaluation_with_another_number_adds_that_point_alone() -> None:
    run_id = train()
    client = tracking.connect()
    for accuracy in (0.75, 0.8):
        evaluate(METRICS | {"accuracy": accuracy})
        tracking.log_evaluation(client, run_id, REPORTS)
    found = contents(run_id)["metrics"]
    assert found["test/accuracy"] == [(0, 0.75), (0, 0.8)]
    assert found["test/without_near_duplicates.accuracy"] == [(0, 0.5)]


def test_without_a_setting_the_store_and_its_files_lie_in_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    inner = project / "some" / "folder"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    artifacts = tracking.connect().get_run(train()).info.artifact_uri
    assert mlflow.get_tracking_uri() == f"sqlite:///{project}/mlflow.db"
    assert artifacts is not None
    assert artifacts.startswith((project / "mlartifacts").as_uri())
