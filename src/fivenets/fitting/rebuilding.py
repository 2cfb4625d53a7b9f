"""A stranger's network, built anew from what a child process has read of its file.

Of the file's description come the names of layers and plain numbers, and of its weights arrays: no
HDF5 of a stranger is opened in this process, and nothing is built but the layers of LAYERS and this
project's own.
"""

import importlib
import inspect
import json
import math
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fivenets.core import sandbox
from fivenets.core.sandbox import UntrustedFile

CHILD = "fivenets.fitting.unpacking"
MOST_WEIGHTS = 640 * 2**20  # bytes
MOST_LAYERS = 1000
LARGEST_OUTPUT = 2**28  # numbers of one layer for one input; 1 GiB of float32
# In metadata: what is shown, and whole numbers, from 1 on.
TEXTS = ("caution", "cfg", "features", "form", "resize", "style", "subject", "task")
LARGEST_OF = {"height": 4096, "width": 4096, "depth": 12}
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
NETWORKS = {"Sequential": "keras", "Functional": "keras.src.models.functional"}
# Of a layer's own settings, what answering does not need.
UNNEEDED = ("_regularizer", "_constraint", "quantization_config", "lora_rank", "lora_alpha", "seed")
OWN_LAYERS = re.compile(r"fivenets\.[a-z]+\.layers")


class Refused(ValueError):  # noqa: N818  # it becomes a sentence that names the file
    """What a file describes and nothing here builds."""


def load(path: UntrustedFile) -> tuple[Any, dict[str, Any]]:
    """The `keras.Model` and the metadata in a `.keras` file that may be anybody's.

    Raises: UserError where it cannot be read within the limits of `unpacking`, or describes what is
        not built here.
    """
    with sandbox.reading(path, CHILD, "is not a usable .keras model") as child:
        import keras  # seconds, in which the child reads

        said = child.message()
        arrays = dict(child.arrays(said, MOST_WEIGHTS))
        try:
            metadata = _metadata(said["metadata"])
            budget = sum(array.size for array in arrays.values())
            description = _Description(budget).checked(json.loads(said["config"]))
            network = keras.saving.deserialize_keras_object(description)
            _fill(network, arrays)
        except Refused as error:
            hint = "--trust opens it as it is, which may run what its author wants"
            raise child.error(f"{error}; {hint}") from None
        except RecursionError:
            raise child.error("it is nested too deeply") from None
        except Exception as error:  # Keras names no kinds for what cannot be built
            raise child.error(str(error) or type(error).__name__) from None
    return network, metadata


def _metadata(content: str) -> dict[str, Any]:
    """What tasks keep beside their networks, of the types in which they do. Raises: Refused."""
    found = json.loads(content)
    if not isinstance(found, dict):
        raise Refused("its metadata are no object")
    labels = found.get("labels", [])
    words = [found[key] for key in TEXTS if key in found]
    words += labels if isinstance(labels, list) else [None]
    if not all(isinstance(one, str) for one in words):
        raise Refused("its metadata have something else than text among labels or words")
    for key, most in LARGEST_OF.items():
        if key in found and found[key] not in range(1, most + 1):
            raise Refused(f"{key} in its metadata is no number from 1 to {most}")
    return found


class _Description:
    """What may stand in a network's description, which is made safe on the way.

    Weights are zeros at first, of as many numbers as the file's arrays have and no more.
    """

    def __init__(self, budget: int):
        self.left, self.layers = budget, 0

    def checked(self, node: Any, key: str = "") -> Any:
        """The same, of known layers and plain values alone. Raises: Refused."""
        if isinstance(node, list):
            return [self.checked(item, key) for item in node]
        if not isinstance(node, dict):
            return _plain(node, key)
        if "class_name" in node:
            return self._object(node)
        return {str(name): self.checked(value, str(name)) for name, value in node.items()}

    def _object(self, node: dict[str, Any]) -> Any:
        name, settings = str(node["class_name"]), node.get("config")
        if not isinstance(settings, dict):
            raise Refused(f"its {name} has no settings")
        if name == "__keras_tensor__":
            return {"class_name": name, "config": self.checked(settings)}
        if name == "DTypePolicy":
            if settings.get("name") not in FORMATS:
                raise Refused(f"it computes in {settings.get('name')}")
            return settings["name"]
        self.layers += 1
        if self.layers > MOST_LAYERS:
            raise Refused(f"it has more than {MOST_LAYERS} layers")
        kind, known_as = _class_of(str(node.get("module")), name)
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
        return made | dict.fromkeys(_initializers(kind), self._zeros)

    def _zeros(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
        """An initializer for Keras."""
        import keras

        self.left -= math.prod(shape)
        if self.left < 0:
            raise Refused("its layers have more weights than the file")
        return keras.ops.zeros(shape, dtype)


def _class_of(module: str, name: str) -> tuple[type, str | None]:
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
def _initializers(kind: type) -> tuple[str, ...]:
    """What a layer calls its initializers, those included that a file may leave out."""
    signatures = (inspect.signature(base.__init__) for base in inspect.getmro(kind))
    names = {name for signature in signatures for name in signature.parameters}
    return tuple(name for name in names if name.endswith("_initializer"))


def _plain(value: Any, key: str) -> Any:
    """A number or word that a layer may be told. Raises: Refused."""
    if isinstance(value, str):
        if len(value) > 300 or (key == "activation" and value not in ACTIVATIONS):
            raise Refused(f"{key} in it is {value[:50]}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        most = LARGEST_WINDOW if key in WINDOWS else LARGEST_NUMBER
        if not abs(value) <= most:
            raise Refused(f"{key} in it is {value}")
    return value


def _fill(network: Any, arrays: Mapping[str, Any]) -> None:
    """Puts the arrays in, by a file that this process has written. Raises: Refused."""
    import h5py
    import keras

    for layer in network._flatten_layers(include_self=False):
        outputs = [one for node in layer._inbound_nodes for one in node.output_tensors]
        if any(math.prod(filter(None, one.shape)) > LARGEST_OUTPUT for one in outputs):
            raise Refused(f"{layer.name} in it gives too many numbers")
        for name in _initializers(type(layer)):  # as Keras writes and copies them
            setattr(layer, name, keras.initializers.Zeros())
    with tempfile.TemporaryDirectory(prefix="fivenets-") as folder:
        file = Path(folder, "model.weights.h5")
        with h5py.File(file, "w") as written:
            for name, array in arrays.items():
                written[name] = array
        network.load_weights(file)
