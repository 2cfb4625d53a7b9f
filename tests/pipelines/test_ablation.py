"""The study of augmentation goes on in a clone, which has what was committed and no more."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fivenets.datasets.classification import prepared
from fivenets.fitting.strengths import Strengths
from fivenets.runs import study

PROJECT = Path(__file__).parents[2]


def test_a_run_whose_probabilities_are_gone_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = {"accuracy": 1.0, "right": "11", "right_by_ten_views": "11"}
    made: list[str] = []

    def measured(kind: str, *_: Any) -> dict[str, Any]:
        made.append(kind)
        file = Path("checkpoints/ablation/none-0-signs.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([[1, 0], [0, 1]]))
        return {"signs": run}

    main = runpy.run_path(str(PROJECT / "pipelines/studies/ablation.py"))["main"]
    data = SimpleNamespace(arrays=lambda _: (np.zeros(2), np.array([0, 1])), origins=[])
    monkeypatch.setattr(prepared, "of_section", lambda _: data)
    stubs = {"measured": measured, "other_hands": lambda _: [], "KINDS": {"none": Strengths()}}
    for name, stub in stubs.items():
        monkeypatch.setitem(main.__globals__, name, stub)
    monkeypatch.chdir(tmp_path)
    study.write("ablation", {"runs": [{"kind": "none", "seed": 0, "signs": run}]})
    for _ in range(2):
        main("0")
        assert made == ["none"]
        assert len(study.read("ablation", None)["runs"]) == 1
    assert "| none | 1.000 |" in capsys.readouterr().out
