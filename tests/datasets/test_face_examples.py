"""Pictures on their way to be prepared: in order, in parts, by one process or by several."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.faces import examples
from fivenets.datasets.faces.examples import FaceExample, cut, in_order


def people(count: int) -> list[FaceExample]:
    pictures = np.arange(count, dtype=np.uint8).repeat(8 * 8 * 3).reshape(count, 8, 8, 3)
    return [FaceExample(picture, "Ann", str(row)) for row, picture in enumerate(pictures)]


def brightness(chunk: Sequence[FaceExample]) -> list[int]:
    return [int(np.asarray(example.picture).max()) for example in chunk]


def fail(chunk: Sequence[FaceExample]) -> list[int]:
    raise UserError(f"{chunk[0].name}: the disk is full")


@pytest.mark.parametrize("count", [0, 1, 10, 23])
def test_answers_come_in_the_order_of_the_pictures(count: int, monkeypatch) -> None:
    monkeypatch.setattr(examples, "CHUNK", 10)
    assert list(in_order(brightness, people(count), "read")) == list(range(count))


def test_several_processes_answer_as_one_and_what_stops_one_stops_all(monkeypatch, caplog) -> None:
    for name, value in (("CHUNK", 5), ("FEW", 20), ("MOST_PROCESSES", 2)):
        monkeypatch.setattr(examples, name, value)
    monkeypatch.setattr(examples.os, "cpu_count", lambda: 2)
    with caplog.at_level(logging.INFO):
        assert list(in_order(brightness, people(43), "read")) == list(range(43))
    assert caplog.messages[-1].startswith("read: 43 of 43, ")
    with pytest.raises(UserError, match="0: the disk is full"):
        list(in_order(fail, people(43), "read"))


def test_large_pictures_are_aligned_a_few_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(examples, "MOST_PIXELS", 100)  # 64 each: two at a time
    seen = []

    def align(pictures: Sequence[np.ndarray], names: Sequence[str]) -> list:
        seen.append(list(names))
        return [picture[:1] for picture in pictures]

    found = cut(align, people(5))
    assert seen == [["0", "1"], ["2", "3"], ["4"]]
    assert [np.max(np.asarray(face)) for face in found] == [0, 1, 2, 3, 4]


def test_a_picture_that_cannot_be_read_is_said_and_the_others_are_aligned(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    shown = [*people(1), FaceExample(tmp_path / "broken.jpg", "Ann", "broken.jpg"), *people(1)]
    found = cut(lambda pictures, names: list(pictures), shown)
    assert [isinstance(face, UserError) for face in found] == [False, True, False]
    assert "broken.jpg" in str(found[1])
