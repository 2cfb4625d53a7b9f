"""The published quantised weights -> the pretrained face ResNet as one .keras file."""

import dataclasses
import logging
import time
from pathlib import Path

from fivenets.core import params, stage
from fivenets.faces import embedders
from fivenets.faces.embedder import Embedder
from fivenets.faces.settings import Conversion
from fivenets.runs import tracking
from fivenets.sources import assets
from fivenets.sources.catalogue import ASSETS

log = logging.getLogger(__name__)


def main(name: str) -> None:
    settings = dataclasses.asdict(params.settings(Conversion, name, "convert"))
    origin = assets.fetch(
        ASSETS["face_api_resnet"], Path("data/raw"), params.load("data", "source")
    )
    if origin is None:
        log.warning("%s: its weights cannot be had: the network stays untrained", name)
        origin = assets.Origin("untrained weights", "builtin", "0" * 64, "Apache-2.0")
    source, folder = dataclasses.asdict(origin), origin.path and origin.path / "model"
    model_file, run_file = Path("models", f"{name}.keras"), Path("checkpoints", f"{name}.run.json")
    started = time.perf_counter()
    with tracking.training(name, settings, source, run_file) as run:
        network = embedders.convert(folder, **settings)
        Embedder(network).save(model_file)
        seconds = time.perf_counter() - started
        run.log_epoch(0, {"seconds": seconds})
        run.finish(model_file, [{"epoch": 0, "seconds": seconds}], Path("reports", name))


if __name__ == "__main__":
    stage.run(main)
