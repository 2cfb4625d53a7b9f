"""Which data a model is made of, as params.yaml says it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fivenets.core.images import MIN_SIDE
from fivenets.core.params import Misfit, Positive, Seed, Text, checked

LARGEST_SIDE = 4096  # pixels; a batch of more fits into no memory
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


def _weighted(value: Any) -> Any:
    """A list of data sets as a mapping to equal weights; others as they are."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        twice = [name for name in value if value.count(name) > 1]
        if twice:
            raise Misfit("", "different data sets", list(value))
        return dict.fromkeys(value, 1.0)
    return value


# One data set, or several with a weight each, which a list leaves equal.
DataSets = Annotated[
    Text | Annotated[dict[Text, Positive], Field(min_length=1)], BeforeValidator(_weighted)
]


@checked
class Source:
    """Where data may come from; see `fivenets.sources.fetching`."""

    source: Literal["auto", "real", "builtin"]


@checked
class DataSettings:
    """Which pictures to classify, and how they are cut into splits."""

    dataset: Text
    image_size: Annotated[int, Field(ge=MIN_SIDE, le=LARGEST_SIDE)]
    validation_fraction: Part
    test_fraction: Part
    split_seed: Seed

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise Misfit(
                "validation_fraction",
                f"below 1 together with test_fraction, which is {self.test_fraction:g}",
                self.validation_fraction,
            )
        return self


@checked
class ObjectSettings:
    """Which pictures with boxes, and what is trained and scored on."""

    dataset: DataSets  # a weight: how often each picture to train on is shown in an epoch
    train: Split
    test: Split

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.train == self.test:
            names = " + ".join(self.weights)
            raise Misfit("test", f"another split of {names} than train", self.test)
        return self

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each data set; 1 where there is but one."""
        return {self.dataset: 1.0} if isinstance(self.dataset, str) else self.dataset


@checked
class FaceSettings:
    """Which faces, and how many people are kept from training."""

    dataset: Text
    align: bool
    test_people: Annotated[int, Field(ge=0)]
    split_seed: Seed

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
}
