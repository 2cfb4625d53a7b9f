"""What each network takes under `network` in params.yaml."""

from dataclasses import field
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.params import Misfit, checked

Width = Annotated[int, Field(ge=1, le=1024)]  # filters


@checked
class NoOptions:
    """Of a network that is as it is."""


@checked
class CompactOptions:
    """Of `signs_cnn.compact_cnn`, which explains them."""

    stem: Width = 16
    widths: Annotated[list[Width], Field(min_length=1, max_length=12)] = field(
        default_factory=lambda: [32, 64, 96, 112]
    )
    separable: bool = True


@checked
class ResNet50Options:
    """Of `resnet.resnet50`, which explains them."""

    residual: bool = True
    weights: Literal["none", "imagenet"] = "none"
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    starts_as_shortcut: bool = False

    @model_validator(mode="after")
    def _has_shortcuts(self) -> Self:
        if self.starts_as_shortcut and not self.residual:
            raise Misfit("residual", "true with starts_as_shortcut", self.residual)
        return self


@checked
class EfficientNetOptions:
    """Of `mobilenet_v2.efficientnet_lite0`, which explains them."""

    weights: Literal["none", "imagenet"] = "none"


@checked
class MobileNetV2Options(EfficientNetOptions):
    """Of `mobilenet_v2.mobilenet_v2`, which explains them."""

    alpha: Annotated[float, Field(ge=0.1, le=2)] = 1.0

    @model_validator(mode="after")
    def _is_as_trained(self) -> Self:
        if self.weights == "imagenet" and self.alpha != 1:
            raise Misfit("alpha", "1.0 with weights: imagenet", self.alpha)
        return self


@checked
class ScaledOptions:
    """Of `classics`."""

    width: Annotated[float, Field(gt=0, le=4)] = 1.0  # times the published filters


@checked
class GoogLeNetOptions(ScaledOptions):
    """Of `googlenet.googlenet`, which explains them."""

    side_branches: bool = False


@checked
class ResNetOptions:
    """Of `resnets.resnet`, which explains them."""

    depth: Literal[18, 34, 50, 101, 152]
    width: Width = 64


@checked
class ThinResNetOptions:
    """Of `resnets.thin_resnet`, which explains them."""

    depth: Annotated[int, Field(ge=8, le=1202)]
    width: Width = 8
    residual: bool = True

    @model_validator(mode="after")
    def _is_of_whole_blocks(self) -> Self:
        if (self.depth - 2) % 6:
            raise Misfit("depth", "6n + 2, such as 20, 32 or 56", self.depth)
        return self
