"""What is frozen stays as it came, and frozen features are computed once."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.classification import freezing, training
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core.errors import UserError
from fivenets.core.params import read
from fivenets.datasets.classification import prepared

RECIPE = {
    "architecture": "mobilenet_v2",
    "network": {"weights": "imagenet"},
    "epochs": 2,
    "batch_size": 8,
    "learning_rate": 0.01,
    "warmup_fraction": 0.1,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "seed": 0,
}


@pytest.fixture(scope="module")
def data(drawn_signs, signs_settings) -> prepared.ImageDataset:
    return prepared.load(drawn_signs, dataclasses.replace(signs_settings, image_size=32))


def tiny(*_: object) -> keras.Model:
    """Quick to train, in place of the network that the recipe names."""
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=4, name="first")(image)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(4, 3, activation="relu", name="second")(x)
    return keras.Model(image, layers.Dense(6, name="logits")(layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("mixed_precision", [False, True])
@pytest.mark.parametrize(
    ("freeze", "expected"),
    [
        ("all", {"logits"}),
        ("up_to:norm", {"second", "logits"}),
        ("none", {"first", "norm", "second", "logits"}),
    ],
)
def test_what_is_not_frozen_changes(
    freeze, expected, mixed_precision, data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "build", tiny)
    before: dict[str, list[np.ndarray]] = {}

    def pretrained(network: keras.Model) -> None:
        before.update({layer.name: layer.get_weights() for layer in network.layers})

    recipe = RECIPE | {"freeze": freeze, "mixed_precision": mixed_precision}
    network, rows = train(
        data, read(ClassifierRecipe, recipe, "recipe"), tmp_path, pretrained=pretrained
    )
    changed = {
        layer.name
        for layer in network.layers
        for one, other in zip(layer.get_weights(), before[layer.name], strict=True)
        if not np.array_equal(one, other)
    }
    assert changed == expected
    assert (len(rows), "val_loss" in rows[0]) == (2, True)
    assert network.input_shape == (None, 32, 32, 3)  # the whole network, not its logits


def test_what_the_logits_learn_from_is_what_the_network_makes_of_the_pictures(data) -> None:
    network = tiny()
    head, features = freezing.head(network, data)
    assert features.counts == {"train": 24, "validation": 12}
    for split in features.splits:
        images, labels = data.arrays(split)
        found, same_labels = features.arrays(split)
        assert found.shape == (len(images), 4)
        assert same_labels.tolist() == labels.tolist()
        again = features.with_arrays({split: (found, labels)})
        assert again.arrays(split)[1].tolist() == labels.tolist()
        np.testing.assert_allclose(head(found), network(images.astype(np.float32)), atol=1e-4)


def test_an_unknown_layer_is_refused_with_the_closest_one() -> None:
    with pytest.raises(UserError, match=r"has no layer secnd; did you mean second\?"):
        freezing.freeze(tiny(), "up_to:secnd")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"freeze": "half"}, "freeze should be all, none or up_to:LAYER, it is 'half'"),
        ({"freeze": "up_to:"}, "freeze should be all, none or up_to:LAYER, it is 'up_to:'"),
        ({"freeze": "all", "network": {}}, "network.weights should be imagenet with freeze: all"),
        (
            {"freeze": "all", "augmentation": {"mirror": True}},
            "augmentation should be {} with freeze: all, as pictures are seen once",
        ),
        ({"network": {"weights": "imagenet", "alpha": 0.5}}, "network.alpha should be 1.0 with"),
    ],
)
def test_what_does_not_go_together_is_said_before_training(changes: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(ClassifierRecipe, RECIPE | changes, "recipe")
