"""Reports of the pipeline -> what the registry should say, and the registry made to say it."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fivenets import tasks
from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256, tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.params import flatten
from fivenets.core.words import interval
from fivenets.runs import exporting, model_metrics, registry, results, tracking
from fivenets.runs.exporting import PYFUNC
from fivenets.runs.lookup import CHAMPION
from fivenets.sources.origin import Kind, all_of, in_words


def decide(
    name: str,
    compared: Sequence[Candidate],
    *,
    metric: str,
    minimum: float,
    minimum_builtin: float | None = None,
    tolerances: dict | None = None,
) -> dict[str, Any]:
    """Which candidate becomes `name`'s champion: the highest `metric`, if it reaches `minimum`.

    A score on drawn data says little of photographs: where that is all there is, what has learned
    from real data goes before what has not.
    Args: compared: at least one candidate, all of one task.
        minimum_builtin: in place of `minimum` where the metric was measured on drawn data, which
        may be easier or harder than the real ones. An untrained candidate is never champion.
        tolerances: metric -> by how much a reproduction may differ from it; by default `metric`
        should come out the same.
    """
    values, is_drawn, is_untrained, knows_real, evidence = {}, {}, {}, {}, {}
    for one in compared:
        candidate = one.name
        metrics, training = (json.loads(file.read_text()) for file in (one.metrics, one.record))
        evidence[candidate] = tree_sha256(one.reports)
        if metric not in metrics:
            raise UserError(f"params.yaml: {name}.register.metric: {candidate} has no {metric}")
        values[candidate], made_from = metrics[metric], all_of(training.get("sources"))
        scored_on = results.scored_on(metrics, metric, made_from)
        is_drawn[candidate] = any(origin.is_drawn for origin in scored_on)
        is_untrained[candidate] = any(origin.kind == Kind.UNTRAINED for origin in made_from)
        knows_real[candidate] = not all(origin.is_drawn for origin in made_from)
        _check_tolerances(f"{name}.register.tolerances", tolerances or {}, candidate, metrics)

    def rank(candidate: str) -> tuple[bool, bool, float]:
        goes_first = is_drawn[candidate] and knows_real[candidate]
        return not is_untrained[candidate], goes_first, values[candidate]

    best = max(values, key=rank)
    if is_drawn[best] and minimum_builtin is not None:
        minimum = minimum_builtin
    return {
        "name": name,
        "task": compared[0].task,
        "metric": metric,
        "minimum": minimum,
        "candidates": values,
        "untrained": [candidate for candidate in values if is_untrained[candidate]],
        "drawn_only": [one for one in values if is_drawn[one] and not knows_real[one]],
        "evidence": evidence,
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
    name, service = decision["name"], tasks.find(decision["task"]).service
    for candidate in decided(decision):
        files = served_files(candidate)
        run_id = tracking.run_of(client, candidate.file, candidate.reports)
        made_by = client.get_run(run_id).data
        if not any(metric.startswith("test/") for metric in made_by.metrics):
            # DVC evaluates no model again whose bytes have not changed, whichever run made them.
            tracking.log_evaluation(client, run_id, candidate.reports)
        example = (PYFUNC / service.example).read_bytes()
        card = model_card(candidate, decision, made_by.tags)
        client.set_tag(run_id, tracking.NOTE_TAG, card)
        version = registry.register(
            name,
            run_id,
            files,
            digest_of(files),
            PYFUNC / service.script,
            [base64.b64encode(example).decode()] * service.pictures,
            card,
            {
                "model": candidate.name,
                "data": made_by.tags["data"],
                **gate(candidate.name, decision),
            },
            service.requirements,
            service.options,
            exporting.of(candidate, service),
        )
        model_metrics.log(client, run_id, client.get_model_version(name, version), candidate)
        registry.point_alias(name, candidate.name, version)
        if candidate.name == decision["best"] and decision["passed"]:
            registry.point_alias(name, CHAMPION, version)
    registry.describe(
        name,
        f"{service.use[0].upper()}{service.use[1:]}. `models:/{name}@{CHAMPION}` is the "
        f"candidate with the best {decision['metric']}, if that reaches {decision['minimum']:g}.",
        {"task": decision["task"]},
    )


def decided(decision: dict[str, Any]) -> list[Candidate]:
    """The candidates that a decision was between."""
    return [Candidate(one, decision["task"], decision["name"]) for one in decision["candidates"]]


def gate(candidate: str, decision: dict[str, Any]) -> dict[str, str]:
    """What was asked of the candidate and whether it met it, as tags of its version."""
    is_untrained = candidate in decision.get("untrained", [])
    passed = not is_untrained and decision["candidates"][candidate] >= decision["minimum"]
    return {
        "gate": f"{decision['metric']} >= {decision['minimum']:g}",
        "gate_passed": str(passed).lower(),
        "tolerances": json.dumps(decision.get("tolerances", {})),
    }


def served_files(candidate: Candidate) -> dict[str, Path]:
    """What a version of the candidate consists of, by the names that its pyfunc knows."""
    beside = tasks.find(candidate.task).service.beside
    return {"model": candidate.file, **{key: candidate.tables / beside[key] for key in beside}}


def digest_of(files: dict[str, Path]) -> str:
    """The model file's own digest or, where more files are served, one of all of them."""
    digests = [sha256(file) for file in files.values()]
    return digests[0] if len(digests) == 1 else sha256(" ".join(digests).encode())


def model_card(
    candidate: Candidate, decision: dict[str, Any], made_by: Mapping[str, str] | None = None
) -> str:
    """What the model is, what it was made from, how good it is and what it is not for.

    Args: made_by: tags of the run that made it; by default those of the record in its reports.
    """
    service = tasks.find(candidate.task).service
    record = json.loads(candidate.record.read_text())
    tags, sources = made_by or record["tags"], record.get("sources")
    if tracking.SOURCES_TAG in tags:
        sources = json.loads(tags[tracking.SOURCES_TAG])
    made_from = all_of(sources)
    metrics = json.loads(candidate.metrics.read_text())
    metric = decision["metric"]
    scored_on = results.scored_on(metrics, metric, made_from)
    is_champion = decision["passed"] and candidate.name == decision["best"]
    return f"""# {candidate.name}

- **What**: {metrics["parameters"]:,} parameters; {service.use}.
- **Data**: {tags["data"]}, digest `{tags["data_digest"][:12]}`.
- **Code**: commit `{tags["git_commit"][:12]}`, local changes: {tags["git_dirty"]}.
- **Test {metric}**: {interval(metrics, metric)} over {metrics["examples"]} examples of
  {in_words(scored_on)}; {metrics.get("also", "nothing more measured")}.
- **Gate**: {metric} >= {decision["minimum"]:g}: {"champion" if is_champion else "not champion"}.
- **Limits**: {results.limits(service, results.nature(made_from, scored_on))}
"""
