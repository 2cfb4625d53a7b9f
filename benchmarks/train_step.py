"""A train step of ResNet-50, batch 32 at 64x64: Keras and, where it is installed, PyTorch.

    pip install -e .[benchmark]
    python benchmarks/train_step.py [ROUNDS]

The engines take turns in one process, so that another load on the machine falls on all alike.
Both have the same layers, SGD with momentum 0.9, label smoothing 0.1, and the data in memory;
PyTorch's tensors are channels_last. Medians are printed as one JSON object.
"""

import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from fivenets.classification.acceleration import training_copy
from fivenets.classification.resnet import EPSILON, STAGES, resnet50

BATCH, SIDE, CLASSES, RATE, MOMENTUM = 32, 64, 6, 0.01, 0.9


def main(rounds: str = "9") -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, SIDE, SIDE, 3)).astype(np.uint8)
    labels = np.arange(BATCH) % CLASSES
    steps: dict[str, Callable[[], float]] = {
        "keras float32, as Keras has it": keras_step(images, labels, None),
        "keras float32": keras_step(images, labels, "float32"),
        "keras bfloat16": keras_step(images, labels, "mixed_bfloat16"),
    }
    if importlib.util.find_spec("torch"):
        steps |= {
            "pytorch float32": torch_step(images, labels, is_bfloat16=False),
            "pytorch bfloat16": torch_step(images, labels, is_bfloat16=True),
        }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(int(rounds) + 1):
        for name, step in steps.items():
            step()  # another engine's weights are in the caches
            started = time.perf_counter()
            step()
            if turn:
                times[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in times.items()}
    report = {
        "load_average": round(os.getloadavg()[0], 1),
        "milliseconds": {name: round(1000 * value) for name, value in medians.items()},
        "images_per_second": {name: round(BATCH / value, 1) for name, value in medians.items()},
    }
    if "pytorch float32" in medians:
        report["of_pytorch"] = {
            kind: round(medians[f"keras {kind}"] / medians[f"pytorch {kind}"], 2)
            for kind in ("float32", "bfloat16")
        }
    print(json.dumps(report, indent=2))


def keras_step(images: np.ndarray, labels: np.ndarray, policy: str | None) -> Callable[[], float]:
    """One step of the network as it is trained, or (None) as Keras computes it unchanged."""
    import keras
    import tensorflow as tf

    network = resnet50((SIDE, SIDE, 3), CLASSES)
    trained = training_copy(network, policy) if policy else network
    trained.compile(
        keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        jit_compile=False,
    )
    batch = tf.constant(images), tf.one_hot(labels, CLASSES)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat())
    trained.make_train_function()

    def step() -> float:
        return float(trained.train_function(batches)["loss"])

    step()
    return step


def torch_step(images: np.ndarray, labels: np.ndarray, *, is_bfloat16: bool) -> Callable[[], float]:
    """One step of the same network in PyTorch."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, into: int, filters: tuple[int, int, int], stride: int, is_first: bool):
            super().__init__()
            first, second, third = filters
            self.main = nn.Sequential(
                *convolution(into, first, 1, stride),
                nn.ReLU(inplace=True),
                *convolution(first, second, 3),
                nn.ReLU(inplace=True),
                *convolution(second, third, 1),
            )
            is_strided = nn.Sequential(*convolution(into, third, 1, stride))
            self.shortcut = is_strided if is_first else nn.Identity()

        def forward(self, x):
            return torch.relu_(self.main(x) + self.shortcut(x))

    def convolution(into: int, out: int, side: int, stride: int = 1) -> list[nn.Module]:
        return [
            nn.Conv2d(into, out, side, stride, padding=side // 2),
            nn.BatchNorm2d(out, eps=EPSILON),
        ]

    blocks, channels = [], 64
    for _, filters, stride, count in STAGES:
        for index in range(count):
            blocks.append(Block(channels, filters, 1 if index else stride, index == 0))
            channels = filters[-1]
    network = nn.Sequential(
        *convolution(3, 64, 7, 2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, CLASSES),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), RATE, MOMENTUM)
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    targets = torch.from_numpy(labels)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            logits = network(inputs)
        loss = nn.functional.cross_entropy(logits.float(), targets, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        return loss.item()

    step()
    return step


if __name__ == "__main__":
    main(*sys.argv[1:])
