"""A small classifier with random weights, and what it is exported and judged by."""

import keras
import numpy as np

from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.core.candidates import Candidate
from fivenets.exports import classification
from fivenets.exports.served import Served

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (40, 16, 16, 3), np.uint8)
CANDIDATE = Candidate("small", "classification", "signs", None, None)


def classifier(test_time_mirror: bool = False) -> Classifier:
    """With an output that none of the labels is seen."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((16, 16, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(4),
    ]
    calibration = Calibration(3, temperature=0.5, least_score=-20.0)
    network = keras.Sequential(layers, name="small")
    return Classifier(network, "abc", calibration, test_time_mirror=test_time_mirror)


def served(tolerance: float = 0.0) -> Served:
    asked = classifier()
    labels = asked.probabilities(PICTURES).argmax(axis=1)
    return Served(
        network=classification.network(asked.network, asked),
        sides=(16, 16),
        preparation="RGB",
        meanings={"probabilities": "p", "score": "s"},
        also={"labels": list("abc")},
        pictures=PICTURES,
        tested_on="noise",
        training=list(PICTURES),
        metric="accuracy",
        score=lambda outputs: float((outputs["probabilities"].argmax(axis=1) == labels).mean()),
        tolerance=tolerance,
        apart=lambda one, other: {},
    )
