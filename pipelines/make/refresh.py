"""Makes again what a better source is at hand for by now, which DVC cannot see.

What is built in gives way to a mirror or host that answers; a user's folder may have changed. What
was never made is left alone.
"""

import json
import subprocess
from pathlib import Path

from fivenets import tasks
from fivenets.core import candidates, params, stage
from fivenets.core.candidates import Candidate
from fivenets.core.digests import tree_sha256
from fivenets.datasets.classification.preparation import is_stale
from fivenets.datasets.objects import voc
from fivenets.sources import assets
from fivenets.sources.catalogue import ASSETS


def main() -> None:
    source = params.load("data", "source")
    for section, task in params.load("prepared").items():
        out, dataset = Path("data", section), params.load(section, "dataset")
        digest = voc.digest if task == "detection" else tree_sha256
        if out.exists() and is_stale(dataset, out, source, digest):
            print(f"{section}: its source has changed since it was prepared; preparing it again")
            repeat(f"prepare@{section}")
    for name in params.load("converted") if source != "builtin" else ():
        candidate = candidates.find(name)
        if is_built_in(candidate) and all(
            assets.answers(ASSETS[asset]) for asset in tasks.find(candidate.task).better
        ):
            print(f"{name}: better than what is built in can be had by now; making it again")
            repeat(f"convert@{name}")


def is_built_in(candidate: Candidate) -> bool:
    """Whether a model was made of what is built in, for lack of anything better."""
    if not candidate.record.exists() or not candidate.file.exists():
        return False
    origins = json.loads(candidate.record.read_text())["tags"]["data"].rpartition("(")[2]
    is_chosen = params.load(candidate.name, "convert").get("source") == "builtin"
    return "builtin" in origins and not is_chosen


def repeat(stage_name: str) -> None:
    again = ["dvc", "repro", "--force", "--single-item", stage_name]
    if status := subprocess.run(again, check=False).returncode:
        raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
