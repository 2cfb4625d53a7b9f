"""The results table says what the reports say, and claims nothing of other recipes or data."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reported import DECISION, ROW
from rich.console import Console

from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.core.task import Service
from fivenets.runs import results
from fivenets.runs.decision import Decision
from fivenets.runs.report import Report, limits
from fivenets.sources.origin import Kind, Origin, in_words

METRICS = {
    "accuracy": 0.975,
    "accuracy_low": 0.929069,
    "accuracy_high": 0.991461,
    "examples": 120,
    "also": "0.960 [0.866, 0.989] on the 50 without a near-duplicate",
    "parameters": 23718,
}
SIGNS = Origin("signs", Kind.MIRROR, "d1", "none")
TRAINING = {
    "parameters": {"epochs": "40", "seed": "0"},
    "tags": {
        "data": "signs (mirror)",
        "data_digest": "d1",
        "git_commit": "0123456789abcdef",
        "git_dirty": "false",
    },
    "sources": [SIGNS.record()],
    "seconds": 71.6,
}
STUDY = {
    "data_digest": "d1",
    "parameters": {"epochs": "40", "seed": "0"},
    "accuracies": {"0": 0.975, "1": 0.967, "2": 0.95},
    "mean": 0.964,
    "sd": 0.01277,
}
ENTRY = {
    "course": 0.783,
    "course_metric": "accuracy",
    "course_data": "signs",
    "published": "0.9 (Doe 2020)",
    "published_metric": "accuracy",
    "published_data": "signs",
}

MakeRow = Callable[..., dict[str, str]]


@pytest.fixture
def row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeRow:
    """Makes the row of reports as they stand above, but for what is given here."""
    monkeypatch.chdir(tmp_path)
    candidate = Candidate("net", "classification", "nets")

    def row(
        *,
        entry: dict[str, Any] = ENTRY,
        metrics: dict[str, Any] = METRICS,
        decision: Decision = DECISION,
        data: Origin = SIGNS,
        study: dict[str, Any] | None = STUDY,
    ) -> dict[str, str]:
        tags = TRAINING["tags"] | {"data": in_words([data])}
        training = TRAINING | {"tags": tags, "sources": [data.record()]}
        files = {candidate.metrics: metrics, candidate.record: training}
        files |= {Path("reports/seeds/net.json"): study} if study else {}
        for file, content in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content))
        return results.row(candidate, decision, entry)

    return row


def test_a_row_of_a_whole_report(row: MakeRow) -> None:
    assert row() == ROW


def without(key: str, report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name != key}


RECALL = {"entry": ENTRY | {"metric": "recall"}, "metrics": METRICS | {"recall": 0.5}}
NEITHER = {"course": "-", "published": "-"}
OTHER_EPOCHS, OTHER_SEED = {"epochs": "50", "seed": "0"}, {"epochs": "40", "seed": "7"}


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({"entry": without("course", ENTRY)}, {"course": "-"}),
        ({"entry": {**ENTRY, "course_data": "other"}}, {"course": "-"}),
        ({"entry": {**ENTRY, "published_data": "other"}}, {"published": "-"}),
        ({"entry": {**ENTRY, "published_metric": "auc"}}, {"published": "-"}),
        ({"metrics": without("also", METRICS)}, {"also": "-"}),
        ({"metrics": METRICS | {"accuracy": None}}, {"ours": "unknown"}),
        ({"metrics": METRICS | {"accuracy_low": None}}, {"ours": "0.975"}),
        (RECALL, {"metric": "recall", "ours": "0.500"} | NEITHER),
        ({"decision": replace(DECISION, passed=False)}, {"gate": "below 0.9"}),
        ({"decision": replace(DECISION, best="other")}, {"gate": "candidate"}),
        ({"study": None}, {"seeds": "-"}),
        ({"study": STUDY | {"data_digest": "d2"}}, {"seeds": "-"}),
        ({"study": STUDY | {"parameters": OTHER_EPOCHS}}, {"seeds": "-"}),
        ({"study": STUDY | {"parameters": OTHER_SEED}}, {}),
    ],
)
def test_what_differs_in_a_report_differs_in_its_cell(
    row: MakeRow, changes: dict[str, Any], cells: dict[str, str]
) -> None:
    assert row(**changes) == ROW | cells


@pytest.mark.parametrize(
    ("data", "is_shown"),
    [
        (SIGNS, True),
        (replace(SIGNS, kind=Kind.PUBLIC), True),
        (Origin.drawn("signs", "d1"), False),
        (Origin.own("signs", "d1"), False),  # somebody's folder of that name
        (replace(SIGNS, kind=Kind.TFDS), False),
        (replace(SIGNS, asset="signs-of-others"), False),
    ],
)
def test_numbers_of_others_are_shown_beside_the_very_data_that_they_are_of(
    row: MakeRow, data: Origin, is_shown: bool
) -> None:
    found = row(data=data)
    assert ((found["course"], found["published"]) == ("0.783", "0.9 (Doe 2020)")) is is_shown
    assert (found["course"] == "-") is not is_shown
    assert found["data"] == found["scored_on"] == in_words([data])
    # Also where real weights were scored on drawn pictures, or a part of them was.
    assert row(metrics=METRICS | {"scored_on": [data.record()]})["course"] == found["course"]


def test_numbers_of_others_are_not_shown_beside_a_mixture(row: MakeRow) -> None:
    hands = replace(SIGNS, asset="hands")
    mixture = [SIGNS.record(), hands.record()]
    found = row(metrics=METRICS | {"scored_on": mixture})
    assert (found["scored_on"], found["course"]) == ("signs + hands (mirror)", "-")


def test_the_gates_metric_stands_in_for_one_of_a_test_set_that_cannot_be_had(row: MakeRow) -> None:
    entry = ENTRY | {"metric": "signs_accuracy", "course_metric": "signs_accuracy"}
    found = row(entry=entry, data=Origin.drawn("signs", "d2"))
    assert (found["metric"], found["ours"], found["course"]) == ("accuracy", ROW["ours"], "-")


def test_a_part_of_an_evaluation_has_data_of_its_own(row: MakeRow) -> None:
    drawn = [Origin.drawn("faces", "d2").record()]
    metrics = METRICS | {"unseen_auc": 0.9, "unseen": {"auc": 0.9, "scored_on": drawn}}
    others = {"course_metric": "unseen_auc", "published_metric": "unseen_auc"}
    found = row(entry=ENTRY | others | {"metric": "unseen_auc"}, metrics=metrics)
    assert found["scored_on"] == "faces (builtin)"
    assert (found["course"], found["published"]) == ("-", "-")


@pytest.mark.parametrize("key", ["course_metric", "course_data", "published_metric"])
def test_a_number_of_others_without_its_metric_or_data_is_a_sentence(
    row: MakeRow, key: str
) -> None:
    with pytest.raises(UserError, match=f"report: net: {key.partition('_')[0]} needs {key}$"):
        row(entry=without(key, ENTRY))


@pytest.mark.parametrize(
    ("others", "is_same"),
    [
        ({"epochs": "40", "seed": "5"}, True),
        ({"epochs": "41", "seed": "0"}, False),
        ({"epochs": "40"}, True),
        ({"epochs": "40", "seed": "0", "augmentation.shift": "0.1"}, False),
    ],
)
def test_recipes_are_the_same_whatever_their_seed(others: dict[str, str], is_same: bool) -> None:
    assert results.same_recipe({"epochs": "40", "seed": "0"}, others) is is_same


def test_the_table_of_two_rows() -> None:
    other = ROW | {"model": "other", "gate": "candidate"}
    header, rule, first, second = results.table([ROW, other]).splitlines()
    assert header == (
        "| model | data | metric | course | published | ours, 95% interval | training | status |"
    )
    assert rule == "|" + " --- |" * 8
    assert first == (
        "| net | signs (mirror) | accuracy | 0.783 | 0.9 (Doe 2020) | 0.975 [0.929, 0.991] "
        "| 72 s | champion |"
    )
    assert second.startswith("| other |")
    assert second.endswith("| candidate |")


def test_the_text_has_all_that_is_known_of_each_model_under_the_table() -> None:
    text = results.markdown([ROW, ROW | {"model": "other", "seeds": "-"}])
    assert results.table([ROW, ROW | {"model": "other"}]) in text
    first, second = text.split("## net\n\n")[1].split("## other\n\n")
    assert "- over seeds, mean ± sd: 0.964 ± 0.013, 3 seeds\n" in first
    assert "- commit: 0123456789\n" in first
    assert "over seeds" not in second


SERVICE = Service("", "", "", limits="real", limits_of_builtin="built in", command="")
PHOTOGRAPHS = Origin("lfw", Kind.PACKAGE, "d3", "none")
WEIGHTS = Origin("efficientnet_lite0", Kind.PACKAGE, "d6", "Apache-2.0", is_general=True)
UNTRAINED = Origin("vgg", Kind.UNTRAINED, "d4", "none")


@pytest.mark.parametrize(
    ("made_from", "scored_on", "nature"),
    [
        ([SIGNS], [SIGNS], "real"),
        ([SIGNS, Origin.drawn("hands", "d2")], [SIGNS], "real"),
        ([PHOTOGRAPHS], [PHOTOGRAPHS], "real"),  # a package's, none of it drawn
        ([SIGNS], [Origin.drawn("hands", "d2")], "built in"),
        ([Origin.drawn("hands", "d2")], [SIGNS], "built in"),
        ([UNTRAINED], [SIGNS], "built in"),
        ([Origin.own("mine", "d5")], [Origin.own("mine", "d5")], "own"),
        ([SIGNS, Origin.own("mine", "d5")], [SIGNS], "real"),
        ([Origin.own("mine", "d5"), WEIGHTS], [Origin.own("mine", "d5")], "own"),
        ([Origin.drawn("hands", "d2"), WEIGHTS], [Origin.drawn("hands", "d2")], "built in"),
    ],
)
def test_what_not_to_expect_of_a_model_follows_its_data(
    made_from: list[Origin], scored_on: list[Origin], nature: str
) -> None:
    metrics = {"scored_on": [origin.record() for origin in scored_on]}
    assert Report(metrics, {}, made_from).nature("accuracy") == nature
    said = limits(SERVICE, nature)
    assert said == nature if nature != "own" else said.startswith("As good as its test split")


def test_a_commit_with_local_changes_has_a_plus() -> None:
    tags = {"git_commit": "0123456789abcdef", "git_dirty": "true"}
    assert results._commit(tags) == "0123456789+"


def test_the_terminal_shows_one_table_of_80_columns_per_metric_with_nothing_cut() -> None:
    longest = {
        "model": "signs-assignment",
        "data": "signs (builtin)",
        "gate": "below 0.95",
    }
    rows = [ROW | longest, ROW | {"model": "boxes", "metric": "map"}, ROW | {"model": "net-2"}]
    tables = results.terminal(rows)
    assert [(table.title, table.row_count) for table in tables] == [("accuracy", 2), ("map", 1)]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(*tables)
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= 80
    for key in ("model", "data", "course", "ours", "gate"):
        assert results.COLUMNS[key] in shown
        assert all(row[key] in shown for row in rows)


def test_a_long_source_is_folded_and_nothing_is_cut() -> None:
    source = "tubingen + starry_night_google + vgg16_hed (mirror)"
    console = Console(width=80)
    with console.capture() as captured:
        console.print(*results.terminal([ROW | {"model": "style-transfer", "data": source}]))
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    assert all(word in shown for word in [*source.split(), "style-transfer", ROW["gate"]])


def test_the_table_replaces_what_stood_between_its_marks_and_nothing_else() -> None:
    text = f"# Title\n{results.BEGIN}\nold\nolder\n{results.END}\nAfter\n"
    expected = f"# Title\n{results.BEGIN}\n| new |\n{results.END}\nAfter\n"
    assert results.replaced(text, "| new |\n") == expected
    assert results.replaced(expected, "| new |\n") == expected


@pytest.mark.parametrize(
    "text",
    ["no marks", results.BEGIN, results.END, f"{results.END}\n{results.BEGIN}"],
    ids=["none", "no end", "no begin", "swapped"],
)
def test_a_text_without_both_marks_in_order_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^README\.md should have the lines"):
        results.replaced(text, "| new |\n")


def test_readme_holds_the_table_of_the_last_report() -> None:
    project = Path(__file__).parents[2]
    report = project / "reports" / "results.json"
    if not report.exists():
        pytest.skip("no pipeline has been run here")
    readme = (project / "README.md").read_text()
    assert readme == results.replaced(readme, results.table(json.loads(report.read_text())))
