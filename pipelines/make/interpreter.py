"""Whether the pinned packages and the quickest tests work with the interpreter that runs this.

    make check-python PYTHON=python3.12

Some 2 GB are installed into a temporary folder, which is gone afterwards; a few minutes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]
# What all else builds on, boxes, and a network that is trained and evaluated.
TESTS = ("tests/core", "tests/detection/test_boxes.py", "tests/classification/test_training.py")
PIP = ("-m", "pip", "install", "-qq", "--no-cache-dir", "--disable-pip-version-check")
SAY = "import fivenets, keras, mlflow, sys, tensorflow as tf; print(sys.version, tf.__version__)"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fivenets-python-") as folder:
        python = Path(folder, "bin", "python")
        environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}

        def run(*words: str) -> None:
            subprocess.run([python, *words], cwd=PROJECT, env=environment, check=True)

        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            run(*PIP, "--require-hashes", "--requirement", "requirements.txt")
            run("-c", SAY)
            run("-m", "pytest", "-p", "no:cacheprovider", *TESTS)
        except subprocess.CalledProcessError as error:
            return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
