"""A user's mistake ends a command with one sentence; a defect of ours keeps its traceback."""

import errno
import os

import pytest

from fivenets.core.errors import UserError, reported


def test_a_user_error_becomes_one_sentence_on_stderr_and_exit_code_2(capsys) -> None:
    with pytest.raises(SystemExit) as exit_info, reported():
        raise UserError("expected a hand, received a foot")
    assert exit_info.value.code == 2
    assert capsys.readouterr() == ("", "error: expected a hand, received a foot\n")


def test_control_characters_do_not_reach_the_terminal(capsys) -> None:
    with pytest.raises(SystemExit), reported():
        raise UserError("no section \x1b[2J\x9bé\nerror: forged", "none either")
    assert capsys.readouterr().err == (
        "error: no section \\x1b[2J\\x9bé\\nerror: forged\nerror: none either\n"
    )


def test_a_sentence_for_the_user_is_not_caught_as_a_defect_of_values() -> None:
    assert not issubclass(UserError, ValueError | OSError | LookupError | RuntimeError)


@pytest.mark.parametrize("defect", [ValueError, KeyError, OSError, KeyboardInterrupt])
def test_other_exceptions_pass_unchanged(defect: type[BaseException], capsys) -> None:
    with pytest.raises(defect, match="ours"), reported():
        raise defect("ours")
    assert capsys.readouterr() == ("", "")


def test_without_an_error_nothing_is_printed(capsys) -> None:
    with reported():
        pass
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        RuntimeError("Can't decrement id ref count (errno = 28: 'No space left on device')"),
        Exception("(sqlite3.OperationalError) database or disk is full"),
    ],
    ids=["disk", "quota", "HDF5", "SQLite"],
)
def test_a_full_disk_is_a_sentence_whichever_library_meets_it(error: Exception, capsys) -> None:
    with pytest.raises(SystemExit) as exit_info, reported():
        raise error
    assert exit_info.value.code == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: the disk that holds ")


def test_what_cannot_be_encoded_is_printed_all_the_same(capsys) -> None:
    with reported():
        print(os.fsdecode(b"f\xe4rn.png"), "蕨")
    assert capsys.readouterr().out == "f\\udce4rn.png 蕨\n"
