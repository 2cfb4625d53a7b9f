"""What C++ libraries print while they are imported is held back, unless the import fails."""

import os

import pytest

from fivenets.core.quiet import held_back_stderr


def test_what_is_written_below_python_is_held_back_for_the_block_only(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with held_back_stderr():
        os.write(2, b"a greeting")
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_standard_output_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with held_back_stderr():
        os.write(1, b"data")
    assert capfd.readouterr().out == "data"


@pytest.mark.parametrize("error", [ImportError, KeyboardInterrupt])
def test_what_a_failing_block_wrote_is_shown(
    error: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    @held_back_stderr()
    def fail() -> None:
        os.write(2, b"the cause")
        raise error

    with pytest.raises(error):
        fail()
    assert capfd.readouterr().err == "the cause"
