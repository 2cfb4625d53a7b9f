"""Candidates for one name -> versions in the registry; the best one past the gate is champion."""

import json
from dataclasses import asdict
from pathlib import Path

from fivenets.core import params, stage
from fivenets.registration import Registration
from fivenets.runs import publishing


def main(name: str) -> None:
    decision = publishing.decide(name, **asdict(params.settings(Registration, name, "register")))
    publishing.publish(decision)
    out = Path("reports", name, publishing.DECISION_FILE)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(decision, indent=2) + "\n")


if __name__ == "__main__":
    stage.run(main)
