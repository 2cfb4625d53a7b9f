"""Arrays come out of a file of PyTorch's, and nothing in it is run."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import Storage, Tensor, whole, written

from fivenets.core.errors import UserError
from fivenets.fitting import torch_file

KERNEL = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)


def read(tmp_path: Path, content: bytes) -> dict[str, np.ndarray]:
    (tmp_path / "x.pth").write_bytes(content)
    return torch_file.arrays(tmp_path / "x.pth")


def test_arrays_of_both_kinds_come_by_name_in_order(tmp_path: Path) -> None:
    values = OrderedDict(b=whole("1", KERNEL), a=whole("0", np.array(7, np.int64)))
    found = read(tmp_path, written(values))
    assert list(found) == ["b", "a"]
    np.testing.assert_array_equal(found["b"], KERNEL)
    assert found["b"].dtype == np.float32
    assert (found["a"].shape, found["a"].item()) == ((), 7)


def test_a_part_and_a_transposition_of_shared_numbers(tmp_path: Path) -> None:
    shared = Storage("0", KERNEL.ravel())
    part, turned = Tensor(shared, 4, (2, 3), (3, 1)), Tensor(shared, 0, (3, 2), (1, 3))
    found = read(tmp_path, written({"part": part, "turned": turned}))
    np.testing.assert_array_equal(found["part"], [[4, 5, 6], [7, 8, 9]])
    np.testing.assert_array_equal(found["turned"], [[0, 3], [1, 4], [2, 5]])


class Harmful:
    """What a pickle may hold: a call of anything."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "ValueError"),
        (b"not a pickle", "ValueError"),
        (written({"a": whole("0", KERNEL)}, magic=1), "another magic number"),
        (written({"a": whole("0", KERNEL)})[:-1], "ValueError"),
        (written({"a": Harmful()}), "it calls (posix|nt).mkdir"),
        (written({"a": Tensor(Storage("0", KERNEL.ravel()), 1, (24,), (1,))}), "beyond its num"),
        (written({"a": Tensor(Storage("0", KERNEL.ravel()), 4, (2,), (-1,))}), "beyond its num"),
        (written({"a": Tensor(Storage("0", KERNEL.ravel()), 0, (9**9,), (0,))}), "more numbers"),
        (pickle.dumps(1, 2)[:-1] + b"r\xff\xff\xff\x7f.", "it remembers too much"),
        (written({"a": "text"}), "AttributeError"),
    ],
    ids=[
        "empty",
        "text",
        "magic",
        "cut",
        "call",
        "beyond",
        "backwards",
        "repeated",
        "memory",
        "no array",
    ],
)
def test_anything_else_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=rf"x\.pth is not a file of PyTorch's arrays \(.*{why}"):
        read(tmp_path, content)
    assert not Path("harm").exists()
