"""A conversion answers as OpenCV and Darknet do, and a wrong one is found out."""

import re
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from darknet_networks import ANCHORS, TINY, convolution, head, region, section, yolov2_cfg
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.detection import boxes, certificate, darknet, darknet_library, engines, weights
from fivenets.detection import pictures as fitting
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.detection.witness import UnreadableError

NET = section("net", width=96, height=64, channels=3)
ODD_POOLS = NET + convolution(8) + section("maxpool", size=3, stride=2) + convolution(8, stride=2)
ODD_POOLS += section("maxpool", size=2, stride=1) + head(2) + region(2)
SHORTCUT = NET + convolution(8, activation="relu") + convolution(8, activation="linear")
SHORTCUT += section("shortcut", **{"from": -2, "activation": "leaky"})
SHORTCUT += section("maxpool", size=2, stride=2) + head(2) + region(2)
# As in Darknet's resnet50.cfg and resnet18.cfg.
WIDER = NET + convolution(4) + convolution(8, activation="linear")
WIDER += section("shortcut", **{"from": -2, "activation": "leaky"})
WIDER += section("maxpool", size=2, stride=2) + head(2) + region(2)
SMALLER = NET + convolution(4) + convolution(8, stride=2)
SMALLER += section("shortcut", **{"from": -2, "activation": "leaky"}) + head(2) + region(2)
# More of columns, but not twice as many.
CUT = NET + convolution(4) + convolution(8, pad=0)
CUT += section("shortcut", **{"from": -2, "activation": "leaky"}) + head(2) + region(2)
# Each is another in OpenCV's importer: logistic, stride 1 and size 1, any number but 0, 20 classes.
# Small, since nothing is pooled, and OpenCV compares every box with every other.
DEFAULTS = section("net", width=32, height=32, channels=3)
DEFAULTS += section("convolutional", filters=8, size=3) + section("maxpool")
DEFAULTS += convolution(8, batch_normalize=2) + head(20) + section("region", anchors=ANCHORS, num=5)
DEFAULTS = DEFAULTS.rstrip() + "\nsoftmax=1\n"
# OpenCV is given three layers for each that is clipped at 6, and other places in routes.
CLIPPED = NET + convolution(8, activation="relu6") + convolution(8, activation="linear")
CLIPPED += section("shortcut", **{"from": -2, "activation": "relu6"})
CLIPPED += section("route", layers="-1,0") + section("maxpool", size=2, stride=2)
CLIPPED += head(2) + region(2)
NETWORKS = {
    "tiny": TINY,
    "odd pools": ODD_POOLS,
    "shortcut": SHORTCUT,
    "shortcut to more channels": WIDER,
    "shortcut to fewer pixels": SMALLER,
    "defaults": DEFAULTS,
    "narrow yolov2": yolov2_cfg(side=96, classes=4, width=16),
    "yolov2 at full size": yolov2_cfg(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_engines_agree(name: str, write_pair, photograph: np.ndarray, monkeypatch) -> None:
    cfg, numbers = write_pair(NETWORKS[name])
    photographs = [photograph]
    if name == "yolov2 at full size":  # a minute in Darknet, which has no fast convolution
        monkeypatch.setattr(darknet_library, "LIBRARY", Path("none"))
        photographs = []
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, photographs)
    assert certificate.is_equal(record), record
    assert list(record) == [
        *("cfg", "weights", "parameters", "bytes_read", "file_bytes", "header", "engines")
    ]
    assert record["bytes_read"] == record["file_bytes"] == numbers.stat().st_size
    assert detector.to_weights() == numbers.read_bytes()


def test_opencv_is_no_witness_of_a_sum_that_it_cannot_add(write_pair) -> None:
    cfg, numbers = write_pair(CUT)
    picture = np.zeros((1, 64, 96, 3), np.float32)
    with pytest.raises(UnreadableError, match=r"line 22 .shortcut. adds layers of which neither"):
        engines.opencv(cfg, numbers, picture)
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, [])
    assert certificate.is_equal(record) == bool(darknet_library.library()), record


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


def test_opencv_clips_at_6_as_the_cfg_says(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(CLIPPED)
    network = darknet.parse_file(cfg)
    header, (first, *rest) = weights.read_file(numbers, network)
    first = replace(first, biases=np.full(8, 6.0))  # so that half of it is above 6
    numbers.write_bytes(weights.to_bytes(header, [first, *rest]))
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, [photograph])
    assert any(name.startswith("opencv") for name in certificate.witnesses(record))
    assert certificate.is_equal(record), record
    pictures = certificate.pictures_for(detector, [photograph])
    clipped = detector.network.get_layer("relu6_1").output
    values = keras.Model(detector.network.input, clipped)(pictures).numpy()
    assert 0.3 < (values == 6).mean() < 0.9


def test_darknet_is_no_witness_of_what_it_computes_wrongly(write_pair) -> None:
    cfg, numbers = write_pair(NET + convolution(8, size=1, stride=2) + head(2) + region(2))
    picture = np.zeros((1, 64, 96, 3), np.float32)
    with pytest.raises(UnreadableError, match=r"computes net.cfg line 6 .size=1, stride=2"):
        engines.darknet_itself(cfg, numbers, picture)
    record = certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [])
    assert certificate.is_equal(record), record


def test_darknet_that_does_not_end_is_no_witness(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "MINUTES", 0)
    with pytest.raises(UnreadableError, match="Darknet took more than 0 minutes for its cfg"):
        engines.ask_darknet("fit", [], tmp_path / "x.npz", "its cfg")


def test_an_engine_that_answers_in_another_shape_has_read_another_network(
    write_pair, monkeypatch
) -> None:
    cfg, numbers = write_pair(TINY)

    def other(*asked) -> engines.Answer:
        answer = engines.opencv(*asked)
        return replace(answer, raws=(answer.raws[0][:, :1],))

    monkeypatch.setattr(engines, "installed", lambda: {"other": other})
    with pytest.raises(
        UserError, match=r"other reads another network: it answers \[\(1, 1, 8, 16\)"
    ):
        certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [])


def test_opencv_is_among_the_engines() -> None:
    assert any(re.fullmatch(r"opencv 4\..*", name) for name in engines.installed())


def test_detections_agree_at_both_profiles(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(NETWORKS["odd pools"])
    detector = Detector.from_darknet(cfg, numbers)
    pictures = certificate.pictures_for(detector, [photograph])
    mine = engines.ours(detector.raw(pictures), detector.regions)
    for answer in certificate.ask_all(cfg, numbers, pictures).values():
        for profile in PROFILES.values():
            assert not isinstance(answer, str)
            assert certificate.same_detections(answer, mine, profile) == [True, True]


def test_a_changed_weight_is_found_out(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers)
    layer = detector.network.get_layer("conv2d_2")
    kernel, biases = layer.get_weights()
    layer.set_weights([kernel * 1.01, biases])
    assert not certificate.is_equal(certificate.certify(detector, cfg, numbers, [photograph]))


@pytest.mark.parametrize(
    "text",
    [
        TINY.replace("activation=leaky", "activation=elu", 1),
        TINY.replace("activation=leaky", "activation=relie", 1),
        TINY.replace("softmax=1", "softmax=0"),
    ],
    ids=["elu", "relie", "softmax=0"],
)
def test_a_witness_that_cannot_read_the_network_is_none(text: str, write_pair) -> None:
    cfg, numbers = write_pair(text)
    record = certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [])
    (name,) = (name for name in record["engines"] if name.startswith("opencv"))
    assert list(record["engines"][name]) == ["cannot_read"]
    assert record["engines"][name]["cannot_read"].startswith("OpenCV cannot read net.cfg: ")
    testified = certificate.witnesses(record)
    assert name not in testified
    # Darknet itself reads all of them.
    assert certificate.is_equal(record) == bool(testified) == bool(darknet_library.library())


@pytest.mark.parametrize(
    "change",
    [
        ("filters=8\n", "filters=8\nfilters=4\n"),
        ("activation=leaky\n", "activation=leaky\nactivation=linear\n"),
        ("width=64\n", "width=64 # pixels\nwidth=96\n"),
        ("anchors=1,2, 3,1\n", "anchors=1,2, 3,1\nanchors=5,5, 6,6\n"),
        ("[net]\n", "\ufeff[net]\r\n"),
    ],
)
def test_engines_are_asked_about_the_cfg_as_it_is_read(
    change: tuple[str, str], write_pair, photograph: np.ndarray
) -> None:
    cfg, numbers = write_pair(TINY.replace(*change, 1))
    record = certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [photograph])
    assert certificate.is_equal(record), record


@pytest.mark.parametrize("channels", [1, 4])
def test_networks_of_other_channels_are_certified_and_asked(
    channels: int, write_pair, photograph: np.ndarray
) -> None:
    cfg, numbers = write_pair(TINY.replace("channels=3", f"channels={channels}"))
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, [photograph])
    assert certificate.is_equal(record), record
    assert detector.detect([photograph], PROFILES["benchmark"])[0]
    fast = detector.for_inference("float32")
    assert fast.detect([photograph], PROFILES["benchmark"])[0]


def test_a_network_of_channels_that_no_picture_has_is_refused(write_pair) -> None:
    pair = write_pair(TINY.replace("channels=3", "channels=2"))
    with pytest.raises(UserError, match="takes 2 channels, and a picture has one of 1"):
        Detector.from_darknet(*pair)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("resize", fitting.RESIZES)
def test_certificates_begin_at_the_picture_file(
    name: str, resize: str, write_pair, photograph: np.ndarray, tmp_path: Path, monkeypatch
) -> None:
    cfg, numbers = write_pair(TINY)
    file = tmp_path / name
    Image.fromarray(photograph).save(file)
    detector = Detector.from_darknet(cfg, numbers, resize=resize)
    record = certificate.certify(detector, cfg, numbers, [file])
    assert certificate.is_equal(record), record
    # Fitted by pixels' middles in place of aligned corners, as it was before: networks and engines
    # agree on it, and the file's witnesses do not.
    monkeypatch.setattr(
        fitting,
        "_sampled",
        lambda image, height, width: (
            np.asarray(
                Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR),
                np.float32,
            )
            / 255
        ),
    )
    record = certificate.certify(detector, cfg, numbers, [file])
    for engine in certificate.witnesses(record).values():
        assert engine["max_abs_difference"] <= certificate.RAW_TOLERANCE
        assert engine["max_input_difference_levels"] > 10
    assert not certificate.is_equal(record)


def test_without_an_engine_nothing_is_certified() -> None:
    assert not certificate.is_equal({"engines": {}})


def test_another_box_or_score_is_another_detection() -> None:
    raw = np.zeros((1, 1, 2, 7))
    raw[0, 0, 0, 4:6] = 5  # one sure box
    mine = engines.ours([raw], [boxes.Region(((1.0, 1.0),), 2, softmax=True)])
    same = engines.Answer((raw,), mine.boxes_xyxy, mine.scores + 1e-5)
    other = engines.Answer((raw,), mine.boxes_xyxy, mine.scores[:, ::-1])
    assert certificate.same_detections(same, mine, PROFILES["course"]) == [True]
    assert certificate.same_detections(other, mine, PROFILES["course"]) == [False]


@pytest.mark.skipif(not darknet_library.library(), reason="Debian's package darknet is absent")
def test_darknet_refuses_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "net.cfg").write_text(TINY)
    picture = np.zeros((1, 32, 64, 3), np.float32)
    with pytest.raises(UserError, match=r"Darknet refuses .*none.weights"):
        engines.darknet_itself(tmp_path / "net.cfg", tmp_path / "none.weights", picture)


def test_weights_whose_answers_overflow_are_a_sentence(write_pair) -> None:
    cfg, numbers = write_pair(TINY)
    content = bytearray(numbers.read_bytes())
    biases = np.frombuffer(content, "<f4", count=8, offset=len(content) - 4 * 8)
    biases[:] = 3e38
    numbers.write_bytes(content)
    with pytest.raises(UserError, match="not finite"):
        certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [])
