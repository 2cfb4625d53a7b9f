"""What `make` says nothing of, and what it still says."""

import logging
import runpy
from pathlib import Path

import pytest

from fivenets.core.candidates import DECISIONS
from fivenets.runs import publishing
from fivenets.runs.decision import Decision

SYNC = runpy.run_path(str(Path(__file__).parents[2] / "pipelines" / "make" / "sync.py"))


def test_of_models_that_make_leaves_out_nothing_is_said_and_of_missing_ones_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(publishing, "publish", pytest.fail)
    Path("params.yaml").write_text("registered: [signs-cnn]\n")
    DECISIONS.mkdir(parents=True)
    for name in ("cats-classifier", "signs-cnn"):
        made = Decision(
            name=name,
            task="classification",
            metric="accuracy",
            minimum=0.5,
            candidates={"net": 1.0},
            best="net",
            passed=True,
        )
        (DECISIONS / f"{name}.json").write_text(made.in_json())
    with caplog.at_level(logging.WARNING):
        SYNC["main"]()
    assert caplog.messages == [
        "signs-cnn is left out: there is no models/signs-cnn/net/model.keras"
    ]
