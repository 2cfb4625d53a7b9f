"""Which Darknet model is converted: YOLOv2 itself where it can be had, else its best relative.

Where neither a mirror nor a public host answers, it is the one that this project has trained.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from fivenets.core import images
from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.detection.settings import Source
from fivenets.drawn.scenes import render_scenes
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, Fetched
from fivenets.sources.fetching import fetch as fetch_asset
from fivenets.sources.origin import Kind, Origin, all_of, are_drawn

log = logging.getLogger(__name__)

BUILTIN = Candidate("yolov2-compact", "detection", "yolov2-compact")  # its Darknet files stand in
BUILTIN_PHOTOGRAPHS = 3  # drawn, where Darknet's own cannot be had
YOLOV2 = "yolov2-coco"
YOLOV2_WEIGHTS = ASSETS["yolov2_weights"].files[0]


@dataclass(frozen=True)
class Pair:
    """A cfg and its weights on this machine, and where they are from."""

    name: str
    cfg: Path
    weights: Path
    names: Path  # of classes, one a line
    photographs: Sequence[images.ImageSource]  # to compare engines on
    origin: Origin  # of the weights, by the name of the pair
    resize: str  # what the network was trained with


# By name the asset with cfg and weights, these, and class names in the asset darknet. All were
# trained with AlexeyAB's Darknet, which stretches pictures where the original letterboxes.
RELATIVES = {
    "yolo-fastest-1.1-xl": (
        "yolo_fastest",
        "yolo-fastest-1.1-xl.cfg",
        "yolo-fastest-1.1-xl.weights",
        "data/coco.names",
    ),
    "yolo-fastest-1.1": (
        "yolo_fastest",
        "yolo-fastest-1.1.cfg",
        "yolo-fastest-1.1.weights",
        "data/coco.names",
    ),
    "yolo-lite-voc": (
        "yolo_lite",
        "cfg/tiny-yolov2-trial3-noBatch.cfg",
        "weights/tiny-yolov2-trial3-noBatch.weights",
        "data/voc.names",
    ),
    "yolo-lite-coco": (
        "yolo_lite",
        "cococfg/trial6.cfg",
        "cocoweights/trial6_653550.weights",
        "data/coco.names",
    ),
}
# The cfg of YOLOv2 is in the asset darknet too.
NETWORKS = RELATIVES | {
    YOLOV2: ("yolov2_weights", "cfg/yolov2.cfg", YOLOV2_WEIGHTS.name, "data/coco.names")
}
REAL_ASSETS = ("yolo_fastest", "darknet")  # of the first relative that `auto` takes
SOURCES = get_args(Source)
# `auto` is the first that can be had.
IN_ORDER = (YOLOV2, "yolo-fastest-1.1-xl", "yolo-lite-voc", "builtin")


def fetch(source: str, raw_dir: Path, data_source: str = "auto") -> Pair:
    """The pair that `source` names; `auto` is the first of IN_ORDER that can be had.

    Args: data_source: "builtin" asks nobody and "real" takes nothing that was trained here.
    Raises: UserError where the source is not of that kind, cannot be had, or answers with another
        file.
    """
    names = IN_ORDER if source == "auto" else (source,)
    refused = {"builtin": set(SOURCES) - {"builtin"}, "real": {"builtin"}}.get(data_source, set())
    allowed = [name for name in names if name not in refused]
    if not allowed:
        raise UserError(
            f"yolov2.convert.source is {source}, and data.source is {data_source}: expected "
            f"yolov2.convert.source {' or '.join(sorted(set(SOURCES) - refused))}, or data.source "
            "auto"
        )
    for name in allowed:
        pair = _builtin() if name == "builtin" else _pair(name, raw_dir)
        if pair is not None:
            return pair
        log.warning("yolov2: %s is unavailable here", name)
    if source == YOLOV2:
        raise UserError(
            f"{YOLOV2}: {YOLOV2_WEIGHTS.url} did not answer, and no mirror holds "
            f"{YOLOV2_WEIGHTS.name}"
        )
    key = "yolov2.convert.source" if source != "auto" else "data.source"
    raise UserError(
        f"{' and '.join(allowed)}: neither a mirror nor the public host has it: set "
        f"{MIRROR_VARIABLE} to a mirror, or {key} to auto"
    )


def _builtin() -> Pair:
    """The detector that `train` has left as Darknet's files."""
    cfg, weights, names = (BUILTIN.file.with_suffix(end) for end in (".cfg", ".weights", ".names"))
    if not weights.exists():
        raise UserError(f"{weights} not found: run `dvc repro train@{BUILTIN.name}` first")
    made_of = json.loads(BUILTIN.record.read_text()) if BUILTIN.record.exists() else {}
    is_drawn = are_drawn(all_of(made_of.get("sources")))
    origin = Origin(BUILTIN.name, Kind.BUILTIN, sha256(weights), "Apache-2.0", is_drawn)
    return Pair(BUILTIN.name, cfg, weights, names, _drawn(), origin, "stretch")


def _drawn() -> list[images.ImageSource]:
    return [scene.image_rgb_uint8 for scene in render_scenes(BUILTIN_PHOTOGRAPHS, seed=2)]


def _pair(name: str, raw_dir: Path) -> Pair | None:
    """One of NETWORKS; None where it cannot be had."""
    asset, cfg, weights, names = NETWORKS[name]
    common = _fetched("darknet", raw_dir)
    trained = common and _fetched(asset, raw_dir)
    if common is None or trained is None:
        return None
    of_cfg, resize = (common, "letterbox") if name == YOLOV2 else (trained, "stretch")
    files = (of_cfg.folder / cfg, trained.folder / weights, common.folder / names)
    origin = replace(trained.origin, asset=name)
    return Pair(name, *files, _photographs(common.folder), origin, resize)


def start(name: str, raw_dir: Path, data_source: str = "auto") -> Pair | None:
    """The pair whose numbers a training starts from; None where it cannot be had.

    Args: data_source: "builtin" asks nobody.
    """
    return None if data_source == "builtin" else _pair(name, raw_dir)


def photographs(
    trained_on: Origin | None, raw_dir: Path, data_source: str = "auto"
) -> Sequence[images.ImageSource]:
    """What engines are compared on: Darknet's own sample photographs, else drawn scenes.

    Args: trained_on: of the detector; one of drawn pictures knows scenes only.
        data_source: "builtin" asks nobody for photographs.
    Raises: UserError where data_source is "real" and they cannot be had.
    """
    is_drawn = data_source == "builtin" or (trained_on is not None and trained_on.is_drawn)
    found = None if is_drawn else _fetched("darknet", raw_dir)
    if found is None and not is_drawn and data_source == "real":
        raise UserError(
            "Darknet's photographs, to compare engines on: neither a mirror nor the public host "
            f"has them, and data.source is real: set {MIRROR_VARIABLE} to a mirror, or "
            "data.source to auto"
        )
    return _drawn() if found is None else _photographs(found.folder)


def streets(raw_dir: Path, data_source: str = "auto") -> Sequence[Path]:
    """The course's photographs of streets (drive.ai, CC BY 4.0); none where no mirror has them."""
    asked = "builtin" if data_source == "builtin" else "auto"
    found = fetch_asset(ASSETS["course_street"], raw_dir, asked)
    return sorted(found.folder.glob("*.jpg")) if found else ()


def _fetched(asset: str, raw_dir: Path) -> Fetched | None:
    return fetch_asset(ASSETS[asset], raw_dir, "auto")


def _photographs(folder: Path) -> Sequence[Path]:
    return tuple(sorted((folder / "data").glob("*.jpg")))
