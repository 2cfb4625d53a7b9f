"""Random kills of the whole graph with tiny settings, and whether anything is lost or doubled.

    python benchmarks/kills.py [KILLS] [SEED]

In a clone of the last commit, the graph up to the registered hand-sign classifiers is killed
(SIGKILL, with all that it started) after random seconds and started again, until it is done; then
all of it is forced to run again. Each time it is done, models, metrics, runs and versions must be
what they were without kills. Prints counts as one JSON object; exit code 1 where any was lost or
doubled.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from ruamel.yaml import YAML

from fivenets.digests import sha256

PROJECT = Path(__file__).parents[1]
EPOCHS = {"signs-assignment": 2, "signs-compact": 3}
NAME = "signs-cnn"
LONGEST = 25  # seconds between kills, at most; the longest stage takes less


def main(kills: str = "30", seed: str = "0") -> None:
    draw = random.Random(int(seed))
    with tempfile.TemporaryDirectory(prefix="fivenets-kills-") as folder:
        clone = make_clone(Path(folder, "clone"))
        run(clone, force=False)
        expected = state(clone)
        done, killed_in, wrong = 0, Counter(), []
        rounds = 0
        while done < int(kills):
            rounds += 1
            force = True
            while True:
                stage = run(clone, force, draw.uniform(1, LONGEST) if done < int(kills) else None)
                if stage is None:
                    break
                done, force = done + 1, False
                killed_in[stage] += 1
                print(f"kill {done}: in {stage}", file=sys.stderr, flush=True)
            found = state(clone)
            wrong += [key for key in expected if found[key] != expected[key]]
            print(f"done again: {'as before' if found == expected else found}", file=sys.stderr)
    print(
        json.dumps(
            {
                "kills": done,
                "killed_in": dict(sorted(killed_in.items())),
                "times_done_again": rounds,
                "lost_or_doubled": dict(Counter(wrong)),
            },
            indent=2,
        )
    )
    raise SystemExit(1 if wrong else 0)


def make_clone(folder: Path) -> Path:
    """A clone with few epochs and a gate that all pass, committed."""
    subprocess.run(["git", "clone", "--quiet", PROJECT, folder], check=True)
    yaml, file = YAML(), folder / "params.yaml"
    settings = yaml.load(file)
    for model, epochs in EPOCHS.items():
        settings[model]["train"]["epochs"] = epochs
    settings[NAME]["register"]["minimum"] = 0
    yaml.dump(settings, file)
    identity = ["-c", "user.name=Kills", "-c", "user.email=kills@example.org"]
    commit = ["commit", "--quiet", "--all", "--message", "Tiny settings"]
    subprocess.run(["git", *identity, *commit], cwd=folder, check=True)
    return folder


def run(clone: Path, force: bool, seconds: float | None = None) -> str | None:
    """Runs the graph and `sync.py`; the stage in which it was killed after `seconds`, if it was."""
    forced = "--force " if force else ""
    command = (
        f"dvc repro {forced}register@{NAME} && echo 'Running sync' && python pipelines/sync.py"
    )
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    environment["PYTHONPATH"] = str(clone / "src")
    log = clone.with_name("log")
    with log.open("w") as stream:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=clone,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill_group(process)
        said = [line for line in log.read_text().splitlines() if line.startswith("Running ")]
        return said[-1].split("'")[1] if said and "'" in said[-1] else (said or ["starting"])[-1]
    if code:
        raise SystemExit(f"`{command}` failed after {seconds} s:\n{log.read_text()[-3000:]}")
    return None


def kill_group(process: subprocess.Popen) -> None:
    """Kills a process and all that it has started; returns when nothing is left of them.

    While the system still lists a killed `dvc`, another takes its lock for a living one's.
    """
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def state(clone: Path) -> dict[str, Any]:
    """What must be the same however often the graph was killed."""
    store = f"sqlite:///{clone}/mlflow.db"
    client = MlflowClient(store, store)
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    versions = client.search_model_versions(f"name = '{NAME}'")
    return {
        "models": {model: sha256(clone / "models" / f"{model}.keras") for model in EPOCHS},
        "metrics": {
            model: json.loads((clone / "reports" / model / "metrics.json").read_text())
            for model in EPOCHS
        },
        "runs": sorted((run.data.tags["model"], run.info.status) for run in runs),
        "points": {
            f"{run.data.tags['model']} {name}": [
                (point.step, point.value)
                for point in client.get_metric_history(run.info.run_id, name)
            ]
            for run in runs
            for name in run.data.metrics
            if not name.startswith("system/") and "seconds" not in name
        },
        "versions": sorted(version.tags["model_sha256"] for version in versions),
        "aliases": sorted(client.get_registered_model(NAME).aliases),
        "logged_models": len(client.search_logged_models([experiment.experiment_id])),
        "leftovers": sorted(path.name for path in (clone / "checkpoints").iterdir()),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
