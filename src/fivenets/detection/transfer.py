"""A trained Darknet detector -> one of other classes that starts from its numbers.

As Darknet does it by `partial`: all layers but the last keep their numbers. Here the scale of the
finest grid is kept, and its head becomes a YOLOv2 [region].
"""

from collections.abc import Sequence

import keras

from fivenets.detection import model
from fivenets.detection.compact import region
from fivenets.detection.converted import Converted
from fivenets.detection.darknet import Layer, Network
from fivenets.detection.weights import convolutions

KINDS = ("conv2d", "batch_normalization")  # of layers with numbers, as `model.build` names them


def cfg(
    trained: Network, height: int, width: int, classes: int, anchors: Sequence[Sequence[float]]
) -> str:
    """The cfg of what `trained` computes before its last head, with a [region] for head.

    Args: height, width: of the input in pixels. anchors: widths and heights in cells.
    """
    kept = _kept(trained)
    place = {index: at for at, index in enumerate(kept)}
    net = f"[net]\nheight={height}\nwidth={width}\nchannels={trained.input_shape[2]}\n"
    return "\n".join(
        [net, *(_text(trained.layers[index], place) for index in kept), region(classes, anchors)]
    )


def load(network: keras.Model, cfg: Network, start: Converted) -> None:
    """Gives `network`, of the `cfg` above, the numbers of `start`; its last layer keeps its own."""
    found = model.convolutions_of(start.network, start.cfg)
    by_layer = dict(zip(map(id, convolutions(start.cfg)), found, strict=True))
    kept = [id(start.cfg.layers[index]) for index in _kept(start.cfg)]
    *_, last = model.convolutions_of(network, cfg)
    model.load(network, [*(by_layer[layer] for layer in kept if layer in by_layer), last])


def freeze(network: keras.Model, trained: int, of: int) -> None:
    """All but the last `trained` of its `of` convolutions, and their norms, stay as they are."""
    numbers = range(1, of - trained + 1)
    frozen = {f"{kind}_{number}" for number in numbers for kind in KINDS}
    for layer in network.layers:
        layer.trainable = layer.name not in frozen


def _kept(trained: Network) -> list[int]:
    """The layers that lead to the last head, but for the convolution just before it."""
    (last,) = trained.heads[-1].inputs
    needed = set(trained.layers[last].inputs)
    for index in reversed(range(last)):
        if index in needed:
            needed |= set(trained.layers[index].inputs)
    return sorted(needed - {-1})


def _text(layer: Layer, place: dict[int, int]) -> str:
    options = dict(layer.section.options)
    if layer.kind == "route":
        options["layers"] = ",".join(str(place[index]) for index in layer.inputs)
    if layer.kind == "shortcut":
        options["from"] = str(place[layer.inputs[1]])
    return f"[{layer.kind}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())
