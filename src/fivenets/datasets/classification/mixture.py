"""Several data sets of hands -> one, whose examples stand in thousands of rooms.

To train on: as many examples as asked for, drawn from the sets by their weights. A cut-out hand is
laid over another background each time; a whole photograph is seen again from a little elsewhere.
People whose pictures are in validation or test are in no other split. With them go pictures of
something else, in splits of their own, that a classifier has to be unsure of.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import resize
from fivenets.datasets import storing
from fivenets.datasets.classification import backgrounds, parts, prepared
from fivenets.datasets.classification.backgrounds import Backgrounds
from fivenets.datasets.classification.laying import Cutout, developed, laid_over, seen_again
from fivenets.datasets.classification.parts import Part, Picture
from fivenets.datasets.settings import DataSettings
from fivenets.sources.origin import Origin

SPLITS = ("train", "validation", "test")
OTHERS = 200  # pictures of no class to validate and as many to test with
NOBODY = {"source": "others", "person": "", "background": "own"}
NO_LABEL = -1  # of what belongs to no class
ALONE = 4  # times as many hands are drawn where no others can be had (docs/decisions/0012)
SEEDS = {"train": 21, "validation": 22, "test": 23}

Example = dict[str, Any]


def prepare(
    settings: DataSettings, source: str, out: Path, raw_dir: Path
) -> tuple[list[Origin], list[str], list[str]]:
    """Writes the examples below `out`.

    Returns: where they are from, the data sets that cannot be had, and what is to be said.
    """
    wanted = _read(settings, source, raw_dir)
    found = {name: part for name, part in wanted.items() if part}
    left_out = [name for name in wanted if name not in found]
    _check_names(found)
    _check_people(found, settings, is_all=not left_out)
    found, copies = _apart(found, settings.image_size)
    _check_splits(found)
    photographs = {split: backgrounds.photographs(split, source, raw_dir) for split in SPLITS}
    labels = sorted({picture.label for part in found.values() for picture in part.pictures})
    examples: dict[str, Iterator[Example]] = {}
    for split in SPLITS:
        examples |= _Split(split, found, photographs[split], settings).examples()
    splits = {
        split: ((f"{index:06d}", example) for index, example in enumerate(made))
        for split, made in examples.items()
    }
    storing.store(out, "mixture", _features(settings.image_size, labels), splits)
    origins = [*(part.origin for part in found.values()), backgrounds.origin(photographs.values())]
    notes = [f"{name} cannot be had: left out" for name in left_out]
    notes += [*copies, *(note for part in found.values() for note in part.notes)]
    return origins, left_out, notes


def _read(settings: DataSettings, source: str, raw_dir: Path) -> dict[str, Part | None]:
    """Each data set, None where it cannot be had."""
    names = list(settings.dataset)
    others = {
        name: parts.read(name, settings, source, raw_dir) for name in names if name != parts.DRAWN
    }
    if not any(others.values()):
        settings = replace(settings, drawn=ALONE * settings.drawn)
    return {
        name: others[name] if name in others else parts.read(name, settings, source, raw_dir)
        for name in names
    }


class _Split:
    """The examples of one split, made one by one."""

    def __init__(
        self,
        split: str,
        found: Mapping[str, Part],
        photographs: backgrounds.Photographs,
        settings: DataSettings,
    ):
        self.split, self.settings, self.photographs = split, settings, photographs
        self.rng = np.random.default_rng([settings.split_seed, SEEDS[split]])
        self.backgrounds = Backgrounds(photographs, settings.image_size, SEEDS[split])
        own = {
            name: [_Seen(picture, part) for picture in part.pictures if picture.split == split]
            for name, part in found.items()
        }
        self.seen = {name: seen for name, seen in own.items() if seen}

    def examples(self) -> dict[str, Iterator[Example]]:
        """By the name of what is stored: those of the classes, and those of none."""
        made = {self.split: self._drawn_lots() if self.split == "train" else self._one_by_one()}
        if self.settings.without:
            made[prepared.OTHERS[self.split]] = self._of_no_class()
        return made

    def _drawn_lots(self) -> Iterator[Example]:
        weights = np.array([self.settings.dataset[name] for name in self.seen])
        sets, count = list(self.seen.values()), self.settings.examples
        for index in self.rng.choice(len(sets), count, p=weights / weights.sum()):
            seen = sets[index][self.rng.integers(len(sets[index]))]
            if seen.cutout:
                yield self._laid(seen, self.backgrounds.any(self.rng), "any")
            else:
                again = seen_again(seen.picture.image, self.settings.image_size, self.rng)
                yield seen.example(developed(again, self.rng), "own")

    def _one_by_one(self) -> Iterator[Example]:
        """Whole photographs as they are; cut-outs before walls, and once before a photograph."""
        side = self.settings.image_size
        for seen in itertools.chain(*self.seen.values()):
            if not seen.cutout:
                yield seen.example(resize(seen.picture.image, side), "own")
                continue
            for _ in range(self.settings.views if self.split == "validation" else 1):
                yield self._laid(seen, backgrounds.wall(side, self.rng), "wall")
            yield self._laid(seen, self.backgrounds.photograph(self.rng), "photograph")

    def _of_no_class(self) -> Iterator[Example]:
        cutouts = [one.cutout for seen in self.seen.values() for one in seen if one.cutout]
        # TFDS stores no split without examples.
        train_count = max(1, round(self.settings.without * self.settings.examples))
        for _ in range(train_count if self.split == "train" else OTHERS):
            if self.split == "test":  # whole photographs of others, nothing that is made here
                picture = backgrounds.crop(self.photographs, self.settings.image_size, self.rng)
            else:
                picture = self.backgrounds.without_hand(self.rng, cutouts)
            image = developed(picture, self.rng)
            yield {**NOBODY, "image": image, "label": NO_LABEL}

    def _laid(self, seen: "_Seen", background: np.ndarray, name: str) -> Example:
        assert seen.cutout
        return seen.example(developed(laid_over(seen.cutout, background, self.rng), self.rng), name)


class _Seen:
    """A picture of a set, cut out where it is transparent."""

    def __init__(self, picture: Picture, part: Part):
        self.picture, self._source = picture, part.origin.asset
        is_cut = picture.image.shape[2] == 4
        self.cutout = Cutout.of(picture.image, part.goes_on) if is_cut else None

    def example(self, image_rgb_uint8: np.ndarray, background: str) -> Example:
        return {
            "image": image_rgb_uint8,
            "label": self.picture.label,
            "source": self._source,
            "person": self.picture.person,
            "background": background,
        }


def _check_names(found: Mapping[str, Part]) -> None:
    """Refuses a folder whose pictures could not be told from others by its name."""
    for name, part in found.items():
        others = [other for other in found.values() if other is not part]
        taken = {picture.person for other in others for picture in other.pictures}
        taken |= {other.origin.asset for other in others}
        if part.listed and part.origin.asset in taken:
            raise UserError(
                f"dataset: {name} should have another name: {part.origin.asset} is already that of "
                "a set or a person"
            )


def _check_people(found: Mapping[str, Part], settings: DataSettings, is_all: bool) -> None:
    if not found:
        raise UserError(f"none of {', '.join(settings.dataset)} can be had")
    told_apart = [part for part in found.values() if part.has_people]
    people = {picture.person for part in told_apart for picture in part.pictures}
    for key in ("validation_people", "test_people"):
        unknown = sorted(set(getattr(settings, key)) - people)
        if unknown and is_all:  # a set that cannot be had takes its people with it
            known = ", ".join(sorted(people)) or "nobody, as no set tells people apart"
            raise UserError(f"{key}: {', '.join(unknown)} should be among {known}")


def _check_splits(found: Mapping[str, Part]) -> None:
    for split in SPLITS:
        if not any(picture.split == split for part in found.values() for picture in part.pictures):
            raise UserError(
                f"{', '.join(found)}: no picture is for {split}; name people of theirs in "
                "validation_people and test_people, and leave some to train on"
            )


def _apart(found: Mapping[str, Part], side: int) -> tuple[dict[str, Part], list[str]]:
    """The parts, folders of a user's own without pictures that a later split has too; and what is
    said of that. Published sets stay as they are.
    """
    later: dict[str, set[str]] = {split: set() for split in SPLITS}
    digests = {name: [_digest(one, side) for one in part.pictures] for name, part in found.items()}
    for name, part in found.items():
        for picture, digest in zip(part.pictures, digests[name], strict=True):
            for split in SPLITS[: SPLITS.index(picture.split)]:
                later[split].add(digest)
    kept, notes = {}, []
    for name, part in found.items():
        if part.listed is None:
            kept[name] = part
            continue
        pairs = zip(part.pictures, digests[name], strict=True)
        pictures = [one for one, digest in pairs if digest not in later[one.split]]
        kept[name] = replace(part, pictures=pictures)
        if copies := len(part.pictures) - len(pictures):
            notes.append(f"{copies} pictures of {name} are in validation or test too: left out")
    return kept, notes


def _digest(picture: Picture, side: int) -> str:
    image = parts.shrunk(picture.image, side)  # as those to train on are
    return sha256(image.tobytes() + str(image.shape).encode())


def _features(side: int, labels: list[str]) -> dict[str, Any]:
    return {
        "image": tfds.features.Image(shape=(side, side, 3), encoding_format="png"),
        "label": tfds.features.ClassLabel(names=labels),
        "source": tfds.features.Text(),
        "person": tfds.features.Text(),
        "background": tfds.features.Text(),  # own | wall | photograph | any
    }
