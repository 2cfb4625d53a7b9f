"""How long a model file takes to open in the sandbox, and as it is: each in new processes.

    python benchmarks/sandbox.py models/*/*/model.keras

Prints a table in Markdown: medians of wall clock and of processor time, children included, over
ROUNDS rounds in which both take turns.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 3
OPENS = {
    "as it is": "from fivenets.fitting import engine; engine.load(Path(sys.argv[1]))",
    "sandboxed": "from fivenets.core.sandbox import UntrustedFile as Path;"
    "from fivenets.fitting import engine; engine.load(Path(sys.argv[1]))",
}
START = "import sys; from pathlib import Path; "


def seconds(code: str, file: Path) -> tuple[float, float]:
    """Wall clock and processor time of one process and its children."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start, before = time.perf_counter(), used()
    subprocess.run(
        [sys.executable, "-c", START + code, file], check=True, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - start, used() - before


def main(files: list[Path]) -> None:
    print(
        "| model | wall, as it is | sandboxed | ratio | processor, as it is | sandboxed | ratio |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for file in files:
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in OPENS}
        for _ in range(ROUNDS):
            for name, code in OPENS.items():
                took[name].append(seconds(code, file))
        cells = []
        for kind in range(2):
            before, after = (
                statistics.median(times[kind] for times in took[name]) for name in OPENS
            )
            cells += [f"{before:.2f} s", f"{after:.2f} s", f"{after / before:.2f}"]
        print(f"| {file.parent.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
