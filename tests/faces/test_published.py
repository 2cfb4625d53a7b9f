"""The thresholds of dlib's network that were measured beforehand: as they were, and only its."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import pytest
from keras import layers

from fivenets.faces import dlib_resnet, published
from fivenets.faces.embedder import Embedder
from fivenets.sources.origin import Kind, Origin

STUDY = Path(__file__).parents[2] / "reports/studies/lfw.json"
DLIB = Origin(dlib_resnet.DLIB, Kind.PACKAGE, "d", "CC0")


def embedder(sources: Sequence[Origin], is_mirrored: bool = True) -> Embedder:
    image = keras.Input((4, 4, 3))
    network = keras.Model(image, layers.GlobalAveragePooling2D()(image))
    return Embedder(network, "digest", sources=sources, test_time_mirror=is_mirrored)


@pytest.mark.parametrize(("model", "is_mirrored"), [("3733d3b2", False), ("a531a4b8", True)])
def test_the_constants_are_those_of_the_study(model: str, is_mirrored: bool) -> None:
    rows = json.loads(STUDY.read_text())
    found, *_ = (row for row in rows if row["model_sha256"].startswith(model))
    made = published.calibration(embedder([DLIB], is_mirrored))
    assert found["command"] == "python pipelines/studies/lfw.py facenet-resnet"
    calibrated, scored = found["calibrated"], found["at_threshold"]
    for key in ("threshold", "threshold_sd"):
        assert getattr(made, key) == round(calibrated[key], 6)
    for key in ("far", "far_low", "far_high", "tar"):
        assert getattr(made, key) == round(scored[key], 6)
    assert made.galleries == [(size, round(at, 6)) for size, at in calibrated["galleries"]]
    rates = [(one["people"], round(one["false_identification"], 6)) for one in found["galleries"]]
    assert made.strangers_named == rates
    assert made.false_identification == rates[-1][1]
    assert made.people == calibrated["people"]
    assert made.protocol == f"all pairs of {calibrated['examples']:,} pictures"
    assert made.data_digest == found["data_digest"]
    assert made.model_sha256 == "digest"
    assert not made.cropped


def test_a_gallery_has_its_own_threshold_without_photographs() -> None:
    made = published.calibration(embedder([DLIB]))
    assert made.of_gallery(100) == 0.47291 < made.of_gallery(1) < 0.62
    assert made.in_words == (
        "set on 2,129 people of LFW (measured beforehand) for FAR 0.001; measured on 962 others: "
        "0.00075 [0.00052, 0.0011]"
    )
    assert made.of_gallery_in_words(100) == (
        "the threshold for a gallery of 100 pictures is to name at most 2% of strangers; measured "
        "on others, in galleries of 100: 1.1%"
    )


@pytest.mark.parametrize(
    ("sources", "is_known"),
    [
        ([DLIB], True),
        ([Origin(dlib_resnet.QUANTISED, Kind.MIRROR, "d", "CC0")], True),
        ([Origin(dlib_resnet.DLIB, Kind.UNTRAINED, "d", "none")], False),
        ([Origin.own("people", "d"), DLIB], False),  # trained further
        ([Origin.own("facenet.keras", "d")], False),
        ([], False),
    ],
)
def test_they_are_of_no_other_network(sources: list[Origin], is_known: bool) -> None:
    assert published.is_known(embedder(sources)) is is_known
