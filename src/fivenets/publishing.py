"""Reports of the pipeline -> what the registry should say, and the registry made to say it."""

import base64
import json
from pathlib import Path
from typing import Any

from fivenets import registry, tracking
from fivenets.assets import sha256
from fivenets.errors import UserError
from fivenets.results import interval

DECISION_FILE = "registration.json"
# Shown with each version as the form of a request. Drawn: photographs may not be passed on.
EXAMPLE_PICTURE = registry.PACKAGE / "pyfunc" / "example_sign.png"


def decide(name: str, *, candidates: list, metric: str, minimum: float) -> dict[str, Any]:
    """Which candidate becomes `name`'s champion: the highest `metric`, if it reaches `minimum`."""
    values = {}
    for candidate in candidates:
        metrics = json.loads(Path("reports", candidate, tracking.METRICS_FILE).read_text())
        if metric not in metrics:
            raise UserError(f"params.yaml: {name}.register.metric: {candidate} has no {metric}")
        values[candidate] = metrics[metric]
    best = max(values, key=values.__getitem__)
    return {
        "name": name,
        "metric": metric,
        "minimum": minimum,
        "candidates": values,
        "best": best,
        "passed": values[best] >= minimum,
    }


def publish(decision: dict[str, Any]) -> None:
    """Registers each candidate and moves the champion's alias; a second time changes nothing."""
    client = tracking.connect()
    name = decision["name"]
    for candidate in decision["candidates"]:
        model_file, reports = Path("models", f"{candidate}.keras"), Path("reports", candidate)
        run_id = tracking.run_of(client, model_file, reports)
        training = json.loads((reports / tracking.RECORD_FILE).read_text())
        version = registry.register(
            name,
            run_id,
            model_file,
            sha256(model_file),
            [base64.b64encode(EXAMPLE_PICTURE.read_bytes()).decode()],
            model_card(candidate, decision),
            {"architecture": candidate, "data": training["tags"]["data"]},
        )
        registry.point_alias(name, candidate, version)
        if candidate == decision["best"] and decision["passed"]:
            registry.point_alias(name, registry.CHAMPION, version)


def model_card(candidate: str, decision: dict[str, Any]) -> str:
    """What the model is, what it was made from, how good it is and what it is not for."""
    reports = Path("reports", candidate)
    training = json.loads((reports / tracking.RECORD_FILE).read_text())
    metrics = json.loads((reports / tracking.METRICS_FILE).read_text())
    others = metrics["without_near_duplicates"]
    tags = training["tags"]
    is_builtin = "(builtin)" in tags["data"]
    limits = (
        "Trained on drawn hands: expect little of it on photographs."
        if is_builtin
        else "Trained on few hands before plain walls: expect less on other people and rooms."
    )
    outcome = "passed" if decision["passed"] and candidate == decision["best"] else "not champion"
    return f"""# {candidate}

- **What**: {training["parameters"]["architecture"]}, {metrics["parameters"]:,} parameters; raw
  pictures in, label and probabilities out.
- **Data**: {tags["data"]}, digest `{tags["data_digest"][:12]}`.
- **Code**: commit `{tags["git_commit"][:12]}`, local changes: {tags["git_dirty"]}.
- **Test accuracy**: {interval(metrics)} on {metrics["examples"]} pictures;
  {interval(others)} on the {others["examples"]} without a near-duplicate in training.
- **Calibration error**: {metrics["calibration_error"]:.3f}.
- **Gate**: {decision["metric"]} >= {decision["minimum"]:g}: {outcome}.
- **Limits**: {limits}
"""
