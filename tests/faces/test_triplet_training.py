"""Training by triplet loss, on a network of a few weights: it learns, resumes, and stops."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from cutting import cut_off
from keras import layers

from fivenets.core.errors import UserError
from fivenets.faces import dlib_resnet, training
from fivenets.faces.settings import EmbeddingRecipe
from fivenets.faces.training import StopOnCollapse, train

RECIPE: dict[str, Any] = {
    "initial": "nn4_small2",
    "epochs": 6,
    "people_per_batch": 2,
    "images_per_person": 2,
    "mining": "semi_hard",
    "margin": 0.2,
    "squared": True,
    "learning_rate": 0.01,
    "warmup_fraction": 0.1,
    "weight_decay": 0.0,
    "mixed_precision": False,
    "virtual_people": {"warp": 0.02},
    "augmentation": {"brightness": 0.1},
    "seed": 0,
}
DATA = {"test_people": 1, "digest": "d1"}


def tiny_network() -> keras.Model:
    keras.utils.clear_session()  # layers without a name are counted, from 0 in another process
    image = keras.Input((4, 4, 3))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    return keras.Model(image, layers.UnitNormalization()(layers.Dense(3)(x)))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "build", lambda recipe: tiny_network())


def people() -> tuple[np.ndarray, np.ndarray]:
    """Three people, whose pictures differ by a little noise."""
    rng, labels = np.random.default_rng(0), np.repeat(range(3), 4)
    faces = rng.integers(60, 200, (3, 4, 4, 3))[labels] + rng.integers(-20, 20, (12, 4, 4, 3))
    return faces.astype(np.uint8), labels


def test_it_learns_and_logs_what_the_batches_were_like(tmp_path: Path) -> None:
    _, classifier, rows = train(
        *people(), DATA, EmbeddingRecipe(**{**RECIPE, "epochs": 30}), tmp_path / "state"
    )
    assert classifier is None
    assert len(rows) == 30
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert rows[-1]["negative_distance"] > 2 * rows[-1]["positive_distance"]
    assert {"active_fraction", "spread", "learning_rate", "seconds"} <= set(rows[0])


@pytest.mark.parametrize("features", ["absolute_difference", "chi_square"])
def test_pairs_train_a_classifier_that_parts_them(tmp_path: Path, features: str) -> None:
    recipe = {**RECIPE, "mining": "pairs", "pair_features": features, "epochs": 60}
    images, labels = people()
    network, classifier, rows = train(
        images, labels, DATA, EmbeddingRecipe(**recipe), tmp_path / "state"
    )
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert classifier is not None
    assert classifier.features == features
    embeddings = network.predict(images.astype(np.float32), verbose=0)
    one, other = np.triu_indices(len(labels), 1)
    is_same = labels[one] == labels[other]
    distances = classifier.distances(embeddings[one], embeddings[other])
    assert distances[is_same].mean() < 0 < distances[~is_same].mean()


def test_a_killed_training_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    whole, _, _ = train(*people(), DATA, EmbeddingRecipe(**RECIPE), tmp_path / "whole")

    recipe = EmbeddingRecipe(**RECIPE)
    cut_off(3, lambda watch: train(*people(), DATA, recipe, tmp_path / "cut", watch))
    known_by = training.known_by(*people(), DATA, recipe, tiny_network())
    assert (tmp_path / "cut" / "fingerprint").read_text() == known_by
    shown = []
    resumed, _, rows = train(
        *people(),
        DATA,
        EmbeddingRecipe(**RECIPE),
        tmp_path / "cut",
        show=lambda picture, name, epoch: shown.append((name, epoch, picture.dtype)),
    )
    assert shown[-1] == ("embeddings", 5, np.uint8)  # which changes no weight
    assert [row["epoch"] for row in rows] == list(range(6))
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_trained_on_is_part_of_what_a_training_is_known_by() -> None:
    images, labels = people()
    given = [
        (images, labels, DATA),
        (images, labels, DATA | {"test_people": 2}),
        (images, labels, DATA | {"digest": "d2"}),
        (images[::-1].copy(), labels, DATA),  # turned upright, say
        (images, labels[::-1].copy(), DATA),
    ]
    recipe, network = EmbeddingRecipe(**RECIPE), tiny_network()
    known = {training.known_by(*one, recipe=recipe, network=network) for one in given}
    assert len(known) == len(given)


def test_a_collapsed_embedding_ends_the_training_with_a_sentence() -> None:
    stop = StopOnCollapse(0.2)
    for epoch in range(4):
        stop.on_epoch_end(epoch, {"loss": 0.2, "spread": 0.001})
    stop.on_epoch_end(4, {"loss": 0.1, "spread": 0.5})  # it recovered: counted anew
    for epoch in range(5, 9):
        stop.on_epoch_end(epoch, {"loss": 0.2, "spread": 0.001})
    with pytest.raises(UserError, match="the embedding has collapsed: after epoch 10"):
        stop.on_epoch_end(9, {"loss": 0.2, "spread": 0.001})


def test_pretrained_weights_that_cannot_be_had_are_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dlib_resnet, "fetched", lambda raw_dir, source: None)
    assert training.pretrained(EmbeddingRecipe(**RECIPE), tmp_path, "builtin") == (None, [])
    recipe = EmbeddingRecipe(**{**RECIPE, "initial": "face_api_resnet"})
    with pytest.raises(UserError, match="face_api_resnet cannot be had from here"):
        training.pretrained(recipe, tmp_path, "builtin")


def test_pretrained_weights_are_read_where_a_network_is_there_to_take_them(
    tmp_path: Path, monkeypatch
) -> None:
    """Before workers are found, TensorFlow must compute nothing."""
    given = []
    monkeypatch.setattr(
        dlib_resnet, "fetched", lambda raw_dir, source: SimpleNamespace(folder=raw_dir, origin="it")
    )
    monkeypatch.setattr(
        dlib_resnet, "load", lambda network, folder: given.append((network, folder))
    )
    recipe = EmbeddingRecipe(**{**RECIPE, "initial": "face_api_resnet"})
    pretrained, origins = training.pretrained(recipe, tmp_path, "builtin")
    assert (given, origins) == ([], ["it"])
    assert pretrained
    network = keras.Sequential()
    pretrained(network)
    assert given == [(network, tmp_path)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"initial": "vgg"}, "initial should be one of nn4_small2, face_api_resnet"),
        (
            {"initial": "face_api_resnet", "is_standardised": True},
            "should be false with face_api",
        ),
        ({"mining": "hardest"}, "mining should be one of"),
        ({"margin": 0.0}, "margin should be above 0, it is 0.0"),
    ],
)
def test_recipes_that_cannot_be_are_refused(change: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        EmbeddingRecipe(**{**RECIPE, **change})
