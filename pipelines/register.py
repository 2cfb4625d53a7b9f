"""Candidates for one name -> versions in the registry; the best one past the gate is champion."""

from dataclasses import asdict

from fivenets.core import candidates, files, params, stage
from fivenets.runs import publishing
from fivenets.runs.decision import decide
from fivenets.schema.registration import Registration


def main(name: str) -> None:
    settings = params.settings(Registration, name, "register")
    decision = decide(name, candidates.of(name), **asdict(settings))
    publishing.publish(decision)
    files.write_text(candidates.DECISIONS / f"{name}.json", decision.in_json())


if __name__ == "__main__":
    stage.run(main)
