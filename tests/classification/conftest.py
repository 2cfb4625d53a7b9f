"""What the tests of the classifier share."""

import keras
import pytest
from keras import layers

from fivenets.classification.classifier import Classifier


@pytest.fixture(scope="package")
def colour_classifier() -> Classifier:
    """Says which colour a picture has most of, by its mean: logits are channel means over 255."""
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.GlobalAveragePooling2D()]
    )
    return Classifier(network, ["red", "green", "blue"])
