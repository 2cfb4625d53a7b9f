"""How U-Nets are trained and scored, as params.yaml says it."""

from dataclasses import field, fields, replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.metrics import Metrics, Page
from fivenets.core.params import Count, Fraction, Misfit, NonNegative, Positive, Section, checked
from fivenets.fitting.recipe import Distribution, Recipe
from fivenets.fitting.strengths import Colours

ENCODER_DEPTH = 5  # halvings of a classifier with ImageNet's weights
LARGEST_SIDE = 4096  # pixels of an input; a batch of more fits into no memory
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Filters = Annotated[int, Field(ge=1, le=256)]


@checked
class Loss:
    """What is lowered: cross-entropy, and Dice beside it."""

    # 0: every pixel counts the same; 1: every class does; 0.5: by the root of how rare it is.
    class_balance: Fraction = 0.0
    dice: NonNegative = 0.0  # how much the Dice loss counts beside it


@checked
class MaskChanges(Colours):
    """How strongly a picture, and its mask with it, is changed; 0 or false: not at all."""

    mirror: bool = False  # left and right, half of the time
    crop: Annotated[float, Field(ge=0, lt=1)] = 0.0  # of the sides: zooms in by up to so much


@checked
class FineTuning:
    """What is different in a recipe whose contracting path is a trained network's."""

    # The first whose weights can be had; none: nothing is fine-tuned.
    start: list[Literal["mobilenet_v2", "efficientnet_lite0"]] = field(default_factory=list)
    height: Side = 288
    width: Side = 384
    filters: Filters = 32
    epochs: Count = 10
    learning_rate: Positive = 0.003
    augmentation: Section[MaskChanges] = MaskChanges()


@checked
class UNetRecipe(Recipe):
    """How one U-Net is trained."""

    height: Side
    width: Side
    filters: Filters
    depth: Annotated[int, Field(ge=1, le=8)]
    batch_size: Count
    weight_decay: NonNegative
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)]
    distribute: Distribution = "none"
    loss: Section[Loss] = Loss()
    augmentation: Section[MaskChanges] = MaskChanges()
    fine_tuning: Section[FineTuning] = FineTuning()  # where its start can be had

    @model_validator(mode="after")
    def _can_be_halved(self) -> Self:
        for name, side in (("height", self.height), ("width", self.width)):
            if side % 2**self.depth:
                expected = f"a multiple of {2**self.depth} pixels with depth {self.depth}"
                raise Misfit(name, expected, side)
        tuning = self.fine_tuning
        for name, side in (("height", tuning.height), ("width", tuning.width)):
            if side % 2**ENCODER_DEPTH:
                expected = f"a multiple of {2**ENCODER_DEPTH} pixels"
                raise Misfit(f"fine_tuning.{name}", expected, side)
        return self

    def fine_tuned(self) -> "UNetRecipe":
        """The recipe where one of `fine_tuning.start` can be had."""
        names = [one.name for one in fields(FineTuning) if one.name != "start"]
        different = {name: getattr(self.fine_tuning, name) for name in names}
        return replace(self, depth=ENCODER_DEPTH, **different)


SECTIONS = {"segmentation": {"train": UNetRecipe, "evaluate": Page}}
METRICS = {
    "segmentation": Metrics(
        scores=("miou",),
        measures=("pixel_accuracy", "largest_class", "milliseconds_per_picture"),
        groups=("by_class",),
    )
}
