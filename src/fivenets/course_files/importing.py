"""The course's own model files -> a model file of this project."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fivenets.core.digests import sha256, tree_sha256
from fivenets.core.errors import UserError
from fivenets.course_files import converting
from fivenets.sources.origin import Origin

ANCHORS, NAMES = "*anchors*.txt", "*classes*.txt"
KINDS = (
    "yolo.h5 with yolo_anchors.txt and coco_classes.txt; keras-facenet-h5 with model.json and "
    "model.h5; a folder of OpenFace's CSV files; imagenet-vgg-verydeep-19.mat"
)


@dataclass(frozen=True)
class Given:
    """What a user named: files, of which some are found beside the others, or a folder."""

    files: tuple[Path, ...]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> "Given":
        """Raises: UserError where a path is not there."""
        for path in paths:
            if not path.exists():
                raise UserError(f"{path}: no such file or folder")
        folders = [path for path in paths if path.is_dir()]
        inside = [file for folder in folders for file in sorted(folder.iterdir())]
        return cls((*(path for path in paths if path.is_file()), *inside))

    def ending(self, suffix: str) -> list[Path]:
        return [file for file in self.files if file.suffix.lower() == suffix]

    def text(self, pattern: str, what: str, beside: Path) -> Path:
        """The file of that pattern among those given, else in the folder of `beside`.

        Raises: UserError where there is none, or more than one.
        """
        found = [file for file in self.files if file.match(pattern)]
        found = found or sorted({*beside.parent.glob(pattern), *beside.parent.glob(f"*/{pattern}")})
        if len(found) != 1:
            listed = ", ".join(map(str, found)) or "none"
            raise UserError(f"{beside} needs one file of {what} ({pattern}), there is {listed}")
        return found[0]


def read(paths: Sequence[Path], out: Path) -> dict[str, Any]:
    """Writes `out`; returns what was made of what.

    Raises: UserError where the files are none of KINDS, or one is missing or damaged.
    """
    given = Given.of(paths)
    if given.ending(".mat"):
        return _vgg(given.ending(".mat")[0], out)
    if openface := [file for file in given.files if file.name.endswith("_w.csv")]:
        return _openface(openface[0].parent, out)
    weights, descriptions = given.ending(".h5"), given.ending(".json")
    if len(weights) == 1 and len(descriptions) == 1:
        return _facenet(descriptions[0], weights[0], out)
    if len(weights) == 1:
        return _yolo(given, weights[0], out)
    named = ", ".join(map(str, paths))
    raise UserError(f"{named} is none of the course's model files: expected {KINDS}")


def _yolo(given: Given, file: Path, out: Path) -> dict[str, Any]:
    from fivenets.course_files import yad2k
    from fivenets.detection.detector import read_names

    names = read_names(given.text(NAMES, "names of classes", file))
    found = yad2k.read(file, given.text(ANCHORS, "anchors", file), len(names))
    with tempfile.TemporaryDirectory(prefix="fivenets-import-") as folder:
        pair = found.write(Path(folder), file.stem)
        # As the course resizes its pictures.
        record = converting.convert(*pair, out, names, "stretch")
    return {"kind": "yolov2", "unused": found.unused, **record}


def _facenet(description: Path, weights: Path, out: Path) -> dict[str, Any]:
    from fivenets.course_files import facenet

    network, unused = facenet.read(description, weights)
    return _embedder(network, Origin.own("keras-facenet-h5", sha256(weights)), unused, out)


def _openface(folder: Path, out: Path) -> dict[str, Any]:
    from fivenets.faces import nn4

    network = nn4.nn4_small2()
    nn4.load_openface_csv(network, folder)
    return _embedder(network, Origin.own("OpenFace", tree_sha256(folder)), [], out)


def _embedder(network: Any, origin: Origin, unused: list[str], out: Path) -> dict[str, Any]:
    from fivenets.faces.embedder import Embedder
    from fivenets.faces.task import TASK

    Embedder(network, sources=[origin]).save(out)
    return {
        "kind": "facenet",
        "parameters": network.count_params(),
        "unused": unused,
        "answers_by": converting.exported(out, TASK.service.white, TASK.service.tolerance),
    }


def _vgg(file: Path, out: Path) -> dict[str, Any]:
    from fivenets.course_files import matconvnet
    from fivenets.style import features
    from fivenets.style.settings import Settings
    from fivenets.style.stylizer import Stylizer

    kernels, unused = matconvnet.read(file)
    network = features.vgg("vgg19")
    features.load_weights(network, kernels)
    settings = Settings(tolerance=0.005)  # as style-transfer's in params.yaml
    Stylizer(network, settings, f"vgg19 ({file.name})").save(out)
    return {
        "kind": "style",
        "parameters": network.count_params(),
        "unused": unused,
        "answers_by": converting.exported(out, None, 0),
    }
