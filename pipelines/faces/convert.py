"""The published quantised weights -> the pretrained face ResNet as one .keras file."""

import logging
import time
from pathlib import Path

from fivenets.core import params, stage
from fivenets.faces import embedders
from fivenets.faces.embedder import Embedder
from fivenets.runs import tracking
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Kind, Origin

log = logging.getLogger(__name__)


def main(name: str) -> None:
    settings = params.arguments(embedders.convert, name, "convert")
    asset = ASSETS["face_api_resnet"]
    found = fetch(asset, Path("data/raw"), params.load("data", "source"))
    if found:
        origin, folder = found.origin, found.folder / "model"
    else:
        log.warning("%s: its weights cannot be had: the network stays untrained", name)
        origin, folder = Origin(asset.name, Kind.UNTRAINED, "0" * 64, "Apache-2.0"), None
    model_file, run_file = Path("models", f"{name}.keras"), Path("checkpoints", f"{name}.run.json")
    started = time.perf_counter()
    with tracking.training(name, settings, [origin], run_file) as run:
        network = embedders.convert(folder, **settings)
        Embedder(network).save(model_file)
        seconds = time.perf_counter() - started
        run.log_epoch(0, {"seconds": seconds})
        run.finish(model_file, [{"epoch": 0, "seconds": seconds}], Path("reports", name))


if __name__ == "__main__":
    stage.run(main)
