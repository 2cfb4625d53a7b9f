"""Makes again what was made from data that have changed since, which DVC cannot see.

What is built in gives way to a mirror or host that answers; a folder or file that params.yaml names
may have changed. What was never made is left alone.
"""

import json
import subprocess
from pathlib import Path

from fivenets import tasks
from fivenets.core import candidates, files, listing, params, stage
from fivenets.core.candidates import Candidate
from fivenets.datasets.classification.preparation import is_stale
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import answers
from fivenets.sources.origin import Kind, Origin, all_of


def main() -> None:
    source = params.load("data", "source")
    for section, task in params.load("prepared").items():
        out, listed = Path("data", section), tasks.find(task).listed
        if not out.exists() or listed is None:
            continue
        if is_stale(params.load(section, "dataset"), out, source, listed):
            print(f"{section}: its source has changed since it was prepared; preparing it again")
            repeat(f"prepare@{section}")
    for candidate in map(candidates.find, params.load("converted")):
        if not candidate.record.exists() or not candidate.file.exists():
            continue
        stage_name = f"convert@{candidate.name}"
        better = tasks.find(candidate.task).better
        if changed := changed_files(candidate):
            print(
                f"{candidate.name}: {', '.join(changed)} changed since it was made; making it again"
            )
            repeat(stage_name)
        elif (
            source != "builtin"
            and is_built_in(candidate)
            and all(answers(ASSETS[asset]) for asset in better)
        ):
            print(f"{candidate.name}: real data are available now; making it again")
            repeat(stage_name)


def changed_files(candidate: Candidate) -> list[str]:
    """The user's own files that a model was made from and that have changed since."""
    own = {origin.file: origin.digest for origin in _origins(candidate) if origin.file}
    found = {file: listing.digest(files.expanded(file)) for file in own}
    return [file for file, digest in own.items() if found[file] not in (digest, None)]


def is_built_in(candidate: Candidate) -> bool:
    """Whether a model was made of what is built in, for lack of anything better."""
    kinds = {origin.kind for origin in _origins(candidate)}
    is_chosen = params.load(candidate.name, "convert").get("source") == "builtin"
    return bool(kinds & {Kind.BUILTIN, Kind.UNTRAINED}) and not is_chosen


def _origins(candidate: Candidate) -> list[Origin]:
    return all_of(json.loads(candidate.record.read_text()).get("sources"))


def repeat(stage_name: str) -> None:
    again = ["dvc", "repro", "--force", "--single-item", stage_name]
    if status := subprocess.run(again, check=False).returncode:
        raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
