"""Keeps out of what is printed what must not be there: passwords, and what steers a terminal."""

import logging
import os
import re
import sys
import traceback
import unicodedata
from types import TracebackType
from typing import Any
from urllib.parse import unquote

# Where a password may be, whole; MLflow's own messages quote all of the first.
URI_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
SECRET_VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
SHORTEST = 8  # characters; a shorter one, such as `mlflow`, is hidden in its URI and not as a word
IN_URI = re.compile(r"(\b[a-z][\w+.-]*://[^\s:/@]*):[^\s/]*@", re.IGNORECASE)
IN_QUERY = re.compile(r"([?&][^=\s&]*(?:passw|pwd|token|secret)[^=\s&]*=)[^&\s'\"]*", re.IGNORECASE)


def masked(text: str) -> str:
    """`text` with *** in the place of every password in a URI, and of those of the store."""
    for variable in URI_VARIABLES:
        # SQLAlchemy takes all up to the last @ for the password, with slashes.
        user, _, password = _credentials(os.environ.get(variable, "")).partition(":")
        if password:
            text = text.replace(f"{user}:{password}@", f"{user}:***@")
            text = _without(_without(text, password), unquote(password))
    for variable in SECRET_VARIABLES:
        text = _without(text, os.environ.get(variable, ""))
    return IN_QUERY.sub(r"\1***", IN_URI.sub(r"\1:***@", text))


def printable(text: str, also: str = "") -> str:
    """`text` without control characters, but for those in `also`: parts of a stranger's file, or
    its name, must not steer a terminal."""
    return "".join(
        letter if _is_shown(letter) or letter in also else ascii(letter)[1:-1] for letter in text
    )


def mask_logs() -> None:
    """From now on no logger of this process, whosever it is, tells a password, and what this
    project logs is a printable line."""
    logging.setLogRecordFactory(_record)


def print_masked(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Prints a traceback without passwords; takes the place of sys.excepthook."""
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = logging.LogRecord(*arguments, **named)
    try:
        text = record.getMessage()
    except Exception:  # any kind: words and arguments do not fit, and logging says so itself
        return record
    is_ours = (record.name or "").startswith("fivenets.")  # None, where `makeLogRecord` asks
    hidden = printable(masked(text)) if is_ours else masked(text)
    if hidden != text:
        record.msg, record.args = hidden, None
    if record.exc_info and record.exc_info[0]:
        record.exc_text = masked("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record


def _is_shown(letter: str) -> bool:
    # Names of screenshots have spaces that do not break, which Python calls unprintable.
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def _credentials(uri: str) -> str:
    """`user:password` of `scheme://user:password@host`, else nothing."""
    credentials, at, _ = uri.partition("://")[2].rpartition("@")
    return credentials if at and not credentials.startswith("/") else ""


def _without(text: str, secret: str) -> str:
    return text.replace(secret, "***") if len(secret) >= SHORTEST else text
