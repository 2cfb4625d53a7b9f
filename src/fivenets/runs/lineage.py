"""From a registered version back to everything that made it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from fivenets.core.errors import UserError
from fivenets.runs import registry, signing, tracking

UNKNOWN = "not recorded"  # by a version or run that is older than the field


def of(model: str, public_key: Path | None = None) -> dict[str, Any]:
    """The lineage of NAME, NAME@ALIAS or NAME/VERSION, as JSON values; None is "not recorded".

    `code.diff` is the text of what differed from the commit, where the tree was dirty and the
    diff was kept. `metrics` are those on test data: value, and low and high or sd where known.
    `signature` says whether one holds by `public_key`.
    Raises: UserError where there is no such version, its run is gone, or no store answers.
    """
    version = registry.version_of(model)
    run = tracking.run_with_id(str(version.run_id))
    if run is None:
        raise UserError(f"{model}: its run {version.run_id} is not in the store any more")
    tags, metrics = run.data.tags, run.data.metrics
    return {
        "model": version.name,
        "version": str(version.version),
        "aliases": sorted(version.aliases),
        "candidate": version.tags.get("model"),
        "run": {
            "id": run.info.run_id,
            "status": run.info.status,
            "started": datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(),
            "training_seconds": metrics.get("training_seconds"),
            "rebuilt": "rebuilt" in tags,
        },
        "code": {
            "commit": tags.get("git_commit"),
            "dirty": {"true": True, "false": False}.get(tags.get("git_dirty", "")),
            "diff": tracking.text_artifact(run.info.run_id, tracking.DIFF_ARTIFACT) or None,
            "dvc_lock_sha256": tags.get(tracking.LOCK_TAG),
        },
        "data": {
            "source": tags.get("data"),
            "digest": tags.get("data_digest"),
            "sources": json.loads(tags.get(tracking.SOURCES_TAG, "null")),
        },
        "model_sha256": tags.get(tracking.DIGEST_TAG),
        "signature": signing.state(version, public_key),
        "parameters": dict(sorted(run.data.params.items())),
        "metrics": with_intervals(
            {
                name.removeprefix("test/"): value
                for name, value in sorted(metrics.items())
                if name.startswith("test/")
            }
        ),
        "gate": version.tags.get("gate"),
        "gate_passed": {"true": True, "false": False}.get(version.tags.get("gate_passed", "")),
        "tolerances": json.loads(version.tags.get("tolerances", "null")),
    }


def with_intervals(numbers: dict[str, float]) -> dict[str, dict[str, float]]:
    """Each metric with what is known of its spread: {"a": {"value", "low", "high"}} of a, a_low,
    a_high, and {"a": {"value", "sd"}} of a, a_sd.
    """
    found = {}
    for name, value in numbers.items():
        stem, _, end = name.rpartition("_")
        if end not in ("low", "high", "sd") or stem not in numbers:
            found[name] = {"value": value}
    for name, entry in found.items():
        for end in ("low", "high", "sd"):
            if f"{name}_{end}" in numbers:
                entry[end] = numbers[f"{name}_{end}"]
    return found


def terminal(lineage: dict[str, Any]) -> list[Table]:
    """The lineage as tables that fit 80 columns."""
    run, code, data = lineage["run"], lineage["code"], lineage["data"]
    passed = {True: "passed", False: "not passed", None: UNKNOWN}[lineage["gate_passed"]]
    seconds, rebuilt = run["training_seconds"], ", rebuilt from outputs" * run["rebuilt"]
    facts = {
        "version": f"{lineage['version']} ({', '.join(lineage['aliases']) or 'no alias'})",
        "candidate": lineage["candidate"],
        "gate": f"{lineage['gate']}: {passed}" if lineage["gate"] else None,
        "model file": lineage["model_sha256"],
        "signature": lineage["signature"],
        "run": f"{run['id']}, {run['status'].lower()}{rebuilt}",
        "started": run["started"][:19] + "Z",
        "training": None if seconds is None else f"{seconds:.0f} s",
        "commit": code["commit"],
        "local changes": _changes(code),
        "dvc.lock": code["dvc_lock_sha256"],
        "data": data["source"],
        "data digest": data["digest"],
    }
    about = _table(lineage["model"], "", "")
    for name, value in facts.items():
        about.add_row(name, value or UNKNOWN)
    parameters = _table("Parameters", "name", "value")
    for name, value in lineage["parameters"].items():
        parameters.add_row(name, value)
    metrics = _table("Metrics on test data", "name", "value", "spread")
    for name, entry in lineage["metrics"].items():
        metrics.add_row(name, f"{entry['value']:.6g}", _spread(entry))
    return [about, parameters, metrics]


def _changes(code: dict[str, Any]) -> str | None:
    if code["dirty"] and code["diff"] is None:
        return "yes, and what they were was not kept"
    if code["dirty"]:
        return f"yes, {len(code['diff'].splitlines())} lines of diff: --json shows them"
    return "none" if code["dirty"] is False else None


def _spread(entry: dict[str, float]) -> str:
    if "low" in entry and "high" in entry:
        return f"95% interval {entry['low']:.3f} to {entry['high']:.3f}"
    return f"± {entry['sd']:.3f}" if "sd" in entry else ""


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_header=any(columns),
        pad_edge=False,
        show_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")  # a digest is worth nothing cut short
    return table
