"""Detectors and embeddings train on two devices as on one: each has half of every batch."""

import json
import re
import subprocess
import sys
from pathlib import Path

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
from fivenets.sources.origin import Origin
sys.path += sys.argv[3:]
from test_detector_training import RECIPE, square
from test_triplet_training import DATA, RECIPE as TRIPLETS, people, tiny_network

folder, losses = Path(sys.argv[1]), {}
whole = compact.cfg
# Each device would normalise by its own half of a batch.
compact.cfg = lambda *given: whole(*given).replace("batch_normalize=1", "batch_normalize=0")
keras.utils.clear_session = lambda: None  # of `tiny_network`: no strategy survives it
faces.build = lambda recipe: tiny_network()
rng = np.random.default_rng(0)
pictures = [square(rng, index % 2) for index in range(16)]
settings = ObjectSettings(dataset="squares", train="train", test="test")
objects = ObjectDataset(
    settings, ("red", "blue"), Origin.drawn("squares", "0" * 64).record(), pictures, pictures
)


def detector(kind, checkpoints):
    recipe = replace(RECIPE, epochs=2, mixed_precision=False, distribute=kind)
    return detection.train(objects, recipe, checkpoints)


def embedding(kind, checkpoints, people_per_batch=4):
    recipe = EmbeddingRecipe(**TRIPLETS | {
        "epochs": 10, "mining": "batch_all", "distribute": kind,
        "people_per_batch": people_per_batch,
    })
    images, labels = people()
    images = np.concatenate([images, 255 - images[:4]])  # a fourth person: each device needs two
    return faces.train(images, np.append(labels, [3] * 4), DATA, recipe, checkpoints)


train = {"detector": detector, "embedding": embedding}[sys.argv[2]]
for kind in ("none", "mirrored"):
    *_, rows = train(kind, folder / kind)
    losses[kind] = [row["loss"] for row in rows]
try:
    embedding("mirrored", folder / "odd", people_per_batch=3)
except UserError as error:
    losses["odd"] = str(error)
print(json.dumps(losses))
"""


def losses_of(name: str, folder: Path) -> dict:
    tests = Path(__file__).parents[1]
    process = subprocess.run(
        [
            *(sys.executable, "-c", SCRIPT, str(folder), name),
            *(str(shared) for shared in (tests, tests / "detection", tests / "faces")),
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
