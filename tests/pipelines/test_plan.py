"""What `make` says before it begins: which stages at most, how long, and by whose record."""

import json
import logging
import runpy
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import networkx
import pytest
from dvc.repo import Repo
from rich.console import Console

PROJECT = Path(__file__).parents[2]
REPRO = runpy.run_path(str(PROJECT / "pipelines" / "make" / "repro.py"))
Told, Expected = REPRO["Told"], REPRO["Expected"]


def told(stages: list[str], seconds: dict[str, float], here: list[str], slower: float = 2.0) -> Any:
    return Told(Expected(seconds, here, slower), stages)


def lines(told: Any, count: int = 3) -> list[str]:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(*told.plan(count), sep="\n")
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize(
    ("changed", "runs"),
    [([], []), (["report"], ["report"]), (["train@a"], ["train@a", "report"])],
)
def test_what_has_changed_runs_with_all_that_depends_on_it(changed, runs) -> None:
    train, other, report = (Mock(addressing=name) for name in ("train@a", "train@b", "report"))
    graph = networkx.DiGraph([(report, train), (report, other)])
    every = ["train@a", "train@b", "report"]
    assert REPRO["to_run"](graph, dict.fromkeys(changed), every) == runs


def test_a_plan_says_how_long_each_kind_of_stage_takes_and_what_is_unknown() -> None:
    stages = ["train@a", "train@new", "report"]
    assert lines(told(stages, {"train@a": 600.0, "report": 5.0}, here=["train@a"])) == [
        "Plan: at most 3 of 3 stages, about 20 min, by a table of another machine; this",
        "one is 2.0 times as slow now, which is counted in. Never timed, and planned as",
        "the median of its kind: train@new.",
        "  train   a, new  20 min",
        "  report             5 s",
    ]
    [head, *_] = lines(told(["report"], {"train@a": 600.0, "report": 5.0}, here=["report"]))
    assert head == "Plan: at most 1 of 3 stages, about 5 s, as the last time here."
    assert lines(told([], {}, [])) == ["Nothing to make: all 3 stages are as dvc.lock says."]


def test_a_stage_that_was_never_timed_takes_the_median_of_its_kind_or_of_all() -> None:
    seconds = {"train@a": 100.0, "train@b": 300.0, "train@c": 900.0, "report": 5.0}
    expected = Expected(seconds, [], 1.0)
    names = ("train@b", "train@new", "convert@new", "report")
    assert [expected.of(name) for name in names] == [300, 300, 200, 5]
    assert Expected({}, [], 1.0).of("train@new") == 0
    # How long one took that nobody had timed says nothing of the others.
    plan = told(["train@new", "train@a"], seconds, here=[])
    plan.taken["train@new"] = 3000.0
    assert plan.left(["train@a"]) == 100


def test_dvcs_word_of_a_stage_becomes_ours_and_its_time_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIVENETS_MIRROR", raising=False)
    Path(".dvc/tmp").mkdir(parents=True)
    plan = told(["train@a", "report"], {"train@a": 600.0, "report": 5.0}, here=[])
    record = logging.makeLogRecord(
        {"levelno": logging.INFO, "msg": "Running stage '%s':", "args": ("train@a",)}
    )
    warning = logging.makeLogRecord({"levelno": logging.WARNING, "msg": "a disk is full"})
    command = logging.makeLogRecord({"levelno": logging.INFO, "msg": "%s %s", "args": (">", "a")})
    assert [plan.filter(one) for one in (record, warning, command)] == [False, True, False]
    assert capsys.readouterr().out == "[1/2] train a: about 10 min; about 10 min left in all\n"
    plan.ended()
    kept = json.loads(Path(".dvc/tmp/seconds.json").read_text())
    assert kept["builtin"].keys() == {"train@a"}
    expected = Expected.read()
    assert expected.seconds["train@a"] == kept["builtin"]["train@a"]
    assert expected.seconds["report"] > 1  # of the table


def test_a_stage_that_was_cut_off_leaves_no_time(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = told(["train@a"], {}, here=[])
    plan.begins("train@a")
    plan.interrupted()
    plan.ended()
    assert plan.taken == {}
    assert not Path(".dvc").exists()


def test_the_table_and_dvc_name_no_stage_or_model_that_is_gone() -> None:
    """What is new need not be in them: see CONTRIBUTING."""
    measured = json.loads((PROJECT / "pipelines" / "make" / "seconds.json").read_text())
    with Repo(str(PROJECT)) as repo:
        stages = {stage.addressing for stage in repo.index.stages}
        named = {one.path for one in repo.artifacts.read()["dvc.yaml"].values()}
        models = {out.def_path for out in repo.index.outs if out.def_path.startswith("models/")}
    assert measured["mirror"].keys() <= stages
    assert measured["builtin"].keys() <= stages
    assert named <= models
