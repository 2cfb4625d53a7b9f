"""A Darknet pair as OpenCV has to be given it, so that it computes what Darknet does.

What its importer reads otherwise is written out: other defaults (of activation, pooling, classes),
the last of keys that are given twice, batch_normalize for 1 only, and another place of an epsilon.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fivenets.detection import darknet, weights
from fivenets.detection.darknet import Layer, Network, Region

SMALL = 0.1  # variances above it hide the difference between the engines' epsilons


def cfg(network: Network) -> str:
    """The text of a cfg, each option once and none left to a default; its [region] last."""
    height, width, channels = network.input_shape
    sections = [_section("net", {"height": height, "width": width, "channels": channels})]
    sections += [_section(layer.kind, _options(layer)) for layer in network.layers]
    if network.region is not None:
        sections.append(_section("region", _region_options(network.region)))
    return "".join(sections)


def weights_of(cfg_file: Path, weights_file: Path) -> bytes:
    """The weights file; small variances in it changed so that OpenCV's deviations are Darknet's.

    OpenCV divides by sqrt(variance + 1e-6), Darknet by sqrt(variance) + 1e-6. At a variance of
    1e-6 that alone moves outputs by several per cent.
    """
    network = darknet.parse_file(cfg_file)
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
            "padding": darknet.padding_of(section),
            "groups": section.integer("groups", 1),
            "batch_normalize": int(weights.is_normalised(layer)),
            "activation": darknet.activation_of(section, "logistic"),
        }
    if layer.kind == "maxpool":
        stride = section.integer("stride", 1)
        size = section.integer("size", stride)
        padding = section.integer("padding", size - 1)
        return {"size": size, "stride": stride, "padding": padding}
    return dict(section.options)


def _region_options(region: Region) -> dict[str, object]:
    sides = [side for anchor in region.anchors for side in anchor]
    return {
        "anchors": ",".join(map(str, sides)),
        "num": len(region.anchors),
        "classes": region.classes,
        "coords": 4,
        "softmax": int(region.softmax),
        "thresh": 0,  # a score below it would read 0
    }


def _section(kind: str, options: dict[str, object]) -> str:
    return "\n".join([f"[{kind}]", *(f"{key}={value}" for key, value in options.items())]) + "\n\n"
