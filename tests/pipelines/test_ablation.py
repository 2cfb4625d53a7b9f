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


def test_a_clone_makes_no_committed_run_again_and_keeps_its_ensembles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = {"accuracy": 0.5, "right": "10", "right_by_ten_views": "11"}
    made: list[int] = []

    def measured(kind: str, seed: int, *_: Any) -> dict[str, Any]:
        made.append(seed)
        return {"signs": right}

    def keep(seed: int, chances: list[list[float]]) -> None:
        file = Path(f"checkpoints/ablation/none-{seed}-signs.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chances))

    main = runpy.run_path(str(PROJECT / "pipelines/studies/ablation.py"))["main"]
    data = SimpleNamespace(arrays=lambda _: (np.zeros(2), np.array([0, 1])), origins=[])
    monkeypatch.setattr(prepared, "of_section", lambda _: data)
    stubs = {"measured": measured, "other_hands": lambda _: [], "KINDS": {"none": Strengths()}}
    for name, stub in stubs.items():
        monkeypatch.setitem(main.__globals__, name, stub)
    monkeypatch.chdir(tmp_path)
    committed = {"seeds": [0, 1], "accuracy": 1.0, "right": "11"}
    runs = [{"kind": "none", "seed": seed, "signs": right} for seed in (0, 1)]
    known = {"runs": runs, "ensembles": {"none": {"signs": committed, "other hands": committed}}}
    study.write("ablation", known)
    main("0", "1")  # as in a clone
    assert (made, study.read("ablation", None)) == ([], known)
    row = "| none | 0.500 | +0.000 [+0.000, +0.000] | +0.500 [+0.000, +1.000] |"
    assert f"{row} 1.000 of 2 |" in capsys.readouterr().out

    keep(0, [[0.9, 0.1], [0.6, 0.4]])
    keep(1, [[0.4, 0.6], [0.3, 0.7]])
    main("0", "1", "2")  # of the third, none are kept
    assert made == [2]
    assert study.read("ablation", None)["ensembles"] == known["ensembles"]
    keep(2, [[0.3, 0.7], [0.2, 0.8]])  # sums of (1.6, 1.4) and (1.1, 1.9)
    main("0", "1", "2")
    found = study.read("ablation", None)["ensembles"]["none"]
    assert found["signs"] == {"seeds": [0, 1, 2], "accuracy": 1.0, "right": "11"}
    assert found["other hands"] == committed
    keep(2, [[0.1, 0.9], [0.9, 0.1]])  # sums of (1.4, 1.6) and (1.8, 1.2)
    main("0", "1", "2")
    assert study.read("ablation", None)["ensembles"]["none"]["signs"]["right"] == "00"
