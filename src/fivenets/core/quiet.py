"""TensorFlow without the greeting of its C++ libraries, whoever imports it and whenever.

They print it before they read any setting of the log level, once per library, in every process.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

ANYTHING, NOTHING = re.compile(b""), re.compile(b"(?!)")


@contextmanager
def held_back_stderr(noise: re.Pattern[bytes] = ANYTHING) -> Iterator[None]:
    """Keeps what is written to file descriptor 2 to itself, unless the block raises.

    Args: noise: what the lines begin with that are kept; others are shown after the block.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held_back:
        stderr = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            noise = NOTHING
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held_back.seek(0)
            for line in held_back:
                if not noise.match(line):
                    os.write(2, line)


class QuietImport(MetaPathFinder):
    """Holds back what one package prints while it is first imported; imports nothing by itself."""

    def __init__(self, package: str):
        self.package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the package is, whose code is then run quietly."""
        if name != self.package:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader.exec_module = held_back_stderr()(spec.loader.exec_module)
        return spec


def quieten(package: str) -> None:
    """Makes the first import of `package` in this process a quiet one."""
    if package not in sys.modules:
        sys.meta_path.insert(0, QuietImport(package))
