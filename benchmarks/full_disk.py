"""A disk that is full in the middle of every stage of the tiny graph, and what is left of it then.

    python benchmarks/full_disk.py [STAGE...]

A clone of the last commit, with its temporary files, lies on a small disk in memory (a tmpfs, in a
name space of its own: Linux only). Each stage, or each that is named after what it reads, is begun
with room for nothing, then for a tenth, a half and nine tenths of what it writes; then with room
enough. At the end, outputs, runs and versions must be what they are where the disk was never full.
Prints what each stage said, and counts as one JSON object; exit code 1 where something was lost or
doubled, or where a stage said nothing but a traceback.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "smoke"))

from tiny import CANDIDATES, Clone, start_over, state, tiny_clone

DISK = 6 << 30  # bytes, more than the tiny graph takes
SHARES = (0.0, 0.1, 0.5, 0.9)  # of what a stage writes, for which there is room
WITHIN = "FIVENETS_FULL_DISK"  # set where the small disk is mounted


def main(*stages: str) -> None:
    folder = os.environ.get(WITHIN)
    if folder is None:  # once more, where a disk can be mounted that nobody else sees
        with tempfile.TemporaryDirectory(prefix="fivenets-full-") as folder:
            mount = f'mount -t tmpfs -o size={DISK} tmpfs "${WITHIN}" && exec "$@"'
            words = [sys.executable, __file__, *stages]
            command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh", *words]
            raise SystemExit(
                subprocess.run(command, env=os.environ | {WITHIN: folder}, check=False).returncode
            )
    temporary = Path(folder, "tmp")
    temporary.mkdir()
    clone = tiny_clone(Path(folder, "clone"), CANDIDATES)
    clone = replace(clone, environment=clone.environment | {"TMPDIR": str(temporary)})
    every = (
        stages or clone.run("dvc", "stage", "list", "--name-only").split()
    )  # in dvc.yaml's order
    writes, counts = {}, Counter[str]()
    for stage in every:
        before = free(folder)
        code, said = run(clone, stage)
        if code:
            raise SystemExit(f"{stage} fails where there is room:\n{said[-3000:]}")
        writes[stage] = max(before - free(folder), 0)
    expected = state(clone)
    start_over(clone)
    for stage in every:
        for share in SHARES:
            ballast(Path(folder, "ballast"), free(folder) - int(share * writes[stage]))
            code, said = run(clone, stage)
            Path(folder, "ballast").unlink()
            outcome = "done" if not code else "traceback" if "Traceback" in said else "sentence"
            counts[outcome] += 1
            last = " | ".join(said.strip().splitlines()[-3:])[-300:]
            print(f"{stage} {share}: {outcome}: {last}", file=sys.stderr, flush=True)
        code, said = run(clone, stage)
        if code:
            raise SystemExit(f"{stage} does not recover:\n{said[-3000:]}")
    found = state(clone)
    differs = [key for key in expected if found.get(key) != expected[key]]
    print(json.dumps({"stages": len(every), **counts, "lost_or_doubled": differs}, indent=2))
    raise SystemExit(1 if differs or counts["traceback"] else 0)


def run(clone: Clone, stage: str) -> tuple[int, str]:
    """Mends and makes one stage; exit code, and what was printed."""
    command = f"python pipelines/make/mend.py && dvc repro --single-item {stage}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=clone.folder,
        env=clone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def free(folder: str) -> int:
    return shutil.disk_usage(folder).free


def ballast(file: Path, size: int) -> None:
    with file.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(size, 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
