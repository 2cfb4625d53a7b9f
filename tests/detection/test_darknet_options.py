"""Every option of a cfg is implemented, without effect, or refused; none is passed over."""

import pytest
from darknet_networks import TINY, convolution, head, region, section
from yolo_networks import head as yolo_head

from fivenets.core.errors import UserError
from fivenets.detection import darknet, options
from fivenets.detection.regions import KINDS as HEADS
from fivenets.detection.sections import KINDS, read_sections

NET = section("net", width=64, height=64, channels=3)


LAYERS = {
    "net": "",
    "convolutional": convolution(8),
    "maxpool": section("maxpool", size=2, stride=2),
    "route": convolution(8) + section("route", layers=-1),
    "reorg": convolution(8) + section("reorg", stride=2),
    "shortcut": convolution(8) + convolution(8) + section("shortcut", **{"from": -2}),
    "upsample": convolution(8) + section("upsample", stride=2),
    "yolo": yolo_head(1, "0", "10,14"),
}
LAYERS["region"] = head(1) + region(1)


def cfg(kind: str, **given: object) -> str:
    """A network with a section of a kind whose first options are these."""
    plain = NET + section("softmax")
    if kind != "softmax":
        plain = NET + LAYERS[kind] + ("" if kind in HEADS else head(1) + region(1))
    lines = "".join(f"{key}={value}\n" for key, value in given.items())
    return plain.replace(f"[{kind}]\n", f"[{kind}]\n{lines}", 1)


CHANGING = {
    "net": {"inputs": 999},
    "convolutional": {
        **dict.fromkeys(("stride_x", "stride_y", "dilation", "numload"), 2),
        **dict.fromkeys(("antialiasing", "cbn", "coordconv", "dontload", "dontloadscales"), 1),
        **dict.fromkeys(("binary", "xnor", "bin_output", "flipped", "sway", "rotate"), 1),
        **{"stretch": 1, "stretch_sway": 1, "share_index": 0, "reverse": 1},
    },
    "maxpool": {"stride_x": 1, "stride_y": 1, "maxpool_depth": 1, "antialiasing": 1}
    | {"maxpool_zero_nonmax": 1},
    "upsample": {"scale": 0.5},
    "reorg": {"reverse": 1, "flatten": 1, "extra": 1},
    "shortcut": {"alpha": 0.5, "beta": 2, "weights_type": "per_feature"}
    | {"weights_normalization": "relu"},
    "softmax": {"groups": 2, "temperature": 2, "spatial": 1, "tree": "a.tree"},
    "yolo": {"map": "data/9k.map"},
    "region": {"coords": 5, "background": 1, "tree": "data/9k.tree", "map": "data/coco9k.map"},
}
EACH = [(kind, key, value) for kind, given in CHANGING.items() for key, value in given.items()]


@pytest.mark.parametrize(("kind", "key", "value"), EACH)
def test_what_changes_the_network_is_refused_by_section_and_line(
    kind: str, key: str, value: object
) -> None:
    text = cfg(kind, **{key: value})
    line = text.split("\n").index(f"{key}={value}") + 1
    of_section = text[: text.index(f"{key}={value}")].rpartition("[")[0].count("\n") + 1
    message = (
        rf"the cfg line {of_section} \[{kind}\]: {key}={value} \(line {line}\) is not supported"
    )
    with pytest.raises(UserError, match=message):
        darknet.parse(text)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("net", {"inputs": 64 * 64 * 3, "batch": 64, "letter_box": 1, "mosaic": 1}),
        ("convolutional", {"dilation": 1, "stride_x": 1, "stride_y": 1, "groups": 1, "xnor": 0}),
        ("convolutional", {"stopbackward": 1, "learning_rate": 0.1, "dontload": 0}),
        ("maxpool", {"stride_x": 2, "stride_y": "2 # as before", "maxpool_depth": 0}),
        ("upsample", {"scale": 1}),
        ("yolo", {"ignore_thresh": 0.7, "nms_kind": "diounms", "iou_loss": "ciou", "max": 90}),
        ("reorg", {"reverse": 0, "flatten": 0}),
        ("shortcut", {"alpha": "1.0", "beta": 1, "weights_type": "none"}),
        ("softmax", {"groups": 1, "temperature": 1.0, "noloss": 1}),
        ("region", {"coords": 4, "thresh": 0.6, "random": 1, "jitter": 0.2, "max": 30}),
    ],
)
def test_what_changes_nothing_is_taken(kind: str, given: dict) -> None:
    plain, found = darknet.parse(cfg(kind)), darknet.parse(cfg(kind, **given))
    assert [layer.shape for layer in found.layers] == [layer.shape for layer in plain.layers]
    assert found.regions == plain.regions


@pytest.mark.parametrize("key", ["dilatation", "Filters", "scale_x_y", "name"])
def test_an_option_of_nobody_is_refused(key: str) -> None:
    with pytest.raises(UserError, match=rf"{key}=7 \(line 7\) is an option that is not known here"):
        darknet.parse(cfg("convolutional", **{key: 7}))


def test_no_option_is_on_two_lists() -> None:
    for kind in KINDS:
        lists = [options.IMPLEMENTED.get(kind, "").split(), options.HARMLESS.get(kind, "").split()]
        lists += [list(options.NEUTRAL.get(kind, {}))]
        keys = [key for one in lists for key in one]
        assert len(keys) == len(set(keys)), kind


def test_of_a_key_given_twice_the_first_counts_as_in_darknet_and_that_is_said() -> None:
    network = darknet.parse(TINY.replace("width=64\n", "width=64\nwidth=96\nwidth=64\n"), "a.cfg")
    assert network.input_shape == (32, 64, 3)
    assert network.ignored == (
        "a.cfg line 3 [net]: width=96 does not count: Darknet takes the first, width=64 in line 2",
    )


@pytest.mark.parametrize("spelt", ["[Region]", "[REGION]", "[region] # last", "[region"])
def test_sections_are_spelt_as_darknet_spells_them(spelt: str) -> None:
    with pytest.raises(UserError, match=r"unknown section .*; known: net.*: in small letters"):
        darknet.parse(NET + head(1) + region(1).replace("[region]", spelt))


def test_lines_end_at_newlines_only_and_a_bom_is_no_part_of_the_first() -> None:
    for text in ("\ufeff" + TINY, TINY.replace("\n", "\r\n"), TINY.replace("=", "\t= ")):
        found = darknet.parse(text)
        assert [layer.shape for layer in found.layers][-1] == (4, 8, 16)
        assert found.regions == darknet.parse(TINY).regions
    # To str.splitlines, and to a file opened as text, each of these ends a line.
    for mark in ("\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"):
        _, second = read_sections(f"[net]\n[conv]\n# by{mark}filters=7\nfilters=2\n", "a")
        assert second.options == {"filters": "2"}


def test_files_are_read_so_too(tmp_path) -> None:
    file = tmp_path / "net.cfg"
    file.write_bytes(b"\xef\xbb\xbf" + TINY.replace("\n", "\r\n").encode() + b"# a\rfilters=7")
    assert darknet.parse_file(file).layers[-1].shape == (4, 8, 16)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"stride": "1_0"}, "stride should be an integer, it is '1_0'"),
        ({"stride": "1.0"}, "stride should be an integer, it is '1.0'"),
        ({"stride": "\u0663"}, "stride should be an integer"),
        ({"stride": "\u00a02"}, "stride should be an integer"),
        # Darknet compares the whole word, finds none, and takes ReLU.
        ({"activation": "leaky # was relu"}, "activation leaky#wasrelu is not one of"),
        ({"activation": "Leaky"}, "activation Leaky is not one of"),
        ({"activation": "selu"}, "activation selu is not one of"),
    ],
)
def test_values_are_darknets_or_refused(given: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        darknet.parse(cfg("convolutional", **given))


@pytest.mark.parametrize("comment", ["# was 32", "; was 32"])
def test_after_a_number_anything_may_stand_behind_a_comment_sign(comment: str) -> None:
    network = darknet.parse(cfg("convolutional", filters=f"16 {comment}"))
    assert network.layers[0].shape == (64, 64, 16)


def test_a_convolution_that_leads_nowhere_is_refused() -> None:
    text = NET + convolution(8) + convolution(8) + section("route", layers=0) + head(1) + region(1)
    with pytest.raises(UserError, match=r"line 14 .convolutional.: its output leads to no other"):
        darknet.parse(text)
    # A pooling has no numbers to lose.
    pool = section("maxpool", size=2, stride=2)
    text = NET + convolution(8) + pool + section("route", layers=0) + head(1) + region(1)
    assert len(darknet.parse(text).layers) == 5


def test_dropout_is_a_share_of_something() -> None:
    for value, shown in (("5", "5"), ("nan", "nan"), ("-0.5", "-0.5")):
        text = NET + convolution(4) + section("dropout", probability=value)
        with pytest.raises(UserError, match=f"probability should lie in 0..1, it is {shown}"):
            darknet.parse(text)
    with pytest.raises(UserError, match="needs a layer before it"):
        darknet.parse(NET + section("dropout"))


@pytest.mark.parametrize(("kind", "why"), [("cost", "zeros"), ("softmax", "rows and columns")])
def test_what_gives_no_picture_stands_last(kind: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        darknet.parse(NET + section(kind) + head(1) + region(1))
