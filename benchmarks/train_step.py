"""A train step of ResNet-50, batch 32 at 64x64: Keras and, where it is installed, PyTorch.

    pip install -e .[benchmark]
    python benchmarks/train_step.py [--rounds 9] [--optimizer sgd]
    python benchmarks/train_step.py --profile [--optimizer adamw]

The engines take turns in one process, so that another load on the machine falls on all alike.
Both have the same layers and optimizer (SGD with momentum 0.9, or AdamW: each engine's fastest),
label smoothing 0.1, and the data in memory; PyTorch's tensors are channels_last. Medians are
printed as one JSON object. With --profile, Keras' bfloat16 step alone: the milliseconds of each
kind of operation, summed over the threads.
"""

import argparse
import collections
import importlib.util
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification.resnet import resnet50
from fivenets.fitting.acceleration import FusedAdamW, training_copy

BATCH, SIDE, CLASSES, RATE, MOMENTUM, DECAY = 32, 64, 6, 0.001, 0.9, 0.05
PROFILED_STEPS = 3

Step = Callable[[], float]  # trains on one batch; returns its loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--optimizer", choices=("sgd", "adamw"), default="sgd")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, SIDE, SIDE, 3)).astype(np.uint8)
    batch = images, np.arange(BATCH) % CLASSES, options.optimizer
    if options.profile:
        report = profile(keras_step(*batch, "mixed_bfloat16"))
    else:
        steps = {
            "keras float32, as Keras has it": keras_step(*batch, None),
            "keras float32": keras_step(*batch, "float32"),
            "keras bfloat16": keras_step(*batch, "mixed_bfloat16"),
        }
        if importlib.util.find_spec("torch"):
            steps |= {
                "pytorch float32": torch_step(*batch, is_bfloat16=False),
                "pytorch bfloat16": torch_step(*batch, is_bfloat16=True),
            }
        report = compare(steps, options.rounds)
    print(json.dumps({"optimizer": options.optimizer, **report}, indent=2))


def compare(steps: dict[str, Step], rounds: int) -> dict[str, Any]:
    """The median of each step's times; the first of `rounds` + 1 turns does not count."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 1):
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
    return report


def profile(step: Step) -> dict[str, Any]:
    """Milliseconds in a step of each kind of operation that takes 1 or more, and how many ran."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    step()
    space = xplane_pb2.XSpace()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(PROFILED_STEPS):
                step()
        space.ParseFromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    milliseconds, counts = collections.Counter(), collections.Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                # An operation's event is named <node>:<kind>; the runtime's are not.
                node, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                if node.strip(":") == node != "" and kind.isidentifier():
                    milliseconds[kind] += event.duration_ps / 1e9 / PROFILED_STEPS
                    counts[kind] += 1
    return {
        "load_average": round(os.getloadavg()[0], 1),
        "operations": {
            kind: {"milliseconds": round(value, 1), "count": counts[kind] // PROFILED_STEPS}
            for kind, value in milliseconds.most_common()
            if value >= 1
        },
    }


def keras_step(images: np.ndarray, labels: np.ndarray, optimizer: str, policy: str | None) -> Step:
    """One step of the network as it is trained, or (None) as Keras computes it unchanged."""
    import keras
    import tensorflow as tf

    network = resnet50((SIDE, SIDE, 3), CLASSES)
    trained = training_copy(network, policy) if policy else network
    if optimizer == "sgd":
        updates = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
    else:
        make = FusedAdamW if policy else keras.optimizers.AdamW
        updates = make(RATE, weight_decay=DECAY)
    trained.compile(
        updates,
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


def torch_step(
    images: np.ndarray, labels: np.ndarray, optimizer: str, *, is_bfloat16: bool
) -> Step:
    """One step of the same network in PyTorch."""
    import torch
    from torch import nn
    from torch_twin import Twin

    network = Twin(resnet50((SIDE, SIDE, 3), CLASSES)).to(memory_format=torch.channels_last)
    if optimizer == "sgd":
        updates = torch.optim.SGD(network.parameters(), RATE, MOMENTUM)
    else:
        updates = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY, fused=True)
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float()  # a view: channels come last
    targets = torch.from_numpy(labels)

    def step() -> float:
        updates.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            (logits,) = network(inputs)
        loss = nn.functional.cross_entropy(logits.float(), targets, label_smoothing=0.1)
        loss.backward()
        updates.step()
        return loss.item()

    step()
    return step


if __name__ == "__main__":
    main()
