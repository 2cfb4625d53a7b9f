"""Which Darknet model is converted: YOLOv2 itself where it can be had, else a smaller relative.

Where neither a mirror nor a public host answers, it is the one that this project has trained.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fivenets.core import images
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.detection import darknet, weights
from fivenets.drawn.scenes import render_scenes
from fivenets.sources import assets
from fivenets.sources.catalogue import ASSETS

log = logging.getLogger(__name__)

BUILTIN = Path("models/yolov2-compact")  # what `train` writes: .cfg, .weights and .names
BUILTIN_PHOTOGRAPHS = 3  # drawn, where Darknet's own cannot be had
YOLOV2_URL = "https://pjreddie.com/media/files/yolov2.weights"
YOLOV2_FILE = "yolov2.weights"  # also beside the zips of a mirror that is a folder


@dataclass(frozen=True)
class Pair:
    """A cfg and its weights on this machine, and where they are from."""

    name: str
    cfg: Path
    weights: Path
    names: Path  # of classes, one a line
    photographs: Sequence[images.ImageSource]  # to compare engines on
    origin: assets.Origin
    resize: str  # what the network was trained with


# cfg and weights in the asset yolo_lite, class names in the asset darknet. Its README says that it
# was trained with AlexeyAB's Darknet, which stretches pictures where the original letterboxes.
YOLO_LITE = {
    "yolo-lite-voc": (
        "cfg/tiny-yolov2-trial3-noBatch.cfg",
        "weights/tiny-yolov2-trial3-noBatch.weights",
        "data/voc.names",
    ),
    "yolo-lite-coco": (
        "cococfg/trial6.cfg",
        "cocoweights/trial6_653550.weights",
        "data/coco.names",
    ),
}
REAL_ASSETS = ("yolo_lite", "darknet")
SOURCES = ("auto", "yolov2-coco", *YOLO_LITE, "builtin")
IN_ORDER = ("yolov2-coco", "yolo-lite-voc", "builtin")  # `auto` is the first that can be had


def fetch(source: str, raw_dir: Path) -> Pair:
    """The pair that `source` names; `auto` is the first of IN_ORDER that can be had.

    Raises: UserError where the source is unknown, cannot be had, or answers with another file.
    """
    if source not in SOURCES:
        raise UserError(
            f"yolov2.convert.source should be one of {', '.join(SOURCES)}, it is {source!r}"
        )
    for name in IN_ORDER if source == "auto" else (source,):
        pair = _pair(name, raw_dir)
        if pair is not None:
            return pair
        log.warning("yolov2: %s cannot be had here", name)
    if source == "yolov2-coco":
        raise UserError(
            f"yolov2-coco: {YOLOV2_URL} did not answer, and no mirror holds {YOLOV2_FILE}"
        )
    raise UserError(
        f"{source}: neither a mirror nor the public host has it: set {assets.MIRROR_VARIABLE} to a "
        "mirror, or yolov2.convert.source to auto"
    )


def _pair(name: str, raw_dir: Path) -> Pair | None:
    if name == "builtin":
        return _builtin()
    return _yolov2(raw_dir) if name == "yolov2-coco" else _yolo_lite(name, raw_dir)


def _builtin() -> Pair:
    """The detector that `train` has left as Darknet's files."""
    cfg, numbers, names = (BUILTIN.with_suffix(end) for end in (".cfg", ".weights", ".names"))
    if not numbers.exists():
        raise UserError(f"{numbers} not found: run `dvc repro train-detector` first")
    origin = assets.Origin(BUILTIN.name, "builtin", sha256(numbers), "Apache-2.0")
    return Pair(BUILTIN.name, cfg, numbers, names, _drawn(), origin, "stretch")


def _drawn() -> list[images.ImageSource]:
    return [scene.image_rgb_uint8 for scene in render_scenes(BUILTIN_PHOTOGRAPHS, seed=2)]


def _yolo_lite(name: str, raw_dir: Path) -> Pair | None:
    weights_asset, darknet_asset = (_fetched(asset, raw_dir) for asset in REAL_ASSETS)
    if weights_asset is None or darknet_asset is None:
        return None
    (origin, folder), (_, common) = weights_asset, darknet_asset
    cfg, numbers, names = YOLO_LITE[name]
    files, photographs = (folder / cfg, folder / numbers, common / names), _photographs(common)
    return Pair(name, *files, photographs, origin, "stretch")


def _yolov2(raw_dir: Path) -> Pair | None:
    """YOLOv2 for COCO; None where its weights cannot be had."""
    found = _fetched("darknet", raw_dir)
    if found is None:
        return None
    origin, common = found
    cfg, file = common / "cfg/yolov2.cfg", raw_dir / YOLOV2_FILE
    if not file.exists():
        arriving = file.with_suffix(".arriving")
        where = _bring_yolov2(arriving)
        if where is None:
            return None
        try:
            # No digest of the file is published; its header and its every byte must fit the cfg.
            weights.read(arriving.read_bytes(), darknet.parse_file(cfg), where)
        except UserError:
            arriving.unlink()
            raise
        arriving.rename(file)
    weights_origin = assets.Origin("yolov2-coco", "public", sha256(file), origin.licence)
    files, photographs = (cfg, file, common / "data/coco.names"), _photographs(common)
    return Pair("yolov2-coco", *files, photographs, weights_origin, "letterbox")


def _bring_yolov2(target: Path) -> str | None:
    """Brings the weights to `target`; answers from where, or None."""
    mirror = os.environ.get(assets.MIRROR_VARIABLE, "")
    if (Path(mirror) / YOLOV2_FILE).is_file():
        shutil.copyfile(Path(mirror) / YOLOV2_FILE, target)
        return str(Path(mirror) / YOLOV2_FILE)
    return YOLOV2_URL if assets.download(YOLOV2_URL, target) else None


def photographs(trained_on: str, raw_dir: Path) -> Sequence[images.ImageSource]:
    """What engines are compared on: Darknet's own sample photographs, else drawn scenes.

    trained_on: of the detector, such as "yolo-lite-voc (mirror)"; a built-in one knows scenes only.
    """
    found = None if "(builtin)" in trained_on else _fetched("darknet", raw_dir)
    return _drawn() if found is None else _photographs(found[1])


def darknet_cfg(name: str, raw_dir: Path) -> Path:
    """One of Darknet's own cfg files, such as yolov2.cfg.

    Raises: UserError where they cannot be had.
    """
    found = _fetched("darknet", raw_dir)
    if found is None:
        raise UserError(
            f"{name}: neither a mirror nor the public host has the asset darknet: set "
            f"{assets.MIRROR_VARIABLE} to a mirror"
        )
    return found[1] / "cfg" / name


def _fetched(asset: str, raw_dir: Path) -> tuple[assets.Origin, Path] | None:
    origin = assets.fetch(ASSETS[asset], raw_dir, "auto")
    return None if origin is None or origin.path is None else (origin, origin.path)


def _photographs(folder: Path) -> Sequence[Path]:
    return tuple(sorted((folder / "data").glob("*.jpg")))
