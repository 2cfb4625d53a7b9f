"""`fivenets`: data on standard output, mistakes as sentences on standard error, exit code 2."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
from PIL import Image

from fivenets import cli
from fivenets.classification.architectures import build
from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.core.images import FORMATS

LABELS = ("zero", "one", "two")

NOT_AN_IMAGE = f"notes.png is not an image: expected one of {', '.join(FORMATS)}"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `fivenets` with these words, in this process."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["fivenets", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert isinstance(caught.value.code, int)
        printed = capsys.readouterr()
        return Ended(caught.value.code, printed.out, printed.err)

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder to work in: a model, two pictures and a file that is none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    Path("dvc.yaml").touch()
    keras.utils.set_random_seed(0)
    Classifier(build("assignment_cnn", 8, len(LABELS)), LABELS).save(Path("digits.keras"))
    for name, grey in (("dark.png", 30), ("bright.png", 220)):
        Image.fromarray(np.full((20, 30), grey, np.uint8)).save(name)
    Path("notes.png").write_text("no picture")
    return tmp_path


def expected(name: str) -> dict:
    [found] = Classifier.from_file(Path("digits.keras")).classify([name])
    return {
        "image": name,
        "label": found.label,
        "probability": found.probability,
        "rejected": False,
        "score": None,
        "probabilities": found.probabilities,
    }


def test_classify_json_is_one_object_per_picture_in_the_order_given(run) -> None:
    ended = run("classify", "--model", "digits.keras", "--json", "bright.png", "dark.png")
    assert (ended.code, ended.err) == (0, "")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines == [expected("bright.png"), expected("dark.png")]
    assert [list(line) for line in lines] == [
        ["image", "label", "probability", "rejected", "score", "probabilities"]
    ] * 2
    assert list(lines[0]["probabilities"]) == list(LABELS)


def test_classify_prints_a_table(run) -> None:
    ended = run("classify", "--model", "digits.keras", "dark.png")
    found = expected("dark.png")
    assert ended.code == 0
    [row] = [line for line in ended.out.splitlines() if "dark.png" in line]
    assert found["label"] in row
    assert f"{found['probability']:.3f}" in row


def test_what_is_no_sign_is_said_in_place_of_a_label_and_so_is_a_caution(run) -> None:
    network, strict = build("assignment_cnn", 8, 3), Calibration(labels=2, least_score=1e9)
    known = (strict, "hand sign", "this model has seen drawn hands only")
    Classifier(network, LABELS[:2], *known).save(Path("strict.keras"))
    ended = run("classify", "--model", "strict.keras", "dark.png")
    assert ended.code == 0
    [row] = [line for line in ended.out.splitlines() if "dark.png" in line]
    assert "no hand sign seen" in row
    assert ended.err == "note: this model has seen drawn hands only\n"


def test_names_and_labels_are_printed_as_they_are(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    labels = ("[/b]", "holiday[old]", ":cat:")
    Classifier(build("assignment_cnn", 8, len(labels)), labels).save(Path("odd.keras"))
    Path("[", "b]").mkdir(parents=True)
    Image.new("RGB", (20, 20)).save("[/b]/x[old].png")
    ended = run("classify", "--model", "odd.keras", "[/b]/x[old].png")
    assert ended.code == 0
    assert " [/b]/x[old].png " in ended.out
    assert any(f" {label} " in ended.out for label in labels)


def test_a_name_that_is_not_utf_8_is_printed(run) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (20, 20)).save(name, "png")
    ended = run("classify", "--model", "digits.keras", name)
    assert ended.code == 0
    assert r"caf\udce9.png" in ended.out


def test_of_good_pictures_and_a_bad_one_the_good_are_answered_by_the_command_itself() -> None:
    words = ["classify", "--model", "digits.keras", "--json", "dark.png", "notes.png", "bright.png"]
    command = Path(sys.executable).with_name("fivenets")
    ended = subprocess.run([command, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == f"error: {NOT_AN_IMAGE}"
    answered = [json.loads(line)["image"] for line in ended.stdout.splitlines()]
    assert answered == ["dark.png", "bright.png"]


def test_every_bad_picture_gets_its_sentence(run) -> None:
    ended = run("classify", "--model", "digits.keras", "notes.png", "dark.png", "missing.png")
    assert ended.code == 2
    assert "dark.png" in ended.out
    assert ended.err.splitlines() == [
        f"error: {NOT_AN_IMAGE}",
        "error: missing.png: no such file",
    ]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("missing.keras", "error: missing.keras: no such model file"),
        ("notes.keras", "error: notes.keras is not a usable .keras model: File is not a zip file"),
    ],
)
def test_a_model_file_that_cannot_be_used_is_a_sentence(run, model: str, sentence: str) -> None:
    Path("notes.keras").write_text("no model")
    assert run("classify", "--model", model, "dark.png") == Ended(2, "", f"{sentence}\n")


def test_an_empty_registry_says_run_make(run, folder: Path) -> None:
    ended = run("classify", "dark.png")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[-1] == (
        f"error: no model is registered in sqlite:///{folder}/mlflow.db: run `make` first, "
        "or name a .keras file"
    )
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words", [["classify"], ["paint", "dark.png"], ["classify", "--mode", "x"]]
)
def test_wrong_words_show_the_usage(run, words: list[str]) -> None:
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: fivenets" in ended.err


ROW = {
    "model": "signs-assignment",
    "parameters": "1,310",
    "data": "signs (builtin)",
    "metric": "accuracy",
    "course": "0.783",
    "ours": "0.975 [0.929, 0.991]",
    "also": "0.960 [0.866, 0.989] on the 50 without a near-duplicate",
    "seeds": "0.972 ± 0.010, 3 seeds",
    "training": "100 s",
    "gate": "below 0.95",
}


def test_results_without_a_run_say_run_make(run, folder: Path) -> None:
    sentence = f"error: {folder}/reports/results.json not found: run `make` first\n"
    assert run("results") == Ended(2, "", sentence)


def test_results_are_the_rows_of_the_report_as_a_table_of_80_columns_or_as_json(
    run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    compact = {"model": "signs-compact", "data": "my[old] (folder)", "gate": "champion"}
    rows = [ROW, ROW | compact | {"course": "-"}]
    Path("reports").mkdir()
    Path("reports/results.json").write_text(json.dumps(rows))
    inner = folder / "somewhere"
    inner.mkdir()
    monkeypatch.chdir(inner)
    table = run("results")
    assert (table.code, table.err) == (0, "")
    assert max(map(len, table.out.splitlines())) <= 80
    for key in ("model", "data", "course", "ours", "gate"):
        assert all(row[key] in table.out for row in rows)
    as_json = run("results", "--json")
    assert [json.loads(line) for line in as_json.out.splitlines()] == rows
