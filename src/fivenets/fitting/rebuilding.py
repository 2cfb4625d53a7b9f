"""A stranger's network, built anew from what a child process has read of its file.

Of the file's description comes what `description` lets through, and of its weights arrays: no HDF5
of a stranger is opened in this process.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import sandbox
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting import inference
from fivenets.fitting.description import Description, Refused, initializers
from fivenets.fitting.effort import Effort

CHILD = "fivenets.fitting.unpacking"
MOST_WEIGHTS = 640 * 2**20  # bytes
# For one input; 2 GiB and 512 MiB of float32. YOLOv4 for 608 pixels has 0.76, 0.18 and 0.47 of it.
MOST_EFFORT = Effort(numbers=2**29, alive=2**27, multiplications=2**37)
# In metadata: what is shown, and whole numbers, from 1 on.
TEXTS = ("caution", "cfg", "features", "form", "resize", "style", "subject", "task")
LARGEST_OF = {"height": 4096, "width": 4096, "depth": 12}


def load(path: UntrustedFile) -> tuple[Any, dict[str, Any]]:
    """The `keras.Model` and the metadata in a `.keras` file that may be anybody's.

    Raises: UserError where it cannot be read within the limits of `unpacking`, or describes what is
        not built here.
    """
    with sandbox.reading(path, CHILD, "is not a usable .keras model") as child:
        import keras  # seconds, in which the child reads

        said = child.message()
        arrays = dict(child.arrays(said, MOST_WEIGHTS))
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise child.error(f"{name} in it has numbers that are not finite")
        try:
            metadata = _metadata(said["metadata"])
            budget = sum(array.size for array in arrays.values())
            description = Description(budget).checked(json.loads(said["config"]))
            network = keras.saving.deserialize_keras_object(description)
            if not isinstance(network, keras.Model) or not network.built:
                raise Refused("it describes no network with an input")
            _check_effort(Effort.of(network))
            _fill(network, arrays)
        except Refused as error:
            hint = "--trust opens it as it is, which may run what its author wants"
            raise child.error(f"{error}; {hint}") from None
        except RecursionError:
            raise child.error("it is nested too deeply") from None
        except Exception as error:  # Keras names no kinds for what cannot be built
            raise child.error(str(error) or type(error).__name__) from None
    inference.mark(network, path)
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


def _check_effort(effort: Effort) -> None:
    """Raises: Refused."""
    for field in fields(effort):
        found, most = getattr(effort, field.name), getattr(MOST_EFFORT, field.name)
        if found > most:
            what = "numbers at a time" if field.name == "alive" else field.name
            raise Refused(f"for one input it takes {found:,} {what}, more than {most:,}")


def _fill(network: Any, arrays: Mapping[str, Any]) -> None:
    """Puts the arrays in, by a file that this process has written."""
    import h5py
    import keras

    for layer in network.layers:
        for name in initializers(type(layer)):  # as Keras writes and copies them
            setattr(layer, name, keras.initializers.Zeros())
    with tempfile.TemporaryDirectory(prefix="fivenets-") as folder:
        file = Path(folder, "model.weights.h5")
        with h5py.File(file, "w") as written:
            for name, array in arrays.items():
                written[name] = array
        network.load_weights(file)
