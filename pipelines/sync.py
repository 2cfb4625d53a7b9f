"""Brings MLflow up to what the pipeline has made: runs, versions and aliases that it has lost."""

import json
import logging
from pathlib import Path

from fivenets.core import stage
from fivenets.runs import publishing

log = logging.getLogger(__name__)


def main() -> None:
    for file in sorted(Path("reports").glob(f"*/{publishing.DECISION_FILE}")):
        decision = json.loads(file.read_text())
        files = [
            path
            for candidate in decision["candidates"]
            for path in publishing.served_files(candidate, decision["task"]).values()
        ]
        # A decision is in git and its models are not: those that `make` leaves out may be missing.
        if missing := [str(path) for path in files if not path.exists()]:
            log.warning("%s is left out: there is no %s", decision["name"], ", ".join(missing))
        else:
            publishing.publish(decision)


if __name__ == "__main__":
    stage.run(main)
