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
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
