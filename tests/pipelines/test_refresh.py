"""What is prepared and stale is prepared again; what never was prepared is left alone."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from fivenets.sources.origin import Kind, Origin

PROJECT = Path(__file__).parents[2]


def prepared(name: str, asset: str, kind: str) -> None:
    folder = Path("data", name)
    folder.mkdir(parents=True)
    (folder / "source.json").write_text(json.dumps({"asset": asset, "kind": kind}))


def recorded(*kinds: str) -> str:
    """A training.json whose sources are of these kinds."""
    sources = [Origin("asset", Kind(kind), "0", "none").record() for kind in kinds]
    return json.dumps({"sources": sources})


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `refresh` runs, in an empty project for which a mirror has everything by now."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(PROJECT / "params.yaml", "params.yaml")
    for asset in ("signs", "att_faces", "yolo_lite", "darknet", "face_api_resnet", "style_images"):
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


@pytest.mark.parametrize(
    ("model", "better", "built_in", "stage"),
    [
        ("yolov2", ["mirror"], ["builtin"], "convert"),
        ("facenet-resnet", ["mirror"], ["untrained"], "convert-faces@"),
        ("style-transfer", ["mirror", "public"], ["builtin", "package"], "stylize"),
    ],
)
def test_a_model_of_what_is_built_in_gives_way(
    commands: list[list[str]], model: str, better: list[str], built_in: list[str], stage: str
) -> None:
    prepared("objects", "scenes", "builtin")  # scenes are drawn everywhere, and stay
    record = Path("reports", model, "training.json")
    record.parent.mkdir(parents=True)
    record.write_text(recorded(*built_in))
    refresh()
    assert commands == [], "the record is in git, the model is not here"
    Path("models").mkdir()
    Path("models", f"{model}.keras").touch()
    refresh()
    [words] = commands
    assert words[-1].startswith(stage)
    commands.clear()
    record.write_text(recorded(*better))
    refresh()
    assert commands == []


def test_a_built_in_detector_that_was_asked_for_stays(commands: list[list[str]]) -> None:
    file = Path("params.yaml")
    asked = file.read_text().replace("source: auto            # auto: yolov2", "source: builtin  #")
    file.write_text(asked)
    record = Path("reports/yolov2/training.json")
    record.parent.mkdir(parents=True)
    record.write_text(recorded("builtin"))
    Path("models").mkdir()
    Path("models/yolov2.keras").touch()
    refresh()
    assert commands == []


def test_faces_that_were_never_prepared_do_not_hold_up_the_signs(
    commands: list[list[str]],
) -> None:
    file = Path("params.yaml")
    file.write_text(file.read_text().replace("test_people", "tset_people"))
    prepared("classification", "signs", "mirror")
    refresh()
    assert commands == []
