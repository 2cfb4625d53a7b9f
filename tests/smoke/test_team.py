"""Two clones that share runs, models and data as docs/team.md says: on PostgreSQL, by DVC remotes.

All servers listen on the loopback interface, and all that they keep is in a temporary folder. Needs
PostgreSQL's programs and what docs/team.md installs beside the project; run by `make faults`.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from asking import free_port, mlflow_server, wait_until_it_answers
from mlflow import MlflowClient
from tiny import EPOCHS, NAME, PROJECT, Clone, checkout, commit, tiny_clone

from fivenets.core.digests import sha256

DEBIAN = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)  # not on PATH
WHERE = os.pathsep.join([os.environ["PATH"], *DEBIAN])
INITDB, POSTGRES = (shutil.which(name, path=WHERE) or "" for name in ("initdb", "postgres"))
MISSING = [] if INITDB and POSTGRES else ["PostgreSQL's programs"]
MISSING += [name for name in ("psycopg", "dvc_s3", "moto") if find_spec(name) is None]
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

TARGET = f"register@{NAME}"
SIGN = PROJECT / "src" / "fivenets" / "runs" / "pyfunc" / "example_sign.png"
KEYS = {
    "AWS_ACCESS_KEY_ID": "team",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Team:
    """The clone of one who makes, what all have set, and where the server keeps files."""

    maker: Clone
    environment: dict[str, str]
    artifacts: Path

    def store(self) -> dict[str, list]:
        """What there is in the store, once each."""
        uri = self.environment["MLFLOW_TRACKING_URI"]
        client = MlflowClient(uri, uri)
        experiment = client.get_experiment_by_name("fivenets")
        assert experiment is not None
        ids = [experiment.experiment_id]
        versions = client.search_model_versions()
        return {
            "runs": sorted(
                (run.data.tags["model"], run.info.run_id) for run in client.search_runs(ids)
            ),
            "versions": sorted((one.tags["model"], one.run_id) for one in versions),
            "logged models": sorted(one.model_id for one in client.search_logged_models(ids)),
            "aliases": sorted(client.get_registered_model(NAME).aliases.items()),
        }


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database, as its owner."""
    port, user = free_port(), pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    folder = Path(tempfile.mkdtemp(prefix="fivenets-pg-", dir="/tmp"))  # a socket's path is short
    if user:  # PostgreSQL refuses to run as root
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    rights = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
    subprocess.run(
        [INITDB, *rights, "--no-sync", f"--pgdata={data}"],
        check=True,
        capture_output=True,
        cwd=folder,
        **who,
    )
    where = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", str(folder)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [POSTGRES, "-D", str(data), *where], stdout=log, stderr=log, cwd=folder, **who
        )
    try:
        with asked_until_it_answers(server, f"host={folder} port={port} user=postgres") as admin:
            admin.execute("create role mlflow login password 'of the team'")
            admin.execute("create database mlflow owner mlflow")
        yield f"postgresql://mlflow:of%20the%20team@127.0.0.1:{port}/mlflow"
    finally:
        server.send_signal(signal.SIGINT)  # ends its sessions
        server.wait()
        shutil.rmtree(folder)


def asked_until_it_answers(server: subprocess.Popen, address: str) -> Any:
    """A connection to a PostgreSQL that is starting."""
    psycopg = pytest.importorskip("psycopg")
    for _ in range(300):
        assert server.poll() is None, "PostgreSQL did not start"
        with contextlib.suppress(psycopg.OperationalError):
            return psycopg.connect(address, autocommit=True)
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")


@pytest.fixture(scope="module")
def team(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """One who has made and registered the two classifiers of hand signs, on the team's server."""
    folder = tmp_path_factory.mktemp("team")
    clone = tiny_clone(folder / "maker", {NAME: [*EPOCHS]})
    with mlflow_server(clone, free_port(), database, folder / "artifacts") as uri:
        environment = KEYS | {"MLFLOW_TRACKING_URI": uri}
        maker = replace(clone, environment=clone.environment | environment)
        maker.run("dvc", "repro", TARGET)
        commit(maker, "Results")
        yield Team(maker, environment, folder / "artifacts")


@pytest.fixture
def folder_remote(tmp_path: Path) -> list[list[str]]:
    """DVC's words for a folder that all can reach."""
    return [["add", "--force", "--default", "team", str(tmp_path / "remote")]]


@pytest.fixture
def s3_remote(team: Team) -> Iterator[list[list[str]]]:
    """DVC's words for a bucket that is not Amazon's."""
    boto3 = pytest.importorskip("boto3")

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with team.maker.in_background(sys.executable, "-m", "moto.server", "--port", str(port)):
        wait_until_it_answers(port, "/moto-api/")
        keys = {key.lower(): value for key, value in KEYS.items()}
        region = keys.pop("aws_default_region")
        with contextlib.closing(boto3.client("s3", region, endpoint_url=url, **keys)) as client:
            client.create_bucket(Bucket="fivenets")
        yield [
            ["add", "--force", "--default", "team", "s3://fivenets/cache"],
            ["modify", "team", "endpointurl", url],
        ]


@pytest.mark.parametrize("remote", ["folder_remote", "s3_remote"])
def test_another_clone_takes_over_what_one_has_made(
    team: Team, remote: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for words in request.getfixturevalue(remote):
        team.maker.run("dvc", "remote", *words)
    commit(team.maker, "The team's remote")
    team.maker.run("dvc", "push", "--with-deps", TARGET)
    before = team.store()
    assert [model for model, _ in before["runs"]] == sorted(EPOCHS)
    assert before["versions"] == before["runs"]

    other = checkout(tmp_path / "other", {NAME: [*EPOCHS]}, team.maker.folder)
    other = replace(other, environment=other.environment | team.environment)
    assert not (other.folder / "models").exists()
    other.run("dvc", "pull", "--with-deps", TARGET)
    assert "Data and pipelines are up to date." in other.run("dvc", "repro", TARGET)
    other.run("python", "pipelines/make/sync.py")
    assert team.store() == before
    assert {model: other.digest(model) for model in EPOCHS} == {
        model: team.maker.digest(model) for model in EPOCHS
    }

    # Who trains it all the same finds the run that there is.
    model = "signs-assignment"
    other.run("dvc", "repro", "--force", "--single-item", f"train@{model}")
    assert other.digest(model) == team.maker.digest(model)
    assert team.store() == before

    # Files of runs and versions come through the server, and are in its folder alone.
    [line] = other.run("fivenets", "classify", "--json", str(SIGN)).splitlines()
    assert json.loads(line).keys() >= {"label", "probability"}
    stored = [sha256(file) for file in team.artifacts.rglob("*.keras")]
    assert sorted(stored) == sorted(team.maker.digest(model) for model in EPOCHS)
    for clone in (team.maker, other):
        assert not (clone.folder / "mlflow.db").exists()
        assert not (clone.folder / "mlartifacts").exists()


def test_a_clone_uses_anothers_cache_in_place(team: Team, tmp_path: Path) -> None:
    beside = checkout(tmp_path / "beside", {NAME: [*EPOCHS]}, team.maker.folder)
    beside = replace(beside, environment=beside.environment | team.environment)
    cache = team.maker.folder / ".dvc" / "cache"
    beside.run("dvc", "cache", "dir", "--local", str(cache))
    beside.run("dvc", "checkout", "--with-deps", TARGET)
    assert "Data and pipelines are up to date." in beside.run("dvc", "repro", TARGET)
    assert {model: beside.digest(model) for model in EPOCHS} == {
        model: team.maker.digest(model) for model in EPOCHS
    }
    assert not (beside.folder / ".dvc" / "cache").exists()
