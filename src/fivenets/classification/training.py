"""Trains an image classifier: deterministic for a seed, and resumable after being killed."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from fivenets.classification import freezing
from fivenets.classification.architectures import build
from fivenets.classification.googlenet import SideBranches
from fivenets.classification.settings import ClassifierRecipe
from fivenets.core.errors import UserError
from fivenets.datasets.classification.prepared import ImageDataset
from fivenets.fitting import distribution
from fivenets.fitting.acceleration import FusedAdamW, training_copy
from fivenets.fitting.augmentation import augmentation
from fivenets.fitting.batches import whole_batches
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic, warmup_then_cosine
from fivenets.fitting.inference import jit_compile
from fivenets.fitting.shown import Show, Shown, filters


def train(
    data: ImageDataset,
    recipe: ClassifierRecipe,
    checkpoint_dir: Path,
    on_epoch_end: Callable[[int, dict[str, float]], None] | None = None,
    pretrained: Callable[[keras.Model], None] | None = None,
    show: Show | None = None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    Args: pretrained: gives the network weights to start from. show: takes pictures of its filters.
    Returns: the network, giving logits, with the weights of the epoch of lowest validation loss, or
        of the last one where validation is trained on; and one row of metrics per epoch. The caller
        removes `checkpoint_dir` once it has saved the network.
    Raises: UserError where the loss becomes NaN, there is one class only, a worker is lost,
        `checkpoint_dir` keeps a training of another network, or nothing is left to reject by.
    """
    if len(data.labels) < 2:
        raise UserError(
            f"a classifier needs pictures of at least 2 classes, {data.record['asset']} has "
            f"{len(data.labels)} ({', '.join(data.labels)})"
        )
    if recipe.train_split != "train":
        if data.has_others:
            raise UserError(
                f"{data.record['asset']} has pictures of no class, and what is rejected is set by "
                f"validation: train_split should be train, it is {recipe.train_split}"
            )
        data = data.all_to_train_on()
    make_deterministic(recipe.seed)
    with distribution.scope(recipe.distribute, checkpoint_dir) as checkpoint_dir:
        network = build(recipe.architecture, data.image_size, data.outputs, recipe.network)
        _refuse_another(network.name, checkpoint_dir)
        if pretrained:
            pretrained(network)
        trained = network
        if recipe.freeze == "all":
            trained, data = freezing.head(network, data)
        elif recipe.mixed_precision or recipe.fused_batch_norm:
            trained = training_copy(network, recipe.policy)
        training = _Training(
            trained,
            data,
            recipe,
            checkpoint_dir,
            known_by(data, recipe, network),
            on_epoch_end or (lambda epoch, logs: None),
            show if recipe.distribute == "none" else None,
        )
        rows = []
        if recipe.frozen_epochs:
            freezing.freeze(trained, "all")
            rows = training.fit("frozen", range(recipe.frozen_epochs))
        freezing.freeze(trained, "none" if recipe.freeze == "all" else recipe.freeze)
        rows += training.fit("", range(recipe.frozen_epochs, recipe.epochs))
    if trained is not network and recipe.freeze != "all":
        network.set_weights(trained.get_weights())
    if isinstance(network, SideBranches):
        network = network.without()
    return network if recipe.distribute == "none" else distribution.local(network), rows


def known_by(data: ImageDataset, recipe: ClassifierRecipe, network: keras.Model) -> str:
    """The fingerprint of training `network` on `data` by `recipe`."""
    settings = {"recipe": dataclasses.asdict(recipe), "data": dataclasses.asdict(data.settings)}
    return fingerprint(settings, data.digest(), network)


@dataclass(frozen=True)
class _Training:
    """One network in training, which may be fitted in parts."""

    network: keras.Model
    data: ImageDataset
    recipe: ClassifierRecipe
    checkpoint_dir: Path
    fingerprint: str
    on_epoch_end: Callable[[int, dict[str, float]], None]
    show: Show | None

    def fit(self, part: str, epochs: range) -> list[dict[str, float]]:
        """The rows of these epochs, whose state is kept in the folder `part` of the checkpoints."""
        data, recipe, network = self.data, self.recipe, self.network
        batch_size, steps = whole_batches(data.counts["train"], recipe.batch_size)
        trainer = self._trainer()
        trainer.compile(
            optimizer=_optimizer(recipe, steps * len(epochs)),
            loss=keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=recipe.label_smoothing
            ),
            metrics=["accuracy"],
            steps_per_execution=recipe.steps_per_execution,
            jit_compile=jit_compile(),
        )
        validation = None
        if "validation" in data.splits:
            validation = data.batches("validation")
        # Once the training has begun: an older one's folder may be emptied before.
        sign = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: _owner(self.checkpoint_dir).write_text(network.name)
        )
        rows = Fit(
            name=recipe.architecture,
            epochs=len(epochs),
            steps=steps,
            seed=recipe.seed,
            checkpoint_dir=self.checkpoint_dir / part,
            fingerprint=self.fingerprint,
            distribute=recipe.distribute,
        ).run(
            trainer,
            lambda epoch: data.training_batches(batch_size, recipe.seed, epochs.start + epoch),
            lambda epoch, logs: self.on_epoch_end(epochs.start + epoch, logs),
            [sign, Shown(self.show, network, filters, recipe.epochs, epochs.start)],
            validation_data=validation,
        )
        return [{**row, "epoch": epochs.start + row["epoch"]} for row in rows]

    def _trainer(self) -> keras.Model:
        """The network behind the layers that augment its pictures."""
        network, layers = self.network, augmentation(self.recipe.augmentation)
        if isinstance(network, SideBranches):
            return network.behind(layers)
        shape = network.input_shape[1:]
        return distribution.trainer(self.recipe.distribute, [*layers, network], shape)


def _owner(checkpoint_dir: Path) -> Path:
    """The file that names the network which a folder's unfinished training is of."""
    return checkpoint_dir / "network"


def _refuse_another(name: str, checkpoint_dir: Path) -> None:
    owner = _owner(checkpoint_dir)
    if owner.exists() and owner.read_text() != name:
        raise UserError(
            f"{checkpoint_dir} keeps an unfinished training of {owner.read_text()}, and {name} "
            "cannot go on from it: restore that architecture, or remove the folder"
        )


def _optimizer(recipe: ClassifierRecipe, steps: int) -> keras.optimizers.Optimizer:
    make = {"cosine": warmup_then_cosine, "step": warmup_then_steps}[recipe.schedule]
    rate = make(recipe.learning_rate, steps, recipe.warmup_fraction)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(
            rate, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay or None
        )
    make_adamw = FusedAdamW if recipe.optimizer == "fused_adamw" else keras.optimizers.AdamW
    return make_adamw(rate, weight_decay=recipe.weight_decay)


def warmup_then_steps(
    peak: float, steps: int, warmup_fraction: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    """In five equal steps up to `peak`, then a tenth of it from half, a hundredth from 3/4 on."""
    warmup = steps * warmup_fraction
    parts = range(1, 6) if round(warmup) else ()
    boundaries = [round(warmup * part / 5) for part in parts]
    later = [max(round(warmup) + 1, round(steps * part)) for part in (0.5, 0.75)]
    rising = [peak * part / 5 for part in parts]
    return keras.optimizers.schedules.PiecewiseConstantDecay(
        [*boundaries, *later], [*rising, peak, peak / 10, peak / 100]
    )
