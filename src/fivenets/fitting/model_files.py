"""A model and what it needs to be used, in one `.keras` file.

The bytes depend on the model alone: Keras writes the time of saving and addresses of objects into
the file, which would give the same model another digest each time, and the digest is how DVC and
MLflow know a model.
"""

import importlib
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import keras

from fivenets.core import files
from fivenets.core.errors import UserError
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting import rebuilding

METADATA_ENTRY, CONFIG_ENTRY = "metadata.json", "config.json"
OWN_LAYERS = re.compile(r'"module": "(fivenets\.[a-z]+\.layers)"')
EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can carry


def save(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Writes `model` and `metadata` (JSON values, such as its labels) to `path`, whole or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.scratch(path) as written, files.replacing(path) as canonical:
        model.save(written)
        with zipfile.ZipFile(written) as source, zipfile.ZipFile(canonical, "w") as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == METADATA_ENTRY:
                    keras_version = json.loads(content)["keras_version"]
                    content = json.dumps({"keras_version": keras_version, **metadata})
                elif name == CONFIG_ENTRY:
                    content = json.dumps(_with_counted_ids(json.loads(content), {}))
                target.writestr(zipfile.ZipInfo(name, EPOCH_OF_ZIP), content)


def load(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """The model and metadata that `save` wrote, read in Keras safe mode (no code in the file).

    That of an `UntrustedFile` is rebuilt from what a child process reads.
    Raises: UserError where there is no such file, or it is not a model saved here.
    """
    if isinstance(path, UntrustedFile):
        return rebuilding.load(path)
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such model file")
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = dict(json.loads(archive.read(METADATA_ENTRY)))
            _import_layers(archive.read(CONFIG_ENTRY).decode())
        return keras.saving.load_model(path, compile=False, safe_mode=True), metadata
    except Exception as error:  # Keras, HDF5 and TensorFlow name no kinds for a damaged file
        first_line = str(error).strip().partition("\n")[0]
        raise UserError(f"{path} is not a usable .keras model: {first_line}") from None


def _import_layers(config: str) -> None:
    """Imports the modules of this package's own layers that a network has, for Keras to find them.

    A task keeps them in its module `layers`; what else a file may name is not imported.
    """
    for module in set(OWN_LAYERS.findall(config)):
        importlib.import_module(module)


def _with_counted_ids(config: Any, numbers: dict[int, int]) -> Any:
    """`config` with its `shared_object_id`s, addresses as Keras writes them, counted from 0."""
    if isinstance(config, list):
        return [_with_counted_ids(item, numbers) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key: numbers.setdefault(value, len(numbers))
        if key == "shared_object_id"
        else _with_counted_ids(value, numbers)
        for key, value in config.items()
    }
