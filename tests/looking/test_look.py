"""The table of a network's layers: branches, what it costs, and `fivenets look`."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from fivenets.classification.classics import lenet5
from fivenets.classification.resnets import resnet
from fivenets.detection.layers import PaddedMaxPooling2D, Reorg
from fivenets.fitting import model_files
from fivenets.looking.arithmetic import Reach, multiplications, table
from fivenets.style.image_transformer import image_transformer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    network = lenet5((32, 32, 1), 10)
    model_files.save(network, tmp_path / "lenet5.keras", {"labels": list("0123456789")})
    return tmp_path / "lenet5.keras"


def test_lenet_5_layer_by_layer(file: Path, fivenets) -> None:
    code, said, _ = fivenets("look", file, "--json")
    rows = {row["name"]: row for row in map(json.loads, said.splitlines())}
    assert code == 0
    assert rows["conv2"] == {
        "name": "conv2",
        "shape": [10, 10, 16],
        "parameters": 2416,
        "multiplications": 10 * 10 * 16 * 5 * 5 * 6,
        "reach": {"field": 14, "jump": 2, "start": 7.0},
    }
    assert rows["fc3"]["reach"] is None
    assert rows["fc3"]["multiplications"] == 400 * 120
    _, said, _ = fivenets("look", file)
    total = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    assert said.endswith(f"61,706 parameters, {total:,} multiplications for one input\n")
    assert max(map(len, said.splitlines())) <= 80


def test_what_is_no_model_is_refused(tmp_path: Path, fivenets) -> None:
    (tmp_path / "x.keras").write_text("no model")
    assert fivenets("look", tmp_path / "x.keras")[0] == 2


def test_a_shortcut_does_not_narrow_what_is_seen() -> None:
    reaches = {row.name: row.reach for row in table(resnet((64, 64, 3), 6, depth=18))}
    # 7x7 at a stride of 2, pooled 3x3 at 2, and two 3x3 at a jump of 4: 7 + 2 * 2 + 2 * 2 * 4.
    assert (reach := reaches["conv2_block1_add"])
    assert (reach.field, reach.jump) == (27, 4)
    assert reaches["pool"] is None


def test_depthwise_and_separable_convolutions_cost_less() -> None:
    image = keras.Input((8, 8, 16))
    costs = []
    for layer in (layers.Conv2D(32, 3), layers.DepthwiseConv2D(3), layers.SeparableConv2D(32, 3)):
        layer(image)
        costs.append(multiplications(layer))
    assert costs == [36 * 9 * 16 * 32, 36 * 9 * 16, 36 * (9 * 16 + 16 * 32)]
    assert multiplications(keras.Model(image, layer(image))) == costs[2]


def test_what_enlarges_halves_the_jump_and_of_any_size_products_are_unknown(
    tmp_path: Path, fivenets
) -> None:
    def costs(side: int | None) -> list:
        image = keras.Input((side, side, 3))
        x = layers.Conv2D(4, 2, strides=2)(image)
        network = keras.Model(image, layers.Conv2DTranspose(5, 2, strides=2)(x))
        file = tmp_path / "x.keras"
        model_files.save(network, file, {})
        return table(network)

    *_, enlarged = costs(8)
    assert enlarged.multiplications == 4 * 4 * 2 * 2 * 4 * 5
    assert enlarged.reach
    assert (enlarged.reach.field, enlarged.reach.jump, enlarged.reach.start) == (2, 1, 0.5)
    assert [row.multiplications for row in costs(None)] == [0, None, None]
    code, said, _ = fivenets("look", tmp_path / "x.keras")
    assert (code, said.splitlines()[-1].partition("parameters, ")[2]) == (
        0,
        "multiplications unknown, as inputs may be of any size",
    )


def free_network() -> keras.Model:
    """For pictures of any size: what U-Net is made of, all weights 1."""
    ones = {"padding": "same", "use_bias": False}
    image = keras.Input((None, None, 1))
    x = layers.Conv2D(1, 3, 2, kernel_initializer="ones", **ones, name="first")(image)
    x = layers.DepthwiseConv2D(3, 2, depthwise_initializer="ones", **ones, name="second")(x)
    x = layers.Conv2D(1, 3, kernel_initializer="ones", **ones, name="third")(x)
    x = layers.AveragePooling2D(2, padding="same", name="pooled")(x)
    return keras.Model(image, layers.UpSampling2D(2, name="enlarged")(x))


@pytest.mark.parametrize(
    ("name", "reach"),
    [
        ("first", Reach(3, 2, 1.5)),
        ("second", Reach(7, 4, 3.5)),
        ("third", Reach(15, 4, 3.5)),
        ("pooled", Reach(19, 8, 5.5)),
    ],
)
def test_of_any_size_it_is_what_gradients_say(name: str, reach: Reach) -> None:
    network = free_network()
    assert {row.name: row.reach for row in table(network)}[name] == reach
    seen = keras.Model(network.input, network.get_layer(name).output)
    image = tf.ones((1, 64, 96, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        features = seen(image)
        place = features.shape[1] // 2
        value = features[0, place, features.shape[2] // 2, 0]
    gradients = np.asarray(tape.gradient(value, image))[0, ..., 0]
    rows = np.flatnonzero(gradients.any(axis=1))
    assert rows[-1] - rows[0] + 1 == reach.field
    assert (rows[0] + rows[-1] + 1) / 2 == reach.start + place * reach.jump


def test_darknets_layers_move_the_receptive_field_as_they_are() -> None:
    image = keras.Input((32, 32, 8))
    first = layers.Conv2D(4, 3, name="conv")(image)
    widened = PaddedMaxPooling2D(5, 1, 4, name="spp")(first)
    reordered = Reorg(2, name="reorg")(image)
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name="all")(first)
    network = keras.Model(image, [widened, reordered, pooled])
    reaches = {row.name: row.reach for row in table(network)}
    assert reaches["conv"] == Reach(3, 1, 1.5)
    assert reaches["spp"] == Reach(7, 1, 1.5)  # which Darknet pads by two on either side
    assert reaches["reorg"] is None
    assert reaches["all"] is None


def test_what_is_padded_by_an_operation_goes_on() -> None:
    first, second, *_ = [row for row in table(image_transformer()) if "conv2d" in row.name]
    assert first.reach == Reach(9, 1, 0.5)  # padded by as much as it sees on either side
    assert second.reach == Reach(11, 2, 0.5)
