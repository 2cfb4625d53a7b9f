"""darknet19 and its like: converted with a certificate, and asked by `fivenets classify`."""

import json
from pathlib import Path

import numpy as np
import pytest
from darknet_networks import convolution, section
from PIL import Image
from yolo_networks import darknet19_cfg, extraction_cfg, net, resnet_cfg

from fivenets.classification.classifier import Classifier
from fivenets.core.errors import UserError
from fivenets.detection import certificate
from fivenets.detection.detector import Detector, read

SMALL = {"side": 64, "classes": 7, "width": 16}
NETWORKS = {"darknet19": darknet19_cfg(**SMALL), "extraction": extraction_cfg(**SMALL)}
NETWORKS |= {"resnet18": resnet_cfg(False, **SMALL), "resnet50": resnet_cfg(True, **SMALL)}


@pytest.mark.parametrize("name", NETWORKS)
def test_convert_writes_a_certified_classifier(
    name: str, fivenets, write_pair, photograph: np.ndarray, tmp_path: Path
) -> None:
    cfg, numbers = write_pair(NETWORKS[name])
    picture, out = tmp_path / "a.png", tmp_path / "m.keras"
    Image.fromarray(photograph).save(picture)
    names = tmp_path / "a.names"
    names.write_text("\n".join("abcdefg"))
    code, printed, _ = fivenets(
        "convert", cfg, numbers, "--out", out, "--names", names, "--image", picture, "--json"
    )
    record = json.loads(printed)
    assert code == 0
    assert certificate.witnesses(record)
    assert certificate.is_equal(record), record
    assert "max_box_difference_px" not in next(iter(record["engines"].values()))
    converted = read(cfg, numbers, list("abcdefg"), "letterbox")
    assert converted.to_weights() == numbers.read_bytes()
    # A picture of the network's own size, which neither resizes.
    small = photograph[:60, :60].repeat(2, axis=0).repeat(2, axis=1)[:64, :64]
    expected = converted.raw((small / 255).astype(np.float32)[None])[0].ravel()
    (prediction,) = Classifier.from_file(out).classify([small])
    assert list(prediction.probabilities) == list("abcdefg")
    assert list(prediction.probabilities.values()) == pytest.approx(expected, abs=1e-5)
    rows = list(map(json.loads, fivenets("look", out, "--json")[1].splitlines()))
    (first,) = [row for row in rows if row["name"] == "conv2d_1"]
    assert first["reach"]["field"] in (3, 7)


def test_what_is_neither_detector_nor_classifier_is_a_sentence(write_pair) -> None:
    pair = write_pair(net(8) + convolution(4))
    with pytest.raises(UserError, match=r"line 6 .convolutional.: the last layer gives .8, 8, 4."):
        read(pair[0], pair[1], None, "letterbox")
    pair = write_pair(NETWORKS["darknet19"])
    with pytest.raises(UserError, match="has 7 classes, 2 names were received"):
        read(pair[0], pair[1], ["a", "b"], "letterbox")
    with pytest.raises(UserError, match=r"no .region. and no .yolo.: expected a detector"):
        Detector.from_darknet(*pair)


def test_a_classifier_of_oblong_pictures_is_refused(write_pair, tmp_path: Path) -> None:
    text = section("net", width=16, height=8, channels=3) + convolution(4) + section("avgpool")
    with pytest.raises(UserError, match="square pictures in colour, the cfg has 8x16x3"):
        read(*write_pair(text), labels=None, resize="letterbox").save(tmp_path / "m.keras")
