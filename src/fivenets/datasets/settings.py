"""Which data a model is made of, as params.yaml says it."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fivenets.core.images import MIN_SIDE
from fivenets.core.params import Count, Fraction, Misfit, Seed, Text, checked

HANDS = ("signs", "massey_digits", "drawn")  # that a mixture can name, beside folders
HEAVIEST = 1_000_000  # of a data set among others
LARGEST_SIDE = 4096  # pixels; a batch of more fits into no memory
MaskValue = Annotated[int, Field(ge=0, le=255)]
Part = Annotated[float, Field(gt=0, lt=1)]
# As TFDS writes one: train, train[:90%], train+validation, train[10:20]+test.
_BOUND = r"(-?\d+(\.\d+)?%|-?\d+(shard)?)?"
_SPLIT = re.compile(rf"[\w-]+(\[{_BOUND}:{_BOUND}\]|\[-?\d+shard\])?")


def _is_split(text: str) -> str:
    if not all(_SPLIT.fullmatch(part.strip()) for part in text.split("+")):
        raise Misfit("", "a split such as train, train+validation or train[:90%]", text)
    too_far = [number for number in re.findall(r"([\d.]+)%", text) if float(number) > 100]
    if too_far:
        raise Misfit("", "a split within 0..100%", text)
    return text


Split = Annotated[Text, AfterValidator(_is_split)]


def _weighted(value: Any) -> str | dict[str, float]:
    """One name as it is; several, with a weight each or in a list, as weights by name."""
    if isinstance(value, str) and value:
        return value
    is_list = isinstance(value, list) and all(isinstance(name, str) for name in value)
    weights = dict.fromkeys(value, 1.0) if is_list else value
    if not isinstance(weights, Mapping) or not 0 < len(value) == len(weights):
        raise Misfit("", "a data set, a list of different ones, or a weight for each", value)
    for name, weight in weights.items():
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not isinstance(name, str) or not name:
            raise Misfit("", "names of data sets with a weight for each", value)
        if not is_number or not 0 < weight <= HEAVIEST:
            raise Misfit(name, f"a weight above 0 and at most {HEAVIEST:,}", weight)
    return {name: float(weight) for name, weight in weights.items()}


# One data set, or the weight of each of several.
DataSets = Annotated[Any, BeforeValidator(_weighted)]


@checked
class Source:
    """Where data may come from; see `fivenets.sources.fetching`."""

    source: Literal["auto", "real", "builtin"]


@checked
class DataSettings:
    """Which pictures to classify, and how they are cut into splits."""

    dataset: DataSets
    image_size: Annotated[int, Field(ge=MIN_SIDE, le=LARGEST_SIDE)]
    validation_fraction: Part
    test_fraction: Part
    split_seed: Seed
    # Of several data sets (`datasets.classification.mixture`):
    examples: Count = 12_000  # to train on
    drawn: Count = 300  # cut-outs of each sign to train on, of what is drawn
    views: Count = 4  # of each picture to validate with
    without: Fraction = 0.3  # of the examples again: pictures of something else
    subject: Text = "picture"  # what the labels are of
    validation_people: list[Text] = field(default_factory=list)
    test_people: list[Text] = field(default_factory=list)

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise Misfit(
                "validation_fraction",
                f"below 1 together with test_fraction, which is {self.test_fraction:g}",
                self.validation_fraction,
            )
        if both := set(self.validation_people) & set(self.test_people):
            raise Misfit("test_people", "others than validation_people", sorted(both))
        return self

    def split_of(self, person: str) -> str:
        """The split that a person's pictures are in, of sets that tell people apart."""
        if person in self.test_people:
            return "test"
        return "validation" if person in self.validation_people else "train"


@checked
class _Splits:
    """Which parts of a data set are trained and scored on."""

    dataset: Text
    train: Split
    test: Split

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.train == self.test:
            names = " + ".join([self.dataset] if isinstance(self.dataset, str) else self.dataset)
            raise Misfit("test", f"another split of {names} than train", self.test)
        return self


@checked
class ObjectSettings(_Splits):
    """Which pictures with boxes, and what is trained and scored on."""

    dataset: DataSets  # a weight: how often each picture to train on is shown in an epoch

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each data set; 1 where there is but one."""
        return {self.dataset: 1.0} if isinstance(self.dataset, str) else self.dataset


@checked
class MaskSettings(_Splits):
    """Which pictures with a class for every pixel, and what is trained and scored on."""

    # The name of each value in a mask, of which others are of no class; by default the data's own.
    classes: Annotated[dict[MaskValue, Text], Field(min_length=2)] | None = None

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        if self.classes and len(set(self.classes.values())) < len(self.classes):
            raise Misfit("classes", "different names", self.classes)
        return self


@checked
class PlaceSettings(_Splits):
    """Which pictures of at most one object, with its box or its points."""


@checked
class FaceSettings:
    """Which faces, and how many people are kept from training."""

    dataset: Text
    align: bool
    test_people: Annotated[int, Field(ge=0)]
    split_seed: Seed
    most_people: Annotated[int, Field(ge=0)] = 0  # of each part, to save time; 0: all

    @model_validator(mode="after")
    def _are_people_to_compare(self) -> Self:
        if self.test_people == 1:
            raise Misfit("test_people", "0 (all) or at least 2", self.test_people)
        return self


@checked
class TrainedFaces(FaceSettings):
    """A set that is trained on: it cannot all be kept from training."""

    test_people: Annotated[int, Field(ge=2)]


OF_TASK: dict[str, type] = {
    "classification": DataSettings,
    "detection": ObjectSettings,
    "faces": FaceSettings,
    "localisation": PlaceSettings,
    "segmentation": MaskSettings,
}
