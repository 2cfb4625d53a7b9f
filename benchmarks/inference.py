"""How long networks take for pictures, called as they are and by `fivenets.fitting.inference`.

    python benchmarks/inference.py [MODEL ...]

Each MODEL is one of params.yaml, by default those for signs and faces. Prints a table: milliseconds
for the first picture, for one later, and for 120, the last two as medians of turns, which both ways
take one after the other.
"""

import statistics
import sys
import time
from collections.abc import Callable

import keras
import numpy as np

from fivenets.core import candidates
from fivenets.fitting import inference, model_files

MODELS = ("signs-assignment", "signs-compact", "resnet50", "facenet-nn4", "facenet-resnet")
PICTURES, TURNS = 120, 15
WAYS: dict[str, Callable[[keras.Model, np.ndarray], np.ndarray]] = {
    "as it is": lambda network, x: keras.ops.convert_to_numpy(network(x, training=False)),
    "compiled": lambda network, x: inference.outputs(network, x, batch_size=PICTURES),
}


def main(*models: str) -> None:
    print("| model | way | first, ms | one, ms | 120, ms |")
    print("| --- | --- | --- | --- | --- |")
    for model in models or MODELS:
        network, _ = model_files.load(candidates.find(model).file)
        shape = (PICTURES, *network.input_shape[1:])
        pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        first = {way: milliseconds(answer, network, pictures[:1]) for way, answer in WAYS.items()}
        one, many = (medians(network, some) for some in (pictures[:1], pictures))
        for way in WAYS:
            print(f"| {model} | {way} | {first[way]:.0f} | {one[way]:.1f} | {many[way]:.0f} |")


def medians(network: keras.Model, pictures: np.ndarray) -> dict[str, float]:
    """Milliseconds of each way, the two taking turns after one that is not counted."""
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(TURNS + 1):
        for way, answer in WAYS.items():
            spent = milliseconds(answer, network, pictures)
            if turn:
                taken[way].append(spent)
    return {way: statistics.median(values) for way, values in taken.items()}


def milliseconds(answer: Callable, network: keras.Model, pictures: np.ndarray) -> float:
    started = time.perf_counter()
    answer(network, pictures)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
