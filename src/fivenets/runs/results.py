"""The results: rows from the reports, as Markdown and on the terminal; `page` has the page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from fivenets.core import candidates, params
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.core.words import interval
from fivenets.runs.decision import Decision
from fivenets.runs.report import Report
from fivenets.sources.origin import Kind, Origin, in_words

REPORTS = Path("reports")
# Of the very data that a name of ours means.
REAL_KINDS = (Kind.MIRROR, Kind.PUBLIC, Kind.PACKAGE)
BEGIN, END = "<!-- results: written by `dvc repro report` -->", "<!-- end of results -->"
COLUMNS = {
    "model": "model",
    "registered": "registered as",
    "parameters": "parameters",
    "data": "data",
    "metric": "metric",
    "scored_on": "scored on",
    "course": "course",
    "published": "published",
    "ours": "ours, 95% interval",
    "also": "further results",
    "seeds": "over seeds, mean ± sd",
    "training": "training",
    "commit": "commit",
    "gate": "status",
}
IN_TABLE = ("model", "data", "metric", "course", "published", "ours", "training", "gate")


def rows() -> list[dict[str, str]]:
    """The row of every registered candidate, in the order of params.yaml."""
    published = params.load("report")
    return [
        row(candidate, Decision.read(registered), published.get(candidate.name, {}))
        for registered in params.load("registered")
        for candidate in candidates.of(registered)
    ]


def row(candidate: Candidate, decision: Decision, published: dict[str, Any]) -> dict[str, str]:
    """One model's row, every cell as text; `published` is what `report` in params.yaml says."""
    report = Report.of(candidate)
    metrics, training = report.metrics, report.record
    metric = published.get("metric", decision.metric)
    if metric not in metrics:  # that of a test set which a stand-in took the place of
        metric = decision.metric
    measured_on = report.scored_on(metric)
    others = {"model": candidate.name, **published, "metric": metric}
    return {
        "model": candidate.name,
        "registered": candidate.registered,
        "parameters": f"{metrics['parameters']:,}",
        "data": training["tags"]["data"],
        "metric": metric,
        "scored_on": in_words(measured_on),
        "course": _others(others, "course", measured_on),
        "published": _others(others, "published", measured_on),
        "ours": interval(metrics, metric),
        "also": metrics.get("also", "-"),
        "seeds": _over_seeds(candidate.name, training),
        "training": f"{training['seconds']:.0f} s",
        "commit": _commit(training["tags"]),
        "gate": _gate(candidate.name, decision),
    }


def table(rows: list[dict[str, str]]) -> str:
    """The rows as a Markdown table of the columns that most readers want."""
    lines = [
        [COLUMNS[key] for key in IN_TABLE],
        ["---"] * len(IN_TABLE),
        *([row[key] for key in IN_TABLE] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def markdown(rows: list[dict[str, str]]) -> str:
    """The table, and under it each model with all that is known of it."""
    sections = [f"# Results\n\n{table(rows)}"]
    for row in rows:
        known = [f"- {COLUMNS[key]}: {row[key]}" for key in COLUMNS if row[key] != "-"]
        sections.append(f"## {row['model']}\n\n{chr(10).join(known[1:])}\n")
    return "\n".join(sections)


def terminal(rows: list[dict[str, str]]) -> list[Table]:
    """The rows as tables that fit 80 columns, one per metric."""
    shown = ("model", "data", "course", "ours", "gate")
    tables = {}
    for row in rows:
        if row["metric"] not in tables:
            table = Table(
                title=row["metric"],
                title_justify="left",
                box=box.SIMPLE_HEAD,
                pad_edge=False,  # two columns that the longest names need
                show_edge=False,
            )
            for key in shown:  # sources of several parts are long, the rest is not
                table.add_column(COLUMNS[key], no_wrap=key != "data", overflow="fold")
            tables[row["metric"]] = table
        tables[row["metric"]].add_row(*(row[key] for key in shown))
    return list(tables.values())


def replaced(text: str, table: str) -> str:
    """The `text` of README.md with `table` between the two marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise UserError(f"README.md should have the lines {BEGIN} and {END}: results go between")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def same_recipe(parameters: dict[str, str], others: dict[str, str]) -> bool:
    """Whether two trainings differ in nothing but their seed."""
    return {**parameters, "seed": ""} == {**others, "seed": ""}


def _others(entry: dict[str, Any], whose: str, measured_on: Sequence[Origin]) -> str:
    """Somebody else's number, beside results by the same metric on the same data.

    Args: whose: course | published; its metric and its data stand beside it in `entry`.
    Raises: UserError where they do not.
    """
    if whose not in entry:
        return "-"
    for key in (f"{whose}_metric", f"{whose}_data"):
        if key not in entry:
            raise UserError(f"params.yaml: report: {entry['model']}: {whose} needs {key}")
    names = [origin.asset for origin in measured_on if origin.kind in REAL_KINDS]
    is_same_data = len(measured_on) == 1 and names == [entry[f"{whose}_data"]]
    if not is_same_data or entry[f"{whose}_metric"] != entry["metric"]:
        return "-"
    return f"{entry[whose]:.3f}" if isinstance(entry[whose], float) else str(entry[whose])


def _commit(tags: dict[str, str]) -> str:
    """The commit that made the model, with a plus where it was not all."""
    return tags["git_commit"][:10] + ("+" if tags["git_dirty"] == "true" else "")


def _over_seeds(name: str, training: Mapping[str, Any]) -> str:
    file = REPORTS / "seeds" / f"{name}.json"
    if not file.exists():
        return "-"
    study = json.loads(file.read_text())
    is_comparable = study["data_digest"] == training["tags"]["data_digest"] and same_recipe(
        study["parameters"], training["parameters"]
    )
    if not is_comparable:  # of an older recipe, or of other data
        return "-"
    return f"{study['mean']:.3f} ± {study['sd']:.3f}, {len(study['accuracies'])} seeds"


def _gate(name: str, decision: Decision) -> str:
    if name != decision.best:
        return "candidate"
    return "champion" if decision.passed else f"below {decision.minimum:g}"
