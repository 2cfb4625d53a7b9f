"""What a child process is kept from, and what the parent says of one that misbehaves."""

import os
from pathlib import Path

import numpy as np
import pytest

from fivenets.core import sandbox
from fivenets.core.errors import UserError

OBEYS = "import sys; exec(sys.stdin.read())"
CONFINED = "from fivenets.core import confinement, sandbox; import os, socket, numpy as np\n"
CONFINED += "confinement.leave_network(); is_landlocked = confinement.confine(2**28, 1)\n"
TRIED = """
done = []
for deed in {}:
    try:
        exec(deed)
        done.append(deed)
    except (OSError, MemoryError):
        pass
sandbox.send({{"done": done}})
"""
TOUCHING = ["open('/etc/hostname')", "open('/tmp/fivenets-written', 'w')", "socket.socket()"]
DEEDS = [
    *TOUCHING,
    "os.mkdir('/tmp/fivenets-made')",
    "os.rename('/tmp', '/tmp2')",
    "os.listdir('/')",
    "os.execv('/bin/true', ['true'])",
    "np.ones(2**26)",
]


@pytest.fixture
def said_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the parent gets from a child that runs some code: a message, or an array after it."""
    (tmp_path / "obeys.py").write_text(OBEYS)
    monkeypatch.setattr(sandbox, "SOURCES", f"{tmp_path}{os.pathsep}{sandbox.SOURCES}")

    def said(code: str, array: tuple | None = None, silence: float = 60.0):
        (tmp_path / "code").write_text(code)
        with sandbox.reading(tmp_path / "code", "obeys", "is bad", silence=silence) as child:
            message = child.message()
            return child.array(*array) if array else message

    return said


def test_a_confined_child_neither_touches_anything_nor_takes_memory(said_by) -> None:
    code = CONFINED + "if not is_landlocked: sandbox.send({'done': None})\n"
    done = said_by(code + TRIED.format(DEEDS))["done"]
    if done is None:
        pytest.skip("this kernel has no landlock")
    assert done == []


def test_without_landlock_it_opens_nothing_either(said_by) -> None:
    code = CONFINED.replace("confinement.leave", "confinement._landlock = bool; confinement.leave")
    assert said_by(code + TRIED.format([*TOUCHING, "np.ones(2**26)"])) == {"done": []}


def test_a_child_that_is_not_confined_does_all_that(said_by) -> None:
    code = "from fivenets.core import sandbox; import os, socket, numpy as np\n"
    deeds = [TOUCHING[0], TOUCHING[2], "os.listdir('/')"]
    assert said_by(code + TRIED.format(deeds)) == {"done": deeds}


def test_a_child_has_no_environment_and_no_output_but_its_message(said_by, capfd, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    said = said_by("import os, sys; from fivenets.core import sandbox; print('x', file=sys.stderr)"
                   "; sandbox.send(dict(os.environ))")  # fmt: skip
    assert not any("secret" in value for value in said.values())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (CONFINED + "while True: pass", "is bad: reading it takes too long$"),
        ("import os; os.abort()", "is bad: its reader died of SIGABRT$"),
        ("", "is bad: it ends early$"),
        ("import time; time.sleep(60)", "is bad: its reader was silent for 1 s$"),
        ("print('x' * 100)", "is bad: it says too much$"),
        ("print(end='\\0' * 7 + '\\4' + '[[[[', flush=True)", "is bad: it makes no sense$"),
        ("print(end='\\0' * 7 + '\\2' + '[]', flush=True)", "is bad: it makes no sense$"),
        ("from fivenets.core.sandbox import send; send({'error': 'a\\nb'})", "is bad: a$"),
    ],
)
def test_a_child_that_misbehaves_is_a_sentence(said_by, code, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        said_by(code, silence=1.0 if "silent" in sentence else 60.0)


SEND = "from fivenets.core.sandbox import send; import numpy as np; send({}, [np.arange(6.0)])"


def test_arrays_arrive_as_they_were(said_by) -> None:
    np.testing.assert_array_equal(said_by(SEND, ("<f8", [2, 3], 48)), np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    "array",
    [("<f8", [7], 48), ("<f8", [-1], 48), ("<f8", [2**62, 2**62], 48), ("<f8", ["2"], 48)],
)
def test_an_array_of_another_size_is_refused(said_by, array) -> None:
    with pytest.raises(UserError, match="an array of it is too large"):
        said_by(SEND, array)


@pytest.mark.parametrize("dtype", ["", ",", "<", "<f3", "|O", "<U4", "<M8"])
def test_an_array_of_no_kind_of_numbers_makes_no_sense(said_by, dtype: str) -> None:
    with pytest.raises(UserError, match=r"it makes no sense$"):
        said_by(SEND, (dtype, [6], 48))


@pytest.mark.parametrize("shape", [[0, 2**40, 2**40], [0] * 100])
def test_an_array_that_numpy_cannot_have_makes_no_sense(said_by, shape) -> None:
    with pytest.raises(UserError, match=r"it makes no sense$"):
        said_by(SEND, ("<f8", shape, 48))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"), sandbox.reading(tmp_path / "x", "y", ""):
        pass
