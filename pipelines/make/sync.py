"""Brings MLflow up to what the pipeline has made: runs, versions and aliases that it has lost.

A decision is in git and its models are not. Of those that `make` makes, missing ones are named; of
others, as of `make cats`, nothing is said.
"""

import logging

from fivenets.core import candidates, params, stage
from fivenets.runs import publishing
from fivenets.runs.decision import Decision

log = logging.getLogger(__name__)


def main() -> None:
    of_graph = params.load("registered") if params.PARAMS_FILE.exists() else ()
    for file in sorted(candidates.DECISIONS.glob("*.json")):
        decision = Decision.read(file.stem)
        served = [
            path
            for candidate in decision.compared()
            for path in publishing.served_files(candidate).values()
        ]
        missing = [str(path) for path in served if not path.exists()]
        if not missing:
            publishing.publish(decision)
        elif decision.name in of_graph:
            log.warning("%s is left out: there is no %s", decision.name, ", ".join(missing))


if __name__ == "__main__":
    stage.run(main)
