"""What is made, gated and reported, as params.yaml says it."""

from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from fivenets.core.params import Fraction, Misfit, NonNegative, Text, checked
from fivenets.tasks import MODULES


def _is_task(name: str) -> str:
    if name not in MODULES:
        raise Misfit("", f"one of {', '.join(MODULES)}", name)
    return name


Task = Annotated[Text, AfterValidator(_is_task)]


@checked
class Trained:
    """A model that is trained: the name it is a candidate for, and its data sets."""

    task: Task
    registered: Text
    data: Text | None = None
    scored_on: Text | None = None


@checked
class Converted:
    """A model of weights that exist, and the folders that its stages may depend on."""

    task: Task
    registered: Text
    reads: Text
    scored_on: Text


@checked
class Registration:
    """What the best candidate for a name has to reach."""

    metric: Text
    minimum: Fraction
    minimum_builtin: Fraction | None = None
    tolerances: dict[Text, NonNegative] | None = None


@checked
class Published:
    """What stands beside a model's number in the results; `metric` is in place of the gate's."""

    metric: Text | None = None
    course: NonNegative | None = None
    course_metric: Text | None = None
    course_data: Text | None = None
    published: Text | None = None
    published_metric: Text | None = None
    published_data: Text | None = None

    @model_validator(mode="after")
    def _says_what_numbers_are_about(self) -> Self:
        for whose in ("course", "published"):
            for part, words in (("metric", "the metric"), ("data", "the data set")):
                key = f"{whose}_{part}"
                if getattr(self, whose) is not None and getattr(self, key) is None:
                    raise Misfit(key, f"{words} that {whose} is about", None)
        return self
