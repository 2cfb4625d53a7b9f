"""What a registered model is asked, compared with what it was trained on; logged, and as a page.

The numbers of the training pictures are taken from the prepared data once, and stay with the run
that made the model: who has the store needs no data.
"""

import contextlib
import itertools
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from scipy.stats import ks_2samp

from fivenets.core import candidates, files, images, listing
from fivenets.core.errors import UserError
from fivenets.runs import local, registry, tracking, watching
from fivenets.runs.page import rendered
from fivenets.runs.tracking import store
from fivenets.runs.watching import MEASURES, Numbers
from fivenets.sources.origin import all_of

log = logging.getLogger(__name__)

EXPERIMENT = "fivenets-watch"  # a run of each comparison
EXPERIMENT_TAGS = {
    **store.EXPERIMENT_TAGS,
    "mlflow.note.content": "What registered models are asked, beside what they were trained on: a "
    "run of each `fivenets watch`, with its page in drift.html.",
}
REFERENCE = "watch/trained_on.json"  # on the run that made the model
LEAST, MOST = 30, 2000  # pictures: of fewer that are asked nothing is said; trained on, as many do
# Drift: distributions this far apart (Kolmogorov-Smirnov: the largest difference of the shares
# below any one value), and that rarely by chance. Of many pictures, any two are apart by little.
FAR, CHANCE = 0.2, 1e-3
BINS, WIDTH, HEIGHT = 24, 320, 90  # of a histogram, and its size in its own units


@store.answering()
def watch(model: str, seen: Path, out: Path | None = None) -> dict[str, Any]:
    """Compares requests with what a version was trained on; leaves a run with the page.

    Args: seen: what FIVENETS_WATCH has left, or a folder of pictures. out: the page, as well.
    Raises: UserError where either is not there, or says too little.
    """
    version = registry.version_of(model)
    run = tracking.run_with_id(str(version.run_id))
    if run is None:
        raise UserError(f"{model}: its run {version.run_id} is not in the store any more")
    about: dict[str, Any] = {}
    if seen.is_dir():
        numbers = _of_folder(seen, version)
    else:
        numbers, about = watching.asked(seen, run.data.tags[tracking.DIGEST_TAG])
    if (count := len(numbers["side"])) < LEAST:
        raise UserError(f"{seen}: {count} pictures say too little: expected at least {LEAST}")
    trained = trained_on(version, run)
    rows = compared(trained, numbers)
    found = {
        "model": version.name,
        "version": str(version.version),
        "data": run.data.tags["data"],
        "trained_on": len(trained["side"]),
        "asked": len(numbers["side"]),
        **about,
        "measures": rows,
        "drift": sentence(rows, len(numbers["side"])),
    }
    html = page(found, trained, numbers)
    found["run"] = _log(found, html)
    if out:
        with files.replacing(out) as part:
            part.write_text(html, encoding="utf-8")
    return found


def trained_on(version: ModelVersion, run: Run) -> Numbers:
    """Numbers of the pictures that a version was trained on, as its run or data/ has them."""
    if text := tracking.text_artifact(run.info.run_id, REFERENCE):
        return json.loads(text)
    from fivenets.datasets import opening

    name = f"{version.name}, version {version.version}"
    with contextlib.chdir(local.project_folder()):
        data = candidates.find(version.tags["model"]).data
        if data is None:
            raise UserError(f"{name}: it was not trained on pictures here: nothing to compare with")
        folder = Path("data", data)
        builder, record = opening.builder_in(folder), opening.record_in(folder)
        made_from = {one["digest"] for one in json.loads(run.data.tags[tracking.SOURCES_TAG])}
        if not {one.digest for one in all_of(record.get("sources", [record]))} <= made_from:
            raise UserError(f"{name}: data/{data} is not what it was trained on")
        split = _trained_split(run.data.params)
        step = -(-builder.info.splits[split].num_examples // MOST)
        rows = itertools.islice(opening.rows_of(builder, split), 0, None, step)
        numbers = watching.of_pictures(images.read_image(row["image"]) for row in rows)
    mlflow.MlflowClient().log_text(run.info.run_id, json.dumps(numbers), REFERENCE)
    return numbers


def _trained_split(parameters: Mapping[str, str]) -> str:
    """Of a run's data set what was trained on, as TFDS names it."""
    return parameters.get("data.train") or parameters.get("train_split", "train")


def _of_folder(folder: Path, version: ModelVersion) -> Numbers:
    if mlflow.MlflowClient().get_registered_model(version.name).tags.get("task") == "faces":
        raise UserError("faces are compared as they are cropped: expected a file of requests")
    found = listing.listed(folder)
    found.say()
    return watching.of_pictures(_readable(found.files))


def _readable(files: Iterable[Path]) -> Iterator[np.ndarray]:
    for file in files:
        try:
            yield images.read_image(file)
        except UserError as error:
            log.warning("left out: %s", error)


def compared(trained: Numbers, asked: Numbers) -> list[dict[str, Any]]:
    """Of each measure: 5%, 50% and 95% of both, how far apart they are, and how likely by chance.

    `far` and `drifted` are None of what is the same in all training pictures, as their preparation
    has made them: of one size.
    """
    found = []
    for key in MEASURES:
        one, other = np.asarray(trained[key], float), np.asarray(asked[key], float)
        ends = [np.quantile(values, (0.05, 0.5, 0.95)).tolist() for values in (one, other)]
        row = dict(zip(("trained", "asked"), ends, strict=True))
        row |= {"measure": key, "far": None, "chance": None, "drifted": None}
        if np.ptp(one) > 0:
            far, chance = map(float, ks_2samp(one, other, method="asymp"))
            row |= {"far": far, "chance": chance, "drifted": far >= FAR and chance < CHANCE}
        found.append(row)
    return found


def sentence(rows: Sequence[dict[str, Any]], count: int) -> str:
    """What has drifted and how far; empty where nothing has."""
    parts = [
        f"{row['measure']} {row['trained'][1]:.3g} -> {row['asked'][1]:.3g} (KS {row['far']:.2f})"
        for row in rows
        if row["drifted"]
    ]
    return f"drift over {count:,} pictures: {', '.join(parts)}" if parts else ""


def page(found: dict[str, Any], trained: Numbers, asked: Numbers) -> str:
    """One HTML file with a histogram of each measure; it loads nothing from elsewhere."""
    drawn = {key: _histograms(trained[key], asked[key]) for key in MEASURES}
    sizes = {"width": WIDTH, "height": HEIGHT}
    return rendered("drift.html", found=found, meanings=MEASURES, drawn=drawn, far=FAR, **sizes)


def _histograms(trained: Sequence[float], asked: Sequence[float]) -> dict[str, Any]:
    """Outlines of both as points of an SVG, as shares of the pictures, over the same bins."""
    low, high = np.quantile([*trained, *asked], (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = [
        np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
        for values in (trained, asked)
    ]
    top, steps = max(map(np.max, shares)), np.linspace(0, WIDTH, BINS + 1)

    def outline(share: np.ndarray) -> str:
        xs, ys = steps.repeat(2)[1:-1], (HEIGHT * (1 - share / top)).repeat(2)
        middle = " ".join(f"{x:.0f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        return f"0,{HEIGHT} {middle} {WIDTH},{HEIGHT}"

    return {"low": low, "high": high, "trained": outline(shares[0]), "asked": outline(shares[1])}


def _log(found: dict[str, Any], html: str) -> str:
    """The id of a new run of the comparison."""
    client = mlflow.MlflowClient()
    experiment = store.experiment(client, EXPERIMENT, EXPERIMENT_TAGS)
    name = f"{found['model']}/{found['version']}"
    tags = {"model": found["model"], "version": found["version"], "drift": found["drift"] or "none"}
    run_id = client.create_run(experiment, tags=tags, run_name=name).info.run_id
    client.log_metric(run_id, "pictures", found["asked"])
    for row in found["measures"]:
        client.log_metric(run_id, f"asked/{row['measure']}", row["asked"][1])
        if row["far"] is not None:
            client.log_metric(run_id, f"drift/{row['measure']}", row["far"])
    client.log_text(run_id, html, "drift.html")
    client.set_terminated(run_id)
    return run_id
