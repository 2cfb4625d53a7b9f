"""How long a model file takes to open in the sandbox, and as it is: each in new processes.

    python benchmarks/sandbox.py models/*/*/model.keras
    python benchmarks/sandbox.py

Prints a table in Markdown: medians of wall clock and of processor time, children included, over
ROUNDS rounds in which both take turns. Without files: what those that the tests craft are answered,
and after how long.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
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


def crafted() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fitting"))
    import test_rebuilding as tests

    from fivenets.core.errors import UserError
    from fivenets.core.sandbox import UntrustedFile
    from fivenets.fitting import model_files, rebuilding

    print("| file | seconds | the sentence ends |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        file = UntrustedFile(folder, "small.keras")
        model_files.save(tests.small_network(), file, tests.METADATA)
        for name, write in tests.CRAFTED.items():
            tests.rewritten(file, model=tests.weights(write))
            start = time.perf_counter()
            try:
                rebuilding.load(file)
                said = "(opened)"
            except UserError as error:
                said = str(error).partition(".keras model: ")[2]
            print(f"| {name} | {time.perf_counter() - start:.2f} | {said} |", flush=True)


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]]) if len(sys.argv) > 1 else crafted()
