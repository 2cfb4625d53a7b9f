"""A trained network and photographs that it has not seen -> its losses beside the optimiser's."""

import json
from dataclasses import replace
from pathlib import Path

from fivenets.core import params, stage
from fivenets.runs import tracking
from fivenets.style import drawing, evaluation, fast, sources
from fivenets.style.objective import Style
from fivenets.style.settings import FastEvaluation, FastPlan, JobPlan


def main(name: str, optimiser: str) -> None:
    plan = params.settings(FastPlan, name, "train")
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    model = fast.FastStylizer.from_file(model_file)
    network, _ = sources.network(plan.features, plan.pooling, source, raw_dir)
    style = Style(sources.picture(plan.style, "style", source, raw_dir).image)
    first, *_ = params.settings(JobPlan, optimiser, "stylize").jobs
    settings = replace(first.settings, size=model.settings.size)
    compared = {
        content: evaluation.compare(
            model,
            network,
            sources.picture(content, "content", source, raw_dir).image,
            style,
            settings,
        )
        for content in params.settings(FastEvaluation, name, "evaluate").contents
    }
    metrics = evaluation.fast_metrics(model, compared)
    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    titles = ("content", "style", "fast", "optimised")
    drawing.stacked(
        [
            drawing.row((one.content, style.image, one.fast, one.optimised), titles)
            for one in compared.values()
        ]
    ).save(reports / "beside.png")
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


if __name__ == "__main__":
    stage.run(main)
