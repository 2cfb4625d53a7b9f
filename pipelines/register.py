"""Candidates for one name -> versions in the registry; the best one past the gate is champion."""

import json
from dataclasses import asdict

from fivenets.core import candidates, files, params, stage
from fivenets.runs import publishing
from fivenets.schema.registration import Registration


def main(name: str) -> None:
    settings = params.settings(Registration, name, "register")
    decision = publishing.decide(name, candidates.of(name), **asdict(settings))
    publishing.publish(decision)
    file = candidates.DECISIONS / f"{name}.json"
    files.write_text(file, json.dumps(decision, indent=2) + "\n")


if __name__ == "__main__":
    stage.run(main)
