"""Random kills of the whole graph with tiny settings, and whether anything is lost or doubled.

    python benchmarks/kills.py [KILLS] [SEED] [STAGE]

In a clone of the last commit, the graph, or what STAGE needs of it, is killed (SIGKILL, with all
that it started) after random seconds and started again, until it is done. Then it starts over, from
an empty store and, every other time, from one that has the runs already. Each time it is done,
outputs, runs and versions must be what they were without kills. Prints counts as one JSON object;
exit code 1 where any was lost or doubled.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "smoke"))

from tiny import CANDIDATES, Clone, start_over, state, tiny_clone

OFTEN = 15  # kills, on average, in the time that all of it takes; as likely at any moment
STORE = ("mlflow.db", "mlartifacts")


def main(kills: str = "30", seed: str = "0", stage: str = "") -> None:
    draw = random.Random(int(seed))
    with tempfile.TemporaryDirectory(prefix="fivenets-kills-") as folder:
        clone = tiny_clone(Path(folder, "clone"), CANDIDATES)
        started = time.monotonic()
        run(clone, stage)
        between = (time.monotonic() - started) / OFTEN
        expected = state(clone)
        done, killed_in, wrong = 0, Counter[str](), Counter[str]()
        rounds = 0
        while done < int(kills):
            start_over(clone, *(STORE if rounds % 2 else ()))
            rounds += 1
            while cut_off := run(
                clone, stage, draw.expovariate(1 / between) if done < int(kills) else None
            ):
                done += 1
                killed_in[cut_off] += 1
                print(f"kill {done}: in {cut_off}", file=sys.stderr, flush=True)
            found = state(clone)
            differs = [key for key in expected if found.get(key) != expected[key]]
            wrong.update(differs)
            print(f"done again: {differs or 'as before'}", file=sys.stderr, flush=True)
    print(
        json.dumps(
            {
                "kills": done,
                "killed_in": dict(sorted(killed_in.items())),
                "mean_seconds_between": round(between, 1),
                "times_done_again": rounds,
                "compared": len(expected),
                "lost_or_doubled": wrong,
            },
            indent=2,
        )
    )
    raise SystemExit(1 if wrong else 0)


def run(clone: Clone, stage: str, seconds: float | None = None) -> str | None:
    """Mends, makes all and syncs; the stage in which it was killed after `seconds`, if it was."""
    command = (
        f"python pipelines/make/mend.py && dvc repro {stage} && echo \"Running stage 'sync':\" && "
        "python pipelines/make/sync.py"
    )
    log = clone.folder.with_name("log")
    with (
        log.open("w") as stream,
        clone.in_background("sh", "-c", command, stdout=stream, stderr=stream) as process,
    ):
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
    said = log.read_text()
    if code is None:
        return ["start", *re.findall(r"^Running stage '(.*)':$", said, re.MULTILINE)][-1]
    if code:
        raise SystemExit(f"`{command}` failed:\n{said[-3000:]}")
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
