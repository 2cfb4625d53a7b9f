"""A conversion answers as OpenCV and Darknet do, and a wrong one is found out."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from darknet_networks import TINY, convolution, head, region, section, yolov2_cfg

from fivenets.core.errors import UserError
from fivenets.detection import boxes, certificate, darknet, darknet_library, engines, weights
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector

NET = section("net", width=96, height=64, channels=3)
ODD_POOLS = NET + convolution(8) + section("maxpool", size=3, stride=2) + convolution(8, stride=2)
ODD_POOLS += section("maxpool", size=2, stride=1) + head(2) + region(2)
SHORTCUT = NET + convolution(8, activation="relu") + convolution(8, activation="linear")
SHORTCUT += section("shortcut", **{"from": -2, "activation": "leaky"})
SHORTCUT += section("maxpool", size=2, stride=2) + head(2) + region(2)
NETWORKS = {
    "tiny": TINY,
    "odd pools": ODD_POOLS,
    "shortcut": SHORTCUT,
    "narrow yolov2": yolov2_cfg(side=96, classes=4, width=16),
    "yolov2 at full size": yolov2_cfg(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_engines_agree(name: str, write_pair, photograph: np.ndarray, monkeypatch) -> None:
    cfg, numbers = write_pair(NETWORKS[name])
    photographs = [photograph]
    if name == "yolov2 at full size":  # a minute in Darknet, which has no fast convolution
        monkeypatch.setattr(darknet_library, "LIBRARIES", ())
        photographs = []
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, photographs)
    assert certificate.is_equal(record), record
    assert list(record) == [
        *("cfg", "weights", "parameters", "bytes_read", "file_bytes", "header", "engines")
    ]
    assert record["bytes_read"] == record["file_bytes"] == numbers.stat().st_size
    assert detector.to_weights() == numbers.read_bytes()


def test_small_variances_are_divided_as_darknet_does(write_pair) -> None:
    cfg, numbers = write_pair(NET + convolution(8) + head(2) + region(2))
    network = darknet.parse_file(cfg)
    header, (first, last) = weights.read_file(numbers, network)
    assert first.means is not None
    small = replace(
        first, variances=np.full(8, 1e-8), kernel=first.kernel * 1e-5, means=first.means * 1e-5
    )
    numbers.write_bytes(weights.to_bytes(header, [small, last]))
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, [])
    assert certificate.is_equal(record), record


def test_opencv_is_among_the_engines() -> None:
    assert any(re.fullmatch(r"opencv 4\..*", name) for name in engines.installed())


def test_detections_agree_at_both_profiles(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(NETWORKS["odd pools"])
    detector = Detector.from_darknet(cfg, numbers)
    pictures = certificate.pictures_for(detector, [photograph])
    mine = engines.ours(detector.raw(pictures), detector.region)
    for answer in certificate.ask_all(cfg, numbers, pictures).values():
        for profile in PROFILES.values():
            assert certificate.same_detections(answer, mine, profile) == [True, True]


def test_a_changed_weight_is_found_out(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers)
    layer = detector.network.get_layer("conv2d_2")
    kernel, biases = layer.get_weights()
    layer.set_weights([kernel * 1.01, biases])
    assert not certificate.is_equal(certificate.certify(detector, cfg, numbers, [photograph]))


def test_without_an_engine_nothing_is_certified() -> None:
    assert not certificate.is_equal({"engines": {}})


def test_another_box_or_score_is_another_detection() -> None:
    raw = np.zeros((1, 1, 2, 7))
    raw[0, 0, 0, 4:6] = 5  # one sure box
    mine = engines.ours(raw, boxes.Region(((1.0, 1.0),), 2, softmax=True))
    same = engines.Answer(raw, mine.boxes_xyxy, mine.scores + 1e-5)
    other = engines.Answer(raw, mine.boxes_xyxy, mine.scores[:, ::-1])
    assert certificate.same_detections(same, mine, PROFILES["course"]) == [True]
    assert certificate.same_detections(other, mine, PROFILES["course"]) == [False]


@pytest.mark.skipif(not darknet_library.library(), reason="Debian's package darknet is absent")
def test_darknet_refuses_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "net.cfg").write_text(TINY)
    picture = np.zeros((1, 32, 64, 3), np.float32)
    with pytest.raises(UserError, match=r"Darknet refuses .*none.weights"):
        engines.darknet_itself(tmp_path / "net.cfg", tmp_path / "none.weights", picture)
