"""What C++ libraries print while they are imported is held back, unless the import fails."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fivenets.core import quiet
from fivenets.core.quiet import held_back_stderr


def test_what_is_written_below_python_is_held_back_for_the_block_only(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with held_back_stderr():
        os.write(2, b"a greeting")
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_where_noise_is_known_other_lines_are_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with held_back_stderr(re.compile(b"INFO: ")):
        os.write(2, b"INFO: a delegate\nERROR: a")
        os.write(2, b" cause\nINFO: another\nand INFO: too")
    os.write(2, b"\nINFO: afterwards")
    assert capfd.readouterr().err == "ERROR: a cause\nand INFO: too\nINFO: afterwards"


def test_standard_output_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with held_back_stderr():
        os.write(1, b"data")
    assert capfd.readouterr().out == "data"


@pytest.mark.parametrize("noise", [quiet.ANYTHING, re.compile(b"the")])
@pytest.mark.parametrize("error", [ImportError, KeyboardInterrupt])
def test_what_a_failing_block_wrote_is_shown(
    error: type[BaseException], noise: re.Pattern[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    @held_back_stderr(noise)
    def fail() -> None:
        os.write(2, b"the cause")
        raise error

    with pytest.raises(error):
        fail()
    assert capfd.readouterr().err == "the cause"


def test_a_package_is_imported_quietly_whoever_imports_it(tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text("import os\nos.write(2, b'greeting')\nVALUE = 7\n")
    code = (
        "from fivenets.core.quiet import quieten; quieten('chatty'); import sys\n"
        "assert 'chatty' not in sys.modules\n"
        "import importlib.util; assert importlib.util.find_spec('chatty')  # who only asks\n"
        "import chatty; print(chatty.VALUE, chatty.__spec__.name)"
    )
    done = run_python(code, tmp_path)
    assert (done.stdout, done.stderr) == ("7 chatty\n", "")


def test_a_package_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import os\nos.write(2, b'the cause')\nraise OSError\n")
    done = run_python(
        "from fivenets.core.quiet import quieten; quieten('broken'); import broken", tmp_path
    )
    assert done.stderr.startswith("the cause")


PURE = (
    "core.params",
    "detection.boxes",
    "detection.precision",
    "faces.mining",
    "faces.verification",
)


@pytest.mark.parametrize("module", PURE)
def test_pure_maths_brings_no_tensorflow(module: str, tmp_path: Path) -> None:
    heavy = "{'tensorflow', 'mlflow', 'keras'}"
    code = f"import sys, fivenets.{module}; print(sorted({heavy} & set(sys.modules)))"
    assert run_python(code, tmp_path).stdout == "[]\n"


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
