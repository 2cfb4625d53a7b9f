"""How long a command takes to answer in a new process, and how much memory, by either engine.

    python benchmarks/answers.py [TURNS]

Asks the champions of the store in this folder about Darknet's dog and two pictures of LFW-10, which
are fetched. Keras answers where the model is named by its file, of which there is a copy without
the export. Commands take turns. Prints a table of seconds (least and median) and of the largest
resident memory (median).
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fivenets.faces.calibration import calibration_file
from fivenets.runs import lookup
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

ANSWER = "import sys; from fivenets.cli import main; sys.argv[0] = 'fivenets'; main()"
RAW = Path("data/raw")


def main(turns: str = "7") -> None:
    with tempfile.TemporaryDirectory() as scratch:
        commands = asked(Path(scratch))
        measured: dict[tuple[str, str], list[tuple[float, ...]]] = {key: [] for key in commands}
        for turn in range(int(turns) + 1):
            for key, words in commands.items():
                one = answer(words)
                if turn:  # the first fills the disk's cache
                    measured[key].append(one)
    print("| command | engine | seconds, least | median | computing | MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (command, engine), values in measured.items():
        seconds, computing, memory = zip(*values, strict=True)
        least, usual = min(seconds), statistics.median(seconds)
        numbers = f"{least:.2f} | {usual:.2f} | {min(computing):.2f} | {max(memory):.0f}"
        print(f"| {command} | {engine} | {numbers} |")
    print(f"\nload average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {turns} turns")


def asked(scratch: Path) -> dict[tuple[str, str], list[str]]:
    """The words of each command, by its name and its engine."""
    dog = _file("darknet", "data/dog.jpg")
    people = [_file("lfw10", pattern) for pattern in ("**/*_0002.jpg", "**/*_0004.jpg")]
    found = {
        ("classify", "signs-cnn"): [str(dog)],
        ("detect", "yolov2"): [str(dog)],
        ("verify", "facenet"): list(map(str, people)),
    }
    commands: dict[tuple[str, str], list[str]] = {("--help", "none"): ["--help"]}
    for (command, name), pictures in found.items():
        words, registered = [command, *pictures], lookup.model_file(name)
        copied = Path(shutil.copy(registered, scratch / f"{name}.keras"))
        if calibration_file(registered).exists():
            shutil.copy(calibration_file(registered), calibration_file(copied))
        commands[command, "OpenVINO"] = words
        commands[command, "Keras"] = [*words, "--model", str(copied)]
    return commands


def answer(words: Sequence[str]) -> tuple[float, float, float]:
    """Seconds until the command has ended, those it computed, and the megabytes that it took."""
    start = time.perf_counter()
    command = [sys.executable, "-c", ANSWER, *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise SystemExit(f"`fivenets {' '.join(words)}` ended with {code}")
    seconds = time.perf_counter() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024  # of KiB, on Linux


def _file(asset: str, pattern: str) -> Path:
    fetched = fetch(ASSETS[asset], RAW, "auto")
    if fetched is None:
        raise SystemExit(f"{asset} is not available")
    return sorted(fetched.folder.glob(pattern))[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
