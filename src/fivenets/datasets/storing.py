"""How a prepared data set comes to stand in its folder: whole, and with its origin beside it."""

import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import requests
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from fivenets.core import files
from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.datasets.opening import SOURCE_FILE, builder_in, version_folder
from fivenets.sources.origin import Kind, Origin, digest_of

JPEG_QUALITY = 92


def is_folder(dataset: str) -> bool:
    """Whether `dataset` names a folder rather than a data set of TFDS, such as `beans`."""
    return dataset.startswith((".", "~", os.sep)) or os.path.isdir(dataset)


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` once the block is done; else `out` stays as it is."""
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    scratch = out.with_name(f".{out.name}.preparing")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        with redirect_stdout(io.StringIO()):  # TFDS tells of its folders there
            yield scratch
        shutil.rmtree(out, ignore_errors=True)
        os.replace(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def store(
    out: Path,
    name: str,
    features: Mapping[str, Any],
    splits: Mapping[str, Iterable[tuple[str | bytes, dict[str, Any]]]],
) -> None:
    """Writes splits of (key, example) as a TFDS data set below `out`."""
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(dict(features)),
        split_datasets=dict(splits),
        data_dir=out,
    )


def as_jpeg(image_rgb_uint8: np.ndarray) -> io.BytesIO:
    """The file of a drawn picture, which should have what photographs have."""
    file = io.BytesIO()
    Image.fromarray(image_rgb_uint8).save(file, "JPEG", quality=JPEG_QUALITY)
    file.seek(0)
    return file


def write_source(folder: Path, origins: Sequence[Origin], **more: Any) -> dict[str, int]:
    """Writes what stands in `folder` and where it is from; returns the examples of each split."""
    shutil.rmtree(folder / "downloads", ignore_errors=True)  # left empty by TFDS
    order_fields(version_folder(folder))
    builder = builder_in(folder)
    counts = {split: info.num_examples for split, info in builder.info.splits.items()}
    record = joint_record(origins) | {"examples": counts} | more
    (folder / SOURCE_FILE).write_text(json.dumps(record, indent=2) + "\n")
    return counts


def joint_record(origins: Sequence[Origin]) -> dict[str, Any]:
    """Of one origin, its own; of several, all of them under `sources`."""
    if len(origins) == 1:
        return origins[0].record()
    names = " + ".join(origin.asset for origin in origins)
    records = [origin.record() for origin in origins]
    return {"asset": names, "digest": digest_of(origins), "sources": records}


def order_fields(folder: Path) -> None:
    """Writes the records in a folder of TFDS again, each with its fields in alphabetical order.

    TFDS leaves them in an order that differs from process to process, so that the same data would
    have other bytes, and whatever depends on them would be made again.
    """
    for file in sorted(folder.glob("*.tfrecord*")):
        with files.replacing(file) as part, tf.io.TFRecordWriter(str(part)) as writer:
            for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
                example = tf.train.Example.FromString(record)
                writer.write(example.SerializeToString(deterministic=True))


def digest(folder: Path) -> str:
    """SHA-256 of a folder of TFDS, the same whenever it is written."""
    order_fields(folder)
    return tree_sha256(folder)


def tfds_builder(name: str, data_dir: Path, others: str) -> tfds.core.DatasetBuilder:
    """The data set that TFDS knows by this name, not yet downloaded.

    Raises: UserError where it knows none; `others` says what else the name could have been.
    """
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError):  # name, its form, version
        raise UserError(f"{name} is neither {others}, nor a folder, nor known to TFDS") from None


def download(builder: tfds.core.DatasetBuilder, name: str, raw_dir: Path) -> Origin:
    """Downloads and prepares a data set of TFDS.

    Raises: UserError where its host does not answer, or a person has to fetch it.
    """
    try:
        builder.download_and_prepare(download_dir=raw_dir / "tfds")
    except requests.RequestException as error:
        raise UserError(f"{name} could not be downloaded: {error}") from None
    except AssertionError as error:
        if not builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
            raise
        raise UserError(f"{name} is fetched by hand: {' '.join(str(error).split())}") from None
    licence = builder.info.redistribution_info.license or "see the data set's homepage"
    return Origin(name, Kind.TFDS, digest(Path(builder.data_dir)), licence)
