"""Detectors, U-Nets and embeddings train on two devices as on one: each has half of a batch."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Trains on one device and on two, and prints the loss of each epoch: {"none": [..], ..}. A network
# each process: TensorFlow 2.21 mixes up what two strategies send between devices.
SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from fivenets.core.errors import UserError
from fivenets.datasets.objects.prepared import ObjectDataset, ObjectSettings
from fivenets.detection import compact, training as detection
from fivenets.faces import training as faces
from fivenets.faces.settings import EmbeddingRecipe
from fivenets.datasets.masks.prepared import MaskDataset, MaskExample, MaskSettings
from fivenets.segmentation import training as segmentation, unet
from fivenets.segmentation.settings import Loss
from fivenets.sources.origin import Origin
sys.path += sys.argv[3:]
from test_detector_training import RECIPE, square
from test_segmentation_training import RECIPE as MASKED, TUNING, scene, small_encoder
from test_triplet_training import DATA, RECIPE as TRIPLETS, people, tiny_network

folder, losses = Path(sys.argv[1]), {}
whole = compact.cfg
# Each device would normalise by its own half of a batch.
compact.cfg = lambda *given: whole(*given).replace("batch_normalize=1", "batch_normalize=0")
unet.convolution = lambda x, width, size, name, momentum: keras.layers.Conv2D(
    width, size, padding="same", activation="relu", name=name
)(x)
keras.utils.clear_session = lambda: None  # of `tiny_network`: no strategy survives it
faces.build = lambda recipe: tiny_network()
rng = np.random.default_rng(0)
pictures = [square(rng, index % 2) for index in range(16)]
settings = ObjectSettings(dataset="squares", train="train", test="test")
squares = map(scene, [rng] * 16)
# With pixels of no class, each device would weigh its half by what is left of it.
masks = [MaskExample(one.image_rgb_uint8, (one.mask == 1).astype("uint8")) for one in squares]
objects = ObjectDataset(
    settings, ("red", "blue"), Origin.drawn("squares", "0" * 64).record(), pictures, pictures
)


def detector(kind, checkpoints):
    recipe = replace(RECIPE, epochs=2, mixed_precision=False, distribute=kind)
    return detection.train(objects, recipe, checkpoints)


def segmenter(kind, checkpoints, encoder=None):
    settings = MaskSettings(dataset="squares", train="train", test="test")
    origin = Origin.drawn("squares", "0" * 64).record()
    data = MaskDataset(settings, ("ground", "square"), origin, masks, masks)
    recipe = replace(MASKED, epochs=4, mixed_precision=False, loss=Loss(), distribute=kind)
    if encoder:
        recipe = replace(recipe, fine_tuning=TUNING).fine_tuned()
    return segmentation.train(data, recipe, checkpoints, encoder=encoder)


def embedding(kind, checkpoints, people_per_batch=4):
    recipe = EmbeddingRecipe(**TRIPLETS | {
        "epochs": 10, "mining": "batch_all", "distribute": kind,
        "people_per_batch": people_per_batch,
    })
    images, labels = people()
    images = np.concatenate([images, 255 - images[:4]])  # a fourth person: each device needs two
    return faces.train(images, np.append(labels, [3] * 4), DATA, recipe, checkpoints)


if sys.argv[2] == "worker":
    *_, rows = segmenter("multi_worker", folder / "worker", small_encoder)
    print(json.dumps([row["loss"] for row in rows]))
    sys.exit()
for kind in ("none", "mirrored"):
    train = {"detector": detector, "embedding": embedding, "segmenter": segmenter}[sys.argv[2]]
    *_, rows = train(kind, folder / kind)
    losses[kind] = [row["loss"] for row in rows]
try:
    embedding("mirrored", folder / "odd", people_per_batch=3)
except UserError as error:
    losses["odd"] = str(error)
print(json.dumps(losses))
"""


def losses_of(name: str, folder: Path) -> Any:
    tests = Path(__file__).parents[1]
    process = subprocess.run(
        [
            *(sys.executable, "-c", SCRIPT, str(folder), name),
            *map(str, (tests, *(tests / task for task in ("detection", "faces", "segmentation")))),
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def test_a_detector_has_the_losses_of_one_device(tmp_path: Path) -> None:
    losses = losses_of("detector", tmp_path)
    assert losses["mirrored"] == pytest.approx(losses["none"], rel=1e-3)


def test_an_embedding_learns_from_whole_people_on_each_device(tmp_path: Path) -> None:
    losses = losses_of("embedding", tmp_path)
    # Other triplets than one device has: each averages over those of its own share.
    assert losses["mirrored"][-1] < 0.1 * losses["mirrored"][0]
    assert re.fullmatch(
        "people_per_batch should be a multiple of the 2 devices, .* it is 3", losses["odd"]
    )


def test_a_segmenter_has_the_losses_of_one_device(tmp_path: Path) -> None:
    losses = losses_of("segmenter", tmp_path)
    assert losses["mirrored"] == pytest.approx(losses["none"], rel=1e-3)
    assert losses["none"][-1] < 0.9 * losses["none"][0]  # so that the steps are compared as well


def test_a_worker_makes_the_encoder_once_it_has_found_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        workers = [f"127.0.0.1:{free.getsockname()[1]}"]
    config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    [loss] = losses_of("worker", tmp_path)
    assert 0 < loss < 2
