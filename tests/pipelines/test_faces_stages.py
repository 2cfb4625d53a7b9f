"""The training stage of faces, asked for what could not be scored: nothing is trained or kept."""

import runpy
from pathlib import Path

import pytest
from PIL import Image
from ruamel.yaml import YAML

from fivenets.core.errors import UserError
from fivenets.datasets.faces.preparation import prepare
from fivenets.datasets.settings import FaceSettings
from fivenets.drawn.people import render_faces

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Parameters, and a folder of 14 drawn people with three pictures each."""
    for row, (picture, person) in enumerate(render_faces(range(14), 3, size=32)):
        (tmp_path / "people" / person).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "people" / person / f"{row}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(**changes: dict) -> None:
    """Prepares both sets from the folder, with changed settings, and runs the stage."""
    parameters = YAML(typ="safe").load((PROJECT / "params.yaml").read_text())
    for key in ("faces", "face-photographs"):
        dataset = {"faces": "./people", "face-photographs": "people"}[key]  # one by two names
        section = {"dataset": dataset, "align": False, "test_people": 6}
        parameters[key] |= section | changes.get(key.replace("-", "_"), {})
        settings = FaceSettings(**parameters[key])
        prepare(settings, "builtin", Path("data", key), Path("data/raw"), None)
    parameters["facenet-nn4"]["evaluate"]["target_far"] = 0.1
    with Path("params.yaml").open("w") as file:
        YAML().dump(parameters, file)
    runpy.run_path(str(PROJECT / "pipelines" / "train.py"))["main"]("facenet-nn4")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"face_photographs": {"test_people": 0}}, "face-photographs; 8 are, by name or by pict"),
        (
            {"faces": {"test_people": 5}, "face_photographs": {"test_people": 5}},
            "the people not trained on .* cannot be scored",
        ),
        (
            {"faces": {"dataset": "people", "test_people": 7}},
            "faces.dataset is people, whose people set the threshold and decide the champion",
        ),
        ({}, r"people per batch should lie in 2\.\.8, they are 15"),
        ({"faces": {"test_people": 0}}, r"faces\.test_people should be at least 2, it is 0"),
    ],
)
def test_a_training_that_could_not_be_scored_leaves_nothing(
    project: Path, changes: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        train(**changes)
    assert sorted(path.name for path in project.iterdir()) == ["data", "params.yaml", "people"]
