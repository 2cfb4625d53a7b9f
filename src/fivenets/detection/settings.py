"""How detectors are converted, trained and scored, as params.yaml says it."""

from dataclasses import asdict, field, replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.metrics import Metrics
from fivenets.core.params import Count, Misfit, NonNegative, Positive, Section, checked
from fivenets.detection.compact import STRIDE
from fivenets.fitting.recipe import Distribution, Recipe
from fivenets.fitting.strengths import Colours

LARGEST_SIDE = 4096  # pixels of an input; a batch of more fits into no memory
Side = Annotated[int, Field(ge=STRIDE, le=LARGEST_SIDE)]
Scale = Annotated[float, Field(gt=0, le=16)]
Filters = Annotated[int, Field(ge=1, le=1024)]
Source = Literal[
    "auto",
    "yolov2-coco",
    "yolo-fastest-1.1-xl",
    "yolo-fastest-1.1",
    "yolo-lite-voc",
    "yolo-lite-coco",
    "builtin",
]


@checked
class LossParts:
    """How much each part of the loss counts; the defaults are Darknet's."""

    coordinate: NonNegative = 1.0
    object: NonNegative = 5.0
    no_object: NonNegative = 1.0
    class_: NonNegative = 1.0


@checked
class BoxChanges(Colours):
    """How strongly pictures are changed; 0 or false: not at all."""

    mirror: bool = False
    flip: bool = False
    crop: Annotated[float, Field(ge=0, lt=0.5)] = 0.0  # of the side, in or out


@checked
class FineTuning:
    """What is different in a recipe that starts from a trained network's numbers."""

    # The first whose numbers can be had; none: nothing is fine-tuned.
    start: list[Literal["yolo-fastest-1.1-xl", "yolo-fastest-1.1", "efficientnet_lite0"]] = field(
        default_factory=list
    )
    trained: Count = 5  # of its convolutions, the last; all others stay as they are
    height: Side = 288
    width: Side = 384
    epochs: Count = 8
    learning_rate: Positive = 0.003
    pictures: Count | None = None


@checked
class DetectorRecipe(Recipe):
    """How one detector is trained."""

    height: Side
    width: Side
    filters: Filters
    anchors: Annotated[int, Field(ge=1, le=100)]
    batch_size: Count
    weight_decay: NonNegative
    pictures: Count | None = None  # in an epoch; by default as many as there are
    scales: Annotated[list[Scale], Field(min_length=1)] = field(default_factory=lambda: [1.0])
    loss: Section[LossParts] = LossParts()
    augmentation: Section[BoxChanges] = BoxChanges()
    distribute: Distribution = "none"
    fine_tuning: Section[FineTuning] = FineTuning()  # where its start can be had

    @model_validator(mode="after")
    def _has_whole_cells_at_every_scale(self) -> Self:
        self._check_sides(self, "", STRIDE)
        if self.fine_tuning.start:
            self._check_sides(self.fine_tuning, "fine_tuning.", 2 * STRIDE)
        if len(set(self.sizes)) < len(self.sizes):
            # Which sizes may change, TensorFlow is told by two batches that follow one another.
            raise Misfit("scales", "a list of different numbers", self.scales)
        return self

    def _check_sides(self, of: "DetectorRecipe | FineTuning", path: str, stride: int) -> None:
        for scale in self.scales:
            for name, side in (("height", of.height), ("width", of.width)):
                if side * scale < stride or side * scale % stride:
                    times = "" if scale == 1 else f" when multiplied by {scale:g} of scales"
                    raise Misfit(path + name, f"a multiple of {stride} pixels{times}", side)

    def fine_tuned(self) -> "DetectorRecipe":
        """The recipe where one of `fine_tuning.start` can be had."""
        different = asdict(self.fine_tuning)
        own = ("start", "trained")
        return replace(self, **{key: value for key, value in different.items() if key not in own})

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width in pixels of the input at each of the scales."""
        return [(round(self.height * scale), round(self.width * scale)) for scale in self.scales]


@checked
class Conversion:
    """Which model is converted, and how pictures are brought to its size."""

    source: Source
    resize: Literal["auto", "letterbox", "stretch"]

    def resize_of(self, trained_with: str) -> str:
        """letterbox or stretch; `auto` is what the network was trained with."""
        return trained_with if self.resize == "auto" else self.resize


@checked
class DrawnPage:
    """How a detector is scored; the profile is that of the drawn page."""

    profile: Literal["course", "benchmark"]


SECTIONS = {"detection": {"train": DetectorRecipe, "convert": Conversion, "evaluate": DrawnPage}}
METRICS = {
    "detection": Metrics(
        scores=("agreement", "ap50", "voc07_ap50", "coco_ap", "coco_ap50", "coco_ap75"),
        measures=(
            "score_error",
            "max_abs_difference",
            "max_box_difference_px",
            "milliseconds_per_picture",
        ),
        groups=("by_class", "by_size", "by_source", "same_detections"),
        of_converted=("agreement",),
    )
}
