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


def cfg(
    start: Network,
    height: int,
    width: int,
    classes: int,
    anchors: Sequence[Sequence[float]],
    trained: int,
) -> str:
    """The cfg of what `start` computes before its last head, with a [region] for head.

    Args:
        height, width: of the input in pixels.
        anchors: widths and heights in cells.
        trained: of its convolutions, the last that are; the others' norms are folded into them, as
            these will not change.
    """
    kept = _kept(start)
    place = {index: at for at, index in enumerate(kept)}
    net = f"[net]\nheight={height}\nwidth={width}\nchannels={start.input_shape[2]}\n"
    frozen = _frozen(start, trained)
    layers = [_text(start.layers[index], place, index in frozen) for index in kept]
    return "\n".join([net, *layers, region(classes, anchors)])


def load(network: keras.Model, cfg: Network, start: Converted, trained: int) -> None:
    """Gives `network`, of the `cfg` above, the numbers of `start`; its last layer keeps its own.

    Args: trained: as of `cfg`.
    """
    found = iter(model.convolutions_of(start.network, start.cfg))
    parts = {at: next(found) for at, one in enumerate(start.cfg.layers) if _has_numbers(one)}
    frozen = _frozen(start.cfg, trained)
    kept = [at for at in _kept(start.cfg) if at in parts]
    *_, last = model.convolutions_of(network, cfg)
    numbers = [parts[at].folded() if at in frozen else parts[at] for at in kept]
    model.load(network, [*numbers, last])


def freeze(network: keras.Model, cfg: Network, trained: int) -> None:
    """Of a network of the `cfg` above, all but the last `trained` convolutions stay as they are."""
    frozen = {f"conv2d_{number + 1}" for number in range(len(convolutions(cfg)) - trained)}
    for layer in network.layers:
        layer.trainable = layer.name not in frozen


def _kept(start: Network) -> list[int]:
    """The layers that lead to the last head, but for the convolution just before it."""
    (last,) = start.heads[-1].inputs
    needed = set(start.layers[last].inputs)
    for index in reversed(range(last)):
        if index in needed:
            needed |= set(start.layers[index].inputs)
    return sorted(needed - {-1})


def _frozen(start: Network, trained: int) -> set[int]:
    """Of the layers kept, the convolutions that are not trained; the new one always is."""
    found = [index for index in _kept(start) if _has_numbers(start.layers[index])]
    return set(found[: max(0, len(found) + 1 - trained)])


def _has_numbers(layer: Layer) -> bool:
    return layer.kind == "convolutional"


def _text(layer: Layer, place: dict[int, int], is_frozen: bool) -> str:
    options = dict(layer.section.options)
    if is_frozen:
        options["batch_normalize"] = "0"
    if layer.kind == "route":
        options["layers"] = ",".join(str(place[index]) for index in layer.inputs)
    if layer.kind == "shortcut":
        options["from"] = str(place[layer.inputs[1]])
    return f"[{layer.kind}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())
