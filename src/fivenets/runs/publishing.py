"""Reports of the pipeline -> what the registry should say, and the registry made to say it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.params import flatten
from fivenets.runs import registry, results, tracking
from fivenets.sources.origin import Kind, Origin, all_of, in_words

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
    beside: tuple[str, ...] = ()  # STEM.<this>.json beside the model file, which `script` reads
    requirements: tuple[str, ...] = ()  # packages that it needs and other tasks do not
    pictures: int = 1  # in the example of a request
    options: Mapping[str, Any] = field(default_factory=dict)  # that a request may carry: an example


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
    "faces": Service(
        script=PYFUNC / "face_verifier.py",
        example=PYFUNC / "example_face.png",
        use="two raw pictures in, same person or not out; one picture in, its embedding out",
        limits="Scored on few and famous people: calibrate the threshold on your own, and do not "
        "decide over anybody by it; error rates differ between groups of people.",
        limits_of_builtin="Made or scored without photographs: of no use on real people.",
        beside=("calibration",),
        requirements=("joblib", "lz4", "mtcnn"),
        options={"cropped": False},
    ),
    "style": Service(
        script=PYFUNC / "style_transfer.py",
        example=PYFUNC / "example_street.png",
        use="content and style pictures in, picture out; options are parameters",
        limits="Optimises each picture anew: minutes on a CPU. What is kept of the content and "
        "taken from the style is what its features see.",
        limits_of_builtin="Made from built-in photographs: the network serves any others as well.",
        requirements=("h5py", "psutil"),
        pictures=2,
        options={
            "size": 64,
            "iterations": 2,
            "coarse_scales": 0,
            "content_weight": 0.03,
            "style_weight": 1.0,
            "style_scale": 1.0,
            "initial": "content",
            "colours": "style",
            "optimizer": "lbfgs",
            "precision": "float32",
            "seed": 0,
        },
    ),
    "fast-style": Service(
        script=PYFUNC / "style_transfer.py",
        example=PYFUNC / "example_street.png",
        use="a content picture in, the picture in the style that was learned out, in one pass",
        limits="Knows one style, at one size of strokes, from few photographs.",
        limits_of_builtin="Knows one style, at one size of strokes, from built-in photographs.",
        requirements=("h5py", "psutil"),
        options={"size": 64},
    ),
}


def decide(
    name: str,
    *,
    task: str,
    candidates: list,
    metric: str,
    minimum: float,
    minimum_builtin: float | None = None,
    tolerances: dict | None = None,
) -> dict[str, Any]:
    """Which candidate becomes `name`'s champion: the highest `metric`, if it reaches `minimum`.

    Args: minimum_builtin: in place of `minimum` where the metric was measured on drawn data, which
        may be easier or harder than the real ones. An untrained candidate is never champion.
        tolerances: metric -> by how much a reproduction may differ from it; by default `metric`
        should come out the same.
    """
    if task not in SERVICES:
        raise UserError(
            f"params.yaml: {name}.register.task should be one of {', '.join(SERVICES)}, "
            f"it is {task!r}"
        )
    values, is_drawn, is_untrained = {}, {}, {}
    for candidate in candidates:
        metrics = json.loads(Path("reports", candidate, tracking.METRICS_FILE).read_text())
        training = json.loads(Path("reports", candidate, tracking.RECORD_FILE).read_text())
        if metric not in metrics:
            raise UserError(f"params.yaml: {name}.register.metric: {candidate} has no {metric}")
        values[candidate], made_from = metrics[metric], all_of(training.get("sources"))
        scored_on = results.scored_on(metrics, metric, made_from)
        is_drawn[candidate] = any(origin.is_drawn for origin in scored_on)
        is_untrained[candidate] = any(origin.kind == Kind.UNTRAINED for origin in made_from)
        _check_tolerances(f"{name}.register.tolerances", tolerances or {}, candidate, metrics)
    best = max(values, key=lambda candidate: (not is_untrained[candidate], values[candidate]))
    if is_drawn[best] and minimum_builtin is not None:
        minimum = minimum_builtin
    return {
        "name": name,
        "task": task,
        "metric": metric,
        "minimum": minimum,
        "candidates": values,
        "untrained": [candidate for candidate in candidates if is_untrained[candidate]],
        "best": best,
        "passed": values[best] >= minimum and not is_untrained[best],
        "tolerances": {metric: 0.0} if tolerances is None else dict(tolerances),
    }


def _check_tolerances(path: str, tolerances: dict, candidate: str, metrics: dict) -> None:
    for key, tolerance in tolerances.items():
        if key not in flatten(metrics):
            raise UserError(f"params.yaml: {path}: {candidate} has no {key}")
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float):
            raise UserError(f"params.yaml: {path}.{key} should be a number, it is {tolerance!r}")


def publish(decision: dict[str, Any]) -> None:
    """Registers each candidate and moves the champion's alias; a second time changes nothing."""
    client = tracking.connect()
    name, service = decision["name"], SERVICES[decision["task"]]
    for candidate in decision["candidates"]:
        reports, files = Path("reports", candidate), served_files(candidate, decision["task"])
        run_id = tracking.run_of(client, files["model"], reports)
        made_by = client.get_run(run_id).data
        if not any(metric.startswith("test/") for metric in made_by.metrics):
            # DVC evaluates no model again whose bytes have not changed, whichever run made them.
            tracking.log_evaluation(client, run_id, reports)
        version = registry.register(
            name,
            run_id,
            files,
            digest_of(files),
            service.script,
            [base64.b64encode(service.example.read_bytes()).decode()] * service.pictures,
            model_card(candidate, decision, made_by.tags),
            {"model": candidate, "data": made_by.tags["data"], **gate(candidate, decision)},
            service.requirements,
            service.options,
        )
        registry.point_alias(name, candidate, version)
        if candidate == decision["best"] and decision["passed"]:
            registry.point_alias(name, registry.CHAMPION, version)


def gate(candidate: str, decision: dict[str, Any]) -> dict[str, str]:
    """What was asked of the candidate and whether it met it, as tags of its version."""
    is_untrained = candidate in decision.get("untrained", [])
    passed = not is_untrained and decision["candidates"][candidate] >= decision["minimum"]
    return {
        "gate": f"{decision['metric']} >= {decision['minimum']:g}",
        "gate_passed": str(passed).lower(),
        "tolerances": json.dumps(decision.get("tolerances", {})),
    }


def served_files(candidate: str, task: str) -> dict[str, Path]:
    """What a version of the candidate consists of, by the names that its pyfunc knows."""
    beside = {part: Path("models", f"{candidate}.{part}.json") for part in SERVICES[task].beside}
    return {"model": Path("models", f"{candidate}.keras"), **beside}


def digest_of(files: dict[str, Path]) -> str:
    """The model file's own digest or, where more files are served, one of all of them."""
    digests = [sha256(file) for file in files.values()]
    return digests[0] if len(digests) == 1 else sha256(" ".join(digests).encode())


def model_card(
    candidate: str, decision: dict[str, Any], made_by: Mapping[str, str] | None = None
) -> str:
    """What the model is, what it was made from, how good it is and what it is not for.

    Args: made_by: tags of the run that made it; by default those of the record in its reports.
    """
    reports, service = Path("reports", candidate), SERVICES[decision["task"]]
    record = json.loads((reports / tracking.RECORD_FILE).read_text())
    tags, sources = made_by or record["tags"], record.get("sources")
    if tracking.SOURCES_TAG in tags:
        sources = json.loads(tags[tracking.SOURCES_TAG])
    made_from = all_of(sources)
    metrics = json.loads((reports / tracking.METRICS_FILE).read_text())
    metric = decision["metric"]
    scored_on = results.scored_on(metrics, metric, made_from)
    is_champion = decision["passed"] and candidate == decision["best"]
    return f"""# {candidate}

- **What**: {metrics["parameters"]:,} parameters; {service.use}.
- **Data**: {tags["data"]}, digest `{tags["data_digest"][:12]}`.
- **Code**: commit `{tags["git_commit"][:12]}`, local changes: {tags["git_dirty"]}.
- **Test {metric}**: {results.interval(metrics, metric)} over {metrics["examples"]} examples of
  {in_words(scored_on)}; {metrics.get("also", "nothing more measured")}.
- **Gate**: {metric} >= {decision["minimum"]:g}: {"champion" if is_champion else "not champion"}.
- **Limits**: {_limits(service, made_from, scored_on)}
"""


def _limits(service: Service, made_from: list[Origin], scored_on: list[Origin]) -> str:
    """What not to expect of a model that was made from and scored on these."""
    is_drawn = any(origin.is_drawn for origin in (*made_from, *scored_on))
    kinds = [{origin.kind for origin in origins} for origins in (made_from, scored_on) if origins]
    if is_drawn or any(some <= {Kind.BUILTIN, Kind.PACKAGE, Kind.UNTRAINED} for some in kinds):
        return service.limits_of_builtin
    if any(some <= {Kind.FOLDER, Kind.TFDS} for some in kinds):
        return "As good as its test split says on pictures like those, and not on others."
    return service.limits
