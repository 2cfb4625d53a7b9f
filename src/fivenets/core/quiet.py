"""Imports TensorFlow, where it is installed, without the greeting of its C++ libraries.

They print it before they read any setting of the log level, once per library, in every process.
"""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back_stderr() -> Iterator[None]:
    """Keeps what is written to file descriptor 2 to itself, unless the block raises."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held_back:
        stderr = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


if importlib.util.find_spec("tensorflow"):
    with held_back_stderr():
        import tensorflow  # noqa: F401
