"""Brings MLflow up to what the pipeline has made: runs, versions and aliases that it has lost."""

import json
from pathlib import Path

from fivenets import publishing, stage


def main() -> None:
    for decision in sorted(Path("reports").glob(f"*/{publishing.DECISION_FILE}")):
        publishing.publish(json.loads(decision.read_text()))


if __name__ == "__main__":
    stage.run(main)
