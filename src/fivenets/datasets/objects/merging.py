"""Several prepared sets of pictures with boxes -> one, in which each picture keeps its source."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from fivenets.datasets.objects.prepared import objects_of
from fivenets.datasets.objects.storing import boxed, store
from fivenets.datasets.opening import builder_in, rows_of

Builders = dict[str, tfds.core.DatasetBuilder]  # by the name of the set


def merge(parts: Sequence[tuple[str, Path]], out: Path) -> None:
    """Writes the sets in the folders of `parts`, by their names, as one below `out`.

    A split has the pictures of all sets that have it. Labels of one name are one class; the classes
    are in the order in which they are first met.
    """
    builders = {name: builder_in(folder) for name, folder in parts}
    labels = dict.fromkeys(label for one in builders.values() for label in _labels(one))
    splits = dict.fromkeys(split for one in builders.values() for split in one.info.splits)
    store(
        out,
        list(labels),
        {split: _examples(builders, split) for split in splits},
        {"source": tfds.features.Text()},
    )


def _labels(builder: tfds.core.DatasetBuilder) -> list[str]:
    return builder.info.features["objects"].feature["label"].names


def _examples(builders: Builders, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, builder in builders.items():
        labels = _labels(builder)
        rows = rows_of(builder, split) if split in builder.info.splits else ()
        for index, row in enumerate(rows):
            objects = [
                boxed(box, labels[label], bool(difficult))
                for box, label, difficult in zip(*objects_of(row), strict=True)
            ]
            yield (
                f"{name} {split} {index:06}",
                {
                    "image": io.BytesIO(row["image"]),
                    "image/filename": row.get("image/filename", f"{index}".encode()).decode(),
                    "source": name,
                    "objects": objects,
                },
            )
