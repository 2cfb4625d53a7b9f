"""A model made again is held against what was registered; what cannot be made again says why."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.runs import git, lineage, reproduction

# DVC reads its index through a property that pygtrie gives up.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

DVC_YAML = """
stages:
  prepare:
    cmd: "true"
    outs: [data/signs]
  train:
    foreach: [small, large]
    do:
      cmd: "true"
      deps: [data/signs]
      outs: ["models/nets/${item}"]
  calibrate:
    cmd: "true"
    deps: [models/nets/small]
    outs: [reports/nets/small/tables]
  evaluate:
    cmd: "true"
    deps: [models/nets/small, reports/nets/small/tables]
    metrics: [reports/nets/small/metrics.json]
  report:
    cmd: "true"
    deps: [reports/nets/small/metrics.json]
    outs: [reports/results.json]
"""
MADE = {
    "model": "digits",
    "candidate": "small",
    "code": {"commit": "c" * 40, "dirty": False, "diff": None},
}


def test_a_metric_is_held_against_its_own_tolerance_and_others_are_only_shown() -> None:
    registered = {"examples": 120.0, "accuracy": 0.9, "auc": 0.8, "gone": 1.0}
    found = {"examples": 120.0, "accuracy": 0.925, "auc": 0.77}
    tolerances = {"accuracy": 0.025, "auc": 0.025, "gone": 0.5}
    drifts = reproduction.compared(registered, found, tolerances)
    assert [(drift.metric, drift.is_within) for drift in drifts] == [
        ("accuracy", True),  # 0.925 - 0.9 is a little over 0.025 in floats
        ("auc", False),
        ("gone", False),
        ("examples", None),
    ]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graph of two models, of which nothing has run."""
    folder = tmp_path_factory.mktemp("graph")
    Repo.init(str(folder), no_scm=True).close()
    (folder / "dvc.yaml").write_text(DVC_YAML)
    return folder


def test_data_come_from_the_cache_and_the_rest_up_to_the_evaluation_is_forced(graph: Path) -> None:
    assert reproduction.stages(graph, Candidate("small", "", "nets")) == [
        ["dvc.yaml:prepare"],
        ["--force", "--single-item", "dvc.yaml:train@small"],
        ["--force", "--single-item", "dvc.yaml:calibrate"],
        ["--force", "--single-item", "dvc.yaml:evaluate"],
    ]


@pytest.mark.parametrize("candidate", ["large", "huge"], ids=["never evaluated", "never made"])
def test_a_commit_that_did_not_make_the_model_is_a_sentence(graph: Path, candidate: str) -> None:
    with pytest.raises(UserError, match=f"evaluates no {candidate}"):
        reproduction.stages(graph, Candidate(candidate, "", "nets"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"commit": "none"}, "^digits does not say which commit made it$"),
        ({"dirty": True}, "with local changes, .* was not kept; --allow-dirty goes without$"),
        ({"dirty": True, "diff": "x"}, "with local changes, .* was kept; --allow-dirty applies it"),
        ({"dirty": None}, "with local changes"),
        ({}, f"^commit {'c' * 40} is unknown here"),
    ],
)
def test_what_cannot_be_made_again_is_a_sentence(
    changes: dict[str, Any], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    made = MADE | {"code": MADE["code"] | changes}
    monkeypatch.setattr(lineage, "of", lambda model: made)
    with pytest.raises(UserError, match=sentence):
        reproduction.reproduce("digits")


def test_the_projects_commits_are_asked_from_wherever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []

    def checked_out(*_: str) -> None:
        folders.append(Path.cwd())
        raise UserError("so far")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lineage, "of", lambda model: MADE)
    monkeypatch.setattr(git, "checked_out", checked_out)
    with pytest.raises(UserError, match="so far"):
        reproduction.reproduce("digits")
    assert folders == [Path(__file__).parents[2]]


def test_local_changes_can_be_allowed_and_the_commit_must_still_be_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    made = MADE | {"code": MADE["code"] | {"dirty": True}}
    monkeypatch.setattr(lineage, "of", lambda model: made)
    with pytest.raises(UserError, match="is unknown here"):
        reproduction.reproduce("digits", allow_dirty=True)
