"""Trained detectors from a mirror, where there is one: what `make` serves, on Darknet's own dog."""

import os
from pathlib import Path

import pytest

from fivenets.detection import certificate, sources
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector, read_names
from fivenets.sources.fetching import MIRROR_VARIABLE

pytestmark = pytest.mark.skipif(not os.environ.get(MIRROR_VARIABLE), reason="needs a mirror")


def test_the_default_detector_finds_dog_bicycle_and_car(tmp_path: Path) -> None:
    pair = sources.fetch("yolo-fastest-1.1-xl", tmp_path)
    detector = Detector.from_darknet(
        pair.cfg, pair.weights, read_names(pair.names), pair.resize, pair.origin
    )
    assert detector.to_weights() == pair.weights.read_bytes()
    (dog,) = (file for file in pair.photographs if Path(str(file)).name == "dog.jpg")
    record = certificate.certify(detector, pair.cfg, pair.weights, pair.photographs)
    assert certificate.is_equal(record), record
    found = detector.detect([dog], PROFILES["course"])[0]
    assert {one.label for one in found} == {"dog", "bicycle", "car"}
    # In 768 by 576 pixels the dog sits to the left of the middle, the car behind, above right.
    boxes = {one.label: one for one in found}
    assert boxes["dog"].x2 < boxes["car"].x1
    assert boxes["car"].y2 < boxes["dog"].y1 + 100
