"""How long networks take for pictures: as they are, compiled, and exported for OpenVINO.

    python benchmarks/inference.py [MODEL ...]

Each MODEL is one of params.yaml, by default those for signs and faces. Prints a table: milliseconds
for the first picture, for one later, and for 120, the last two as medians of turns, which all ways
take one after the other.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from turns import medians

from fivenets import tasks
from fivenets.core import candidates
from fivenets.fitting import engine, export, inference
from fivenets.runs.exporting import example_pictures

MODELS = ("signs-assignment", "signs-compact", "resnet50", "facenet-nn4", "facenet-resnet")
PICTURES, TURNS = 120, 15
Ways = dict[str, Callable[[np.ndarray], Any]]


def main(*models: str) -> None:
    print("| model | way | first, ms | one, ms | 120, ms |")
    print("| --- | --- | --- | --- | --- |")
    for model in models or MODELS:
        with tempfile.TemporaryDirectory() as scratch:
            ways, shape = ways_of(model, Path(scratch))
        pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, *shape), dtype=np.uint8)
        first = {way: milliseconds(answer, pictures[:1]) for way, answer in ways.items()}
        one, many = (medians(ways, TURNS, some) for some in (pictures[:1], pictures))
        for way in ways:
            print(f"| {model} | {way} | {first[way]:.0f} | {one[way]:.1f} | {many[way]:.0f} |")
    print(f"\nload average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


def ways_of(model: str, scratch: Path) -> tuple[Ways, tuple[int, ...]]:
    """How a model can be asked, and the shape of a picture."""
    candidate = candidates.find(model)
    file = Path(shutil.copy(candidate.file, scratch))
    service = tasks.find(candidate.task).service
    assert service.white is not None
    export.export(file, example_pictures(), service.white, service.tolerance)
    exported, _ = engine.load(file)
    network = exported.in_keras
    ways: Ways = {
        "as it is": lambda x: keras.ops.convert_to_numpy(network(x, training=False)),
        "compiled": lambda x: inference.outputs(network, x, batch_size=PICTURES),
        "OpenVINO": lambda x: inference.outputs(exported, x, batch_size=PICTURES),
    }
    return ways, network.input_shape[1:]


def milliseconds(answer: Callable, pictures: np.ndarray) -> float:
    started = time.perf_counter()
    answer(pictures)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
