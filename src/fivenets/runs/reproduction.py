"""A registered model made again from its commit, and how far its metrics drift."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.runs import git, lineage, local, tracking

DVC = (sys.executable, "-m", "dvc")  # also where the environment is not activated


@dataclass(frozen=True)
class Drift:
    """One metric, registered and reproduced; `tolerance` is None where none was stated."""

    metric: str
    registered: float
    reproduced: float | None
    tolerance: float | None

    @property
    def is_within(self) -> bool | None:
        """Whether the metric came out as near as was stated; None where nothing was."""
        if self.tolerance is None:
            return None
        return (
            self.reproduced is not None
            and abs(self.reproduced - self.registered) <= self.tolerance + 1e-12
        )


def reproduce(model: str, allow_dirty: bool = False) -> dict[str, Any]:
    """Makes NAME@ALIAS again from its commit in a temporary working tree; JSON values.

    Data come from DVC's cache, this project's downloads or the mirror; training and evaluation
    are run whatever is cached. The store of this project is only read.
    Raises: UserError where the commit is unknown here or not the whole truth, where other data
        than the model's are to be had, or where a stage fails.
    """
    made = lineage.of(model)
    commit, name = _reproducible(model, made, allow_dirty)
    candidate = Candidate(name, "", made["model"])
    started = time.monotonic()
    project, diff = local.project_folder(), made["code"]["diff"] or ""
    with contextlib.chdir(project), git.checked_out(commit, diff) as tree:
        _prepare(tree, project, made)
        for words in stages(tree, candidate):
            _dvc(tree, commit, "repro", *words)
        record = json.loads((tree / candidate.record).read_text())
        if record["tags"]["data_digest"] != made["data"]["digest"]:
            raise UserError(
                f"{model} was made from {made['data']['source']}, digest "
                f"{made['data']['digest'][:12]}; here {record['tags']['data']}, digest "
                f"{record['tags']['data_digest'][:12]}, is available"
            )
        found = tracking.evaluation_numbers(tree / candidate.reports)
        is_same_file = sha256(tree / candidate.file) == made["model_sha256"]
        requirements = [folder / "requirements.txt" for folder in (tree, project)]
        is_same_environment = len({file.read_bytes() for file in requirements if file.exists()}) < 2
    registered = {name: entry["value"] for name, entry in made["metrics"].items()}
    drifts = compared(registered, found, made["tolerances"] or {})
    return {
        "model": made["model"],
        "version": made["version"],
        "commit": commit,
        "seconds": round(time.monotonic() - started, 1),
        "same_model_file": is_same_file,
        "same_requirements": is_same_environment,
        "metrics": [asdict(drift) | {"within": drift.is_within} for drift in drifts],
        "reproduced": all(drift.is_within is not False for drift in drifts),
    }


def compared(
    registered: Mapping[str, float], found: Mapping[str, float], tolerances: Mapping[str, float]
) -> list[Drift]:
    """Every registered metric beside what was found; those with a tolerance come first."""
    drifts = [
        Drift(name, value, found.get(name), tolerances.get(name))
        for name, value in registered.items()
    ]
    return sorted(drifts, key=lambda drift: drift.tolerance is None)


def stages(tree: Path, candidate: Candidate) -> list[list[str]]:
    """What `dvc repro` should be told, in order: first all data, as they are cached, then each
    stage from the one that makes the candidate's model to its evaluation, forced.

    Raises: UserError where the graph in `tree` makes no such model.
    """
    import networkx
    from dvc.repo import Repo

    with Repo(str(tree)) as repo:
        made_by = {
            Path(out.fs_path).relative_to(tree.resolve()).as_posix(): stage
            for stage in repo.index.stages
            for out in stage.outs
        }
        graph = repo.index.graph  # from a stage to those that it depends on
        try:
            training = made_by[candidate.folder.as_posix()]
            evaluation = made_by[candidate.metrics.as_posix()]
        except KeyError:
            raise UserError(
                f"the graph of that commit makes and evaluates no {candidate.name}"
            ) from None
        needed = [*networkx.descendants(graph, evaluation), evaluation]
        again = {training, *networkx.ancestors(graph, training)} & set(needed)
        ordered = list(networkx.topological_sort(graph.subgraph(needed).reverse()))
        names = {
            stage: f"{Path(stage.path).relative_to(tree.resolve()).as_posix()}:{stage.name}"
            for stage in ordered
        }
        data = [names[stage] for stage in ordered if stage not in again]
        forced = [["--force", "--single-item", names[stage]] for stage in ordered if stage in again]
        return [data, *forced] if data else forced


def terminal(result: dict[str, Any]) -> Table:
    """The result as a table that fits 80 columns."""
    table = Table("metric", "registered", "reproduced", "drift", "tolerance", "", box=None)
    words = {True: "within", False: "BEYOND", None: ""}
    for row in result["metrics"]:
        value, tolerance = row["reproduced"], row["tolerance"]
        table.add_row(
            row["metric"],
            f"{row['registered']:.6g}",
            "none" if value is None else f"{value:.6g}",
            "" if value is None else f"{value - row['registered']:+.3g}",
            "not stated" if tolerance is None else f"{tolerance:g}",
            words[row["within"]],
        )
    return table


def _reproducible(model: str, made: dict[str, Any], allow_dirty: bool) -> tuple[str, str]:
    """Commit and candidate of a version that can be made again."""
    code, candidate = made["code"], made["candidate"]
    if code["commit"] in (None, "none") or candidate is None:
        raise UserError(f"{model} does not say which commit made it")
    if code["dirty"] is not False and not allow_dirty:
        kept = "kept; --allow-dirty applies it" if code["diff"] else "not kept"
        raise UserError(
            f"{model} was made from commit {code['commit']} with local changes, whose diff was "
            f"{kept}" + ("" if code["diff"] else "; --allow-dirty goes without")
        )
    return code["commit"], candidate


def _prepare(tree: Path, project: Path, made: dict[str, Any]) -> None:
    """Gives the tree the project's DVC cache and downloads, and dvc.lock as it was."""
    settings = project / ".dvc" / "config.local"
    if settings.exists():
        shutil.copy(settings, tree / ".dvc")
    cache = subprocess.run(
        [*DVC, "cache", "dir"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.strip()
    subprocess.run([*DVC, "cache", "dir", "--quiet", "--local", cache], cwd=tree, check=True)
    lock = tracking.text_artifact(made["run"]["id"], tracking.LOCK_ARTIFACT)
    if lock is not None:
        (tree / "dvc.lock").write_text(lock)
    downloads = project / "data" / "raw"
    if downloads.is_dir():
        (tree / "data").mkdir(exist_ok=True)
        (tree / "data" / "raw").symlink_to(downloads.resolve())


def _dvc(tree: Path, commit: str, *words: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    environment["PYTHONPATH"] = str(tree / "src")
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    mirror = environment.get("FIVENETS_MIRROR", "")
    if mirror and "://" not in mirror:  # a path from here would be another one from there
        environment["FIVENETS_MIRROR"] = str(Path(mirror).resolve())
    # Their words go to standard error: standard output is the result's.
    done = subprocess.run([*DVC, *words], cwd=tree, env=environment, stdout=2, check=False)
    if done.returncode:
        raise UserError(f"`dvc {' '.join(words)}` failed at commit {commit}: see above")
