"""How long `make` is said to take, on fast, slow and busy machines, and as stages end."""

import itertools
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
REPRO = runpy.run_path(str(PROJECT / "pipelines" / "make" / "repro.py"))
Told, Expected, MEASURED = REPRO["Told"], REPRO["Expected"], REPRO["MEASURED"]
# Seconds of the stages in order: as a quiet machine had taken them, and as a busy one then did.
# Scaled by how fast the second multiplies, its plans were 34 and 22 minutes; it took 72 and 79.
RUNS = {
    "mirror": (
        "14 77 61 13 15 135 19 218 254 771 442 432 437 15 13 112 "
        "23 28 42 163 55 29 17 84 20 20 30 38 27 24 32 18 12",
        "8 96 55 8 11 50 13 105 111 1012 273 336 416 15 11 426 "
        "58 52 92 289 122 68 46 234 33 39 58 62 47 46 69 38 24",
    ),
    "builtin": (
        "20 65 46 27 27 13 34 114 151 541 257 295 201 11 13 73 "
        "24 22 29 51 18 18 12 39 15 13 34 18 16 19 28 17 10",
        "35 172 128 32 33 25 57 211 333 1626 272 780 358 13 12 126 "
        "36 42 50 70 27 23 15 93 17 20 25 17 17 17 23 13 9",
    ),
}


def totals(planned: list[float], taken: list[float]) -> list[float]:
    """What the whole is said to take, before the first stage and after each but the last."""
    names = [str(at) for at in range(len(planned))]
    told = Told(Expected(dict(zip(names, planned, strict=True)), [], 1.0), names)
    said = [told.left(names)]
    for at, seconds in enumerate(taken[:-1]):
        told.taken[names[at]] = seconds
        said.append(sum(told.taken.values()) + told.left(names[at + 1 :]))
    return said


@pytest.mark.parametrize("data", RUNS)
def test_a_run_that_takes_longer_is_noticed_soon_and_without_leaps(data: str) -> None:
    planned, taken = (list(map(float, line.split())) for line in RUNS[data])
    said, whole = totals(planned, taken), sum(taken)
    leaps = [later / earlier for earlier, later in itertools.pairwise(said)]
    assert max(leaps) < 1.4  # it was 4.0: from 22 minutes to 89
    assert min(leaps) > 0.8
    after_half = [one for one, at in zip(said, range(len(said)), strict=True) if at >= 10]
    assert min(after_half) > 0.7 * whole
    assert max(after_half) < 1.3 * whole


@pytest.mark.parametrize(("data", "minutes"), [("mirror", 55), ("builtin", 79)])
def test_the_table_has_a_whole_run_of_each_kind_of_data(data: str, minutes: int) -> None:
    measured = json.loads(MEASURED.read_text())
    assert len(measured[data]) == len(RUNS[data][1].split())
    assert sum(measured[data].values()) / 60 == pytest.approx(minutes, abs=0.5)


def test_what_has_run_says_more_of_what_is_left_the_more_of_the_plan_it_is() -> None:
    planned, twice = [100.0] * 8, [200.0] * 8
    assert totals(planned, twice)[0] == 800
    # A quarter of the plan, 200 s, counts as if it had run as expected.
    assert totals(planned, twice)[2] == 400 + 600 * (200 + 400) / (200 + 200)
    assert totals(planned, twice)[6] == 1200 + 200 * (200 + 1200) / (200 + 600)


@pytest.mark.parametrize(
    ("speed", "load", "times"),
    [
        (0.5, 0.0, 1.0),  # a fast and quiet machine is promised no less
        (1.2, 0.0, 1.0),  # chance
        (2.0, 0.0, 2.0),
        (0.5, 6.4, 3.0),
        (2.0, 6.4, 6.0),
    ],
)
def test_a_plan_is_longer_on_a_slow_or_busy_machine_and_never_shorter(
    speed: float, load: float, times: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIVENETS_MIRROR", raising=False)
    measured = json.loads(MEASURED.read_text())
    globals_ = Expected.read.__func__.__globals__
    monkeypatch.setitem(globals_, "yardstick", lambda: speed * measured["yardstick"])
    monkeypatch.setitem(globals_, "CORES", 2)
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, load, 0.0))
    expected: Any = Expected.read()
    # Of a load of 6.4, two cores with a stage beside it take 4.2 times as long; the table's 1.4.
    assert expected.slower == pytest.approx(times, rel=0.02)
    assert expected.seconds["report"] == pytest.approx(9 * expected.slower)
    said = expected.source(["report"])
    assert ("times as slow now" in said) == (times > 1)


def test_how_busy_the_machine_is_counts_a_stage_that_is_yet_to_run(monkeypatch) -> None:
    monkeypatch.setitem(REPRO["busy"].__globals__, "CORES", 2)
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 2.0, 0.0))
    assert REPRO["busy"](0) == 2  # beside as much as the stage
    assert REPRO["busy"](1) == 1  # the stage alone
    assert REPRO["yardstick"]() > 0
