"""One set of pictures with boxes -> one prepared TFDS data set, with `source.json` beside it.

A set is `scenes` (drawn), `bccd` (blood cells), a Pascal-VOC folder, or a TFDS name.
"""

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.classification.prepared import version_folder
from fivenets.datasets.objects import voc
from fivenets.datasets.objects.prepared import ObjectSettings
from fivenets.datasets.storing import (
    digest,
    download,
    is_folder,
    replacing,
    tfds_builder,
    write_source,
)
from fivenets.drawn.scenes import render_scenes
from fivenets.drawn.shapes import CLASSES
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch
from fivenets.sources.origin import Origin

log = logging.getLogger(__name__)

SCENES = {"train": 800, "test": 200}  # pictures; each split has a seed of its own
JPEG_QUALITY = 92  # of drawn scenes: they should have what photographs have
VOC_ASSETS = {"bccd": "BCCD"}  # and the folder of each that is Pascal-VOC


def prepare(settings: ObjectSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Annotated boxes are cut at the picture's edges; those without area are left out, and named in
    source.json.
    """
    with replacing(out) as scratch:
        origin, left_out = _write(settings.dataset, source, scratch, raw_dir)
        counts = write_source(scratch, origin, left_out=left_out)
    for sentence in left_out:
        log.warning("left out: %s", sentence)
    log.info("%s: %s data, %s", settings.dataset, origin.kind, counts)


def _write(dataset: str, source: str, out: Path, raw_dir: Path) -> tuple[Origin, list[str]]:
    """Where the set is from, and a sentence for each annotation that was left out."""
    if dataset == "scenes":
        _store(out, CLASSES, {split: _drawn(split) for split in SCENES})
        return Origin.drawn("scenes", digest(version_folder(out))), []
    if dataset in VOC_ASSETS:
        found = fetch(ASSETS[dataset], raw_dir, source)
        if found is None:
            raise UserError(
                f"{dataset}: neither a mirror nor the public host has it, and nothing like it is "
                f"built in: set {MIRROR_VARIABLE} to a mirror, or data.source to auto"
            )
        return found.origin, _store_voc(found.folder / VOC_ASSETS[dataset], out)
    if is_folder(dataset):
        folder = Path(dataset).expanduser()
        left_out = _store_voc(folder, out)
        return Origin.own(folder.name, tree_sha256(folder)), left_out
    return _download(dataset, out, raw_dir), []


def _store(out: Path, labels: Any, splits: dict[str, Iterator[tuple[str, dict]]]) -> None:
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "objects": tfds.features.Sequence(
                {
                    "bbox": tfds.features.BBoxFeature(),
                    "label": tfds.features.ClassLabel(names=list(labels)),
                    "is_difficult": np.bool_,
                }
            ),
        }
    )
    tfds.dataset_builders.store_as_tfds_dataset(
        name="objects", version="1.0.0", features=features, split_datasets=splits, data_dir=out
    )


def _drawn(split: str) -> Iterator[tuple[str, dict]]:
    seed = list(SCENES).index(split)
    for index, scene in enumerate(render_scenes(SCENES[split], seed)):
        height, width = scene.image_rgb_uint8.shape[:2]
        file = io.BytesIO()
        Image.fromarray(scene.image_rgb_uint8).save(file, "JPEG", quality=JPEG_QUALITY)
        file.seek(0)
        objects = [
            _object(box / [width, height, width, height], CLASSES[label], False)
            for box, label in zip(scene.boxes_xyxy, scene.classes, strict=True)
        ]
        yield f"{split}_{index:04d}", {"image": file, "objects": objects}


def _store_voc(folder: Path, out: Path) -> list[str]:
    splits = voc.splits(folder)
    labels = sorted({label for split in splits.values() for one in split for label in one.labels})
    if not labels:
        raise UserError(f"{folder} holds no annotated objects")
    left_out: list[str] = []
    _store(out, labels, {name: _annotated(split, left_out) for name, split in splits.items()})
    return left_out


def _annotated(
    annotations: list[voc.Annotation], left_out: list[str]
) -> Iterator[tuple[str, dict]]:
    """Examples of one split; adds a sentence to `left_out` for each box that cannot be used."""
    for one in annotations:
        height, width = read_image(one.file).shape[:2]
        objects = []
        for label, box, difficult in zip(one.labels, one.boxes_xyxy, one.is_difficult, strict=True):
            cut = np.clip(box, 0, [width, height, width, height])
            if cut[2] > cut[0] and cut[3] > cut[1]:
                scaled = cut / [width, height, width, height]
                objects.append(_object(scaled, label, difficult))
                continue
            is_flat = box[2] <= box[0] or box[3] <= box[1]
            fault = "has no area" if is_flat else f"lies outside of its {width}x{height} pixels"
            left_out.append(f"{one.file.name}: the box {list(box)} of a {label} {fault}")
        yield one.file.name, {"image": one.file, "objects": objects}


def _object(box_xyxy: np.ndarray, label: str, is_difficult: bool) -> dict[str, Any]:
    left, top, right, bottom = map(float, box_xyxy)
    box = tfds.features.BBox(ymin=top, xmin=left, ymax=bottom, xmax=right)
    return {"bbox": box, "label": label, "is_difficult": is_difficult}


def _download(name: str, out: Path, raw_dir: Path) -> Origin:
    builder = tfds_builder(name, out, ", ".join(["scenes", *VOC_ASSETS]))
    features = dict(builder.info.features or {})
    inside = getattr(features.get("objects"), "feature", {})
    if "image" not in features or not {"bbox", "label"} <= set(inside):
        raise UserError(
            f"{name} should have the features image, objects/bbox and objects/label, it has "
            f"{', '.join(features)}"
        )
    return download(builder, name, raw_dir)
