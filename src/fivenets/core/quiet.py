"""TensorFlow, whenever it is imported, without the greeting of its C++ libraries.

They print it before they read any setting of the log level, once per library, in every process.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


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


class QuietTensorFlow(MetaPathFinder):
    """Finds TensorFlow where Python would, and has it import itself without a greeting."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == "tensorflow" else None
        if spec and spec.loader:
            spec.loader.exec_module = held_back_stderr()(spec.loader.exec_module)
        return spec


sys.meta_path.insert(0, QuietTensorFlow())
