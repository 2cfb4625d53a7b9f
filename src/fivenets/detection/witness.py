"""Which networks an engine computes as their cfg says: of others it is no witness."""

from fivenets.core.errors import UserError
from fivenets.detection import weights
from fivenets.detection.darknet import Layer, Network
from fivenets.detection.shapes import activation_of, padding_of, steps_of

# Of AlexeyAB's Darknet, not of the original, with what changes nothing.
LATER_ACTIVATIONS, ACTIVATED = ("relu6", "swish", "mish"), ("convolutional", "shortcut")
LATER_OPTIONS = {"route": {"groups": 1}, "yolo": {"scale_x_y": 1, "new_coords": 0}}


class UnreadableError(UserError):
    """An engine cannot read a network: no witness, neither for nor against its conversion."""


def check_opencv(network: Network, name: str) -> None:
    """Raises: UnreadableError for what OpenCV's importer passes over."""
    for layer in network.layers:
        if layer.kind == "shortcut" and not _is_sampled_to_fit(layer):
            raise UnreadableError(
                f"OpenCV cannot read {name}: line {layer.section.line} [shortcut] adds layers of "
                "which neither has every n-th pixel of the other"
            )
        joins_several = layer.kind == "route" and len(layer.inputs) > 1
        if joins_several and layer.section.integer("groups", 1) > 1:
            raise UnreadableError(
                f"OpenCV cannot read {name}: line {layer.section.line} [route] takes groups of "
                "several layers"
            )


def _is_sampled_to_fit(layer: Layer) -> bool:
    """Whether every n-th pixel of what a shortcut adds is as many as it adds them to."""
    shape, added = layer.input_shapes
    stride, _ = steps_of(shape, added)
    return shape[:2] == (-(-added[0] // stride), -(-added[1] // stride))


def check_darknet(network: Network, name: str) -> None:
    """Raises: UnreadableError for what the original Darknet passes over.

    Without cuDNN it takes the input as it is for any convolution of size 1, whatever stride and
    padding are (src/convolutional_layer.c, forward_convolutional_layer); options of AlexeyAB's it
    does not know.
    """
    for layer in network.layers:
        section = layer.section
        where = f"{name} line {section.line}"
        if layer.kind == "convolutional" and weights.kernel_shape(layer)[-1] == 1:
            stride, padding = section.integer("stride", 1), padding_of(section)
            if stride > 1 or padding:
                raise UnreadableError(
                    f"Darknet on a CPU computes {where} (size=1, stride={stride}, "
                    f"padding={padding}) as if neither were given"
                )
        for key, plain in LATER_OPTIONS.get(layer.kind, {}).items():
            if section.number(key, plain) != plain:
                raise UnreadableError(f"Darknet does not know {key} of {where} [{layer.kind}]")
        if layer.kind in ACTIVATED and activation_of(section) in LATER_ACTIVATIONS:
            raise UnreadableError(f"Darknet does not know {activation_of(section)} of {where}")
