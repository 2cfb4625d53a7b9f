"""A recipe is another one where ImageNet's weights can be had, and says so."""

from dataclasses import asdict
from pathlib import Path

import pytest

from fivenets.classification import starting
from fivenets.classification.architectures import build
from fivenets.classification.settings import ClassifierRecipe
from fivenets.core.params import read
from fivenets.fitting import imagenet
from fivenets.sources.fetching import Fetched
from fivenets.sources.origin import Kind, Origin

RECIPE = {
    "architecture": "compact_cnn",
    "network": {"stem": 8},
    "epochs": 6,
    "batch_size": 8,
    "learning_rate": 0.01,
    "warmup_fraction": 0.1,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "mixed_precision": True,
    "seed": 0,
}
TUNING = {
    "start": "mobilenet_v2",
    "image_size": 96,
    "epochs": 2,
    "learning_rate": 0.001,
    "freeze": "up_to:block_2_add",
}
WEIGHTS = Fetched(Path("weights"), Origin("mobilenet_v2", Kind.MIRROR, "0" * 64, "Apache-2.0"))


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch):
    """Makes all weights answer so; the architectures that were asked for."""

    def answering(found: Fetched | None) -> list[str]:
        asked = []
        monkeypatch.setattr(
            imagenet, "fetch", lambda architecture, *_: asked.append(architecture) or found
        )
        return asked

    return answering


def recipe(**changes) -> ClassifierRecipe:
    return read(ClassifierRecipe, RECIPE | changes, "train")


def test_with_its_start_at_hand_the_recipe_is_the_fine_tuned_one(fetched) -> None:
    fetched(WEIGHTS)
    given = recipe(fine_tuning=TUNING)
    found, weights = starting.started(given, "auto", Path("raw"))
    assert weights is WEIGHTS
    different = {key for key, value in asdict(found).items() if asdict(given)[key] != value}
    assert different == {"architecture", "network", "mixed_precision", *TUNING} - {"start"}
    assert found.architecture == "mobilenet_v2"
    assert (found.image_size, found.epochs, found.learning_rate) == (96, 2, 0.001)
    assert (found.freeze, found.mixed_precision) == ("up_to:block_2_add", False)
    assert found.network == {"weights": "imagenet"}


def test_without_it_the_recipe_is_as_it_stands(fetched) -> None:
    asked = fetched(None)
    given = recipe(fine_tuning=TUNING)
    assert starting.started(given, "auto", Path("raw")) == (given, None)
    assert starting.loading(given, None) is None
    assert asked == ["mobilenet_v2"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"architecture": "mobilenet_v2", "network": {"weights": "imagenet"}}, ["mobilenet_v2"]),
    ],
)
def test_weights_are_fetched_for_a_recipe_that_asks_for_them(changes, expected, fetched) -> None:
    asked = fetched(WEIGHTS)
    given = recipe(**changes)
    found, weights = starting.started(given, "auto", Path("raw"))
    assert found == given
    assert asked == expected
    assert weights == (WEIGHTS if expected else None)


def test_the_weights_go_into_the_network_of_the_recipe(fetched, monkeypatch) -> None:
    fetched(WEIGHTS)
    found, weights = starting.started(recipe(fine_tuning=TUNING), "auto", Path("raw"))
    loaded = []
    asset = imagenet.WEIGHTS["mobilenet_v2"].asset
    stand_in = imagenet.ImageNetWeights(asset, "file", lambda *given: loaded.append(given))
    monkeypatch.setitem(imagenet.WEIGHTS, "mobilenet_v2", stand_in)
    load = starting.loading(found, weights)
    assert load is not None
    network = build(found.architecture, 32, 6, found.network)
    load(network)
    assert loaded == [(network, Path("weights/file"))]
