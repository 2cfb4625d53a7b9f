"""Trains an image classifier: deterministic for a seed, and resumable after being killed."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from fivenets.augmentation import augmentation
from fivenets.classification.architectures import build
from fivenets.datasets.prepared import ImageDataset
from fivenets.errors import UserError
from fivenets.fitting import Fit, fingerprint, make_deterministic, warmup_then_cosine
from fivenets.params import check_arguments


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one classifier is trained; params.yaml says what each value is and where it is from."""

    architecture: str
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_fraction: float
    weight_decay: float
    label_smoothing: float
    augmentation: dict[str, Any] = field(default_factory=dict)
    seed: int

    def __post_init__(self):
        check_arguments(augmentation, self.augmentation, "augmentation")
        if self.epochs < 1 or self.batch_size < 1:
            raise UserError(
                f"epochs and batch_size should be at least 1, they are {self.epochs} and "
                f"{self.batch_size}"
            )


def train(
    data: ImageDataset,
    recipe: Recipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    Returns: the network with the weights of the epoch of lowest validation loss, giving logits,
        and one row of metrics per epoch. The caller removes `checkpoint_dir` once it has saved
        the network.
    Raises: UserError where the loss becomes NaN.
    """
    make_deterministic(recipe.seed)
    network = build(recipe.architecture, data.image_size, len(data.labels))
    trainer = keras.Sequential(
        [keras.Input(network.input_shape[1:]), *augmentation(**recipe.augmentation), network]
    )
    batch_size = min(recipe.batch_size, data.counts["train"])
    steps = data.counts["train"] // batch_size
    trainer.compile(
        optimizer=keras.optimizers.AdamW(
            warmup_then_cosine(recipe.learning_rate, steps * recipe.epochs, recipe.warmup_fraction),
            weight_decay=recipe.weight_decay,
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing
        ),
        metrics=["accuracy"],
        # On a CPU, XLA makes a convolution's train step several times slower.
        jit_compile=False,
    )
    fit = Fit(
        name=recipe.architecture,
        epochs=recipe.epochs,
        steps=steps,
        seed=recipe.seed,
        checkpoint_dir=checkpoint_dir,
        fingerprint=fingerprint(dataclasses.asdict(recipe), data.source["digest"], network),
    )
    rows = fit.run(
        trainer,
        lambda first_epoch: data.training_batches(batch_size, recipe.seed, first_epoch),
        on_epoch_end,
        validation_data=data.batches("validation"),
    )
    return network, rows
