"""What a cfg says, and that whatever does not fit is named with its line."""

import pytest
from darknet_networks import TINY, convolution, head, region, section, yolov2_cfg

from fivenets.core.errors import UserError
from fivenets.detection import darknet
from fivenets.detection.sections import read_sections
from fivenets.detection.shapes import Shape

NET = section("net", width=64, height=64, channels=3)


def shapes(*layers: str) -> list[Shape]:
    return [layer.shape for layer in darknet.parse(NET + "".join(layers)).layers]


def test_sections_carry_lines_options_and_plain_names() -> None:
    first, second = read_sections("# by hand\n[network]\nwidth = 8\n\n[conv]\nfilters=2 ; x\n", "a")
    assert (first.kind, first.line, first.options) == ("net", 2, {"width": "8"})
    assert (second.kind, second.line) == ("convolutional", 5)


def test_convolution_rounds_down_like_darknet() -> None:
    # (64 + 2*1 - 3) // 2 + 1 = 32, and without pad (64 - 3) // 2 + 1 = 31.
    assert shapes(convolution(8, stride=2)) == [(32, 32, 8)]
    assert shapes(convolution(8, stride=2, pad=0)) == [(31, 31, 8)]


def test_maxpool_of_size_2_and_stride_1_keeps_the_size() -> None:
    assert shapes(section("maxpool", size=2, stride=1)) == [(64, 64, 3)]
    assert shapes(section("maxpool", size=3, stride=2)) == [(32, 32, 3)]


def test_routes_count_from_here_or_from_the_start() -> None:
    found = shapes(convolution(8), convolution(4), section("route", layers="-1, 0"))
    assert found[-1] == (64, 64, 12)


def test_yolov2_has_32_layers_and_a_region_of_five_anchors() -> None:
    network = darknet.parse(yolov2_cfg())
    assert len(network.layers) == 32  # [region] is Darknet's layer 31
    assert network.layers[-1].shape == (19, 19, 425)
    assert [region.anchors[1] for region in network.regions] == [(1.87446, 2.06253)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "should begin with a .net. section"),
        (section("net", width=8) + convolution(2), "height should be at least 1, it is 0"),
        (section("net", height=8) + convolution(2), "width should be at least 1, it is 0"),
        (NET + "[detection]\n", r"line 6: unknown section \[detection\]; known: net"),
        (NET + convolution(0), "line 6 .convolutional.: filters should be at least 1, it is 0"),
        (NET + convolution(4, stride="a"), "stride should be an integer, it is 'a'"),
        (NET + convolution(4, activation="gelu"), "activation gelu is not one of linear"),
        (NET + convolution(4, size=80, pad=0), "0x0x4 is no usable size"),
        (NET + convolution(4, groups=3), "3 groups do not divide 3 to 4 channels"),
        (NET + section("route", layers=-2), "line 6 .route.: layer -2 is not there: 0 layers"),
        (NET + convolution(4) + section("route", layers=7), "layer 7 is not there: 1 layers"),
        (NET + section("route"), "layers= names no layer"),
        (NET + convolution(4) + section("route", layers="inf"), "layers should be integers"),
        (NET + convolution(4) + section("route", layers=-0.5), "layers should be integers"),
        (NET + convolution(4) + section("route", layers="-1,0.5"), "layers should be integers"),
        (NET + head(1, 1) + region(1, "nan,1"), "anchors should be 2 positive numbers"),
        (
            NET + convolution(4) + convolution(4, stride=2) + section("route", layers="0,1"),
            "unlike sizes cannot be joined: 64x64x4 and 32x32x4",
        ),
        (
            section("net", width=64, height=9)
            + convolution(4)
            + convolution(4, 7, pad=0)
            + section("shortcut", **{"from": -2}),
            "unlike proportions cannot be added: 3x58x4 and 9x64x4",
        ),
        (NET + section("reorg", stride=2), "stride 2 does not divide 64x64x3"),
        (NET + head(3) + region(4), "5 anchors of 5 . 4 numbers need 45 channels.*gives 40"),
        (NET + head(3) + region(3, num=4), "anchors should be 8 positive numbers"),
        (NET + head(3) + region(3) + convolution(4), "stands first and only once, .region. last"),
        (NET + "filters\n", "line 6: expected .section. or key=value, got 'filters'"),
        (NET, "has no layers"),
    ],
)
def test_what_does_not_fit_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        darknet.parse(text)


def test_a_picture_has_three_channels_unless_the_cfg_says_otherwise() -> None:
    (layer,) = darknet.parse(section("net", width=8, height=1) + convolution(2)).layers
    assert layer.input_shape == (1, 8, 3)
    (layer,) = darknet.parse(section("net", width=1, height=8, channels=1) + convolution(2)).layers
    assert layer.input_shape == (8, 1, 1)


def test_classes_of_a_whole_picture_are_the_last_layers_channels() -> None:
    assert darknet.parse(NET + convolution(5) + section("avgpool")).classes == 5
    with pytest.raises(UserError, match=r"the last layer gives \(64, 64, 5\): expected boxes"):
        darknet.parse(NET + convolution(5)).classes  # noqa: B018
    for sides in ({"width": 64, "height": 1}, {"width": 1, "height": 64}):
        with pytest.raises(UserError, match="one row and column"):
            darknet.parse(section("net", **sides) + convolution(5)).classes  # noqa: B018


def test_so_many_sections_are_read_and_no_more(monkeypatch) -> None:
    text = NET + 2 * convolution(2)
    monkeypatch.setattr(darknet, "MAX_LAYERS", 3)
    assert len(darknet.parse(text).layers) == 2
    with pytest.raises(UserError, match="has 4 sections: expected 3 at most"):
        darknet.parse(text + convolution(2))


def test_missing_and_binary_files_are_sentences(tmp_path) -> None:
    with pytest.raises(UserError, match="no such cfg file"):
        darknet.parse_file(tmp_path / "none.cfg")
    (tmp_path / "a.cfg").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not a cfg file"):
        darknet.parse_file(tmp_path / "a.cfg")


def test_the_tiny_network_of_these_tests_is_read() -> None:
    assert darknet.parse(TINY).layers[-1].shape == (4, 8, 16)
