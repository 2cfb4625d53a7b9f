"""A Darknet pair as OpenCV has to be given it, so that it computes what Darknet does.

What its importer reads otherwise is written out: other defaults (of activation, pooling, classes),
the last of keys that are given twice, batch_normalize for 1 only, and another place of an epsilon.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fivenets.detection import weights
from fivenets.detection.darknet import Layer, Network
from fivenets.detection.regions import Region
from fivenets.detection.shapes import activation_of, padding_of, pooling_of

SMALL = 0.1  # variances above it hide the difference between the engines' epsilons


def cfg(network: Network) -> str:
    """The text of a cfg, each option once and none left to a default."""
    height, width, channels = network.input_shape
    sections = [_section("net", {"height": height, "width": width, "channels": channels})]
    regions = iter(network.regions)
    for layer in network.layers:
        is_head = layer in network.heads
        options = _head_options(layer, next(regions), network) if is_head else _options(layer)
        sections.append(_section(layer.kind, options))
    return "".join(sections)


def weights_of(network: Network, weights_file: Path) -> bytes:
    """The weights file; small variances in it changed so that OpenCV's deviations are Darknet's.

    OpenCV divides by sqrt(variance + 1e-6), Darknet by sqrt(variance) + 1e-6. At a variance of
    1e-6 that alone moves outputs by several per cent.
    """
    header, found = weights.read_file(weights_file, network)
    if all(part.variances is None or part.variances.min() >= SMALL for part in found):
        return weights_file.read_bytes()
    changed = [
        part
        if part.variances is None
        else replace(part, variances=(np.sqrt(part.variances, dtype=float) + 1e-6) ** 2 - 1e-6)
        for part in found
    ]
    return weights.to_bytes(header, changed)


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
            "activation": activation_of(section),
        }
    if layer.kind == "maxpool":
        size, stride, padding = pooling_of(section)
        return {"size": size, "stride": stride, "padding": padding}
    if layer.kind == "shortcut":
        return {"from": section.options["from"], "activation": activation_of(section)}
    return dict(section.options)


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
