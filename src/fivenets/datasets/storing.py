"""How a prepared data set comes to stand in its folder: whole, and with its origin beside it."""

import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import tensorflow_datasets as tfds

from fivenets import assets
from fivenets.datasets.prepared import SOURCE_FILE, version_folder
from fivenets.digests import tree_sha256
from fivenets.errors import UserError


def is_folder(dataset: str) -> bool:
    """Whether `dataset` names a folder rather than a data set of TFDS, such as `beans`."""
    return dataset.startswith((".", "~", os.sep)) or Path(dataset).is_dir()


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` once the block is done; else `out` stays as it is."""
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    scratch = out.with_name(f".{out.name}.preparing")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        shutil.rmtree(out, ignore_errors=True)
        os.replace(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_source(folder: Path, origin: assets.Origin, **more: Any) -> dict[str, int]:
    """Writes what stands in `folder` and where it is from; returns the examples of each split."""
    shutil.rmtree(folder / "downloads", ignore_errors=True)  # left empty by TFDS
    builder = tfds.builder_from_directory(version_folder(folder))
    counts = {split: info.num_examples for split, info in builder.info.splits.items()}
    record = dataclasses.asdict(origin) | {"examples": counts} | more
    record.pop("path")
    (folder / SOURCE_FILE).write_text(json.dumps(record, indent=2) + "\n")
    return counts


def tfds_builder(name: str, data_dir: Path, others: str) -> tfds.core.DatasetBuilder:
    """The data set that TFDS knows by this name, not yet downloaded.

    Raises: UserError where it knows none; `others` says what else the name could have been.
    """
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError):  # name, its form, version
        raise UserError(f"{name} is neither {others}, nor a folder, nor known to TFDS") from None


def download(builder: tfds.core.DatasetBuilder, name: str, raw_dir: Path) -> assets.Origin:
    """Downloads and prepares a data set of TFDS.

    Raises: UserError where its host does not answer.
    """
    try:
        builder.download_and_prepare(download_dir=raw_dir / "tfds")
    except requests.RequestException as error:
        raise UserError(f"{name} could not be downloaded: {error}") from None
    digest = tree_sha256(Path(builder.data_dir))
    licence = builder.info.redistribution_info.license or "see the data set's homepage"
    return assets.Origin(name, "tfds", digest, licence)
