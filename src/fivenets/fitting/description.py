"""A stranger's description of a network (Keras' JSON), made safe to build from.

Of it come the names of layers and plain numbers: nothing is named but the layers of LAYERS and this
project's own.
"""

import importlib
import inspect
import math
import re
from functools import cache
from typing import Any

# Each takes milliseconds to build. YOLOv4 has 370, 541 and 390, DenseNet-201 707, 1,002 and 900.
MOST_LAYERS, MOST_ARRAYS, MOST_TENSORS = 800, 1200, 4000
MOST_VALUES = 200_000  # YOLOv4 has 22,000
LARGEST_NUMBER, LARGEST_WINDOW = 65_536, 512
WINDOWS = ("size", "pool_size", "kernel_size", "strides", "stride", "padding", "dilation_rate")
LAYERS = {
    "Activation", "Add", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv1D",
    "Conv2D", "Conv2DTranspose", "Conv3D", "Dense", "DepthwiseConv2D", "Dropout", "Flatten",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
    "GlobalMaxPooling2D", "GroupNormalization", "InputLayer", "LeakyReLU", "MaxPooling1D",
    "MaxPooling2D", "MaxPooling3D", "Multiply", "ReLU", "Rescaling", "SeparableConv2D", "Softmax",
    "UnitNormalization", "UpSampling2D", "ZeroPadding2D",
}  # fmt: skip
ACTIVATIONS = {
    "linear", "relu", "relu6", "leaky_relu", "elu", "swish", "silu", "mish", "sigmoid",
    "hard_sigmoid", "tanh", "softmax",
}  # fmt: skip
FORMATS = {"float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"}
WORDS = {"activation": ACTIVATIONS, "dtype": FORMATS, "data_format": {"channels_last"}}
NETWORKS = {"Sequential": "keras", "Functional": "keras.src.models.functional"}
# Of a layer's own settings, what answering does not need.
UNNEEDED = ("_regularizer", "_constraint", "quantization_config", "lora_rank", "lora_alpha", "seed")
OWN_LAYERS = re.compile(r"fivenets\.[a-z]+\.layers")


class Refused(ValueError):  # noqa: N818  # it becomes a sentence that names the file
    """What a file describes and nothing here builds."""


class Description:
    """What may stand in a network's description, which is made safe on the way.

    Weights are zeros at first, of as many numbers as the file's arrays have and no more.
    """

    def __init__(self, budget: int):
        self.left = budget
        self.values = self.layers = self.tensors = self.arrays = 0

    def checked(self, node: Any, key: str = "") -> Any:
        """The same, of known layers and plain values alone. Raises: Refused."""
        self._count("values", MOST_VALUES)
        if isinstance(node, list):
            return [self.checked(item, key) for item in node]
        if not isinstance(node, dict):
            return plain(node, key)
        if "class_name" in node:
            return self._object(node)
        return {str(name): self.checked(value, str(name)) for name, value in node.items()}

    def _object(self, node: dict[str, Any]) -> Any:
        name, settings = str(node["class_name"]), node.get("config")
        if not isinstance(settings, dict):
            raise Refused(f"its {name} has no settings")
        if name == "__keras_tensor__":
            self._count("tensors", MOST_TENSORS)
            return {"class_name": name, "config": self.checked(settings)}
        if name == "DTypePolicy":
            if settings.get("name") not in FORMATS:
                raise Refused(f"it computes in {settings.get('name')}")
            return settings["name"]
        if name in NETWORKS and self.layers:
            raise Refused("it has a network within its network")
        calls = node.get("inbound_nodes")
        self._count("layers", MOST_LAYERS, max(1, len(calls)) if isinstance(calls, list) else 1)
        kind, known_as = class_of(str(node.get("module")), name)
        made = {"module": kind.__module__ if known_as else str(node["module"]), "class_name": name}
        made |= {"registered_name": known_as, "config": self._settings(kind, settings)}
        around = {key: node[key] for key in ("name", "inbound_nodes") if key in node}
        return made | {key: self.checked(value) for key, value in around.items()}

    def _settings(self, kind: type, settings: dict[str, Any]) -> dict[str, Any]:
        made = {
            key: self.checked(value, key)
            for key, value in settings.items()
            if not key.endswith((*UNNEEDED, "_initializer"))
        }
        return made | dict.fromkeys(initializers(kind), self._zeros)

    def _zeros(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
        """An initializer for Keras."""
        import keras

        self._count("arrays", MOST_ARRAYS)
        self.left -= math.prod(shape)
        if self.left < 0:
            raise Refused("its layers have more weights than the file")
        return keras.ops.zeros(shape, dtype)

    def _count(self, what: str, most: int, more: int = 1) -> None:
        count = getattr(self, what) + more
        if count > most:
            raise Refused(f"it has more than {most} {what}")
        setattr(self, what, count)


def class_of(module: str, name: str) -> tuple[type, str | None]:
    """A layer's class, and the name that it is registered by in Keras. Raises: Refused."""
    import keras

    if module == "keras.layers" and name in LAYERS:
        return getattr(keras.layers, name), None
    if NETWORKS.get(name) == module:
        return getattr(keras, "Sequential" if name == "Sequential" else "Model"), None
    if OWN_LAYERS.fullmatch(module):
        kind = vars(importlib.import_module(module)).get(name)
        if isinstance(kind, type) and issubclass(kind, keras.Layer) and kind.__module__ == module:
            return kind, f"fivenets>{name}"
    raise Refused(f"it has a {name} of {module}, which no network here has")


@cache
def initializers(kind: type) -> tuple[str, ...]:
    """What a layer calls its initializers, those included that a file may leave out."""
    signatures = (inspect.signature(base.__init__) for base in inspect.getmro(kind))
    names = {name for signature in signatures for name in signature.parameters}
    return tuple(name for name in names if name.endswith("_initializer"))


def plain(value: Any, key: str) -> Any:
    """A number or word that a layer may be told. Raises: Refused."""
    if isinstance(value, str):
        if len(value) > 300 or value not in WORDS.get(key, (value,)):
            raise Refused(f"{key} in it is {value[:50]}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        most = LARGEST_WINDOW if key in WINDOWS else LARGEST_NUMBER
        if not abs(value) <= most:
            raise Refused(f"{key} in it is {value}")
    return value
