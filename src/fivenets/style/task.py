"""Neural style transfer as the stages, the registry and the command line know it."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.sources.origin import digest_of, in_words
from fivenets.style import drawing, evaluation, jobs, sources, squeezenet
from fivenets.style.settings import JobPlan
from fivenets.style.stylizer import Stylizer


def conversion(candidate: Candidate) -> Making:
    """The feature network in one file, and beside it the pictures that params.yaml asks of it."""
    plan = params.settings(JobPlan, candidate.name, "convert")
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    gathered = jobs.gather(plan, source, raw_dir)
    network, origin = sources.network(plan.features, plan.pooling, source, raw_dir)
    origins = [*(origin for one in gathered for origin in one.origins), origin]

    def make(log: Log) -> Rows:
        rows: Rows = []

        def watch(job: str, _: int, losses: dict[str, float], image: np.ndarray | None) -> None:
            rows.append({"epoch": len(rows), **losses})
            log.log_epoch(len(rows) - 1, losses)
            if image is not None:
                log.log_image(image, job, len(rows) - 1)

        for one in gathered:
            jobs.run(network, one, plan.snapshots, _made(candidate) / one.job.name, watch)
        stylizer = Stylizer(network, gathered[0].job.settings, in_words([origin]))
        # Other jobs, or pictures, make another model file, so that each set has a run of its own.
        stylizer.save(
            candidate.file,
            jobs=[asdict(one.job) for one in gathered],
            data_digest=digest_of(origins),
        )
        return rows

    return Making(asdict(plan), origins, make)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Losses in float32, and measures, of the pictures as written; leaves contact sheets."""
    all_made = [jobs.read(folder) for folder in sorted(_made(candidate).iterdir())]
    with candidate.history.open(newline="") as stream:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
    drawing.stacked([drawing.curves(rows)]).save(candidate.pictures / "losses.png")
    sheets = [drawing.sheet(made) for made in all_made]
    drawing.stacked(sheets).save(candidate.pictures / "over-time.png")
    pairs = [drawing.beside(made) for made in all_made]
    drawing.stacked(pairs).save(candidate.pictures / "beside.png")
    judge = squeezenet.network(params.load("data", "source"), Path("data/raw"))
    return evaluation.metrics(Stylizer.from_file(candidate.file), all_made, judge)


def _made(candidate: Candidate) -> Path:
    """The folder of the jobs' own folders."""
    return candidate.folder / "jobs"


TASK = Task(
    name="style",
    convert=conversion,
    evaluate=evaluate,
    better=("style_images",),
    service=Service(
        script="style_transfer.py",
        white=None,
        example="example_street.png",
        use="content and style pictures in, picture out; options are parameters",
        limits="Optimises every picture anew: minutes on a CPU. It keeps of the content, and "
        "takes from the style, what its features see.",
        limits_of_builtin="Made from built-in photographs: the network serves any others as well.",
        command="stylize photo.jpg painting.jpg --out painted.png",
        pipeline="image-to-image",
        requirements=("h5py", "psutil"),
        pictures=2,
        options={
            "size": 64,
            "iterations": 2,
            "coarse_scales": 0,
            "content_weight": 0.02,
            "style_weight": 1.0,
            "style_scale": 1.0,
            "initial": "content",
            "detail": 0.7,
            "colours": "style",
            "optimizer": "lbfgs",
            "precision": "float32",
            "seed": 0,
        },
    ),
)
