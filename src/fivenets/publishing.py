"""Reports of the pipeline -> what the registry should say, and the registry made to say it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fivenets import registry, tracking
from fivenets.digests import sha256
from fivenets.errors import UserError
from fivenets.results import interval

DECISION_FILE = "registration.json"
PYFUNC = registry.PACKAGE / "pyfunc"


@dataclass(frozen=True)
class Service:
    """How the models of one task are served, and what should be said of them."""

    script: Path  # what MLflow runs to load one
    example: Path  # a picture that shows the form of a request; drawn, as photographs are not ours
    use: str
    limits: str
    limits_of_builtin: str


SERVICES = {
    "classification": Service(
        script=PYFUNC / "image_classifier.py",
        example=PYFUNC / "example_sign.png",
        use="raw pictures in, label and probabilities out",
        limits="Trained on few hands before plain walls: expect less on other people and rooms.",
        limits_of_builtin="Trained on drawn hands: expect little of it on photographs.",
    ),
    "detection": Service(
        script=PYFUNC / "object_detector.py",
        example=PYFUNC / "example_street.png",
        use="raw pictures in, class, score and box in pixels of each object out",
        limits="Knows its classes only, and misses small objects; scores are no probabilities. "
        "The gate proves that the conversion is exact, not that the network is good.",
        limits_of_builtin="Trained on drawn scenes: expect little of it on photographs.",
    ),
}


def decide(
    name: str, *, task: str, candidates: list, metric: str, minimum: float
) -> dict[str, Any]:
    """Which candidate becomes `name`'s champion: the highest `metric`, if it reaches `minimum`."""
    if task not in SERVICES:
        raise UserError(
            f"params.yaml: {name}.register.task should be one of {', '.join(SERVICES)}, "
            f"it is {task!r}"
        )
    values = {}
    for candidate in candidates:
        metrics = json.loads(Path("reports", candidate, tracking.METRICS_FILE).read_text())
        if metric not in metrics:
            raise UserError(f"params.yaml: {name}.register.metric: {candidate} has no {metric}")
        values[candidate] = metrics[metric]
    best = max(values, key=values.__getitem__)
    return {
        "name": name,
        "task": task,
        "metric": metric,
        "minimum": minimum,
        "candidates": values,
        "best": best,
        "passed": values[best] >= minimum,
    }


def publish(decision: dict[str, Any]) -> None:
    """Registers each candidate and moves the champion's alias; a second time changes nothing."""
    client = tracking.connect()
    name, service = decision["name"], SERVICES[decision["task"]]
    for candidate in decision["candidates"]:
        model_file, reports = Path("models", f"{candidate}.keras"), Path("reports", candidate)
        run_id = tracking.run_of(client, model_file, reports)
        training = json.loads((reports / tracking.RECORD_FILE).read_text())
        version = registry.register(
            name,
            run_id,
            model_file,
            sha256(model_file),
            service.script,
            [base64.b64encode(service.example.read_bytes()).decode()],
            model_card(candidate, decision),
            {"model": candidate, "data": training["tags"]["data"]},
        )
        registry.point_alias(name, candidate, version)
        if candidate == decision["best"] and decision["passed"]:
            registry.point_alias(name, registry.CHAMPION, version)


def model_card(candidate: str, decision: dict[str, Any]) -> str:
    """What the model is, what it was made from, how good it is and what it is not for."""
    reports, service = Path("reports", candidate), SERVICES[decision["task"]]
    training = json.loads((reports / tracking.RECORD_FILE).read_text())
    metrics = json.loads((reports / tracking.METRICS_FILE).read_text())
    tags, metric = training["tags"], decision["metric"]
    is_champion = decision["passed"] and candidate == decision["best"]
    return f"""# {candidate}

- **What**: {metrics["parameters"]:,} parameters; {service.use}.
- **Data**: {tags["data"]}, digest `{tags["data_digest"][:12]}`.
- **Code**: commit `{tags["git_commit"][:12]}`, local changes: {tags["git_dirty"]}.
- **Test {metric}**: {interval(metrics, metric)} over {metrics["examples"]} examples;
  {metrics.get("also", "nothing more measured")}.
- **Gate**: {metric} >= {decision["minimum"]:g}: {"champion" if is_champion else "not champion"}.
- **Limits**: {service.limits_of_builtin if "(builtin)" in tags["data"] else service.limits}
"""
