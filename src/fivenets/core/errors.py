"""The one kind of error that reaches a user: a sentence and exit code 2."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fivenets.core import masking
from fivenets.core.masking import printable


class UserError(Exception):
    """Something given cannot be used; the message says what was expected and what was received.

    Of several things, each has a message of its own.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


@contextmanager
def reported() -> Iterator[None]:
    """Turns a `UserError`, or a full disk, into a sentence on stderr and exit code 2.

    What cannot be encoded, such as a file's name that is not UTF-8, is printed as \\udce4. Of what
    is printed within and after, no log and no traceback tells the store's password.
    """
    masking.mask_logs()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    except UserError as error:
        for sentence in error.args:
            print(f"error: {printable(masking.masked(str(sentence)))}", file=sys.stderr)
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
