"""What settings name is what the code has: networks and options, tables of choices, metrics."""

import inspect
import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

import keras
import pytest

from fivenets.classification import settings as classification
from fivenets.classification.architectures import build
from fivenets.core.candidates import DECISIONS as DECISIONS_FOLDER
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.datasets import settings as data
from fivenets.datasets.faces import lfw
from fivenets.datasets.faces.faces_dataset_builder import BUILTIN_PEOPLE
from fivenets.datasets.objects.preparation import FETCHED
from fivenets.detection import boxes, sources
from fivenets.detection import settings as detection
from fivenets.faces import losses, training
from fivenets.faces import settings as faces
from fivenets.schema import rules
from fivenets.schema.sections import metrics_of
from fivenets.sources import fetching
from fivenets.style import colours, features, optimisers
from fivenets.style import settings as style

PROJECT = Path(__file__).parents[2]
DECISIONS = sorted((PROJECT / DECISIONS_FOLDER).glob("*.json"))
OF_LFW = ("dev_test", "held_out")  # not of a model that was scored before
OF_BOXES = ("by_class", "by_size")  # not of a detector that is compared with other engines alone
ON_REQUEST = ("ten_views",)
JUDGED = {"held_out"}  # not where the network that judges paintings cannot be had
OF_MIXTURES = {"signs", "before_photographs", "by_source"}  # not of what one data set was scored on
REQUIRED = {"thin_resnet": {"depth": 8}, "resnet": {"depth": 18}}
# Padded, they can be built for less, which settings refuse: little would be left to see.
PADDED = {"googlenet", "efficientnet_lite0", "mobilenet_v2", "resnet"}


def choices(schema: Any, name: str) -> set[str]:
    return set(get_args(schema.__annotations__[name]))


@pytest.mark.parametrize("name", classification.NETWORKS)
def test_options_of_a_network_are_those_of_its_builder(name: str) -> None:
    network = classification.NETWORKS[name]
    parameters = inspect.signature(network.builder(name)).parameters.values()
    taken = {
        parameter.name: MISSING if parameter.default is parameter.empty else parameter.default
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    given = {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(network.options)
    }
    assert given == {
        name: list(default) if isinstance(default, tuple) else default
        for name, default in taken.items()
    }


@pytest.mark.parametrize("name", classification.NETWORKS)
def test_the_smallest_side_of_a_network_can_be_built_and_a_smaller_one_cannot(name: str) -> None:
    smallest = max(classification.NETWORKS[name].smallest_side, 8)
    model = build(name, smallest, 3, REQUIRED.get(name))
    assert isinstance(model, keras.Model)
    assert model.output_shape == (None, 3)
    if smallest > 8 and name not in PADDED:
        with pytest.raises((ValueError, UserError), match=r".+"):
            build(name, smallest - 1, 3, REQUIRED.get(name))


@pytest.mark.parametrize(
    ("named", "known"),
    [
        (choices(data.Source, "source"), fetching.SOURCES),
        (set(get_args(detection.Source)), sources.SOURCES),
        (choices(detection.DrawnPage, "profile"), boxes.PROFILES),
        (choices(faces.EmbeddingRecipe, "mining"), {*losses.BATCH_LOSSES, "pairs"}),
        (choices(faces.EmbeddingRecipe, "initial"), training.INITIALS),
        (set(get_args(style.Features)) - {"auto"}, features.BLOCKS),
        (set(get_args(style.Pooling)), features.POOLINGS),
        (choices(style.Settings, "optimizer"), optimisers.OPTIMISERS),
        (choices(style.Settings, "colours"), colours.COLOURS),
        (set(rules.SETS[data.ObjectSettings]), {"scenes", *FETCHED}),
        (set(rules.SETS[data.MaskSettings]), {"camvid", "scenes"}),
        (set(rules.SETS[data.FaceSettings]), {*BUILTIN_PEOPLE, *lfw.NAMES}),
    ],
)
def test_choices_are_those_that_there_are(named: set[str], known: Any) -> None:
    assert named == set(known)


def test_layers_are_those_of_the_deepest_network() -> None:
    layers = features.vgg("vgg19").layers
    assert list(get_args(style.Layer)) == [one.name for one in layers if "_conv" in one.name]


def test_drawn_people_are_counted() -> None:
    drawn = {name: counts["builtin"] for name, counts in rules.PEOPLE.items()}
    stand_ins = {name: len(people) for name, people in BUILTIN_PEOPLE.items()}
    # Where LFW cannot be had, its ten people are drawn.
    assert drawn == stand_ins | dict.fromkeys(lfw.NAMES, stand_ins[lfw.SMALLER])


@pytest.mark.parametrize("file", DECISIONS, ids=[file.stem for file in DECISIONS])
def test_numbers_that_params_yaml_can_name_are_measured(file: Path) -> None:
    decision = json.loads(file.read_text())
    metrics = metrics_of(decision["task"])
    for name in decision["candidates"]:
        candidate = Candidate(name, decision["task"], decision["name"])
        found = json.loads((PROJECT / candidate.metrics).read_text())
        is_converted = decision["task"] == "detection" and "ap50" not in found
        for key in (*metrics.scores_of(is_converted), *metrics.measures):
            assert isinstance(found.get(key, 0), int | float), key
        absent = set() if found.get("judged_by") else JUDGED
        assert set(metrics.scores_of(is_converted)) - absent <= found.keys()
        some = {*OF_LFW, *OF_BOXES, *OF_MIXTURES, *ON_REQUEST, "by_part"}  # of points
        assert set(metrics.groups) - some <= found.keys()
