"""Which examples an expression of splits names; no data set is read for it."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets.splits import check_apart, example_places, split_names


@pytest.fixture
def builder(tmp_path: Path) -> SimpleNamespace:
    """Six examples to train on, in two files of three; two to test on."""
    template = tfds.core.ShardedFileTemplate(
        dataset_name="shapes", data_dir=tmp_path, filetype_suffix="tfrecord"
    )
    shards = {"train": [3, 3], "test": [2]}
    splits = [
        tfds.core.SplitInfo(
            name=name, shard_lengths=lengths, num_bytes=0, filename_template=template
        )
        for name, lengths in shards.items()
    ]
    return SimpleNamespace(info=SimpleNamespace(splits=tfds.core.splits.SplitDict(splits)))


def test_examples_are_named_by_their_file_and_their_place_in_it(builder) -> None:
    found = sorted(
        (Path(file).name, place) for file, place in example_places(builder, "train[2:5]")
    )
    first, second = (f"shapes-train.tfrecord-0000{n}-of-00002" for n in (0, 1))
    assert found == [(first, 2), (second, 0), (second, 1)]
    both = example_places(builder, "train+test")
    assert both == example_places(builder, "train") | example_places(builder, "test")
    assert len(both) == 8


def test_a_split_that_is_not_there_or_empty_is_refused(builder) -> None:
    with pytest.raises(UserError, match=r"^split val cannot be read \(train, test are there"):
        example_places(builder, "val")
    with pytest.raises(UserError, match=r"^split train\[:0\] holds no examples$"):
        example_places(builder, "train[:0]")


def test_what_an_expression_is_made_of() -> None:
    assert split_names("train[:90%] + test[5:]+train") == {"train", "test"}


def test_no_example_is_both_trained_on_and_tested_on(builder) -> None:
    check_apart(builder, "train", "test")
    check_apart(builder, "train[:4]", "train[4:]")
    message = r"train \(train\[:5\]\) and test \(train\[3:\]\) .*: 2 of the 3 to test on"
    with pytest.raises(UserError, match=message):
        check_apart(builder, "train[:5]", "train[3:]")
    with pytest.raises(UserError, match="1 of the 1 to test on"):
        check_apart(builder, "train+test", "test[1:]")
