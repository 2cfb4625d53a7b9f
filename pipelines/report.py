"""All models' reports -> the results: a page, a text, a table between two marks in README.md."""

import json
from pathlib import Path

from fivenets import registration
from fivenets.core import files, params, stage
from fivenets.runs import results


def main() -> None:
    asked = registration.rows(params.load("report"), f"{params.PARAMS_FILE}: report")
    rows = [results.row(row.entry()) for row in asked]
    (results.REPORTS / "results.json").write_text(json.dumps(rows, indent=2) + "\n")
    (results.REPORTS / "results.md").write_text(results.markdown(rows))
    (results.REPORTS / "results.html").write_text(results.page(rows))
    readme = Path("README.md")
    files.write_text(readme, results.replaced(readme.read_text(), results.table(rows)))


if __name__ == "__main__":
    stage.run(main)
