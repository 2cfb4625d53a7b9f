"""How pictures are painted and networks learn to paint, as params.yaml says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.metrics import Metrics
from fivenets.core.params import (
    Count,
    Fraction,
    Misfit,
    NonNegative,
    Positive,
    Section,
    Seed,
    Text,
    checked,
)
from fivenets.fitting.recipe import Recipe
from fivenets.sources.catalogue import ASSETS

MIN_SIDE = 32  # pixels: four poolings leave two positions a side, from which to tell a style
STRIDE = 4  # pixels by which sides should divide in a feed-forward network: of two halvings
# Convolutions in each of VGG's five blocks.
BLOCKS = {"vgg19": (2, 2, 4, 4, 4), "vgg16_hed": (2, 2, 3, 3, 3)}
FILTERS = (64, 128, 256, 512, 512)  # of each block
TRANSFORMER = "image_transformer"  # the name of a network that paints in one pass
Layer = Literal[
    "block1_conv1", "block1_conv2",
    "block2_conv1", "block2_conv2",
    "block3_conv1", "block3_conv2", "block3_conv3", "block3_conv4",
    "block4_conv1", "block4_conv2", "block4_conv3", "block4_conv4",
    "block5_conv1", "block5_conv2", "block5_conv3", "block5_conv4",
]  # fmt: skip
STYLE_LAYERS: dict[Layer, float] = dict.fromkeys(
    ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"), 0.2
)
# The pictures that params.yaml can name; others are paths.
PICTURES = {file.name.removesuffix(".jpg"): file for file in ASSETS["style_images"].files}
Features = Literal["auto", "vgg19", "vgg16_hed"]
Pooling = Literal["average", "max"]
Size = Annotated[int, Field(ge=MIN_SIDE)]


@dataclass(frozen=True)
class LossWeights:
    """What counts how much in J = alpha J_content + beta J_style + gamma TV.

    As `objective.loss` takes them, factors; as `objective.balanced` takes them, shares.
    """

    content: float  # alpha
    style: float  # beta
    variation: float  # gamma, of images in 0..1
    content_layer: str
    style_layers: Mapping[str, float]

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers whose features are needed."""
        return (*self.style_layers, self.content_layer)


@checked
class Settings:
    """How a picture is made."""

    size: Size = 400
    iterations: Count = 80
    coarse_scales: Annotated[int, Field(ge=0, le=8)] = 2
    content_weight: NonNegative = 0.02
    style_weight: Positive = 1.0
    variation_weight: NonNegative = 0.002
    content_layer: Layer = "block4_conv2"
    style_layers: dict[Layer, NonNegative] = field(default_factory=lambda: dict(STYLE_LAYERS))
    style_scale: Positive = 1.0
    initial: Literal["content", "noise", "blend"] = "content"
    noise: Fraction = 0.3
    detail: Fraction = 0.7
    colours: Literal["style", "luminance", "histogram"] = "style"
    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    learning_rate: Positive = 0.02
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.001
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    seed: Seed = 0

    @model_validator(mode="after")
    def _has_a_style(self) -> Self:
        if not any(self.style_layers.values()):
            raise Misfit("style_layers", "weights with one above 0", self.style_layers)
        return self

    @property
    def weights(self) -> LossWeights:
        """What counts how much, as `objective.balanced` takes it."""
        return LossWeights(
            self.content_weight,
            self.style_weight,
            self.variation_weight,
            self.content_layer,
            {layer: weight for layer, weight in self.style_layers.items() if weight},
        )

    @property
    def total_iterations(self) -> int:
        """At all scales together, where no loss is flat before."""
        return self.iterations * (self.coarse_scales + 1)


@checked
class FastSettings:
    """All that can be asked of a style that is learned already."""

    size: Size = 400  # pixels at the longer side

    @property
    def total_iterations(self) -> int:
        """The one pass."""
        return 1


@checked
class Job:
    """One picture to be made; content and styles are names in PICTURES, or paths."""

    name: Annotated[str, Field(pattern=r"^[^/\\.][^/\\]*$")]  # of a folder
    content: Text
    styles: Annotated[list[Text], Field(min_length=1)]
    weights: list[NonNegative] = field(default_factory=list)  # of each style; none: all alike
    masks: list[Text] = field(default_factory=list)  # of each style, paths; none: everywhere
    settings: Section[Settings] = field(default_factory=Settings)

    @model_validator(mode="after")
    def _has_one_of_each_for_every_style(self) -> Self:
        for name, given in (("weights", self.weights), ("masks", self.masks)):
            if given and len(given) != len(self.styles):
                raise Misfit(name, f"one for each of {len(self.styles)} styles", given)
        if self.weights and not any(self.weights):
            raise Misfit("weights", "numbers with one above 0", self.weights)
        return self


@checked
class JobPlan:
    """The feature network, and the pictures that are made by it."""

    features: Features
    pooling: Pooling
    snapshots: Count  # pictures of each job that are kept on its way
    jobs: Annotated[list[Section[Job]], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [job.name for job in self.jobs]
        if len(set(names)) < len(names):
            raise Misfit("jobs", "of different names", names)
        for index, job in enumerate(self.jobs if self.features == "vgg16_hed" else []):
            settings, path = job.settings, f"jobs[{index}].settings"
            if not _is_in_vgg16(settings.content_layer):
                raise Misfit(
                    f"{path}.content_layer", "one that vgg16_hed has", settings.content_layer
                )
            missing = [layer for layer in settings.style_layers if not _is_in_vgg16(layer)]
            if missing:
                raise Misfit(f"{path}.style_layers", "layers that vgg16_hed has", missing[0])
        return self


def _is_in_vgg16(layer: str) -> bool:
    return int(layer[-1]) <= BLOCKS["vgg16_hed"][int(layer[len("block")]) - 1]


@checked
class FastRecipe(Recipe):
    """How one feed-forward network is trained."""

    filters: Annotated[int, Field(ge=1, le=1024)]
    residual_blocks: Annotated[int, Field(ge=0, le=64)]
    size: Size
    crop: Annotated[int, Field(ge=MIN_SIDE, multiple_of=STRIDE)]
    zoom: Annotated[float, Field(ge=1, le=100)]
    steps: Count
    batch_size: Count
    content_weight: NonNegative
    variation_weight: NonNegative

    @property
    def settings(self) -> Settings:
        """Of a transfer that asks for the same."""
        return Settings(
            size=self.size,
            content_weight=self.content_weight,
            variation_weight=self.variation_weight,
            precision="bfloat16" if self.mixed_precision else "float32",
        )


@checked
class FastPlan:
    """What a feed-forward network is trained on, towards which style, and how."""

    features: Features
    pooling: Pooling
    style: Text  # a name in PICTURES, or a path
    photographs: Text  # see `photographs.gather`
    recipe: Section[FastRecipe]


@checked
class FastEvaluation:
    """What a feed-forward network is scored on."""

    contents: Annotated[list[Text], Field(min_length=1)]


SECTIONS = {
    "style": {"convert": JobPlan},
    "fast-style": {"train": FastPlan, "evaluate": FastEvaluation},
}
# Of the loss that was optimised, and what was not (see `measures`); the last two need SqueezeNet.
SCORES = ("style_reduction", "ssim", "painted", "even", "held_out", "cosine")
METRICS = {
    "style": Metrics(SCORES, ("seconds",), ("jobs",)),
    "fast-style": Metrics(SCORES, ("seconds",), ("pictures",)),
}
