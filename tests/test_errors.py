"""A user's mistake ends a command with one sentence; a defect of ours keeps its traceback."""

import pytest

from fivenets.errors import UserError, reported


def test_a_user_error_becomes_one_sentence_on_stderr_and_exit_code_2(capsys) -> None:
    with pytest.raises(SystemExit) as exit_info, reported():
        raise UserError("expected a hand, received a foot")
    assert exit_info.value.code == 2
    assert capsys.readouterr() == ("", "error: expected a hand, received a foot\n")


def test_control_characters_do_not_reach_the_terminal(capsys) -> None:
    with pytest.raises(SystemExit), reported():
        raise UserError("no section \x1b[2J\x9bé\nerror: none either")
    assert capsys.readouterr().err == "error: no section \\x1b[2J\\x9bé\nerror: none either\n"


@pytest.mark.parametrize("defect", [ValueError, KeyError, OSError, KeyboardInterrupt])
def test_other_exceptions_pass_unchanged(defect: type[BaseException], capsys) -> None:
    with pytest.raises(defect, match="ours"), reported():
        raise defect("ours")
    assert capsys.readouterr() == ("", "")


def test_without_an_error_nothing_is_printed(capsys) -> None:
    with reported():
        pass
    assert capsys.readouterr() == ("", "")
