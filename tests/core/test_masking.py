"""No message, log or traceback tells the store's password."""

import logging
import subprocess
import sys

import pytest

from fivenets.core import masking
from fivenets.core.errors import UserError, reported

PASSWORD = "s3cret/with@signs"


@pytest.fixture(autouse=True)
def factory():
    """Leaves logging as it was."""
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://me:hush@host/runs", "postgresql://me:***@host/runs"),
        ("'http://me:hush@host:5000/api' and ftp://you:so@there",
         "'http://me:***@host:5000/api' and ftp://you:***@there"),
        ("mysql+pymysql://:hush@host", "mysql+pymysql://:***@host"),
        ("http://me:a@b@host/x", "http://me:***@host/x"),
        ("postgresql://host/runs?user=me&password=hush&x=1",
         "postgresql://host/runs?user=me&password=***&x=1"),
        ("http://host/x?sslpassword=hush", "http://host/x?sslpassword=***"),
        ("sqlite:////home/me:odd@path/mlflow.db", "sqlite:////home/me:odd@path/mlflow.db"),
        ("http://host:5000/x, mail to me@host", "http://host:5000/x, mail to me@host"),
        ("12:30 me@host", "12:30 me@host"),
    ],
)  # fmt: skip
def test_a_password_in_a_uri_is_masked_and_nothing_else(text: str, expected: str) -> None:
    assert masking.masked(text) == expected


@pytest.mark.parametrize(
    ("uri", "text", "expected"),
    [
        (f"postgresql://me:{PASSWORD}@host/runs", f"cannot open postgresql://me:{PASSWORD}@host/x",
         "cannot open postgresql://me:***@host/x"),
        ("http://me:l%40ngenough@host", "says l@ngenough and l%40ngenough", "says *** and ***"),
        ("http://mlflow:mlflow@host", "mlflow at http://mlflow:mlflow@host/",
         "mlflow at http://mlflow:***@host/"),
        ("sqlite:////a:b@c/mlflow.db", "sqlite:////a:b@c/mlflow.db", "sqlite:////a:b@c/mlflow.db"),
    ],
)  # fmt: skip
def test_the_stores_own_password_is_known_whatever_is_in_it(
    uri: str, text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert masking.masked(text) == expected


def test_a_sentence_to_a_user_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), reported():
        raise UserError("no store at http://me:hush@host")
    assert capsys.readouterr().err == "error: no store at http://me:***@host\n"


def test_logs_of_others_are_masked_with_their_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    masking.mask_logs()
    logger = logging.getLogger("mlflow.somewhere")
    try:
        raise ValueError("http://me:hush@host failed")
    except ValueError:
        logger.exception("asked %s for %d runs", "http://me:hush@host", 3)
    logger.warning("100% of these words", extra={})
    assert "hush" not in caplog.text
    assert "asked http://me:***@host for 3 runs" in caplog.text
    assert "ValueError: http://me:***@host failed" in caplog.text
    assert "100% of these words" in caplog.text


def test_a_name_in_our_logs_steers_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    masking.mask_logs()
    logging.getLogger("fivenets.core").warning("left out: %s", "a\n\x1b[2Jé.png")
    assert caplog.messages == ["left out: a\\n\\x1b[2Jé.png"]


def test_what_a_library_cannot_say_ends_nothing() -> None:
    class Wrong:
        def __str__(self) -> str:
            raise AttributeError

    masking.mask_logs()
    logging.getLogger("mlflow").makeRecord("mlflow", 30, "here.py", 1, "%s", (Wrong(),), None)


IN_A_PROCESS = """
from fivenets.core.errors import reported
with reported():
    try:
        raise OSError("http://me:hush@host/api refused")
    except OSError as error:
        raise RuntimeError("asked http://me:hush@host") from error
"""


def test_a_traceback_is_masked_with_its_causes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "hush" not in done.stdout + done.stderr
    assert "OSError: http://me:***@host/api refused" in done.stderr
    assert done.stderr.rstrip().endswith("RuntimeError: asked http://me:***@host")
