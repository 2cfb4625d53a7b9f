"""`fivenets`: data on standard output, mistakes as sentences on standard error, exit code 2."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import typer
from PIL import Image

from fivenets.classification.architectures import build
from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.cli import app
from fivenets.core.images import FORMATS

LABELS = ("zero", "one", "two")
CLASSIFY = ("classify", "--model", "digits.keras")

NOT_AN_IMAGE = f"notes.png is not an image: expected one of {', '.join(FORMATS)}"


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


def test_classify_json_is_one_object_per_picture_in_the_order_given(fivenets) -> None:
    words = ("classify", "--model", "digits.keras", "--json", "bright.png", "dark.png")
    code, printed, said = fivenets(*words)
    assert (code, said) == (0, "")
    lines = [json.loads(line) for line in printed.splitlines()]
    assert lines == [expected("bright.png"), expected("dark.png")]
    assert [list(line) for line in lines] == [
        ["image", "label", "probability", "rejected", "score", "probabilities"]
    ] * 2
    assert list(lines[0]["probabilities"]) == list(LABELS)


def test_classify_prints_a_table(fivenets) -> None:
    printed, found = fivenets.answered(*CLASSIFY, "dark.png"), expected("dark.png")
    [row] = [line for line in printed.splitlines() if "dark.png" in line]
    assert found["label"] in row
    assert f"{found['probability']:.3f}" in row


def test_what_is_no_sign_is_said_in_place_of_a_label_and_so_is_a_caution(fivenets) -> None:
    network, strict = build("assignment_cnn", 8, 3), Calibration(labels=2, least_score=9.5)
    known = (strict, "hand sign", "this model has seen drawn hands only")
    Classifier(network, LABELS[:2], *known).save(Path("strict.keras"))
    code, printed, said = fivenets("classify", "--model", "strict.keras", "dark.png")
    assert code == 0
    [row] = [line for line in printed.splitlines() if "dark.png" in line]
    assert "no hand sign seen" in row
    [found] = Classifier.from_file(Path("strict.keras")).classify(["dark.png"])
    assert f" score {found.score:.2f} < 9.50 " in row
    assert said == "note: this model has seen drawn hands only\n"


def test_names_and_labels_are_printed_as_they_are(
    fivenets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    labels = ("[/b]", "holiday[old]", ":cat:")
    Classifier(build("assignment_cnn", 8, len(labels)), labels).save(Path("odd.keras"))
    Path("[", "b]").mkdir(parents=True)
    Image.new("RGB", (20, 20)).save("[/b]/x[old].png")
    printed = fivenets.answered("classify", "--model", "odd.keras", "[/b]/x[old].png")
    assert " [/b]/x[old].png " in printed
    assert any(f" {label} " in printed for label in labels)


def test_a_name_that_is_not_utf_8_is_printed(fivenets) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (20, 20)).save(name, "png")
    assert r"caf\udce9.png" in fivenets.answered(*CLASSIFY, name)


def test_of_good_pictures_and_a_bad_one_the_good_are_answered_by_the_command_itself() -> None:
    words = ["classify", "--model", "digits.keras", "--json", "dark.png", "notes.png", "bright.png"]
    command = Path(sys.executable).with_name("fivenets")
    ended = subprocess.run([command, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == f"error: {NOT_AN_IMAGE}"
    answered = [json.loads(line)["image"] for line in ended.stdout.splitlines()]
    assert answered == ["dark.png", "bright.png"]


def test_every_bad_picture_gets_its_sentence(fivenets) -> None:
    code, printed, said = fivenets(*CLASSIFY, "notes.png", "dark.png", "missing.png")
    assert code == 2
    assert "dark.png" in printed
    assert said.splitlines() == [
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
def test_a_model_file_that_cannot_be_used_is_a_sentence(
    fivenets, model: str, sentence: str
) -> None:
    Path("notes.keras").write_text("no model")
    assert fivenets("classify", "--model", model, "dark.png") == (2, "", f"{sentence}\n")


def test_an_empty_registry_says_run_make(fivenets, folder: Path) -> None:
    code, printed, said = fivenets("classify", "dark.png")
    assert (code, printed) == (2, "")
    assert said == (
        f"error: no model is registered in sqlite:///{folder}/mlflow.db: run `make` first, "
        "or name a .keras file\n"
    )
    assert not Path("mlflow.db").exists()  # who asks makes no store


@pytest.mark.parametrize(
    "words", [["classify"], ["paint", "dark.png"], ["classify", "--mode", "x"]]
)
def test_wrong_words_show_the_usage(fivenets, words: list[str]) -> None:
    code, printed, said = fivenets(*words)
    assert (code, printed) == (2, "")
    assert "Usage: fivenets" in said


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


def test_results_without_a_run_say_run_make(fivenets, folder: Path) -> None:
    sentence = f"error: {folder}/reports/results.json not found: run `make` first\n"
    assert fivenets("results") == (2, "", sentence)


def test_damaged_results_say_how_they_are_written_again(fivenets, folder: Path) -> None:
    Path("reports").mkdir()
    Path("reports/results.json").write_text('[{"model": "signs')
    said = fivenets.refused("results")
    assert "results.json is damaged: `dvc repro --force --single-item report`" in said


def test_results_are_the_rows_of_the_report_as_a_table_of_80_columns_or_as_json(
    fivenets, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    compact = {"model": "signs-compact", "data": "my[old] (folder)", "gate": "champion"}
    rows = [ROW, ROW | compact | {"course": "-"}]
    Path("reports").mkdir()
    Path("reports/results.json").write_text(json.dumps(rows))
    inner = folder / "somewhere"
    inner.mkdir()
    monkeypatch.chdir(inner)
    code, table, said = fivenets("results")
    assert (code, said) == (0, "")
    assert max(map(len, table.splitlines())) <= 80
    for key in ("model", "data", "course", "ours", "gate"):
        assert all(row[key] in table for row in rows)
    as_json = fivenets.answered("results", "--json")
    assert [json.loads(line) for line in as_json.splitlines()] == rows


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command, and of those that have others below them."""
    yield words
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


@pytest.mark.parametrize("words", [*commands(typer.main.get_command(app))], ids=" ".join)
def test_help_is_whole_in_80_columns(
    words: tuple[str, ...], fivenets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = fivenets.answered(*words, "--help")
    assert max(map(len, said.splitlines())) <= 80
    assert "…" not in said
    assert "Usage: fivenets" in said
