"""What is prepared and stale is prepared again; what never was prepared is left alone."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from ruamel.yaml import YAML

from fivenets.core import candidates, listing
from fivenets.sources.origin import Kind, Origin

PROJECT = Path(__file__).parents[2]
ZIPS = ("signs", "att_faces", "yolo_fastest", "darknet", "face_api_resnet")
ZIPS += ("style_images",)


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
    for asset in ZIPS:
        Path("mirror", f"{asset}.zip").parent.mkdir(exist_ok=True)
        Path("mirror", f"{asset}.zip").touch()
    monkeypatch.setenv("FIVENETS_MIRROR", str(tmp_path / "mirror"))
    run: list[list[str]] = []
    monkeypatch.setattr(
        subprocess, "run", lambda words, check: run.append(words) or SimpleNamespace(returncode=0)
    )
    return run


def refresh() -> None:
    runpy.run_path(str(PROJECT / "pipelines" / "make" / "refresh.py"))["main"]()


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
        "prepare@faces",
    ]


@pytest.mark.parametrize(
    ("model", "better", "built_in", "stage"),
    [
        ("yolov2", ["mirror"], ["builtin"], "convert@"),
        ("facenet-resnet", ["mirror"], ["untrained"], "convert@"),
        ("style-transfer", ["mirror", "public"], ["builtin", "package"], "convert@"),
    ],
)
def test_a_model_of_what_is_built_in_gives_way(
    commands: list[list[str]], model: str, better: list[str], built_in: list[str], stage: str
) -> None:
    prepared("objects", "scenes", "builtin")  # scenes are drawn everywhere, and stay
    candidate = candidates.find(model)
    record = candidate.record
    record.parent.mkdir(parents=True)
    record.write_text(recorded(*built_in))
    refresh()
    assert commands == [], "the record is in git, the model is not here"
    candidate.folder.mkdir(parents=True)
    candidate.file.touch()
    refresh()
    [words] = commands
    assert words[-1] == f"{stage}{model}"
    commands.clear()
    record.write_text(recorded(*better))
    refresh()
    assert commands == []


def draw(file: Path, colour: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(file)


def test_a_model_is_made_again_once_a_file_that_it_was_made_of_has_changed(
    commands: list[list[str]], capsys
) -> None:
    for name in ("content", "style", "mask"):
        draw(Path(f"{name}.png"), "teal")
    draw(Path("photographs/a/0.png"), "teal")
    files = {
        name: listing.digest(Path(name))
        for name in ("content.png", "style.png", "mask.png", "photographs")
    }
    origins = [Origin.own(name, str(digest), name) for name, digest in files.items()]
    origins.append(Origin.own("gone", "0" * 64, "gone.png"))
    candidate = candidates.find("style-transfer")
    candidate.reports.mkdir(parents=True)
    candidate.record.write_text(json.dumps({"sources": [one.record() for one in origins]}))
    draw(Path("content.png"), "navy")
    refresh()
    assert commands == [], "the record is in git, the model is not here"
    candidate.folder.mkdir(parents=True)
    candidate.file.touch()
    for changed in ("content.png", "mask.png", "style.png", "photographs/a/0.png"):
        draw(Path(changed), "navy")
        refresh()
        [words] = commands
        assert words[-1] == "convert@style-transfer"
        assert f"style-transfer: {changed.split('/')[0]} changed since" in capsys.readouterr().out
        commands.clear()
        draw(Path(changed), "teal")
    refresh()
    assert commands == []


@pytest.mark.parametrize(
    ("name", "stage", "picture"),
    [
        ("classification", "prepare@classification", "a/0.png"),
        ("faces", "prepare@faces", "a/0.png"),
        ("faces-aligned", "prepare@faces-aligned", "a/0.png"),
        ("face-photographs", "prepare@face-photographs", "a/0.png"),
        ("objects", "prepare@objects", "JPEGImages/0.png"),
    ],
)
def test_what_was_prepared_of_a_folder_is_again_once_a_picture_has_changed(
    commands: list[list[str]], name: str, stage: str, picture: str
) -> None:
    draw(Path("store", picture), "teal")
    Path("mine").mkdir()
    top = picture.partition("/")[0]
    Path("mine", top).symlink_to(Path("store", top).resolve())
    settings = YAML(typ="safe").load(Path("params.yaml"))
    settings[name]["dataset"] = "mine"
    YAML().dump(settings, Path("params.yaml"))
    prepared(name, "mine", "folder")
    source = Path("data", name, "source.json")
    digest = listing.everything(Path("mine")).digest()
    source.write_text(json.dumps({"asset": "mine", "kind": "folder", "digest": digest}))
    Path("mine/.DS_Store").touch()
    refresh()
    assert commands == []
    draw(Path("store", picture), "navy")
    refresh()
    assert [words[-1] for words in commands] == [stage]


def test_a_built_in_detector_that_was_asked_for_stays(commands: list[list[str]]) -> None:
    file = Path("params.yaml")
    asked = file.read_text().replace("source: auto            # auto: yolov2", "source: builtin  #")
    file.write_text(asked)
    candidate = candidates.find("yolov2")
    candidate.reports.mkdir(parents=True)
    candidate.record.write_text(recorded("builtin"))
    candidate.folder.mkdir(parents=True)
    candidate.file.touch()
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
