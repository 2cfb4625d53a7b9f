"""All models' reports -> the results table, in reports/ and between two marks in README.md."""

import json
from pathlib import Path

from fivenets import params, results, stage


def main() -> None:
    rows = [results.row(entry) for entry in params.load("report")]
    table = results.markdown(rows)
    Path("reports/results.json").write_text(json.dumps(rows, indent=2) + "\n")
    Path("reports/results.md").write_text(table)
    readme = Path("README.md")
    readme.write_text(results.replaced(readme.read_text(), table))


if __name__ == "__main__":
    stage.run(main)
