"""A manifest of tfjs weights, read as data: quantised tensors and plain ones, by name."""

import json
import math
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError

# What reading JSON of another form, or none at all, as a manifest comes to.
NO_MANIFEST = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError)
NO_MANIFEST += (SyntaxError, TypeError, ValueError)  # NumPy parses the name of a type


def read(folder: Path) -> dict[str, np.ndarray]:
    """The tensors of a tfjs weights manifest, by name, as float32.

    A quantised value q is restored as q * scale + min, as the manifest gives them.
    Raises: UserError where the manifest is no such thing or names files elsewhere, where the files
        hold more or fewer bytes than it says, or values that are not finite.
    """
    manifest = next(folder.glob("*-weights_manifest.json"), None)
    if manifest is None:
        raise UserError(f"{folder} holds no ...-weights_manifest.json")
    tensors = {}
    try:
        for group in json.loads(manifest.read_text()):
            content = b"".join(_beside(manifest, path).read_bytes() for path in group["paths"])
            tensors |= _tensors(content, group["weights"], manifest.name)
    except NO_MANIFEST as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UserError(f"{manifest.name} is not a usable weights manifest: {reason}") from None
    return tensors


def _beside(manifest: Path, path: str) -> Path:
    """The file that the manifest names, which must stand beside it."""
    if Path(path).name != path:
        raise UserError(f"{manifest.name} names {path!r}: expected a file in its own folder")
    return manifest.with_name(path)


def _tensors(content: bytes, entries: list[dict], name: str) -> dict[str, np.ndarray]:
    """One group's tensors, which must take up `content` to the last byte."""
    tensors, start = {}, 0
    for entry in entries:
        quantised, shape = entry.get("quantization"), entry["shape"]
        stored = np.dtype(quantised["dtype"] if quantised else entry["dtype"])
        if stored.kind not in "iuf" or min(shape, default=0) < 0:
            raise UserError(f"{name}: {entry['name']!r} is {stored} of {shape}, expected numbers")
        end = start + math.prod(shape) * stored.itemsize
        if end > len(content):
            raise UserError(f"{name}: the files end within {entry['name']}")
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
            values = np.frombuffer(content[start:end], stored).astype(np.float64)
            if quantised:
                values = values * float(quantised["scale"]) + float(quantised["min"])
        if not (np.abs(values) <= np.finfo(np.float32).max).all():
            raise UserError(f"{name}: {entry['name']} holds values that are not finite")
        tensors[str(entry["name"])] = values.astype(np.float32).reshape(shape)
        start = end
    if start != len(content):
        raise UserError(f"{name} describes {start:,} bytes, the files hold {len(content):,}")
    return tensors
