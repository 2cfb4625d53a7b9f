"""What is asked of a classifier beside its accuracy, and how that is said."""

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.classification import answers, task
from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.datasets.classification import without_sign

PART = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "rejected": 0.067}
METRICS = {
    **PART,
    "calibration_error": 0.0142,
    "without_near_duplicates": {**PART, "examples": 100},
    "in_other_light": {"dim": 0.5},
    "signs": PART,
    "rejected": 0.027,
}
REST = (
    "0.900 [0.800, 0.950] on signs; calibration error 0.014; 0.900 [0.800, 0.950] on the 100 "
    "without a near-duplicate; in other light: dim 0.50"
)


def test_of_made_pictures_as_many_are_rejected_as_are_darker_than_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a network whose score is log(2) + mean - (1 - mean), of a picture in 0..1."""
    seen = keras.Input((8, 8, 3))
    mean = layers.Dense(1, use_bias=False, kernel_initializer="ones")(
        layers.Rescaling(1 / 255 / 3)(layers.GlobalAveragePooling2D()(seen))
    )
    network = keras.Model(seen, layers.Concatenate()([mean, mean, 1 - mean]))
    at_half = Calibration(labels=2, least_score=float(np.log(2)))
    greys = np.array([0, 100, 120, 200], np.uint8)
    monkeypatch.setattr(without_sign, "walls", lambda side: grey(greys, side))
    monkeypatch.setattr(without_sign, "two_drawn_hands", lambda side: grey(greys[:2], side))
    found = answers.rejected_of_made(Classifier(network, ["0", "1"], at_half))
    assert found == {"walls_rejected": 0.75, "two_hands_rejected": 1.0}


def grey(values: np.ndarray, side: int) -> np.ndarray:
    return np.broadcast_to(values[:, None, None, None], (len(values), side, side, 3))


def test_what_else_was_measured_is_said() -> None:
    assert task._in_words(METRICS, ["signs", "photographs"], "hand sign") == REST
    of_hands = METRICS | {
        "others_rejected": 0.975,
        "walls_rejected": 1.0,
        "two_hands_rejected": 0.993,
        "before_photographs": PART,
    }
    assert task._in_words(of_hands, ["signs", "photographs"], "hand sign") == (
        "rejects 0.975 of other photographs, 1.000 of empty walls, 0.993 of two drawn hands and "
        "0.027 of hand signs; 0.900 [0.800, 0.950] before photographs, 0.067 rejected; " + REST
    )
