"""params -> photographs and a style -> a feed-forward network that paints in it, in one file."""

import shutil
from dataclasses import asdict
from pathlib import Path

import keras

from fivenets.core import params, stage
from fivenets.runs import tracking
from fivenets.style import photographs, sources
from fivenets.style.fast import FastStylizer
from fivenets.style.settings import FastPlan, FastSettings
from fivenets.style.training import train


def main(name: str) -> None:
    plan = params.settings(FastPlan, name, "train")
    recipe = plan.recipe
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    vgg, origin = sources.network(plan.features, plan.pooling, source, raw_dir)
    style = sources.picture(plan.style, "style", source, raw_dir)
    contents = photographs.gather(plan.photographs, source, raw_dir)
    data = sources.combined([*contents.origins, style.origin, origin])
    checkpoints, reports = Path("checkpoints", name), Path("reports", name)
    model_file, run_file = Path("models", f"{name}.keras"), Path("checkpoints", f"{name}.run.json")
    made_by = f"{origin.asset} ({origin.origin})"

    def stylizer(network: keras.Model) -> FastStylizer:
        return FastStylizer(network, plan.style, FastSettings(size=recipe.size), made_by)

    with tracking.training(name, asdict(plan), data, run_file) as run:

        def log(epoch: int, metrics: dict[str, float], network: keras.Model) -> None:
            run.log_epoch(epoch, metrics)
            run.log_image(stylizer(network).stylize(contents.held_out).image, "held out", epoch)

        network, rows = train(vgg, style.image, contents, recipe, checkpoints, data["digest"], log)
        stylizer(network).save(model_file)
        run.finish(model_file, rows, reports)
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    stage.run(main)
