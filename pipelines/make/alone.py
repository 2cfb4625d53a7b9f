"""Runs a command that only one process at a time may run in this project: `alone.py COMMAND...`.

A second one says so and waits; it then finds what the first has made.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

LOCK = Path(".dvc/tmp/make.lock")


def main(*words: str) -> None:
    try:
        LOCK.parent.mkdir(parents=True, exist_ok=True)
        opened = LOCK.open("a+")
    except OSError as error:  # as of a read-only checkout
        print(f"error: {Path.cwd()} cannot be written in: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "unknown"
            print(
                f"another make is running in this folder (process {other}): waiting for it to "
                "finish; Ctrl-C stops the wait, not the other make",
                file=sys.stderr,
                flush=True,
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # Inherited: should this process be killed alone, the lock lasts as long as its children.
        raise SystemExit(subprocess.run(words, check=False, pass_fds=[lock.fileno()]).returncode)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
