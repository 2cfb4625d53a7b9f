"""The gate to the last digit: who reaches it, who is measured by it, and who goes before whom."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fivenets.core.candidates import DECISIONS, Candidate
from fivenets.core.errors import UserError
from fivenets.runs.decision import Decision, decide
from fivenets.sources.origin import Kind, Origin

DRAWN, REAL = Origin.drawn("signs", "0"), Origin("signs", Kind.MIRROR, "0", "none")
UNTRAINED = Origin("signs", Kind.UNTRAINED, "0", "none")


def candidate(name: str, score: float, *made_from: Origin, scored_on=(REAL,)) -> Candidate:
    one = Candidate(name, "classification", "digits")
    one.reports.mkdir(parents=True, exist_ok=True)
    metrics = {
        "accuracy": score,
        "parts": {"first": 1.0},
        "scored_on": [of.record() for of in scored_on],
    }
    one.metrics.write_text(json.dumps(metrics))
    one.record.write_text(json.dumps({"sources": [origin.record() for origin in made_from]}))
    return one


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def decided(*candidates: Candidate, **changes: Any) -> Decision:
    return decide("digits", candidates, **{"metric": "accuracy", "minimum": 0.8} | changes)


@pytest.mark.parametrize(
    ("score", "is_met"), [(0.8, True), (0.805, True), (1.0, True), (0.7999999, False), (0.0, False)]
)
def test_the_gate_is_reached_at_its_very_number(score: float, is_met: bool) -> None:
    found = decided(candidate("one", score, REAL))
    assert (found.passed, found.is_met_by("one"), found.is_champion("one")) == (is_met,) * 3


def test_one_that_is_not_the_best_can_meet_the_gate_and_is_no_champion() -> None:
    found = decided(candidate("one", 0.8, REAL), candidate("other", 0.9, REAL))
    assert (found.best, found.is_met_by("one"), found.is_champion("one")) == ("other", True, False)
    assert found.compared()[0].name == "one"


def test_the_untrained_never_meet_it() -> None:
    found = decided(candidate("one", 0.99, REAL, UNTRAINED))
    assert found.untrained == ["one"]
    assert (found.passed, found.is_met_by("one")) == (False, False)


@pytest.mark.parametrize(
    ("score", "passed"), [(0.5, True), (0.503, True), (0.49, False), (0.79, True)]
)
def test_a_score_on_drawn_data_has_a_gate_of_its_own(score: float, passed: bool) -> None:
    on_drawn = candidate("one", score, REAL, scored_on=[DRAWN])
    found = decided(on_drawn, minimum_builtin=0.5)
    assert (found.minimum, found.passed, found.drawn_only) == (0.5, passed, [])
    assert decided(on_drawn).minimum == 0.8
    assert decided(on_drawn, minimum_builtin=0.0).minimum == 0.0
    in_part = candidate("one", score, REAL, scored_on=[DRAWN, REAL])
    assert decided(in_part, minimum_builtin=0.5).minimum == 0.5
    on_real = candidate("one", score, DRAWN)
    assert decided(on_real, minimum_builtin=0.5).minimum == 0.8


def test_what_has_learned_from_nothing_real_goes_after_what_has() -> None:
    """Of the one, a part of what it was made from is real."""
    drawn = candidate("drawn", 0.9, DRAWN, scored_on=[DRAWN])
    one = candidate("one", 0.7, DRAWN, REAL, scored_on=[DRAWN])
    found = decided(drawn, one)
    assert (found.best, found.drawn_only) == ("one", ["drawn"])
    untrained = candidate("untrained", 0.99, UNTRAINED)
    assert decided(drawn, untrained).best == "drawn"  # and what has learned nothing after both


def test_the_metric_and_the_tolerances_are_those_of_every_candidate() -> None:
    one = candidate("one", 0.9, REAL)
    assert decided(one).tolerances == {"accuracy": 0.0}
    assert decided(one, tolerances={}).tolerances == {}
    assert decided(one, tolerances={"parts.first": 0.1}).tolerances == {"parts.first": 0.1}
    with pytest.raises(UserError, match=r"digits\.register\.metric: one has no f1"):
        decided(one, metric="f1")
    with pytest.raises(UserError, match=r"digits\.register\.tolerances: one has no parts\.second"):
        decided(one, tolerances={"parts.second": 0.1})


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    found = decided(candidate("one", 0.9, REAL), tolerances={"accuracy": 0.01})
    (folder / DECISIONS).mkdir(parents=True)
    (folder / DECISIONS / "digits.json").write_text(found.in_json())
    assert Decision.read("digits") == found
    assert found.gate == "accuracy >= 0.8"
    before = found.evidence["one"]
    shutil.copyfile(found.compared()[0].metrics, found.compared()[0].reports / "more.json")
    assert decided(candidate("one", 0.9, REAL)).evidence["one"] != before
