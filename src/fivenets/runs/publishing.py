"""A decision -> the registry made to say it: a version of each candidate, and who is champion."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from fivenets import tasks
from fivenets.core.candidates import Candidate
from fivenets.core.words import interval
from fivenets.runs import exporting, model_metrics, registry, tracking
from fivenets.runs.decision import Decision
from fivenets.runs.lookup import CHAMPION
from fivenets.runs.registry import Entry
from fivenets.runs.report import Report, limits
from fivenets.sources.origin import all_of, in_words


@tracking.answering()
def publish(decision: Decision) -> None:
    """Registers each candidate and moves the champion's alias; a second time changes nothing.

    Raises: UserError where the store does not answer, or refuses it.
    """
    client = tracking.connect()
    name, service = decision.name, tasks.find(decision.task).service
    for candidate in decision.compared():
        run_id = tracking.run_of(client, candidate.file, candidate.reports)
        made_by = client.get_run(run_id).data
        if not any(metric.startswith("test/") for metric in made_by.metrics):
            # DVC evaluates no model again whose bytes have not changed, whichever run made them.
            tracking.log_evaluation(client, run_id, candidate.reports)
        card = model_card(candidate, decision, made_by.tags)
        client.set_tag(run_id, tracking.NOTE_TAG, card + how_to_use(candidate))
        tags = {"model": candidate.name, "data": made_by.tags["data"]}
        tags |= gate(candidate.name, decision)
        nature = _report(candidate, made_by.tags).nature(decision.metric)
        tags["limits"] = limits(service, nature)
        export = partial(exporting.exported, candidate, service)
        entry = Entry(name, run_id, served_files(candidate), service, card, tags, export)
        version = registry.register(entry)
        model_metrics.log(client, run_id, client.get_model_version(name, version), candidate)
        client.set_registered_model_alias(name, candidate.name, version)
        if decision.is_champion(candidate.name):
            client.set_registered_model_alias(name, CHAMPION, version)
    client.update_registered_model(
        name,
        f"{service.use[0].upper()}{service.use[1:]}. `models:/{name}@{CHAMPION}` is the "
        f"candidate with the best {decision.metric}, if that reaches {decision.minimum:g}.",
    )
    about = {"task": decision.task, "input": service.use.partition(" in,")[0]}
    about["licence"] = licence_of(decision.compared())
    for key, value in about.items():
        client.set_registered_model_tag(name, key, value)


def licence_of(candidates: Sequence[Candidate]) -> str:
    """Of the code, and of each thing that the candidates were made from."""
    made_from = [origin for one in candidates for origin in Report.of(one).made_from]
    said = [f"{origin.asset}: {origin.licence}" for origin in made_from]
    return "; ".join(dict.fromkeys(["code: Apache-2.0", *said]))


def how_to_use(candidate: Candidate) -> str:
    """Lines of a run's page: what to type, and where its pictures are."""
    service = tasks.find(candidate.task).service
    command = service.command_for(Report.of(candidate).record["parameters"])
    by_name = f"{candidate.registered}@{candidate.name}"
    said = f"- **Use**: `.venv/bin/fivenets {command} --model {by_name}`\n"
    pictures = sorted(one.name for one in candidate.pictures.glob("*.png"))
    if pictures:
        said += f"- **Pictures**: `evaluation/{'`, `evaluation/'.join(pictures)}`\n"
    return said


def gate(candidate: str, decision: Decision) -> dict[str, str]:
    """What was asked of the candidate and whether it met it, as tags of its version."""
    return {
        "metric": decision.metric,
        "gate": decision.gate,
        "gate_passed": str(decision.is_met_by(candidate)).lower(),
        "tolerances": json.dumps(decision.tolerances),
    }


def served_files(candidate: Candidate) -> dict[str, Path]:
    """What a version of the candidate consists of, by the names that its pyfunc knows."""
    beside = tasks.find(candidate.task).service.beside
    return {"model": candidate.file, **{key: candidate.tables / beside[key] for key in beside}}


def model_card(
    candidate: Candidate, decision: Decision, made_by: Mapping[str, str] | None = None
) -> str:
    """What the model is, what it was made from, how good it is and what it is not for.

    Args: made_by: tags of the run that made it; by default those of the record in its reports.
    """
    service, report = tasks.find(candidate.task).service, _report(candidate, made_by or {})
    tags, metrics, metric = made_by or report.record["tags"], report.metrics, decision.metric
    is_champion = decision.is_champion(candidate.name)
    of_engines = "; it proves that the conversion is exact, not that the network is good"
    proof = of_engines if metric == "agreement" else ""
    return f"""# {candidate.name}

- **What**: {metrics["parameters"]:,} parameters; {service.use}.
- **Data**: {tags["data"]}, digest `{tags["data_digest"][:12]}`.
- **Code**: commit `{tags["git_commit"][:12]}`, local changes: {tags["git_dirty"]}.
- **Test {metric}**: {interval(metrics, metric)} over {metrics["examples"]} examples of
  {in_words(report.scored_on(metric))}; {metrics.get("also", "nothing more measured")}.
- **Gate**: {decision.gate}: {"champion" if is_champion else "not champion"}{proof}.
- **Limits**: {limits(service, report.nature(metric))}
"""


def _report(candidate: Candidate, made_by: Mapping[str, str]) -> Report:
    """The candidate's, made from what the tags of its run say, where they say it."""
    report = Report.of(candidate)
    if tracking.SOURCES_TAG not in made_by:
        return report
    return replace(report, made_from=all_of(json.loads(made_by[tracking.SOURCES_TAG])))
