"""[yolo]: several scales, read as Darknet reads them, and certified like [region]."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from darknet_networks import convolution, section
from yolo_networks import head, net, yolov3_cfg, yolov3_tiny_cfg, yolov4_cfg, yolov4_tiny_cfg

from fivenets.core.errors import UserError
from fivenets.detection import boxes, certificate, darknet, darknet_library, engines, model, weights
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.detection.regions import Region
from fivenets.detection.witness import UnreadableError
from fivenets.fitting import description, rebuilding
from fivenets.fitting.effort import Effort

ANCHORS = "10,14, 23,27, 37,58"
NEW = net(64) + convolution(8, stride=2) + convolution(16, stride=2, activation="swish")
NEW += section("convolutional", filters=14, size=1, activation="logistic")
NEW += section("yolo", mask="0,2", anchors=ANCHORS, num=3, classes=2, scale_x_y=2, new_coords=1)
GROUPED = net(64) + convolution(8, stride=2) + convolution(16, groups=8, size=5)
GROUPED += convolution(32, groups=4, stride=2) + section("route", layers=-1, groups=2)
GROUPED += convolution(16, 1) + section("dropout", probability=0.2)
GROUPED += section("shortcut", **{"from": -2, "activation": "leaky"}) + head(2, "0,2", ANCHORS)
SMALL: dict[str, Any] = {"side": 64, "classes": 3, "width": 16}
NETWORKS = {
    "yolov3": yolov3_cfg(**SMALL),
    "yolov3-spp": yolov3_cfg(**SMALL, spp=True),
    "yolov3-tiny": yolov3_tiny_cfg(**SMALL),
    "yolov4": yolov4_cfg(**SMALL),
    "yolov4-tiny": yolov4_tiny_cfg(**SMALL),
    "new coords": NEW,
    "grouped": GROUPED,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_scale_is_certified_and_given_back(
    name: str, write_pair, photograph: np.ndarray
) -> None:
    cfg, numbers = write_pair(NETWORKS[name])
    detector = Detector.from_darknet(cfg, numbers)
    record = certificate.certify(detector, cfg, numbers, [photograph])
    assert certificate.is_equal(record), record
    for engine in certificate.witnesses(record).values():
        assert len(engine["max_abs_difference_by_scale"]) == len(detector.regions)
    assert detector.to_weights() == numbers.read_bytes()


@pytest.mark.parametrize(
    ("cfg", "size"),
    [
        (yolov3_cfg, 248_007_048),
        (yolov3_tiny_cfg, 35_434_956),
        (yolov4_cfg, 257_717_640),
        (yolov4_tiny_cfg, 24_251_276),
    ],
    ids=["yolov3", "yolov3-tiny", "yolov4", "yolov4-tiny"],
)
def test_at_full_size_a_cfg_needs_as_many_bytes_as_its_published_weights(cfg, size: int) -> None:
    layers = weights.convolutions(darknet.parse(cfg()))
    assert 20 + 4 * sum(map(weights.count_of, layers)) == size


def test_yolov4_is_no_more_than_is_rebuilt_of_a_strangers_file() -> None:
    network = model.build(darknet.parse(yolov4_cfg()))
    effort, most = Effort.of(network), rebuilding.MOST_EFFORT
    assert effort.numbers < most.numbers
    assert effort.alive < most.alive / 4
    assert effort.multiplications < most.multiplications / 2
    assert len(network.layers) < description.MOST_LAYERS
    assert len(network.weights) < description.MOST_ARRAYS


def test_a_mask_chooses_anchors_which_are_pixels_of_the_input() -> None:
    network = darknet.parse(NETWORKS["yolov3-tiny"])
    coarse, fine = network.regions
    # Of 64 pixels on 2 and on 4 cells a side: a cell is 32 and 16 pixels.
    assert coarse.anchors == ((81 / 32, 82 / 32), (135 / 32, 169 / 32), (344 / 32, 319 / 32))
    assert fine.anchors == ((10 / 16, 14 / 16), (23 / 16, 27 / 16), (37 / 16, 58 / 16))
    assert [one.shape for one in network.heads] == [(2, 2, 24), (4, 4, 24)]


def test_scales_suppress_each_other() -> None:
    # The same box from a grid of one cell and, twice as sure, from one of two.
    region = Region(((1.0, 1.0),), 1, softmax=False)
    coarse = np.array([0, 0, 0, 0, 2, 9], np.float32).reshape(1, 1, 6)
    fine = np.full((2, 2, 6), -9, np.float32)
    fine[0, 0] = [9, 9, np.log(2), np.log(2), 4, 9]
    found, _, scores = boxes.detections([coarse, fine], [region, region], PROFILES["course"])
    assert found[0] == pytest.approx([0, 0, 1, 1], abs=1e-3)
    assert scores == pytest.approx([1 / (1 + np.exp(-4))], abs=1e-3)


def test_detectors_of_several_scales_are_saved_folded_and_asked(
    write_pair, photograph: np.ndarray, tmp_path: Path
) -> None:
    cfg, numbers = write_pair(NETWORKS["yolov4-tiny"])
    Detector.from_darknet(cfg, numbers, ["a", "b", "c"]).save(tmp_path / "m.keras")
    loaded = Detector.from_file(tmp_path / "m.keras")
    assert loaded.to_weights() == numbers.read_bytes()
    fast, half = loaded.for_inference("float32"), loaded.for_inference("bfloat16")
    picture = loaded.fitted(photograph)[None]
    for raw, folded, rounded in zip(
        *(one.raw(picture) for one in (loaded, fast, half)), strict=True
    ):
        assert folded == pytest.approx(raw, abs=1e-4)
        assert rounded == pytest.approx(raw, abs=0.1)
        assert rounded.dtype == np.float32
    last = [layer.name for layer in half.network.layers if layer.name.startswith("conv2d")]
    exact = [name for name in last if half.network.get_layer(name).compute_dtype == "float32"]
    assert exact == ["conv2d_1", "conv2d_18", "conv2d_21"]  # the first, and each scale's last
    assert loaded.detect([photograph], boxes.profile("benchmark"))[0]


def test_channels_of_a_route_are_divided_in_groups_of_each_of_its_inputs() -> None:
    text = net(8) + convolution(4, 1, batch_normalize=0, activation="linear")
    network = darknet.parse(text + section("route", layers="-1,0", groups=2, group_id=1))
    kernel = np.array([[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]], np.float32)[..., None, None]
    built = model.build(network)
    model.load(built, [weights.Convolution(np.zeros(4, np.float32), kernel)])
    assert np.asarray(built(np.ones((1, 8, 8, 3))))[0, 0, 0].tolist() == [3, 4, 3, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (net(64) + head(1, "0,3", ANCHORS), r".yolo.: mask should be .* 0 to 2, it is '0,3"),
        (net(64) + head(1, "0.5", ANCHORS), "mask should be numbers of anchors, 0 to 2"),
        (net(64) + head(1, "0", ANCHORS, scale_x_y="inf"), "scale_x_y should be a positive number"),
        (net(64) + head(1, "0", ANCHORS, scale_x_y="1,2"), "scale_x_y should be a number"),
        (net(64) + head(1, "0", ANCHORS, num=4), "anchors should be 8 positive numbers"),
        (net(64) + head(1, "0", ANCHORS) + convolution(4), "would receive the boxes of the .yolo."),
        (
            net(64) + convolution(4) + head(1, "0", ANCHORS) + section("route", layers="-1,0"),
            r"line \d+ .route.: it would receive the boxes of the .yolo. in line \d+",
        ),
        (
            net(64) + head(1, "0", ANCHORS) + section("route", layers=0) + convolution(4),
            "its output leads to no other layer's input",
        ),
        (
            net(64) + convolution(4) + head(1, "0", ANCHORS) + section("route", layers=0)
            + head(2, "0", ANCHORS),
            "classes is 2, and 1 at another scale",
        ),
        (net(64) + section("upsample", stride=-2), "stride should be at least 1, it is -2"),
        (net(64) + section("upsample", stride=999), "is no usable size"),
        (net(4096) + convolution(64), "4096x4096x64 is no usable size.*268,435,456 numbers"),
        (net(64) + convolution(4, size=10**12), "is no usable size"),
        (net(64) + section("maxpool", size=2, padding=10**9), "is no usable size"),
        (net(64) + section("route", layers=-1, groups=2), "layer -1 is not there"),
        (
            net(64) + convolution(4) + section("route", layers=-1, groups=3),
            "3 groups do not divide the channels of 64x64x4",
        ),
        (
            net(64) + convolution(4) + section("route", layers=-1, groups=2, group_id=2),
            "group_id should be less than groups=2, it is 2",
        ),
        (net(64) + section("dropout") * 2000, "2,001 sections: expected 2,000 at most"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        darknet.parse(text)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("yolov4", "mish of net.cfg line 6"),
        ("yolov4-tiny", r"groups of net.cfg line \d+ .route."),
        ("new coords", "swish of net.cfg line"),
    ],
)
def test_the_original_darknet_is_no_witness_of_what_came_later(
    name: str, why: str, write_pair
) -> None:
    cfg, numbers = write_pair(NETWORKS[name])
    with pytest.raises(UnreadableError, match=f"Darknet does not know {why}"):
        engines.darknet_itself(cfg, numbers, np.zeros((1, 64, 64, 3), np.float32))


def test_opencv_is_no_witness_of_groups_of_several_layers(write_pair) -> None:
    text = net(64) + convolution(8) + section("route", layers="-1,0", groups=2)
    cfg, numbers = write_pair(text + head(2, "0", ANCHORS))
    record = certificate.certify(Detector.from_darknet(cfg, numbers), cfg, numbers, [])
    assert not certificate.witnesses(record)
    (why,) = (one["cannot_read"] for name, one in record["engines"].items() if "opencv" in name)
    assert why == "OpenCV cannot read net.cfg: line 14 [route] takes groups of several layers"


def test_a_wrong_scale_is_found_out(write_pair, photograph: np.ndarray, monkeypatch) -> None:
    cfg, numbers = write_pair(NETWORKS["yolov3-tiny"])
    detector = Detector.from_darknet(cfg, numbers)
    layer = detector.network.get_layer("conv2d_13")  # of the second scale alone
    kernel, biases = layer.get_weights()
    layer.set_weights([kernel * 1.01, biases])
    record = certificate.certify(detector, cfg, numbers, [photograph])
    assert not certificate.is_equal(record)
    for engine in certificate.witnesses(record).values():
        first, second = engine["max_abs_difference_by_scale"]
        assert first <= certificate.RAW_TOLERANCE < second


def test_detections_are_those_of_every_engine(write_pair, photograph: np.ndarray) -> None:
    cfg, numbers = write_pair(NETWORKS["yolov3-tiny"])
    detector = Detector.from_darknet(cfg, numbers)
    pictures = certificate.pictures_for(detector, [photograph])
    mine = engines.ours(detector.raw(pictures), detector.regions)
    answers = certificate.ask_all(cfg, numbers, pictures)
    assert len(answers) == 1 + bool(darknet_library.library())
    for answer in answers.values():
        assert not isinstance(answer, str)
        assert certificate.same_detections(answer, mine, PROFILES["benchmark"]) == [True, True]
