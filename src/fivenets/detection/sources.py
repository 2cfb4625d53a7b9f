"""Which Darknet model is converted: YOLOv2 itself where it can be had, else a smaller relative."""

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fivenets import assets
from fivenets.catalogue import ASSETS
from fivenets.detection import darknet, weights
from fivenets.digests import sha256
from fivenets.errors import UserError

log = logging.getLogger(__name__)

YOLOV2_URL = "https://pjreddie.com/media/files/yolov2.weights"
YOLOV2_FILE = "yolov2.weights"  # also beside the zips of a mirror that is a folder


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Which model is converted, and how pictures are brought to its size; see params.yaml."""

    source: str
    resize: str

    def resize_of(self, pair: "Pair") -> str:
        """letterbox or stretch; `auto` is what the network was trained with."""
        return pair.resize if self.resize == "auto" else self.resize


@dataclass(frozen=True)
class Pair:
    """A cfg and its weights on this machine, and where they are from."""

    name: str
    cfg: Path
    weights: Path
    names: Path  # of classes, one a line
    photographs: tuple[Path, ...]  # to compare engines on
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
SOURCES = ("auto", "yolov2-coco", *YOLO_LITE)


def fetch(source: str, raw_dir: Path) -> Pair:
    """The pair that `source` names; `auto` takes YOLOv2, else YOLO-LITE trained on VOC.

    Raises: UserError where the source is unknown, cannot be had, or answers with another file.
    """
    if source not in SOURCES:
        raise UserError(
            f"yolov2.convert.source should be one of {', '.join(SOURCES)}, it is {source!r}"
        )
    pair = None
    if source in ("auto", "yolov2-coco"):
        pair = _yolov2(raw_dir)
        if pair is None and source == "yolov2-coco":
            raise UserError(
                f"yolov2-coco: {YOLOV2_URL} did not answer, and no mirror holds {YOLOV2_FILE}"
            )
    if source == "auto" and pair is None:
        log.warning("yolov2: its weights cannot be had here: taking yolo-lite-voc in its place")
    return pair or _yolo_lite("yolo-lite-voc" if source == "auto" else source, raw_dir)


def _yolo_lite(name: str, raw_dir: Path) -> Pair:
    cfg, numbers, names = YOLO_LITE[name]
    origin, folder = _folder("yolo_lite", raw_dir)
    _, common = _folder("darknet", raw_dir)
    files, photographs = (folder / cfg, folder / numbers, common / names), _photographs(common)
    return Pair(name, *files, photographs, origin, "stretch")


def _yolov2(raw_dir: Path) -> Pair | None:
    """YOLOv2 for COCO; None where its weights cannot be had."""
    origin, common = _folder("darknet", raw_dir)
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


def _folder(asset: str, raw_dir: Path) -> tuple[assets.Origin, Path]:
    origin = assets.fetch(ASSETS[asset], raw_dir, "auto")
    if origin is None or origin.path is None:
        raise UserError(
            f"yolov2: neither a mirror nor the public host has the asset {asset}, and no detector "
            f"is built in: set {assets.MIRROR_VARIABLE} to a mirror"
        )
    return origin, origin.path


def photographs(raw_dir: Path) -> tuple[Path, ...]:
    """Darknet's own sample photographs, on which engines are compared."""
    return _photographs(_folder("darknet", raw_dir)[1])


def darknet_cfg(name: str, raw_dir: Path) -> Path:
    """One of Darknet's own cfg files, such as yolov2.cfg."""
    return _folder("darknet", raw_dir)[1] / "cfg" / name


def _photographs(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted((folder / "data").glob("*.jpg")))
