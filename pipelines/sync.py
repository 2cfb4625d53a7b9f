"""Brings MLflow up to what the pipeline has made: runs, versions and aliases that it has lost."""

import json
from pathlib import Path

from fivenets import publishing, stage


def main() -> None:
    for file in sorted(Path("reports").glob(f"*/{publishing.DECISION_FILE}")):
        decision = json.loads(file.read_text())
        if all(Path("models", f"{name}.keras").exists() for name in decision["candidates"]):
            publishing.publish(decision)


if __name__ == "__main__":
    stage.run(main)
