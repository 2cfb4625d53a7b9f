"""How classifiers are built, trained and scored, as params.yaml says it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fivenets.classification.options import (
    CompactOptions,
    EfficientNetOptions,
    GoogLeNetOptions,
    MobileNetV2Options,
    NoOptions,
    ResNet50Options,
    ResNetOptions,
    ScaledOptions,
    ThinResNetOptions,
)
from fivenets.core.images import MIN_SIDE
from fivenets.core.metrics import Metrics
from fivenets.core.params import (
    Count,
    Misfit,
    NonNegative,
    Positive,
    Section,
    SettingError,
    Text,
    checked,
    read,
)
from fivenets.datasets.settings import LARGEST_SIDE
from fivenets.fitting.recipe import Distribution, Recipe
from fivenets.fitting.strengths import Strengths


@dataclass(frozen=True)
class Network:
    """Where a network's builder is, what it takes, and the smallest pictures that it takes."""

    module: str  # in fivenets; holds a function of the network's name
    options: type = NoOptions
    smallest_side: int = 1  # pixels

    def builder(self, name: str) -> Callable[..., Any]:
        """The function that builds the network; Keras is imported only now."""
        return getattr(import_module(f"fivenets.{self.module}"), name)


# The networks that params.yaml can name.
NETWORKS = {
    "alexnet": Network("classification.classics", ScaledOptions, smallest_side=67),
    "assignment_cnn": Network("classification.signs_cnn"),
    "compact_cnn": Network("classification.signs_cnn", CompactOptions),
    "efficientnet_lite0": Network("fitting.mobilenet_v2", EfficientNetOptions, smallest_side=32),
    "googlenet": Network("classification.googlenet", GoogLeNetOptions, smallest_side=32),
    "lenet5": Network("classification.classics", ScaledOptions, smallest_side=16),
    "mobilenet_v2": Network("fitting.mobilenet_v2", MobileNetV2Options, smallest_side=32),
    "resnet": Network("classification.resnets", ResNetOptions, smallest_side=32),
    "resnet50": Network("classification.resnet", ResNet50Options, smallest_side=32),
    "thin_resnet": Network("classification.resnets", ThinResNetOptions),
    "vgg16": Network("classification.classics", ScaledOptions, smallest_side=32),
}


def check_network(architecture: str, options: Any) -> None:
    """Raises UserError for a network that is not in NETWORKS, or options that it does not take."""
    if architecture not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise SettingError("architecture", f"should be one of {known}, it is {architecture!r}")
    read(NETWORKS[architecture].options, options, "network")


def _is_freezing(text: str) -> str:
    if text not in ("all", "none") and not (text.startswith("up_to:") and text[6:]):
        raise Misfit("", "all, none or up_to:LAYER", text)
    return text


# all: but the logits, of features that are computed once | up_to:LAYER, with it | none
Freezing = Annotated[Text, AfterValidator(_is_freezing)]
Side = Annotated[int, Field(ge=MIN_SIDE, le=LARGEST_SIDE)]  # pixels


@checked
class FineTuning:
    """What is different in a recipe whose network starts with ImageNet's weights."""

    # The first whose weights can be had; none: nothing is fine-tuned.
    start: list[Literal["mobilenet_v2", "efficientnet_lite0", "resnet50"]] = field(
        default_factory=list
    )
    image_size: Side | None = None
    epochs: Count = 3
    learning_rate: Positive = 0.0005
    freeze: Freezing = "none"
    mixed_precision: bool = False


@checked
class ClassifierRecipe(Recipe):
    """How one classifier is trained."""

    architecture: str
    train_split: Literal["train", "train+validation"] = "train"
    network: dict[str, Any] = field(default_factory=dict)  # options of the architecture
    image_size: Side | None = None  # pixels per side; as the data are prepared unless said
    batch_size: Count
    optimizer: Literal["adamw", "fused_adamw", "sgd"] = "adamw"
    schedule: Literal["cosine", "step"] = "cosine"
    weight_decay: NonNegative
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    # Whether an answer is the mean of those to a picture and to its mirror image.
    test_time_mirror: bool = False
    augmentation: Section[Strengths] = Strengths()
    frozen_epochs: Annotated[int, Field(ge=0)] = 0
    freeze: Freezing = "none"
    mixed_precision: bool = False
    fused_batch_norm: bool = False
    steps_per_execution: Count = 1
    distribute: Distribution = "none"
    fine_tuning: Section[FineTuning] = FineTuning()  # where its start can be had

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_network(self.architecture, self.network)
        if self.frozen_epochs >= self.epochs:
            raise Misfit("frozen_epochs", f"below epochs ({self.epochs})", self.frozen_epochs)
        if self.network.get("side_branches") and self.distribute != "none":
            raise Misfit("distribute", "none with network.side_branches", self.distribute)
        if self.freeze != "none":
            self._keeps_what_there_is()
        if self.optimizer == "fused_adamw" and self.distribute != "none":
            # Under a strategy a variable is several, which one operation does not reach.
            raise Misfit(
                "distribute",
                "none with optimizer: fused_adamw (adamw takes the same steps)",
                self.distribute,
            )
        return self

    def fine_tuned(self, start: str) -> "ClassifierRecipe":
        """The recipe where this one of `fine_tuning.start` can be had."""
        different = asdict(self.fine_tuning)
        del different["start"]
        return replace(self, architecture=start, network={"weights": "imagenet"}, **different)

    def _keeps_what_there_is(self) -> None:
        given = self.network.get("weights", "none")
        if given == "none":
            raise Misfit("network.weights", f"imagenet with freeze: {self.freeze}", given)
        if self.distribute != "none":
            raise Misfit("distribute", f"none with freeze: {self.freeze}", self.distribute)
        strengths = {key: value for key, value in asdict(self.augmentation).items() if value}
        if self.freeze == "all" and strengths:
            raise Misfit(
                "augmentation", "{} with freeze: all, as pictures are seen once", strengths
            )


@checked
class Evaluation:
    """How a classifier is scored."""

    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)]
    ten_views: bool = False  # beside the rest, the accuracy of ten windows' mean


SECTIONS = {"classification": {"train": ClassifierRecipe, "evaluate": Evaluation}}
METRICS = {
    "classification": Metrics(
        scores=("accuracy",),
        measures=(
            "log_loss",
            "calibration_error",
            "near_duplicates",
            "rejected",
            "others_rejected",
            "walls_rejected",
            "two_hands_rejected",
            "signs_accuracy",
        ),
        groups=(
            "ten_views",
            "without_near_duplicates",
            "per_class",
            "in_other_light",
            "signs",
            "before_photographs",
        ),
    )
}
