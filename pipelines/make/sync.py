"""Brings MLflow up to what the pipeline has made: runs, versions and aliases that it has lost."""

import logging

from fivenets.core import candidates, stage
from fivenets.runs import publishing
from fivenets.runs.decision import Decision

log = logging.getLogger(__name__)


def main() -> None:
    for file in sorted(candidates.DECISIONS.glob("*.json")):
        decision = Decision.read(file.stem)
        served = [
            path
            for candidate in decision.compared()
            for path in publishing.served_files(candidate).values()
        ]
        # A decision is in git and its models are not: those that `make` leaves out may be missing.
        if missing := [str(path) for path in served if not path.exists()]:
            log.warning("%s is left out: there is no %s", decision.name, ", ".join(missing))
        else:
            publishing.publish(decision)


if __name__ == "__main__":
    stage.run(main)
