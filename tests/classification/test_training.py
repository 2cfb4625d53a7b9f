"""Training learns, repeats exactly for a seed, and goes on where it was cut off."""

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from cutting import cut_off
from PIL import Image

from fivenets.classification import answers, calibration, training
from fivenets.classification.architectures import build
from fivenets.classification.calibration import Calibration
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train, warmup_then_steps
from fivenets.core.errors import UserError
from fivenets.datasets.classification.preparation import prepare
from fivenets.datasets.classification.prepared import OTHERS, DataSettings, ImageDataset, load
from fivenets.fitting.fit import warmup_then_cosine
from fivenets.fitting.strengths import Strengths
from fivenets.sources.origin import Kind, Origin

SIDE, PER_CLASS = 16, 18
RECIPE = ClassifierRecipe(
    architecture="assignment_cnn",
    epochs=4,
    batch_size=8,
    learning_rate=0.02,
    warmup_fraction=0.1,
    weight_decay=0.0,
    label_smoothing=0.0,
    augmentation=Strengths(mirror=True, shift=0.1),
    seed=0,
)

# A network with batch normalisation that is small enough for these pictures.
NORMALISED = {"architecture": "thin_resnet", "network": {"depth": 8, "width": 2}}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """Noise before a dark or a bright wall: 24 images to train on, 6 and 6 for the rest."""
    folder, out = tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for label, brightness in (("bright", 150), ("dark", 40)):
        (folder / label).mkdir()
        for index in range(PER_CLASS):
            picture = brightness + rng.integers(0, 60, (SIDE, SIDE, 3))
            Image.fromarray(picture.astype(np.uint8)).save(folder / label / f"{index}.png")
    settings = DataSettings(
        dataset=str(folder),
        image_size=SIDE,
        validation_fraction=1 / 6,
        test_fraction=1 / 6,
        split_seed=0,
    )
    prepare(settings, "builtin", out / "tiny", out / "raw")
    return load(out / "tiny", settings)


@pytest.fixture(scope="module")
def uninterrupted(data: ImageDataset, tmp_path_factory: pytest.TempPathFactory):
    """What RECIPE gives: a network, and its rows of metrics."""
    return train(data, RECIPE, tmp_path_factory.mktemp("uninterrupted"))


def weights(network: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(weight) for weight in network.weights]


def are_equal(network: keras.Model, other: keras.Model) -> bool:
    return all(map(np.array_equal, weights(network), weights(other)))


def without_seconds(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def train_until(epoch: int, data: ImageDataset, recipe: ClassifierRecipe, checkpoints: Path) -> int:
    """Cuts a training off in an epoch, before that is backed up; returns the first epoch."""
    return cut_off(epoch, lambda watch: train(data, recipe, checkpoints, watch))[0]


def test_side_branches_are_trained_by_and_not_kept(data: ImageDataset, tmp_path: Path) -> None:
    recipe = replace(
        RECIPE,
        architecture="googlenet",
        network={"width": 0.03, "side_branches": True},
        epochs=1,
        fused_batch_norm=True,
    )
    start = build("googlenet", 2 * SIDE, 2, recipe.network)
    network, rows = train(data.at(2 * SIDE), recipe, tmp_path)
    assert network.output_shape == (None, 2)
    assert rows[0]["loss"] > 1.3 * np.log(2)  # what guessing costs, and a third for each branch
    assert {"accuracy", "val_accuracy"} <= set(rows[0])
    assert network.count_params() < start.count_params()


def test_an_easy_task_is_learnt(data: ImageDataset, uninterrupted) -> None:
    network, rows = uninterrupted
    images, labels = data.arrays("test")
    logits = keras.ops.convert_to_numpy(network(images))
    assert (logits.argmax(axis=1) == labels).all()
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    assert rows[-1]["loss"] < rows[0]["loss"] / 2


def test_the_weights_are_those_of_the_epoch_of_lowest_validation_loss(
    data: ImageDataset, uninterrupted
) -> None:
    network, rows = uninterrupted
    images, labels = data.arrays("validation")
    losses = keras.losses.sparse_categorical_crossentropy(labels, network(images), from_logits=True)
    loss = float(keras.ops.mean(losses))
    assert loss == pytest.approx(min(row["val_loss"] for row in rows), rel=1e-4)


def test_a_seed_fixes_every_weight(data: ImageDataset, uninterrupted, tmp_path: Path) -> None:
    shown = []
    again, rows = train(
        data,
        RECIPE,
        tmp_path / "again",
        show=lambda picture, name, epoch: shown.append((name, epoch, picture.dtype)),
    )
    assert shown[-1] == ("first layer", RECIPE.epochs - 1, np.uint8)  # which changes no weight
    assert are_equal(again, uninterrupted[0])
    assert without_seconds(rows) == without_seconds(uninterrupted[1])


def test_copies_on_several_devices_train_as_one(
    data: ImageDataset, uninterrupted, tmp_path: Path
) -> None:
    _, rows = train(data, replace(RECIPE, epochs=4, distribute="mirrored"), tmp_path / "mirrored")
    for row, expected in zip(rows, uninterrupted[1], strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], abs=1e-4)
        assert row["val_loss"] == pytest.approx(expected["val_loss"], abs=1e-4)


def test_another_seed_gives_other_weights(
    data: ImageDataset, uninterrupted, tmp_path: Path
) -> None:
    other, _ = train(data, replace(RECIPE, seed=1), tmp_path / "other")
    assert not any(map(np.array_equal, weights(other)[::2], weights(uninterrupted[0])[::2]))


@pytest.fixture(scope="module")
def cut_short(data: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a training by RECIPE leaves that is cut off in its third epoch; copy it before use."""
    checkpoints = tmp_path_factory.mktemp("cut_short")
    train_until(2, data, RECIPE, checkpoints)
    return checkpoints


def test_a_training_that_was_cut_off_goes_on_to_the_same_end(
    data: ImageDataset, uninterrupted, cut_short: Path, tmp_path: Path
) -> None:
    checkpoints = shutil.copytree(cut_short, tmp_path / "checkpoints")
    seen = []
    network, rows = train(data, RECIPE, checkpoints, lambda epoch, logs: seen.append(epoch))
    assert seen in ([1, 2, 3], [2, 3]), "the first epoch is always backed up, the second may be"
    assert are_equal(network, uninterrupted[0])
    assert without_seconds(rows) == without_seconds(uninterrupted[1])
    with (checkpoints / "history.csv").open(newline="") as stream:
        assert [row["epoch"] for row in csv.DictReader(stream)] == ["0", "1", "2", "3"]


def test_fused_adamw_trains_as_adamw_and_goes_on_where_it_was_cut_off(
    data: ImageDataset, uninterrupted, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, optimizer="fused_adamw")
    train_until(2, data, recipe, tmp_path)
    _, rows = train(data, recipe, tmp_path)
    for row, expected in zip(rows, uninterrupted[1], strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], abs=1e-3)
        assert row["val_loss"] == pytest.approx(expected["val_loss"], abs=1e-3)


def as_it_was(data: ImageDataset) -> ImageDataset:
    return data


def of_another_source(data: ImageDataset) -> ImageDataset:
    return replace(data, record=data.record | {"digest": "another"})


def with_another(**settings: float) -> Callable[[ImageDataset], ImageDataset]:
    return lambda data: replace(data, settings=replace(data.settings, **settings))


def split_elsewhere(data: ImageDataset) -> ImageDataset:
    return replace(data, splits=data.splits | {"train": "train[4:]+test"})


def with_other_pictures(data: ImageDataset) -> ImageDataset:
    """The same source and settings, prepared otherwise, as by other code."""
    out = data.folder.with_name("otherwise")
    prepare(replace(data.settings, split_seed=1), "builtin", out, out.with_name("raw"))
    return load(out, data.settings)


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({"learning_rate": 0.01}, as_it_was),
        ({}, of_another_source),
        ({}, with_another(split_seed=1)),
        ({}, with_another(test_fraction=0.2)),
        ({}, with_another(validation_fraction=0.2)),
        ({}, split_elsewhere),
        ({}, with_other_pictures),
    ],
)
def test_what_has_changed_since_the_cut_is_part_of_what_a_training_is_known_by(
    change: dict,
    others: Callable[[ImageDataset], ImageDataset],
    data: ImageDataset,
    cut_short: Path,
) -> None:
    network = build(RECIPE.architecture, SIDE, 2)
    known_by = (cut_short / "fingerprint").read_text()
    assert training.known_by(data, RECIPE, network) == known_by
    assert training.known_by(others(data), replace(RECIPE, **change), network) != known_by


def test_a_loss_of_nan_names_the_rate_and_leaves_nothing_to_go_on_from(
    data: ImageDataset, tmp_path: Path
) -> None:
    checkpoints = tmp_path / "checkpoints"
    with pytest.raises(UserError, match=r"NaN in epoch \d of 4: lower learning_rate"):
        train(data, replace(RECIPE, learning_rate=1e30), checkpoints)
    assert not checkpoints.exists()


@pytest.mark.parametrize(("epochs", "batch_size"), [(0, 8), (4, 0), (-1, 8)])
def test_no_epochs_and_empty_batches_are_refused(epochs: int, batch_size: int) -> None:
    with pytest.raises(
        UserError,
        match=f"(epochs|batch_size) should be at least 1, it is {min(epochs, batch_size)}$",
    ):
        replace(RECIPE, epochs=epochs, batch_size=batch_size)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"optimizer": "adam"}, "one of adamw, fused_adamw, sgd, it is 'adam'"),
        ({"schedule": "one"}, "schedule should be one of cosine, step, it is 'one'"),
        ({"distribute": "both"}, "one of none, mirrored, multi_worker, it is 'both'"),
        (
            {"optimizer": "fused_adamw", "distribute": "mirrored"},
            "distribute should be none with optimizer: fused_adamw .*, it is 'mirrored'",
        ),
        ({"steps_per_execution": 0}, "steps_per_execution should be at least 1, it is 0"),
        ({"frozen_epochs": 4}, r"frozen_epochs should be below epochs \(4\), it is 4"),
    ],
)
def test_what_a_recipe_cannot_mean_is_refused(change: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        replace(RECIPE, **change)


def test_one_class_is_refused(data: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"at least 2 classes, .* has 1 \(bright\)"):
        train(replace(data, labels=("bright",)), RECIPE, tmp_path)


def test_what_was_trained_on_sets_no_temperature_and_no_rejection(
    data: ImageDataset, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, epochs=1, train_split="train+validation")
    network, _ = train(data, recipe, tmp_path)
    assert answers.calibrated(network, data, recipe).calibration == Calibration(labels=2)
    assert answers.calibrated(network, data, RECIPE).calibration != Calibration(labels=2)
    with_others = replace(data, splits=data.splits | {OTHERS["test"]: "test"})
    with pytest.raises(UserError, match="train_split should be train, it is train"):
        train(with_others, recipe, tmp_path)


@pytest.mark.parametrize("behind", list(Kind))
def test_a_threshold_of_drawn_hands_follows_what_is_no_hand(
    behind: Kind, data: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever photographs are behind them; that of real ones keeps most of their pictures."""
    given = []
    monkeypatch.setattr(
        calibration, "fitted", lambda *of: given.append(of) or Calibration(2, 1.0, 0.0)
    )
    network = build(RECIPE.architecture, data.image_size, 3)
    photographs = Origin("photographs", behind, "d1", "none", is_general=True).record()
    for hands in (Origin.drawn("drawn_hands", "d2"), Origin("signs", Kind.MIRROR, "d3", "none")):
        mixture = replace(
            data,
            record={"sources": [hands.record(), photographs]},
            splits=data.splits | {OTHERS["validation"]: "validation", OTHERS["test"]: "test"},
        )
        answers.calibrated(network, mixture, RECIPE)
    (*_, others, of_drawn), (*_, of_real) = given
    assert others.shape == (6, 3)
    assert of_drawn is None
    assert of_real.shape == (6, 3)


def test_a_checkpoint_of_another_architecture_is_refused_and_kept(
    data: ImageDataset, cut_short: Path, tmp_path: Path
) -> None:
    checkpoints = shutil.copytree(cut_short, tmp_path / "checkpoints")
    kept = {path.name: path.read_bytes() for path in checkpoints.iterdir()}
    with pytest.raises(
        UserError,
        match="keeps an unfinished training of assignment_cnn, and residual8 cannot go on",
    ):
        train(data, replace(RECIPE, **NORMALISED), checkpoints)
    assert {path.name: path.read_bytes() for path in checkpoints.iterdir()} == kept


def test_first_epochs_may_leave_all_but_the_logits_as_they_are(
    data: ImageDataset, tmp_path: Path
) -> None:
    at_start, after = [], []
    recipe = replace(RECIPE, **NORMALISED, epochs=2, frozen_epochs=1)

    def look(epoch: int, logs: dict[str, float]) -> None:
        after.append(list(map(np.copy, weights(networks[0]))))

    networks: list[keras.Model] = []

    def start(network: keras.Model) -> None:
        networks.append(network)
        at_start.extend(map(np.copy, weights(network)))  # they share the variables' memory

    _, rows = train(data, recipe, tmp_path, look, start)
    assert [row["epoch"] for row in rows] == [0, 1]
    logits = 2  # kernel and bias
    frozen, trained = after
    assert all(map(np.array_equal, frozen[:-logits], at_start[:-logits]))
    assert not np.array_equal(frozen[-2], at_start[-2])
    assert not any(map(np.array_equal, trained[:1], at_start[:1]))


def test_bfloat16_and_fused_normalisation_train_what_is_saved_in_float32(
    data: ImageDataset, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, **NORMALISED, mixed_precision=True, fused_batch_norm=True)
    network, rows = train(data, recipe, tmp_path)
    images, labels = data.arrays("validation")
    kinds = {type(layer).__module__.partition(".")[0] for layer in network.layers}
    assert kinds == {"keras"}
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    losses = keras.losses.sparse_categorical_crossentropy(labels, network(images), from_logits=True)
    best = min(row["val_loss"] for row in rows)
    assert float(keras.ops.mean(losses)) == pytest.approx(best, abs=0.02)


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.2), (3, 0.4), (10, 1.0), (49, 1.0), (51, 0.1), (74, 0.1), (76, 0.01), (100, 0.01)],
)
def test_the_rate_rises_in_five_steps_and_falls_in_two(step: int, rate: float) -> None:
    schedule = warmup_then_steps(1.0, 100, 0.1)
    assert float(keras.ops.convert_to_numpy(schedule(step))) == pytest.approx(rate)


@pytest.mark.parametrize("warmup_fraction", [0.0, 0.004])
def test_without_steps_to_rise_in_the_rate_starts_at_its_peak(warmup_fraction: float) -> None:
    schedule = warmup_then_steps(1.0, 100, warmup_fraction)
    rates = [float(keras.ops.convert_to_numpy(schedule(step))) for step in (0, 1, 49, 51, 76)]
    assert rates == pytest.approx([1.0, 1.0, 1.0, 0.1, 0.01])


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 0.05),  # a twentieth of the peak
        (5, 0.525),  # half of the way up
        (10, 1.0),
        (55, 0.5),  # half of the way down
        (100, 0.0),
    ],
)
def test_the_rate_rises_for_a_tenth_of_the_steps_and_falls_on_a_cosine(
    step: int, rate: float
) -> None:
    schedule = warmup_then_cosine(1.0, 100, 0.1)
    assert float(keras.ops.convert_to_numpy(schedule(step))) == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"blur": 1}, r"^augmentation.blur is unknown"),
        ({"shift": "a lot"}, r"^augmentation.shift should be a number, it is 'a lot'$"),
    ],
)
def test_a_wrong_augmentation_is_named(section: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        replace(RECIPE, augmentation=section)
