"""How networks that localise are trained and scored, as params.yaml says it."""

from typing import Annotated

from pydantic import Field

from fivenets.core.metrics import Metrics, Page
from fivenets.core.params import Count, Fraction, NonNegative, Section, checked
from fivenets.fitting.recipe import Recipe
from fivenets.fitting.strengths import Colours


@checked
class Loss:
    """How much each part counts, of the sum that is lowered."""

    presence: NonNegative = 1.0  # logistic
    label: NonNegative = 1.0  # minus the log-likelihood of the class
    place: NonNegative = 1.0  # squared differences of the coordinates, which are parts of the sides


@checked
class PlaceChanges(Colours):
    """How strongly a picture, and its coordinates with it, are changed; 0 or false: not at all."""

    mirror: bool = False  # left and right, half of the time
    rotation: Annotated[float, Field(ge=0, le=0.5)] = 0.0  # of a turn, either way; of points alone
    zoom: Fraction = 0.0  # of the side, in or out
    shift: Fraction = 0.0  # of the side, either way


@checked
class LocaliserRecipe(Recipe):
    """How one network is trained."""

    size: Annotated[int, Field(ge=32, le=512, multiple_of=32)]  # pixels a side of its input
    filters: Annotated[int, Field(ge=1, le=256)]  # of the first convolution; up to 8 times as many
    units: Annotated[int, Field(ge=1, le=4096)]  # of the layer before the answer
    dropout: Annotated[float, Field(ge=0, lt=1)]  # of these units
    batch_size: Count
    weight_decay: NonNegative
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)]
    loss: Section[Loss] = Loss()
    augmentation: Section[PlaceChanges] = PlaceChanges()


SECTIONS = {"localisation": {"train": LocaliserRecipe, "evaluate": Page}}
METRICS = {
    "localisation": Metrics(
        scores=("located",),
        measures=(
            "mean_error",
            "mean_error_by_pupils",
            "mean_iou",
            "presence_accuracy",
            "class_accuracy",
        ),
        groups=("by_part", "by_class"),
    )
}
