"""The one kind of error that reaches a user: a sentence and exit code 2."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fivenets import masking


class UserError(Exception):
    """Something given cannot be used; the message says what was expected and what was received."""


@contextmanager
def reported() -> Iterator[None]:
    """Turns a `UserError`, or a full disk, into a sentence on stderr and exit code 2.

    Of what is printed within and after, no log and no traceback tells the store's password.
    """
    masking.mask_logs()
    try:
        yield
    except UserError as error:
        print(f"error: {_printable(masking.masked(str(error)))}", file=sys.stderr)
        raise SystemExit(2) from None
    except Exception as error:
        if not is_full_disk(error):
            sys.excepthook = masking.print_masked
            raise
        print(
            f"error: the disk that holds {os.getcwd()} or temporary files is full: make room and "
            "run this again; what was finished before stays",
            file=sys.stderr,
        )
        raise SystemExit(2) from None


def is_full_disk(error: Exception) -> bool:
    """Whether an error of any library comes from a disk, or a quota, that is full."""
    # HDF5, TensorFlow and SQLite have errors of their own, which carry the system's words at best.
    full = {errno.ENOSPC, errno.EDQUOT}
    words = [os.strerror(number) for number in full] + ["database or disk is full"]
    return getattr(error, "errno", None) in full or any(word in str(error) for word in words)


def _printable(text: str) -> str:
    """`text` without control characters: parts of a stranger's file must not steer a terminal."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )
