"""The results page: a card says what the reports say, and the page needs nothing but itself."""

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reported
import typer
from PIL import Image
from reported import DECISION

from fivenets import tasks
from fivenets.cli import app
from fivenets.core.candidates import Candidate
from fivenets.runs import page
from fivenets.runs.decision import Decision
from fivenets.sources.origin import Kind, Origin
from fivenets.tasks import MODULES

NET = Candidate("net", "classification", "nets")
SIGNS = Origin("signs", Kind.MIRROR, "d1", "none")
SERVICE = tasks.find("classification").service
ROW = reported.ROW | {"course": "-", "published": "-", "seeds": "-", "also": "<script>; more"}
COURSE = {"course": "0.783", "published": "0.9 (Doe 2020)"}
RIVAL: dict[str, Any] = {"candidates": {"net": 0.5, "other": 0.975}, "best": "other"}


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder, with the reports of one model."""
    monkeypatch.chdir(tmp_path)
    NET.pictures.mkdir(parents=True)
    metrics = {"accuracy": 0.975, "examples": 120, "signs": {"accuracy": 0.5}, "curve": [1, 2]}
    NET.metrics.write_text(json.dumps(metrics))
    record = {"parameters": {}, "sources": [SIGNS.record()], "started": 0, "seconds": 60}
    NET.record.write_text(json.dumps(record))
    NET.history.write_text("epoch,loss\n0,2\n1,1\n")
    for name, size in {"confusion": (300, 200), "a": (3000, 1500)}.items():
        Image.effect_noise(size, 90).save(NET.pictures / f"{name}.png")
    return tmp_path


def card(decision: Decision = DECISION, **cells: str) -> page.Card:
    return page.card(ROW | cells, decision)


@pytest.mark.usefixtures("reports")
def test_a_card_says_what_the_reports_say() -> None:
    found = card()
    assert found.headline == "right for 117 of 120 test pictures"
    assert found.why == "accuracy 0.975, and at least 0.9 is asked"
    assert found.command == ".venv/bin/fivenets classify photo.jpg --model nets"
    assert (found.data, found.limits) == ("real", SERVICE.limits)
    assert found.numbers == {"accuracy": "0.975", "examples": "120", "signs.accuracy": "0.5"}
    assert found.curve is not None
    assert (found.ended - found.began).seconds == 60


def test_a_card_of_drawn_data_says_so(reports: Path) -> None:
    record = json.loads(NET.record.read_text())
    drawn = Origin.drawn("hands", "d2").record()
    NET.record.write_text(json.dumps(record | {"sources": [drawn]}))
    assert (card().data, card().limits) == ("built in", SERVICE.limits_of_builtin)
    NET.record.write_text(json.dumps(record | {"sources": [drawn, SIGNS.record()]}))
    assert (card().data, card().limits) == ("real and drawn", SERVICE.limits)


@pytest.mark.usefixtures("reports")
def test_a_gate_by_another_metric_names_what_it_was_measured_on() -> None:
    metrics = json.loads(NET.metrics.read_text())
    hands = Origin("hands", Kind.MIRROR, "d2", "none")
    scored = {"scored_on": [hands.record()], "signs_accuracy": 0.5}
    metrics["signs"] = {"accuracy": 0.5, "examples": 4, "scored_on": [SIGNS.record()]}
    NET.metrics.write_text(json.dumps(metrics | scored))
    found = card(replace(DECISION, **RIVAL), metric="signs_accuracy")
    assert found.headline == "right for 2 of 4 test pictures"
    assert found.why == "accuracy 0.500 on hands (mirror), where other has 0.975"
    assert found.pictured == "hands (mirror)"


@pytest.mark.parametrize(
    ("changes", "reason", "model"),
    [
        (
            RIVAL | {"best": "net"},
            "accuracy 0.500, and at least 0.9 is asked; chosen from 2",
            "nets",
        ),
        (RIVAL, "accuracy 0.500, where other has 0.975", "nets@net"),
        (
            RIVAL | {"drawn_only": ["net"]},
            "accuracy 0.500; other, with 0.975, goes before it: it knows real pictures",
            "nets@net",
        ),
        ({"passed": False}, "accuracy 0.975, and at least 0.9 is asked", "nets@net"),
        ({"passed": False, "untrained": ["net"]}, "its weights were unavailable", "nets@net"),
    ],
)
def test_why_a_model_is_champion_or_not_and_how_it_is_called(
    changes: dict[str, Any], reason: str, model: str
) -> None:
    assert page.why("net", replace(DECISION, **changes)).startswith(reason)
    assert page.command(NET, replace(DECISION, **changes), {}).endswith(f" --model {model}")


WINDOWS = {"data.dataset": "windows"}


@pytest.mark.parametrize(
    ("task", "parameters"), [*((task, {}) for task in MODULES), ("localisation", WINDOWS)]
)
def test_the_command_of_every_task_is_one_that_can_be_typed(
    task: str, parameters: dict[str, str]
) -> None:
    line = page.command(Candidate("net", task, "nets"), DECISION, parameters)
    program, name, *words = line.split()
    assert program == ".venv/bin/fivenets"
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert command.make_context(name, words).params["model"] == "nets"
    assert (name == "locate") == (parameters == WINDOWS)


@pytest.mark.usefixtures("reports")
def test_pictures_are_small_and_the_best_comes_first() -> None:
    found = card()
    assert found.picture is not None
    assert (found.picture.name, found.picture.width, found.picture.height) == (
        "confusion",
        300,
        200,
    )
    [other] = found.others
    assert (other.width, other.height) == (page.SMALL, page.SMALL // 2)
    assert other.file == "nets/net/pictures/a.png"
    head, _, data = other.address.partition(",")
    assert head == "data:image/webp;base64"
    assert len(data) < Path("reports", other.file).stat().st_size / 5
    with (
        Image.open(io.BytesIO(base64.b64decode(data))) as image,
        Image.open(Path("reports", other.file)) as original,
    ):
        assert image.size == (other.width, other.height)
        assert abs(np.asarray(image).mean() - np.asarray(original).mean()) < 2


@pytest.mark.usefixtures("reports")
def test_what_excites_a_models_units_is_the_last_of_its_pictures() -> None:
    without = card()
    page.PATCHES.mkdir()
    for name in ("net", "other"):
        Image.effect_noise((40, 90), 90).save(page.PATCHES / f"{name}.png")
    *others, last = card().others
    assert others == without.others
    assert (last.file, last.width, last.height) == ("patches/net.png", 40, 90)
    assert "the patches that excite them" in page.page([card()])


@pytest.mark.usefixtures("reports")
def test_the_page_holds_the_cells_and_no_markup_of_theirs_and_loads_nothing() -> None:
    shown = page.page([card()])
    assert all(cell in shown for key, cell in ROW.items() if key != "also" and cell != "-")
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "Data:\nreal (all models)." in shown
    assert "1970-01-01 00:00 to 1970-01-01 00:01 UTC" in shown
    assert set(re.findall(r'(?:src|srcset|href|url)[=(]"?(\w+:|//|#)', shown)) == {"data:", "#"}


@pytest.mark.usefixtures("reports")
def test_numbers_of_others_stand_beside_ours_only_where_a_row_has_them() -> None:
    assert 'class="beside"' not in page.page([card()])
    shown = page.page([card(DECISION, **COURSE)])
    assert "<b>0.783</b>course" in shown
    assert "<b>0.9 (Doe 2020)</b>published" in shown


@pytest.mark.usefixtures("reports")
def test_the_cards_of_rows_are_in_their_order() -> None:
    decisions = Path("reports/registrations")
    decisions.mkdir()
    (decisions / "nets.json").write_text(DECISION.in_json())
    found = page.cards([ROW, ROW | {"gate": "candidate"}])
    assert [one.row["gate"] for one in found] == ["champion", "candidate"]
    assert found[0].use == SERVICE.use


@pytest.mark.usefixtures("reports")
def test_a_model_without_pictures_or_training_has_a_card() -> None:
    for picture in NET.pictures.iterdir():
        picture.unlink()
    NET.history.write_text("epoch,seconds\n0,1\n")
    shown = page.page([card()])
    assert "<img" not in shown
    assert "<svg" not in shown
    assert "Right for 117".lower() in shown.lower()
