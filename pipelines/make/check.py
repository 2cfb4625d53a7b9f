"""Checks all of params.yaml in a second, so that no stage ends in the middle of it later."""

from fivenets.core import stage
from fivenets.schema import rules


def main() -> None:
    rules.check()


if __name__ == "__main__":
    stage.run(main)
