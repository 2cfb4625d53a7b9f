"""A Darknet pair as OpenCV has to be given it, so that it computes what Darknet does.

What its importer reads otherwise is written out: other defaults (of activation, pooling, classes),
the last of keys that are given twice, batch_normalize for 1 only, and another place of an epsilon.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fivenets.detection import weights
from fivenets.detection.darknet import Layer, Network
from fivenets.detection.regions import Region
from fivenets.detection.shapes import activation_of, padding_of, pooling_of, steps_of
from fivenets.detection.weights import Convolution
from fivenets.detection.witness import ACTIVATED

SMALL = 0.1  # where all variances are above it, the difference between the engines' epsilons hides


def cfg(network: Network) -> str:
    """The text of a cfg, each option once and none left to a default."""
    height, width, channels = network.input_shape
    sections = [_section("net", {"height": height, "width": width, "channels": channels})]
    regions, place = iter(network.regions), {-1: -1}  # of each layer, which it is here
    for index, layer in enumerate(network.layers):
        is_head = layer in network.heads
        inputs = [place[one] for one in layer.inputs]
        options = _head_options(layer, next(regions), network) if is_head else _options(layer)
        if _is_sampled(layer):
            sections += _sampling(layer, inputs)
            inputs[1] = len(sections) - 3  # before the route back; [net] is no layer
        sections.append(_section(layer.kind, options | _joined(layer.kind, inputs)))
        if _is_clipped(layer):
            sections += [_section("convolutional", one) for one in _clipping(layer.shape[2])]
        place[index] = len(sections) - 2  # [net] is no layer
    return "".join(sections)


def weights_of(network: Network, weights_file: Path) -> bytes:
    """The weights file, with those of added layers, and with deviations that are Darknet's.

    OpenCV divides by sqrt(variance + 1e-6), Darknet by sqrt(variance) + 1e-6. At a variance of
    1e-6 that alone moves outputs by several per cent.
    """
    header, found = weights.read_file(weights_file, network)
    if any(part.variances is not None and part.variances.min() < SMALL for part in found):
        found = [_with_darknets_deviations(part) for part in found]
    given, parts = iter(found), []
    for layer in network.layers:
        if layer.kind == "convolutional":
            parts.append(next(given))
        if _is_sampled(layer):
            parts.append(_times(1.0, 0.0, layer.input_shapes[1][2]))
        if _is_clipped(layer):
            parts += 2 * [_times(-1.0, 6.0, layer.shape[2])]
    return weights.to_bytes(header, parts)


def _is_clipped(layer: Layer) -> bool:
    return layer.kind in ACTIVATED and activation_of(layer.section) == "relu6"


def _clipping(channels: int) -> list[dict[str, object]]:
    """What follows a relu and makes relu6 of it: min(y, 6) = 6 - relu(6 - y), twice `_times`.

    The importer knows no relu6.
    """
    return [_each_channel(channels, 1) | {"activation": one} for one in ("relu", "linear")]


def _is_sampled(layer: Layer) -> bool:
    return layer.kind == "shortcut" and steps_of(*layer.input_shapes)[0] > 1


def _sampling(layer: Layer, inputs: Sequence[int]) -> list[str]:
    """What stands before a shortcut that adds every second pixel, or fewer, of a larger layer.

    The importer adds layers of one size; of channels it, too, adds those that both have.
    """
    added = layer.input_shapes[1]
    sampled = _each_channel(added[2], steps_of(*layer.input_shapes)[0]) | {"activation": "linear"}
    there, back = (_section("route", {"layers": place}) for place in (inputs[1], inputs[0]))
    return [there, _section("convolutional", sampled), back]


def _each_channel(channels: int, stride: int) -> dict[str, object]:
    """A convolution whose numbers are `_times`."""
    options: dict[str, object] = {"filters": channels, "groups": channels, "stride": stride}
    return options | {"size": 1, "padding": 0, "batch_normalize": 0}


def _times(factor: float, plus: float, channels: int) -> Convolution:
    return Convolution(np.full(channels, plus), np.full((channels, 1, 1, 1), factor))


def _with_darknets_deviations(part: Convolution) -> Convolution:
    if part.variances is None:
        return part
    changed = (np.sqrt(part.variances, dtype=float) + 1e-6) ** 2 - 1e-6
    return replace(part, variances=changed)


def _joined(kind: str, inputs: list[int]) -> dict[str, object]:
    """The layers, by their places here, that a route or shortcut names."""
    if kind == "route":
        return {"layers": ",".join(map(str, inputs))}
    return {"from": inputs[1]} if kind == "shortcut" else {}


def _options(layer: Layer) -> dict[str, object]:
    section = layer.section
    if layer.kind == "convolutional":
        return {
            "filters": layer.shape[2],
            "size": weights.kernel_shape(layer)[-1],
            "stride": section.integer("stride", 1),
            "padding": padding_of(section),
            "groups": section.integer("groups", 1),
            "batch_normalize": int(weights.is_normalised(layer)),
            "activation": _known(activation_of(section)),
        }
    if layer.kind == "maxpool":
        size, stride, padding = pooling_of(section)
        return {"size": size, "stride": stride, "padding": padding}
    if layer.kind == "shortcut":
        return {"activation": _known(activation_of(section))}
    return dict(section.options)


def _known(activation: str) -> str:
    return "relu" if activation == "relu6" else activation


def _head_options(layer: Layer, region: Region, network: Network) -> dict[str, object]:
    count, is_region = len(region.anchors), layer.kind == "region"
    (height, width, _), (rows, columns, _) = network.input_shape, layer.shape
    across, down = (1, 1) if is_region else (width / columns, height / rows)
    sides = [side for w, h in region.anchors for side in (w * across, h * down)]
    # A score below `thresh` would read 0.
    options: dict[str, object] = {"anchors": ",".join(map(str, sides)), "num": count}
    options |= {"classes": region.classes, "thresh": 0}
    if is_region:
        return options | {"coords": 4, "softmax": int(region.softmax)}
    coordinates = {"scale_x_y": region.scale_xy, "new_coords": int(region.new_coords)}
    return options | coordinates | {"mask": ",".join(map(str, range(count)))}


def _section(kind: str, options: dict[str, object]) -> str:
    return "\n".join([f"[{kind}]", *(f"{key}={value}" for key, value in options.items())]) + "\n\n"
