"""Several data sets of hands -> one, whose examples stand in thousands of rooms.

To train on: as many examples as asked for, drawn from the sets by their weights. A cut-out hand is
laid over another background each time; a whole photograph is seen again from a little elsewhere.
People whose pictures are in validation or test are in no other split. With them go pictures of
something else, in splits of their own, that a classifier has to be unsure of.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.core.images import resize
from fivenets.datasets.classification import backgrounds, parts
from fivenets.datasets.classification.backgrounds import Backgrounds
from fivenets.datasets.classification.laying import Cutout, developed, laid_over, seen_again
from fivenets.datasets.classification.parts import Part, Picture
from fivenets.datasets.settings import DataSettings
from fivenets.sources.origin import Origin

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
OTHERS = {"train": 0, "validation": 200, "test": 200}  # pictures without a hand; see `without`
NO_LABEL = -1  # of what belongs to no class
SEEDS = {"train": 21, "validation": 22, "test": 23}

Example = dict[str, Any]


def prepare(
    settings: DataSettings, source: str, out: Path, raw_dir: Path
) -> tuple[list[Origin], list[str], list[str]]:
    """Writes the examples below `out`.

    Returns: where they are from, the data sets that cannot be had, and what is to be said.
    """
    assert isinstance(settings.dataset, dict)
    wanted = [parts.read(name, settings, source, raw_dir) for name in settings.dataset]
    found = [part for part in wanted if part]
    left_out = [name for name, part in zip(settings.dataset, wanted, strict=True) if not part]
    _check(found, settings)
    labels = sorted({picture.label for part in found for picture in part.pictures})
    weights = [settings.dataset[name] for name, part in zip(settings.dataset, wanted, strict=True) if part]
    photographs = {split: backgrounds.photographs(split, source, raw_dir) for split in SPLITS}
    examples = {
        name: made
        for split in SPLITS
        for name, made in _split(split, found, weights, photographs[split], settings).items()
    }
    tfds.dataset_builders.store_as_tfds_dataset(
        name="mixture",
        version="1.0.0",
        features=_features(settings.image_size, labels),
        split_datasets={
            split: ((f"{index:06d}", example) for index, example in enumerate(made))
            for split, made in examples.items()
        },
        data_dir=out,
    )
    origins = {
        origin.asset: origin
        for group in ([part.origin for part in found], *(p.origins for p in photographs.values()))
        for origin in group
    }
    notes = [f"{name} cannot be had: left out" for name in left_out]
    return list(origins.values()), left_out, [*notes, *(n for part in found for n in part.notes)]


def _check(found: list[Part], settings: DataSettings) -> None:
    if not found:
        raise UserError(f"none of {', '.join(settings.dataset)} can be had")
    people = {picture.person for part in found for picture in part.pictures}
    for key in ("validation_people", "test_people"):
        unknown = [name for name in getattr(settings, key) if name not in people]
        # A set that cannot be had takes its people with it.
        if unknown and len(found) == len(settings.dataset):
            raise UserError(
                f"{key}: {', '.join(unknown)} should be one of {', '.join(sorted(people))}"
            )


def _split(
    split: str,
    found: list[Part],
    weights: list[float],
    photographs: backgrounds.Photographs,
    settings: DataSettings,
) -> dict[str, Iterator[Example]]:
    rng = np.random.default_rng([settings.split_seed, SEEDS[split]])
    behind = Backgrounds(photographs, settings.image_size, SEEDS[split])
    mine = [[picture for picture in part.pictures if picture.split == split] for part in found]
    chosen = [(part, own, weight) for part, own, weight in zip(found, mine, weights, strict=True) if own]
    cutouts = {
        id(picture): Cutout.of(picture.image, part.goes_on)
        for part, own, _ in chosen
        for picture in own
        if picture.image.shape[2] == 4
    }

    def shown(part: Part, picture: Picture) -> Example:
        if cutout := cutouts.get(id(picture)):
            image = laid_over(cutout, behind.any(rng), rng)
        elif split == "train":
            image = seen_again(picture.image, settings.image_size, rng)
        else:
            return _example(resize(picture.image, settings.image_size), picture, part)
        return _example(developed(image, rng), picture, part)

    def hands() -> Iterator[Example]:
        if split != "train":
            for part, own, _ in chosen:
                for picture in own:
                    is_cut = split == "validation" and id(picture) in cutouts
                    for _ in range(settings.views if is_cut else 1):
                        yield shown(part, picture)
            return
        shares = np.array([weight for *_, weight in chosen])
        for index in rng.choice(len(chosen), settings.examples, p=shares / shares.sum()):
            part, own, _ = chosen[index]
            yield shown(part, own[rng.integers(len(own))])

    def others() -> Iterator[Example]:
        count = OTHERS[split] or round(settings.without * settings.examples)
        for _ in range(count):
            picture = (
                behind.without_hand(rng, list(cutouts.values()))
                if split != "test" else backgrounds.crop(photographs, settings.image_size, rng)
            )
            yield {"image": developed(picture, rng), "label": NO_LABEL, "source": "others", "person": ""}

    made = {split: hands()}
    if settings.without:
        made[f"others_{split}"] = others()
    return made


def _example(image: np.ndarray, picture: Picture, part: Part) -> Example:
    return {
        "image": image,
        "label": picture.label,
        "source": part.name,
        "person": picture.person,
    }


def _features(side: int, labels: list[str]) -> tfds.features.FeaturesDict:
    return tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(side, side, 3), encoding_format="png"),
            "label": tfds.features.ClassLabel(names=labels),
            "source": tfds.features.Text(),
            "person": tfds.features.Text(),
        }
    )
