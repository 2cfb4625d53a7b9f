"""The thresholds of a face model: what they are, whom they were set on, and where they are kept."""

import json
import math
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.faces.thresholds import GalleryThresholds

# What JSON may hold for a field.
NUMBERS: dict[Any, Any] = {float: float | int, int: int, float | None: float | int | None}


@dataclass(frozen=True)
class Calibration:
    """A threshold, and where it is from."""

    threshold: float  # Euclidean distance between embeddings
    threshold_sd: float  # over the folds
    target_far: float  # the part of pairs of two people to be accepted, 0..1
    data: str  # the data set, with its origin
    data_digest: str
    protocol: str
    model_sha256: str
    people: int = 0  # who set it
    # What it does to people who had no part in it; None where that was not measured.
    scored_by: int = 0  # so many others; 0: cross-validated, each scored by a threshold of others
    far: float | None = None
    far_low: float | None = None  # 95%, over people
    far_high: float | None = None
    tar: float | None = None
    # Of galleries: pairs of entries and threshold, see `thresholds`; and strangers who are named,
    # in the largest that were tried, and by entries (older files do not have these).
    galleries: list[tuple[int, float]] = field(default_factory=list)
    target_false_identification: float = 0.02
    false_identification: float | None = None
    strangers_named: list[tuple[int, float]] = field(default_factory=list)
    cropped: bool = False  # whether pictures were taken whole
    pairs_threshold: float | None = None  # log-odds of two people, of the classifier of pairs

    def of_gallery(self, entries: int) -> float:
        """The threshold for a gallery of so many pictures."""
        if not self.galleries:  # of an older version, for pairs alone
            return self.threshold
        return GalleryThresholds.read(self.galleries).of(entries)

    def of_gallery_in_words(self, entries: int) -> str:
        """What that threshold promises of strangers, and how far it was measured."""
        if not self.galleries:
            return "the threshold is for one pair and not for a gallery: calibrate it again"
        size = "one picture" if entries == 1 else f"{entries:,} pictures"
        promised = (
            f"the threshold for a gallery of {size} is to name at most "
            f"{100 * self.target_false_identification:g}% of strangers"
        )
        # None of fewer may be as many of others, with 95% confidence.
        if (1 - self.target_false_identification) ** self.people > 0.05:
            promised += f", but is set on {self.people:,} people only, too few to promise it"
        largest = max(tried for tried, _ in [*self.galleries, *self.strangers_named])
        if entries > largest:
            return f"{promised}; galleries of more than {largest:,} were not measured"
        tried, rate = self.named_in(entries)
        if tried:
            return f"{promised}; measured on others, in galleries of {tried:,}: {rate:.1%}"
        if self.false_identification is None:
            return promised
        rate = f"{self.false_identification:.1%}"
        return f"{promised}; measured on others, in galleries as large as they allowed: {rate}"

    def named_in(self, entries: int) -> tuple[int | None, float | None]:
        """The size nearest to a gallery's of those that strangers were tried on, and the part of
        them who were named; None for what was not measured, as beyond the largest."""
        tried = self.strangers_named
        if not tried or entries > max(size for size, _ in [*self.galleries, *tried]):
            return None, None
        return min(tried, key=lambda one: abs(math.log(one[0] / max(entries, 1))))

    def misfit(self, is_cropped: bool) -> str:
        """Why it says nothing of pictures that are cropped, or are not; empty where it does."""
        if self.cropped == is_cropped:
            return ""
        kinds = ("faces that were found", "pictures taken whole")
        set_on, asked = kinds[self.cropped], kinds[is_cropped]
        return f"the threshold was set on {set_on} and says nothing of {asked}: calibrate again"

    @property
    def in_words(self) -> str:
        """What it was set to do, on whom, and what it then did to others."""
        if not self.people:  # of an older version, where the network's author had set it
            return f"set on {self.data}"
        asked = f"set on {self.people:,} people of {self.data} for FAR {self.target_far:g}"
        if self.far is None:
            return f"{asked}, not measured on others"
        interval = f" [{self.far_low:.2g}, {self.far_high:.2g}]" if self.far_high else ""
        others = f"{self.scored_by:,} others" if self.scored_by else "people left out"
        return f"{asked}; measured on {others}: {self.far:.2g}{interval}"

    @classmethod
    def read(cls, file: Path) -> "Calibration":
        try:
            made = cls(**json.loads(file.read_text(), parse_constant=_refused))
            for one in fields(cls):
                value = getattr(made, one.name)
                if one.type in NUMBERS and not isinstance(value, NUMBERS[one.type]):
                    raise ValueError(f"{one.name} should be a number, it is {value!r}")
            if not all(size >= 1 and 0 <= rate <= 1 for size, rate in made.strangers_named):
                raise ValueError("strangers_named should be pairs of entries and a rate")
            return made
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{file} is not a calibration of this program: {error}") from None

    def write(self, file: Path) -> None:
        files.write_text(file, json.dumps(asdict(self), indent=2) + "\n")


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number")


def calibration_of(model_file: Path, own_folder: Path | None = None) -> Calibration:
    """The threshold of a model: the user's own in `own_folder`, else the one beside the file.

    Raises: UserError where there is none, or it was measured with another model.
    """
    digest = sha256(model_file)
    own = own_calibration_file(own_folder, digest) if own_folder else None
    beside = calibration_file(model_file)
    file = own if own and own.exists() else beside
    if not file.exists():
        raise UserError(
            f"{model_file.name} has no threshold: expected {beside.name} beside it; "
            "`fivenets faces calibrate DIR --far 0.001` makes one"
        )
    calibration = Calibration.read(file)
    if calibration.model_sha256 != digest:
        raise UserError(f"{file} is of another model than {model_file}: calibrate it again")
    if file == own and beside.exists():  # which alone was set for the classifier of pairs
        calibration = replace(calibration, pairs_threshold=Calibration.read(beside).pairs_threshold)
    return calibration


def calibration_file(model_file: Path) -> Path:
    """Where a model's own threshold is: beside a registered one, else where the graph leaves it."""
    name = f"{model_file.stem}.calibration.json"
    beside, (*_, registered, candidate, _) = model_file.with_name(name), ("", "", *model_file.parts)
    in_reports = Path(*model_file.parts[:-4], "reports", registered, candidate, "tables", name)
    return in_reports if in_reports.exists() and not beside.exists() else beside


def own_calibration_file(own_folder: Path, model_sha256: str) -> Path:
    """Where a user's threshold for a model stands."""
    return own_folder / f"{model_sha256[:16]}.json"
