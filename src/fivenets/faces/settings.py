"""How face embeddings are converted, trained and scored, as params.yaml says it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.metrics import Metrics
from fivenets.core.params import (
    Misfit,
    NonNegative,
    Positive,
    Section,
    Seed,
    Text,
    checked,
)
from fivenets.faces.virtual_people import VirtualPeople
from fivenets.fitting.recipe import Distribution, Recipe
from fivenets.fitting.strengths import Strengths

FEWEST_PEOPLE = 6  # for open-set recognition: a third each to choose by, to know, to be strangers
LARGEST_DISTANCE = 2.0  # between embeddings of unit length
Several = Annotated[int, Field(ge=2, le=1000)]


@checked
class EmbeddingRecipe(Recipe):
    """How an embedding is trained."""

    initial: Literal["nn4_small2", "face_api_resnet"]
    is_standardised: bool = False
    people_per_batch: Several
    images_per_person: Several
    mining: Literal["batch_all", "batch_hard", "semi_hard", "pairs"]
    pair_features: Literal["absolute_difference", "chi_square"] = "absolute_difference"
    margin: Positive
    squared: bool
    weight_decay: NonNegative
    virtual_people: Section[VirtualPeople] = VirtualPeople()
    augmentation: Section[Strengths] = Strengths()
    distribute: Distribution = "none"  # triplets and pairs are then of one device's people

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.is_standardised and self.initial != "nn4_small2":
            raise Misfit(
                "is_standardised",
                f"false with {self.initial}, which knows pictures as they are",
                self.is_standardised,
            )
        farthest = LARGEST_DISTANCE**2 if self.squared else LARGEST_DISTANCE
        if self.margin > farthest:
            raise Misfit("margin", f"at most {farthest:g}, the largest distance", self.margin)
        return self


@checked
class Conversion:
    """How the pretrained network is made."""

    weights: Text  # auto: dlib's | a user's folder of OpenFace's CSV files, or a .keras file
    seed: Seed  # of the weights that stand in where the real ones cannot be had
    test_time_mirror: bool = False


@checked
class Protocol:
    """How embeddings are scored."""

    folds: Several
    target_far: Annotated[float, Field(gt=0, lt=1)]
    target_false_identification: Annotated[float, Field(gt=0, lt=1)]
    recognition_repeats: Annotated[int, Field(ge=1, le=10_000)]
    siamese_strength: Positive

    @property
    def targets(self) -> tuple[int, float, float]:
        """Folds, FAR and false identification, as thresholds are set by."""
        return self.folds, self.target_far, self.target_false_identification


SECTIONS = {"faces": {"train": EmbeddingRecipe, "convert": Conversion, "evaluate": Protocol}}
METRICS = {
    "faces": Metrics(
        scores=(
            "auc",
            "unseen_auc",
            "accuracy",
            "balanced_accuracy",
            "tar_at_far_1e-2",
            "tar_at_far_1e-3",
        ),
        measures=("eer", "threshold", "unseen_auc_low", "unseen_auc_high"),
        groups=("unseen", "calibrated", "held_out", "served", "dev_test"),
    )
}
