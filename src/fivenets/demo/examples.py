"""Pictures to choose from: drawn ones of the package, and of what was fetched here the first."""

from dataclasses import dataclass
from pathlib import Path

DRAWN = Path(__file__).parents[1] / "runs" / "pyfunc"  # those that registered models carry
MOST = 6  # in one tab


@dataclass(frozen=True)
class Examples:
    """A drawn picture, and where fetched ones lie below data/raw; `credit` is owed to these."""

    drawn: str
    fetched: str
    more: str = ""
    credit: str = ""

    def pictures(self, raw: Path = Path("data", "raw")) -> list[Path]:
        """Files, fetched ones first as they are photographs, evenly from all there are."""
        patterns = (pattern for pattern in (self.fetched, self.more) if pattern)
        found = [file for pattern in patterns for file in sorted(raw.glob(pattern))]
        step = max(1, len(found) // MOST)
        return [*found[::step][:MOST], DRAWN / self.drawn]
