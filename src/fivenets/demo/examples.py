"""Pictures to choose from, each with what it shows of the model: what it can do, and what not."""

from dataclasses import dataclass
from pathlib import Path

DRAWN = Path(__file__).parents[1] / "runs" / "pyfunc"  # those that registered models carry
# Of anything that is none of what a model knows; in the package scikit-learn.
FLOWER, PAGODA = "sklearn_photographs/flower.jpg", "sklearn_photographs/china.jpg"


@dataclass(frozen=True)
class Examples:
    """Patterns of files below data/raw, each with a caption, and a drawn picture of the package.

    `credit` is owed to those that were fetched. Those that were not are left out.
    """

    fetched: dict[str, str]
    drawn: str
    credit: str = ""

    def pictures(self, raw: Path = Path("data", "raw")) -> list[tuple[Path, str]]:
        """The first file of each pattern, and the drawing; with their captions."""
        found = [
            (files[0], caption)
            for pattern, caption in self.fetched.items()
            if (files := sorted(raw.glob(pattern)))
        ]
        return [*found, (DRAWN / self.drawn, "a drawing")]
