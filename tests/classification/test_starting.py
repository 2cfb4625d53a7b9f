"""A recipe is another one where ImageNet's weights are available, and says so."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fivenets.classification import starting
from fivenets.classification.architectures import build
from fivenets.classification.settings import ClassifierRecipe
from fivenets.core.params import read
from fivenets.fitting import imagenet
from fivenets.sources.asset import Asset
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
    "start": ["mobilenet_v2", "efficientnet_lite0"],
    "image_size": 96,
    "epochs": 2,
    "learning_rate": 0.001,
    "freeze": "up_to:block_2_add",
}
WEIGHTS = Fetched(Path("weights"), Origin("mobilenet_v2", Kind.MIRROR, "0" * 64, "Apache-2.0"))
MARKED = replace(WEIGHTS, origin=replace(WEIGHTS.origin, is_general=True))


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch):
    """Makes these weights answer and no others; the assets that were asked for, and how."""

    def answering(*known: str) -> list[tuple[str, str]]:
        asked = []

        def fetch(asset: Asset, raw_dir: Path, source: str) -> Fetched | None:
            asked.append((asset.name, source))
            return WEIGHTS if asset.name in known else None

        monkeypatch.setattr(imagenet, "fetch_asset", fetch)
        return asked

    return answering


def recipe(**changes) -> ClassifierRecipe:
    return read(ClassifierRecipe, RECIPE | changes, "train")


@pytest.mark.parametrize("known", ["mobilenet_v2", "efficientnet_lite0"])
def test_with_a_start_at_hand_the_recipe_is_the_fine_tuned_one(known: str, fetched) -> None:
    fetched(known)
    given = recipe(fine_tuning=TUNING)
    found, weights = starting.started(given, "auto", Path("raw"))
    assert weights == MARKED
    different = {key for key, value in asdict(found).items() if asdict(given)[key] != value}
    assert different == {"architecture", "network", "mixed_precision", *TUNING} - {"start"}
    assert found.architecture == known
    assert (found.image_size, found.epochs, found.learning_rate) == (96, 2, 0.001)
    assert (found.freeze, found.mixed_precision) == ("up_to:block_2_add", False)
    assert found.network == {"weights": "imagenet"}


def test_without_any_the_recipe_is_as_it_stands(fetched, caplog) -> None:
    asked = fetched()
    given = recipe(fine_tuning=TUNING)
    assert starting.started(given, "builtin", Path("raw")) == (given, None)
    assert starting.loading(given, None) is None
    assert asked == [("mobilenet_v2", "builtin"), ("efficientnet_lite0", "builtin")]
    assert caplog.messages == ["ImageNet's weights are unavailable here: training from scratch"]


def test_real_weights_are_insisted_on_where_no_others_may_follow(fetched) -> None:
    asked = fetched("efficientnet_lite0")
    starting.started(recipe(fine_tuning=TUNING), "real", Path("raw"))
    assert asked == [("mobilenet_v2", "auto"), ("efficientnet_lite0", "real")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (
            {"architecture": "mobilenet_v2", "network": {"weights": "imagenet"}},
            [("mobilenet_v2", "real")],
        ),
    ],
)
def test_weights_are_fetched_for_a_recipe_that_asks_for_them(changes, expected, fetched) -> None:
    asked = fetched("mobilenet_v2")
    given = recipe(**changes)
    found, weights = starting.started(given, "real", Path("raw"))
    assert found == given
    assert asked == expected
    assert weights == (MARKED if expected else None)


def test_the_weights_go_into_the_network_of_the_recipe(fetched, monkeypatch) -> None:
    fetched("mobilenet_v2")
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
