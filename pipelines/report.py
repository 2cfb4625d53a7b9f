"""All models' reports -> the results: a page, a text, a table between two marks in README.md."""

import json
from pathlib import Path

from fivenets.core import files, stage
from fivenets.runs import page, results


def main() -> None:
    rows = results.rows()
    files.write_text(results.REPORTS / "results.json", json.dumps(rows, indent=2) + "\n")
    files.write_text(results.REPORTS / "results.md", results.markdown(rows))
    files.write_text(results.REPORTS / "results.html", page.page(page.cards(rows)))
    readme = Path("README.md")
    files.write_text(readme, results.replaced(readme.read_text(), results.table(rows)))


if __name__ == "__main__":
    stage.run(main)
