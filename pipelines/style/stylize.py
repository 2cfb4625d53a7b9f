"""params -> feature network and jobs -> a picture for each job, and the network in one file."""

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np

from fivenets.core import params, stage
from fivenets.runs import tracking
from fivenets.style import jobs, sources
from fivenets.style.settings import JobPlan
from fivenets.style.stylizer import Stylizer


def main(name: str) -> None:
    plan = params.settings(JobPlan, name, "stylize")
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    gathered = jobs.gather(plan, source, raw_dir)
    network, origin = sources.network(plan.features, plan.pooling, source, raw_dir)
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    origins = [*(origin for one in gathered for origin in one.origins), origin]
    run_file = Path("checkpoints", f"{name}.run.json")
    shutil.rmtree(reports / "pictures", ignore_errors=True)
    with tracking.training(name, asdict(plan), sources.combined(origins), run_file) as run:
        rows: list[dict[str, float]] = []

        def watch(job: str, _: int, losses: dict[str, float], image: np.ndarray | None) -> None:
            rows.append({"epoch": len(rows), **losses})
            run.log_epoch(len(rows) - 1, losses)
            if image is not None:
                run.log_image(image, job, len(rows) - 1)

        for one in gathered:
            out = reports / "pictures" / one.job.name
            jobs.run(network, one, plan.snapshots, out, watch)
        stylizer = Stylizer(network, gathered[0].settings, f"{origin.asset} ({origin.origin})")
        # Other jobs make another model file, so that each set of jobs has a run of its own.
        stylizer.save(model_file, jobs=[asdict(one.job) for one in gathered])
        run.finish(model_file, rows, reports)


if __name__ == "__main__":
    stage.run(main)
