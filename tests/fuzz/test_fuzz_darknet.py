"""Any cfg and any weights file: read, or refused in a sentence."""

import math

import numpy as np
from fuzzing import SEEDS, mutated, mutations
from hypothesis import given
from hypothesis import strategies as st
from random_weights import random_weights

from fivenets.detection import darknet, weights
from fivenets.detection.shapes import MAX_CHANNELS, MAX_NUMBERS

CFG = """[net]
width=32
height=32
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=1
pad=1
activation=leaky
[maxpool]
size=2
stride=2
[reorg]
stride=2
[convolutional]
filters=16
size=1
activation=linear
[region]
anchors=1,2, 3,1
classes=3
num=2
softmax=1
"""
NETWORK = darknet.parse(CFG)
POOLING = darknet.parse("[net]\nwidth=8\nheight=8\n[maxpool]\nsize=2\nstride=2\n")
WEIGHTS = [weights.to_bytes(*random_weights(NETWORK, seed)) for seed in (0, 1)]
SCALES = """[net]
width=32
height=32
[convolutional]
batch_normalize=1
filters=4
size=3
stride=4
groups=1
activation=mish
[convolutional]
groups=2
filters=8
activation=linear
[yolo]
mask=1
anchors=10,14, 23,27
classes=3
num=2
scale_x_y=1.05
[route]
layers=0
groups=2
group_id=1
[upsample]
stride=2
[convolutional]
filters=8
activation=logistic
[yolo]
mask=0
anchors=10,14, 23,27
classes=3
num=2
new_coords=1
"""
SCALED = darknet.parse(SCALES)
SCALED_WEIGHTS = [weights.to_bytes(*random_weights(SCALED, seed)) for seed in (0, 1)]
KINDS = ("net", "convolutional", "maxpool", "route", "reorg", "shortcut", "softmax", "dropout")
KINDS += ("upsample", "yolo")
KEYS = ("width", "height", "channels", "filters", "size", "stride", "pad", "padding", "groups")
KEYS += ("layers", "from", "classes", "num", "anchors", "softmax", "activation", "probability")
KEYS += ("mask", "scale_x_y", "new_coords", "group_id")
VALUES = ("0", "1", "-1", "2", "3", "8", "-2", "1,2", "-1,-2", "nan", "inf", "-inf", "1e400", "0.5")
VALUES += ("99999999999999999999", "leaky", "", "٣", "9" * 5000, "0x10", "1_0")
OPTIONS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=4)
SECTIONS = st.builds(
    lambda kind, options: "\n".join([f"[{kind}]", *map("=".join, options.items())]),
    st.sampled_from((*KINDS, "region", "avgpool", "cost")),
    OPTIONS,
)
NET, HEAD = "[net]\nwidth=8\nheight=8\n", "[convolutional]\nfilters=8\nactivation=linear\n"


def is_sound(network: darknet.Network) -> bool:
    """Whether what was read can be built: whole sizes in bounds, finite anchors."""
    shapes = [layer.shape for layer in network.layers]
    anchors = [anchor for region in network.regions for anchor in region.anchors]
    return (
        all(type(side) is int and 1 <= side <= MAX_CHANNELS for s in shapes for side in s)
        and all(math.prod(shape) <= MAX_NUMBERS for shape in shapes)
        and all(index < place for place, x in enumerate(network.layers) for index in x.inputs)
        and all(0 < side < math.inf for anchor in anchors for side in anchor)
    )


@given(st.sampled_from(["", NET, NET + HEAD]), st.lists(SECTIONS | st.text(max_size=8), max_size=5))
def test_cfg_of_any_sections(answer, start: str, sections: list[str]) -> None:
    network = answer(darknet.parse, start + "\n".join(sections))
    assert network is None or is_sound(network)


@given(SEEDS)
def test_cfg_texts(answer, seed: int) -> None:
    for content in mutations(seed, CFG.encode(), SCALES.encode()):
        network = answer(darknet.parse, content.decode(errors="replace"))
        assert network is None or is_sound(network)


@given(mutated(CFG.encode(), SCALES.encode()))
def test_cfg_files(answer, tmp_path_factory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "net.cfg"
    file.write_bytes(content)
    network = answer(darknet.parse_file, file)
    assert network is None or is_sound(network)


@given(SEEDS)
def test_weights(answer, seed: int) -> None:
    for network, files in ((NETWORK, WEIGHTS), (SCALED, SCALED_WEIGHTS)):
        for content in mutations(seed, *files):
            found = answer(weights.read, content, network, "any.weights")
            if found:
                assert weights.to_bytes(*found) == content
                assert all(np.isfinite(part.kernel).all() for part in found[1])


@given(SEEDS)
def test_weights_of_a_network_without_any(answer, seed: int) -> None:
    headers = weights.Header(0, 2, 5, 7).to_bytes(), weights.Header(0, 1, 0, 7).to_bytes()
    for content in mutations(seed, *headers):
        found = answer(weights.read, content, POOLING, "any.weights")
        assert not found or found[1] == []
