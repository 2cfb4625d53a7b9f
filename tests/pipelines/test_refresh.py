"""What is prepared and stale is prepared again; what never was prepared is left alone."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

PROJECT = Path(__file__).parents[2]


def prepared(name: str, asset: str, origin: str) -> None:
    folder = Path("data", name)
    folder.mkdir(parents=True)
    (folder / "source.json").write_text(json.dumps({"asset": asset, "origin": origin}))


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `refresh` runs, in an empty project for which a mirror has everything by now."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(PROJECT / "params.yaml", "params.yaml")
    for asset in ("signs", "att_faces", "yolo_lite", "darknet"):
        Path("mirror", f"{asset}.zip").parent.mkdir(exist_ok=True)
        Path("mirror", f"{asset}.zip").touch()
    monkeypatch.setenv("FIVENETS_MIRROR", str(tmp_path / "mirror"))
    run: list[list[str]] = []
    monkeypatch.setattr(
        subprocess, "run", lambda words, check: run.append(words) or SimpleNamespace(returncode=0)
    )
    return run


def refresh() -> None:
    runpy.run_path(str(PROJECT / "pipelines" / "refresh.py"))["main"]()


def test_nothing_prepared_is_nothing_to_do(commands: list[list[str]]) -> None:
    refresh()
    assert commands == []


def test_drawn_data_give_way_to_a_mirror_each_by_its_own_stage(commands: list[list[str]]) -> None:
    prepared("classification", "signs", "builtin")
    prepared("faces", "att_faces", "builtin")
    prepared("faces-aligned", "att_faces", "mirror")
    refresh()
    assert [words[:-1] for words in commands] == 2 * [["dvc", "repro", "--force", "--single-item"]]
    assert [words[-1] for words in commands] == [
        "prepare@classification",
        "prepare-faces@faces",
    ]


def test_drawn_scenes_stay_and_a_built_in_detector_gives_way(commands: list[list[str]]) -> None:
    prepared("objects", "scenes", "builtin")
    Path("models").mkdir()
    Path("models/yolov2.keras").touch()
    record = Path("reports/yolov2/training.json")
    record.parent.mkdir(parents=True)
    for data, stages in [("yolo-lite-voc (mirror)", []), ("yolov2-compact (builtin)", ["convert"])]:
        record.write_text(json.dumps({"tags": {"data": data}}))
        refresh()
        assert [words[-1] for words in commands] == stages


def test_faces_that_were_never_prepared_do_not_hold_up_the_signs(
    commands: list[list[str]],
) -> None:
    file = Path("params.yaml")
    file.write_text(file.read_text().replace("test_people", "tset_people"))
    prepared("classification", "signs", "mirror")
    refresh()
    assert commands == []
