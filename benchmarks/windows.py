"""Every window of a picture: asked one at a time, in batches, and by one convolution.

    python benchmarks/windows.py

Random weights, as speed does not depend on them; the ways take turns, so that another load on the
machine falls on all alike. Prints medians as one JSON object, with how far the answers are apart.
"""

import json
from collections.abc import Callable

import keras
import numpy as np
from turns import medians

from fivenets.detection import window_classifier
from fivenets.detection.window_classifier import SIDE, STRIDE
from fivenets.detection.windows import as_convolutions
from fivenets.fitting import inference

ROUNDS, CLASSES, SHAPE = 5, 4, (240, 336, 3)  # a drawn street, at its own size


def main() -> None:
    keras.utils.set_random_seed(0)
    network = window_classifier.build(CLASSES)
    turned = as_convolutions(network)
    picture = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "one_at_a_time": lambda: one_at_a_time(network, picture),
        "in_batches": lambda: window_classifier.one_by_one(network, picture),
        "by_one_convolution": lambda: window_classifier.at_once(turned, picture),
    }
    answers = {name: ask() for name, ask in ways.items()}
    took = medians(ways, ROUNDS)
    last = "by_one_convolution"
    print(
        json.dumps(
            {
                "windows": int(np.prod(answers[last].shape[:2])),
                "milliseconds": {name: round(taken, 1) for name, taken in took.items()},
                "times_as_fast": {
                    name: round(taken / took[last], 1) for name, taken in took.items()
                },
                "largest_difference": {
                    name: float(np.abs(found - answers[last]).max())
                    for name, found in answers.items()
                },
            },
            indent=2,
        )
    )


def one_at_a_time(network: keras.Model, image_rgb_uint8: np.ndarray) -> np.ndarray:
    """(rows, columns, k) logits, as the notes slide a window: one after the other."""
    rows, columns = ((side - SIDE) // STRIDE + 1 for side in image_rgb_uint8.shape[:2])
    found = [
        [
            inference.outputs(
                network,
                image_rgb_uint8[None, y : y + SIDE, x : x + SIDE].astype(np.float32),
                1,
            )[0]
            for x in range(0, columns * STRIDE, STRIDE)
        ]
        for y in range(0, rows * STRIDE, STRIDE)
    ]
    return np.array(found)


if __name__ == "__main__":
    main()
