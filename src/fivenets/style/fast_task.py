"""Style transfer in one pass as the stages, the registry and the command line know it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras

from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.sources.origin import digest_of, in_words
from fivenets.style import drawing, evaluation, photographs, sources, squeezenet
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.fast_training import train
from fivenets.style.objective import Style
from fivenets.style.settings import FastEvaluation, FastPlan, FastSettings, JobPlan

OPTIMISER = "style-transfer"  # the model whose settings the comparison is made with


def training(candidate: Candidate) -> Making:
    """A feed-forward network that paints in one style, trained on photographs."""
    plan = _plan(candidate)
    recipe = plan.recipe
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    vgg, origin = sources.network(plan.features, plan.pooling, source, raw_dir)
    style = sources.picture(plan.style, "style", source, raw_dir)
    contents = photographs.gather(plan.photographs, source, raw_dir)
    origins = [*contents.origins, style.origin, origin]
    made_by = in_words([origin])

    def stylizer(network: keras.Model) -> FastStylizer:
        settings = FastSettings(size=recipe.size)
        return FastStylizer(network, plan.style, settings, made_by, recipe.filters)

    def make(log: Log) -> Rows:
        def note(epoch: int, metrics: dict[str, float], network: keras.Model) -> None:
            log.log_epoch(epoch, metrics)
            log.log_image(stylizer(network).stylize(contents.held_out).image, "held out", epoch)

        known_by = {"plan": asdict(plan), "digest": digest_of(origins)}
        network, rows = train(
            vgg, style.image, contents, recipe, candidate.checkpoints, known_by, note
        )
        stylizer(network).save(candidate.file)
        return rows

    return Making(asdict(plan), origins, make)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Losses on photographs never trained on, beside the optimiser's; leaves the pictures."""
    plan, source, raw_dir = _plan(candidate), params.load("data", "source"), Path("data/raw")
    model = FastStylizer.from_file(candidate.file)
    network, _ = sources.network(plan.features, plan.pooling, source, raw_dir)
    style = Style(sources.picture(plan.style, "style", source, raw_dir).image)
    first, *_ = params.settings(JobPlan, OPTIMISER, "convert").jobs
    settings = replace(first.settings, size=model.settings.size)
    judge = squeezenet.network(source, raw_dir)
    compared = {
        content: evaluation.compare(
            model,
            network,
            sources.picture(content, "content", source, raw_dir).image,
            style,
            settings,
            judge,
        )
        for content in params.settings(FastEvaluation, candidate.name, "evaluate").contents
    }
    titles = ("content", "style", "fast", "optimised")
    drawing.stacked(
        [
            drawing.row((one.content, style.image, one.fast, one.optimised), titles)
            for one in compared.values()
        ]
    ).save(candidate.pictures / "beside.png")
    return evaluation.fast_metrics(model, compared)


def _plan(candidate: Candidate) -> FastPlan:
    return params.settings(FastPlan, candidate.name, "train")


TASK = Task(
    name="fast-style",
    train=training,
    evaluate=evaluate,
    service=Service(
        script="style_transfer.py",
        white=1.0,
        example="example_street.png",
        use="a content picture in, the picture in the style that was learned out, in one pass",
        limits="Knows one style, at one size of strokes, from few photographs.",
        limits_of_builtin="Knows one style, at one size of strokes, from built-in photographs.",
        command="stylize photo.jpg --out painted.png",
        pipeline="image-to-image",
        requirements=("h5py", "psutil"),
        options={"size": 64},
    ),
)
