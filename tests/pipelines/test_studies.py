"""The studies in small: what is computed without training, and each short enough a training."""

import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fivenets.classification.classics import lenet5
from fivenets.classification.signs_cnn import assignment_cnn
from fivenets.core import params
from fivenets.core.candidates import METRICS_FILE
from fivenets.core.images import read_image
from fivenets.core.sandbox import UntrustedFile
from fivenets.datasets.classification import parts, prepared
from fivenets.datasets.settings import DataSettings
from fivenets.detection.detector import Detection
from fivenets.drawn.scenes import render_scenes
from fivenets.drawn.street import CLASSES
from fivenets.fitting import inference
from fivenets.runs import lookup, study

PROJECT = Path(__file__).parents[2]


def read(name: str) -> dict[str, Any]:
    """What a study defines; its own functions see what a test changes in it."""
    defined = runpy.run_path(str(PROJECT / f"pipelines/studies/{name}.py"))
    return defined["main"].__globals__


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where studies read and write in a test."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_imagenets_model_is_opened_as_our_own(folder: Path) -> None:
    written = read("imagenet")
    file = folder / "imagenet.keras"
    written["write"](assignment_cnn((64, 64, 3), 2), ["cat", "dog"], file)
    assert not isinstance(lookup.model_file(str(file)), UntrustedFile)
    file.write_bytes(file.read_bytes() + b"!")
    assert isinstance(lookup.model_file(str(file)), UntrustedFile)


def test_two_answers_of_imagenet_are_compared() -> None:
    one, other = np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([[1.5, 1.0], [4.0, 3.0]])
    assert read("imagenet")["compared"](one, other, ["cat", "dog"]) == {
        "same_top_1": 1,
        "largest_logit_difference": 4.0,
        "others": ["cat", "cat"],
    }


def test_of_ones_own_hand_the_first_pictures_of_each_sign_are_kept_apart(folder: Path) -> None:
    own_hand = read("own_hand")
    labels = ["0", "1", "0", "0", "1", "2"]
    assert own_hand["chosen"](labels, 2).tolist() == [True, True, True, False, True, True]
    cut_out = np.full((30, 20, 4), 9, np.uint8)
    own_hand["write"](folder / "my-hand", [parts.Picture(cut_out, "3", "hand2", "test")])
    written = read_image(folder / "my-hand" / "3" / "0.png", keeps_alpha=True)
    assert written.shape == (26, 16, 4)


def test_ten_views_won_and_lost(capsys: pytest.CaptureFixture[str]) -> None:
    labels, chosen = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    one, ten = (np.eye(2)[found] for found in ([0, 1, 1], [0, 0, 0]))
    data = SimpleNamespace(at=lambda _: SimpleNamespace(arrays=lambda _: (np.zeros(4), labels)))
    classifier = SimpleNamespace(image_size=64, probabilities=lambda _: one)
    defined = read("views")
    defined |= {
        "prepared": SimpleNamespace(of_section=lambda _: data),
        "answers": SimpleNamespace(new_people=lambda *_: chosen),
        "candidates": SimpleNamespace(find=lambda _: SimpleNamespace(file=None)),
        "Classifier": SimpleNamespace(from_file=lambda _: classifier),
        "views": SimpleNamespace(probabilities=lambda *_: ten),
    }
    defined["main"]("signs-cnn")
    first, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("signs-cnn on classification: 0.667 [")
    assert first.endswith("of 3 pictures 1 won and 1 lost")


def test_transfer_is_drawn_of_what_was_measured(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [
        {"way": way, "pictures": size, "seed": seed, "shown": 10, "right": right}
        for way, size, seed, right in [
            ("scratch", None, 0, "1100"),
            ("scratch", None, 1, "1100"),
            ("scratch", None, 2, "1100"),
            ("frozen", None, 0, "1111"),
            ("frozen", 5, 0, "1110"),
        ]
    ]
    study.write("transfer-cats", {"runs": runs, "sources": [{"asset": "cats"}]})
    (folder / "docs").mkdir()
    read("transfer")["main"]()
    said = capsys.readouterr().out
    assert "above scratch: frozen +0.500 [+0.000, +1.000]" in said
    assert "| 5 | - | 0.750 [0.250, 1.000] (1 of 3 seeds) | - | - |" in said
    assert "| all | 0.500 [0.000, 1.000] | 1.000 [1.000, 1.000] (1 of 3 seeds) | - | - |" in said
    assert (folder / "docs/transfer.png").stat().st_size > 1000


def test_folds_of_volumes_are_trained_and_each_is_asked_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "jit_compile", lambda: False)  # which takes longer than it saves
    defined = read("signals")
    defined["FOLDS"] = 2
    defined["DRAWN"] = {"volumes": 40}
    plan = replace(defined["PLANS"]["volumes"], widths=(2, 2), epochs=1)
    defined["PLANS"] = {"volumes": plan}
    defined["main"]("volumes")
    numbers = json.loads((folder / "reports/signals/volumes" / METRICS_FILE).read_text())
    assert (numbers["examples"], len(numbers["folds"])) == (40, 2)
    assert np.mean(numbers["folds"]) == pytest.approx(numbers["accuracy"])


def test_scores_of_signals_say_what_the_commonest_class_has() -> None:
    numbers = read("signals")["scores"](np.array([0, 0, 0, 1]), np.zeros(4, int))
    assert (numbers["accuracy"], numbers["largest_class"]) == (0.75, 0.75)
    assert numbers["balanced_accuracy"] == 0.5


def test_drives_and_seeds_are_kept_where_they_are_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streets = read("streets")
    drives = {"test": [SimpleNamespace(file=Path(f"{name}_1.png")) for name in ("a", "b", "b")]}
    streets |= {
        "fetch": lambda *_: SimpleNamespace(folder=folder),
        "camvid": SimpleNamespace(read=lambda _: SimpleNamespace(splits=drives)),
        "Detector": SimpleNamespace(from_file=lambda _: None),
        "_scores": lambda _, pictures: {"car": {"ap50": float(len(pictures))}},
    }
    monkeypatch.setattr("sys.argv", ["streets.py", "test"])
    streets["main"]("test")
    kept = study.read("streets-test-yolov2-compact", None)
    assert kept["command"] == "python streets.py test"
    assert {name: one["car"]["ap50"] for name, one in kept["by_drive"].items()} == {
        "all": 3,
        "a": 1,
        "b": 2,
    }

    shutil.copy(PROJECT / "params.yaml", folder)
    seeds, settings = read("seeds"), params.settings(DataSettings, "classification")
    asked = SimpleNamespace(probabilities=lambda _: np.eye(2)[[0, 1, 1, 1]])
    data = SimpleNamespace(
        arrays=lambda _: (None, np.array([0, 1, 1, 0])),
        settings=settings,
        labels=("0", "1"),
        record={"asset": "signs", "digest": "d"},
    )
    seeds |= {
        "prepared": SimpleNamespace(of_section=lambda _: data),
        "train": lambda *_: (None, [{"seconds": 1.0}]),
        "Classifier": lambda *_: asked,
    }
    seeds["main"]("resnet50", "0", "1")
    found = json.loads((folder / "reports/seeds/resnet50.json").read_text())
    assert (found["mean"], found["sd"], found["data_digest"]) == (0.75, 0.0, "d")


def test_digits_are_learned_step_by_step(folder: Path) -> None:
    defined = read("step_by_step")
    parts = {"train": slice(0, 64), "validation": slice(64, 80), "test": slice(80, 100)}
    defined["SPLITS"] = parts
    defined["main"]("1")
    file = folder / "reports/step-by-step/lenet5" / METRICS_FILE
    numbers = json.loads(file.read_text())
    assert (numbers["parameters"], numbers["examples"]) == (61706, 20)
    assert numbers["scharr_difference"] < 1e-2
    assert (folder / "models/step-by-step/lenet5.npz").is_file()


def test_the_ladder_gives_a_detector_that_knows_all_an_ap_of_1() -> None:
    scenes = list(render_scenes(2, 5))
    asked = iter([scenes[0], *scenes])  # the first is asked before it is timed

    def find(_: np.ndarray) -> list[Detection]:
        one = next(asked)
        objects = zip(one.boxes_xyxy, one.classes, strict=True)
        return [Detection(CLASSES[label], 0.9, *map(float, box)) for box, label in objects]

    row = read("ladder")["numbers"](find, scenes)
    assert (row["ap50"], row["objects"]) == (1, sum(len(one.classes) for one in scenes))
    assert row["ms"] > 0


def test_a_classic_is_measured_and_drawn(
    drawn_signs: Path, signs_settings: DataSettings, folder: Path
) -> None:
    defined = read("classics")
    defined["FIGURE"] = folder / "classics.png"
    run = defined["measured"]("lenet5", prepared.load(drawn_signs, signs_settings), 1)
    assert (run["examples"], run["epochs"]) == (6, 1)
    assert run["parameters"] == lenet5((64, 64, 3), 6, width=2.0).count_params()
    defined["draw"]({"lenet5": run})
    assert defined["FIGURE"].stat().st_size > 1000
    assert f"{run['parameters']:,} parameters" in defined["in_words"]("lenet5", run)


def test_patches_are_drawn_of_what_has_units(capsys: pytest.CaptureFixture[str]) -> None:
    defined = read("patches")
    tasks = {"cnn": "classification", "painter": "style"}
    find = {name: SimpleNamespace(name=name, task=task) for name, task in tasks.items()}
    defined["candidates"] = SimpleNamespace(find=find.get, of=lambda name: [find[name]])
    defined["params"] = SimpleNamespace(load=lambda _: list(tasks))
    defined["draw"] = lambda one: f"{one.name}.png"
    defined["main"]("painter", "cnn")
    defined["main"]()
    assert capsys.readouterr().out == "cnn.png drawn\n" * 2
