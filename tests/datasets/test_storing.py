"""A data set that is prepared twice has the same bytes."""

from pathlib import Path

import tensorflow as tf

from fivenets.datasets.storing import digest


def record(*names: str) -> bytes:
    """An example with these fields, written one after another."""
    fields = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=[len(name)])) for name in names
    }
    parts = [tf.train.Features(feature={name: field}) for name, field in fields.items()]
    return b"".join(
        tf.train.Example(features=part).SerializeToString() for part in parts
    )  # protocol buffers merge what follows each other


def written(folder: Path, *records: bytes) -> Path:
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "a-train.tfrecord-00000-of-00001")) as writer:
        for one in records:
            writer.write(one)
    return folder


def test_the_order_of_fields_does_not_count_and_that_of_examples_does(tmp_path: Path) -> None:
    one, other = record("label", "image", "box"), record("box", "label", "image")
    assert one != other
    last = record("image")
    expected = digest(written(tmp_path / "one", one, last))
    assert digest(written(tmp_path / "other", other, last)) == expected
    assert digest(written(tmp_path / "turned", last, one)) != expected
    [file] = (tmp_path / "other").iterdir()
    found = [
        tf.train.Example.FromString(one)
        for one in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    ]
    assert found == [tf.train.Example.FromString(other), tf.train.Example.FromString(last)]
