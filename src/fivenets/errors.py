"""The one kind of error that reaches a user: a sentence and exit code 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(ValueError):
    """Something given cannot be used; the message says what was expected and what was received."""


@contextmanager
def reported() -> Iterator[None]:
    """Turns a `UserError` into its sentence on stderr and exit code 2, without a traceback."""
    try:
        yield
    except UserError as error:
        print(f"error: {_printable(str(error))}", file=sys.stderr)
        raise SystemExit(2) from None


def _printable(text: str) -> str:
    """`text` without control characters: parts of a stranger's file must not steer a terminal."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )
