"""Opens a prepared data set: TFDS' files, and `source.json` beside them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets.splits import check_apart
from fivenets.sources.origin import Origin, all_of

SOURCE_FILE = "source.json"  # beside the data: what `prepare` read

Example = TypeVar("Example")


class Examples(Sequence[Example], Generic[Example]):
    """The examples of one split: read at the first use, each decoded whenever it is asked for."""

    def __init__(
        self,
        builder: tfds.core.DatasetBuilder,
        split: str,
        decoded: Callable[[dict[str, Any]], Example],
    ):
        """decoded: of a row of `rows_of`."""
        self._builder, self._split, self._decoded = builder, split, decoded

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return list(rows_of(self._builder, self._split))

    def __len__(self) -> int:
        return self._builder.info.splits[self._split].num_examples

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        return self._decoded(self._rows[index])

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class Prepared(Generic[Example]):
    """A prepared set of pictures: those to train on, and those to test on."""

    settings: Any
    labels: tuple[str, ...]
    record: dict[str, Any]  # source.json: an `Origin`, and how many examples
    train: Sequence[Example]
    test: Sequence[Example]

    @property
    def origins(self) -> list[Origin]:
        """Where the pictures are from."""
        return all_of(self.record.get("sources", [self.record]))


def opened(folder: Path, train: str, test: str) -> tuple[tfds.core.DatasetBuilder, dict[str, Any]]:
    """What `prepare` left in `folder`, and its source.json.

    Raises: UserError where a split is not there, or both have an example in common.
    """
    builder = builder_in(folder)
    check_apart(builder, train, test)
    return builder, record_in(folder)


def builder_in(folder: Path) -> tfds.core.DatasetBuilder:
    """What reads the data set in `folder`. Raises: UserError where there is none."""
    return tfds.builder_from_directory(version_folder(folder))


def record_in(folder: Path) -> dict[str, Any]:
    """source.json: an `Origin`, how many examples there are, and what was left out."""
    return json.loads((folder / SOURCE_FILE).read_text())


def rows_of(builder: tfds.core.DatasetBuilder, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a split, with pictures as the bytes of their files.

    What decodes a user's picture is to decode these, too.
    """
    decoders = {"image": tfds.decode.SkipDecoding()}
    yield from tfds.as_numpy(builder.as_dataset(split, decoders=decoders))


def version_folder(folder: Path) -> Path:
    """The folder below `folder` that TFDS reads. Raises: UserError where there is none."""
    found = next(folder.rglob("dataset_info.json"), None)
    if found is None:
        raise UserError(f"{folder} holds no prepared data set: run `dvc repro` first")
    return found.parent
