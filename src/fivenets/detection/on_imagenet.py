"""A network to start from that knows photographs, and no boxes: EfficientNet-Lite0, as a cfg.

In Darknet's terms, so that what is trained on it is written, read and certified as any detector is.
"""

from pathlib import Path

import keras
import numpy as np

from fivenets.detection import darknet, model
from fivenets.detection.compact import convolution, region
from fivenets.detection.converted import Converted
from fivenets.detection.weights import Convolution, Header
from fivenets.fitting import imagenet
from fivenets.fitting.fit import make_deterministic
from fivenets.fitting.mobilenet_v2 import EFFICIENTNET_LITE0, STEM, efficientnet_lite0
from fivenets.sources.origin import Origin

NAME = "efficientnet_lite0"
SIDE = 32  # pixels; of the cfg, whose layers do for any multiple of it
FINE, MIDDLE = 40, 112  # filters of the last blocks of strides 8 and 16; the last layer has 32
WIDTH = 128  # filters of the head


def start(folder: Path, origin: Origin, seed: int) -> Converted:
    """ImageNet's weights, from a folder of `imagenet.fetch`, and a head of the seed's numbers.

    Its features are those of `efficientnet_lite0`, seen from another pixel: Darknet pads both sides
    of what a stride halves, and Keras the end first, unless the side is odd.
    """
    make_deterministic(seed)
    cfg = darknet.parse(_cfg())
    network = model.build(cfg)
    trained = efficientnet_lite0((SIDE, SIDE, 3), 1000, weights="imagenet")
    imagenet.load(trained, NAME, folder)
    # From 0..1 to what it was trained on, (x - 127) / 128 of 0..255. In a layer of its own, as
    # what the next one pads with is 0 after that.
    scaled = Convolution(np.full(3, -127 / 128), np.eye(3)[..., None, None] * (255 / 128))
    found = [scaled, *(_convolution(layer) for layer in _before_last(trained))]
    model.load(network, [*found, *model.convolutions_of(network, cfg)[len(found) :]])
    return Converted(network, cfg, Header(0, 2, 5, 0), ["object"], "stretch", origin)


def _cfg() -> str:
    sections = [
        f"[net]\nheight={SIDE}\nwidth={SIDE}\nchannels=3\n",
        _folded(3, activation="linear"),
        _folded(STEM, 3, stride=2),
    ]
    channels, ends = STEM, {}
    for expansion, size, filters, blocks, first_stride in EFFICIENTNET_LITE0:
        for block in range(blocks):
            stride = 1 if block else first_stride
            wide = expansion * channels
            parts = [_folded(wide)] if expansion > 1 else []
            parts.append(_folded(wide, size, stride, groups=wide))
            parts.append(_folded(filters, activation="linear"))
            if block:  # those that narrow to as many filters as came in
                parts.append(f"[shortcut]\nfrom={-len(parts) - 1}\nactivation=linear\n")
            sections += parts
            channels = filters
        ends[filters] = len(sections) - 2  # as layers are counted, without [net]
    sections += [
        "[upsample]\nstride=2\n",
        f"[route]\nlayers={ends[FINE]}\n",  # where small objects still show
        "[reorg]\nstride=2\n",
        f"[route]\nlayers=-1,-3,{ends[MIDDLE]}\n",
    ]
    for _ in range(2):
        sections += [convolution(WIDTH), convolution(WIDTH, 5, groups=WIDTH)]
    return "\n".join([*sections, region(1, [[1, 1]])])


def _folded(
    filters: int, size: int = 1, stride: int = 1, *, groups: int = 1, activation: str = "relu6"
) -> str:
    """As ImageNet's weights come: with a bias in place of a norm."""
    return convolution(filters, size, stride, groups=groups, activation=activation, normalised=0)


def _before_last(trained: keras.Model) -> list[keras.Layer]:
    """The layers with weights that lead to stride 32, without the classifier's own two."""
    return [layer for layer in trained.layers if layer.weights][:-2]


def _convolution(layer: keras.Layer) -> Convolution:
    kernel, biases = layer.get_weights()  # (size, size, channels, filters), or depthwise (.., 1)
    is_depthwise = kernel.shape[-1] == 1
    return Convolution(biases, kernel.transpose((2, 3, 0, 1) if is_depthwise else (3, 2, 0, 1)))
