"""The course's table of YOLOv2, line by line: names, shapes, parameters, connections."""

import keras
import pytest
from darknet_networks import yolov2_cfg

from fivenets.detection import darknet, model

# name of the convolution: side of its output, channels, its parameters, what it is connected to
CONVOLUTIONS = {
    1: (608, 32, 864, "input_1"),
    2: (304, 64, 18_432, "max_pooling2d_1"),
    3: (152, 128, 73_728, "max_pooling2d_2"),
    4: (152, 64, 8_192, "leaky_re_lu_3"),
    5: (152, 128, 73_728, "leaky_re_lu_4"),
    6: (76, 256, 294_912, "max_pooling2d_3"),
    7: (76, 128, 32_768, "leaky_re_lu_6"),
    8: (76, 256, 294_912, "leaky_re_lu_7"),
    9: (38, 512, 1_179_648, "max_pooling2d_4"),
    10: (38, 256, 131_072, "leaky_re_lu_9"),
    11: (38, 512, 1_179_648, "leaky_re_lu_10"),
    12: (38, 256, 131_072, "leaky_re_lu_11"),
    13: (38, 512, 1_179_648, "leaky_re_lu_12"),
    14: (19, 1024, 4_718_592, "max_pooling2d_5"),
    15: (19, 512, 524_288, "leaky_re_lu_14"),
    16: (19, 1024, 4_718_592, "leaky_re_lu_15"),
    17: (19, 512, 524_288, "leaky_re_lu_16"),
    18: (19, 1024, 4_718_592, "leaky_re_lu_17"),
    19: (19, 1024, 9_437_184, "leaky_re_lu_18"),
    20: (19, 1024, 9_437_184, "leaky_re_lu_19"),
    21: (38, 64, 32_768, "leaky_re_lu_13"),
    22: (19, 1024, 11_796_480, "concatenate_1"),
    23: (19, 425, 435_625, "leaky_re_lu_22"),
}
POOLINGS = {1: (304, 32, 1), 2: (152, 64, 2), 3: (76, 128, 5), 4: (38, 256, 8), 5: (19, 512, 13)}


@pytest.fixture(scope="module")
def yolov2() -> keras.Model:
    return model.build(darknet.parse(yolov2_cfg()))


def feeding(network: keras.Model, name: str) -> list[str]:
    """Names of the layers whose output the named layer takes."""
    inputs = network.get_layer(name).input
    inputs = inputs if isinstance(inputs, list) else [inputs]
    return [tensor._keras_history.operation.name for tensor in inputs]


def test_parameters(yolov2: keras.Model) -> None:
    def count(variables: list) -> int:
        return sum(int(variable.value.shape.num_elements()) for variable in variables)

    assert yolov2.count_params() == 50_983_561
    assert count(yolov2.trainable_variables) == 50_962_889
    assert count(yolov2.non_trainable_variables) == 20_672


@pytest.mark.parametrize("number", CONVOLUTIONS)
def test_convolution_and_what_follows_it(yolov2: keras.Model, number: int) -> None:
    side, channels, parameters, source = CONVOLUTIONS[number]
    layer = yolov2.get_layer(f"conv2d_{number}")
    assert layer.output.shape == (None, side, side, channels)
    assert layer.count_params() == parameters
    assert feeding(yolov2, layer.name) == [source]
    if number < 23:
        normalisation = yolov2.get_layer(f"batch_normalization_{number}")
        assert normalisation.count_params() == 4 * channels
        assert feeding(yolov2, normalisation.name) == [layer.name]
        assert feeding(yolov2, f"leaky_re_lu_{number}") == [normalisation.name]


def test_poolings_passthrough_and_join(yolov2: keras.Model) -> None:
    for number, (side, channels, source) in POOLINGS.items():
        layer = yolov2.get_layer(f"max_pooling2d_{number}")
        assert layer.output.shape == (None, side, side, channels)
        assert feeding(yolov2, layer.name) == [f"leaky_re_lu_{source}"]
    # The course's table calls this line space_to_depth_x2; Darknet's order is another.
    assert yolov2.get_layer("reorg_1").output.shape == (None, 19, 19, 256)
    assert feeding(yolov2, "reorg_1") == ["leaky_re_lu_21"]
    assert yolov2.get_layer("concatenate_1").output.shape == (None, 19, 19, 1280)
    assert feeding(yolov2, "concatenate_1") == ["reorg_1", "leaky_re_lu_20"]


def test_there_is_nothing_else(yolov2: keras.Model) -> None:
    # 23 convolutions, 22 normalisations and activations, 5 poolings, input, reorg, concatenation
    assert len(yolov2.layers) == 23 + 22 + 22 + 5 + 3
