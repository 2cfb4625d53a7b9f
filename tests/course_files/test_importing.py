"""The course's own model files, written here in their formats, answer as what they were made of."""

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import scipy.io
from random_weights import random_weights

from fivenets.detection import darknet, weights
from fivenets.detection.detector import Detector
from fivenets.faces import nn4, task
from fivenets.faces.embedder import Embedder
from fivenets.faces.settings import Conversion
from fivenets.fitting import engine, model_files
from fivenets.runs import lookup
from fivenets.style import features

CFG = """[net]
height=32
width=48
channels=3

{0}filters=4{1}
[maxpool]
size=2
stride=2
{0}filters=8{1}
[maxpool]
size=2
stride=2
{0}filters=8{1}
[route]
layers=-3
{0}filters=4{1}
[reorg]
stride=2
[route]
layers=-1,-4
[convolutional]
filters=14
size=1
stride=1
pad=1
activation=linear
[region]
anchors=1, 1, 2, 1.577273
num=2
classes=2
softmax=1
""".format("[convolutional]\nbatch_normalize=1\n", "\nsize=3\nstride=1\npad=1\nactivation=leaky")
# What reads what in it, in Keras' names: a layer, its kind, its settings, what it reads.
YOLO = [("input_1", "InputLayer", {"batch_input_shape": [None, 32, 48, 3]}, [])]
RNG = np.random.default_rng(0)


def described(rows: list) -> str:
    """A network as Keras 2 describes it."""
    layers = [
        {
            "name": name,
            "class_name": kind,
            "config": {"name": name, **settings},
            "inbound_nodes": [[[one, 0, 0, {}] for one in inputs]] if inputs else [],
        }
        for name, kind, settings, inputs in rows
    ]
    output = [[rows[-1][0], 0, 0]]
    return json.dumps(
        {"class_name": "Model", "config": {"layers": layers, "output_layers": output}}
    )


def write_h5(file: Path, arrays: dict[str, list[np.ndarray]], description: str = "") -> None:
    """Weights as Keras 2 writes them, with a network or without."""
    with h5py.File(file, "w") as archive:
        root = archive.create_group("model_weights") if description else archive
        if description:
            archive.attrs["model_config"] = description.encode()
        root.attrs["layer_names"] = [name.encode() for name in arrays]
        for name, values in arrays.items():
            group = root.create_group(name)
            paths = [f"{name}/weight_{index}:0" for index in range(len(values))]
            group.attrs["weight_names"] = [path.encode() for path in paths]
            for path, value in zip(paths, values, strict=True):
                group.create_dataset(path, data=value)


def yolo_layers() -> list[tuple[str, str, dict[str, Any], list[str]]]:
    """YAD2K's layers for CFG, in an order that Keras might write them in."""
    rows: list[tuple[str, str, dict[str, Any], list[str]]] = list(YOLO)
    number = 0

    def convolution(inputs: str, filters: int, size: int = 3) -> str:
        nonlocal number
        number += 1
        kernel = {"kernel_size": [size, size], "strides": [1, 1], "padding": "same"}
        rows.append((f"conv2d_{number}", "Conv2D", {"filters": filters, **kernel}, [inputs]))
        norm, leaky = f"batch_normalization_{number}", f"leaky_re_lu_{number}"
        rows.append((norm, "BatchNormalization", {"epsilon": 1e-3}, [f"conv2d_{number}"]))
        rows.append((leaky, "LeakyReLU", {"alpha": 0.10000000149}, [norm]))
        return leaky

    def pooling(name: str, inputs: str) -> str:
        sides = {"pool_size": [2, 2], "strides": [2, 2], "padding": "same"}
        rows.append((name, "MaxPooling2D", sides, [inputs]))
        return name

    second = convolution(pooling("max_pooling2d_1", convolution("input_1", 4)), 8)
    third = convolution(pooling("max_pooling2d_2", second), 8)
    passed = convolution(second, 4)
    code = {"function": ["4wEAAAA=", None, None], "function_type": "lambda"}
    rows.append(("space_to_depth_x2", "Lambda", code, [passed]))
    rows.append(("concatenate_1", "Concatenate", {"axis": -1}, ["space_to_depth_x2", third]))
    last = {"filters": 14, "kernel_size": [1, 1], "strides": [1, 1], "padding": "same"}
    rows.append(("conv2d_5", "Conv2D", {**last, "use_bias": True}, ["concatenate_1"]))
    return [rows[0], *sorted(rows[1:-1], key=lambda row: row[0]), rows[-1]]


def write_yolo(folder: Path, **more: list[np.ndarray]) -> bytes:
    """yolo.h5 and what stands beside it; returns the Darknet weights that are in it."""
    network = darknet.parse(CFG)
    _, numbers = random_weights(network, 0)
    arrays = {}
    for index, one in enumerate(numbers, start=1):
        kernel = one.kernel.transpose(2, 3, 1, 0)
        arrays[f"conv2d_{index}"] = [kernel, *([one.biases] if one.scales is None else [])]
        if one.scales is not None:
            values = [one.scales, one.biases, one.means, one.variances]
            arrays[f"batch_normalization_{index}"] = values
    write_h5(folder / "yolo.h5", arrays | more, described(yolo_layers()))
    (folder / "model_data").mkdir()
    (folder / "model_data" / "yolo_anchors.txt").write_text("1, 1, 2, 1.577273\n")
    (folder / "model_data" / "coco_classes.txt").write_text("cat\ndog\n")
    return weights.to_bytes(weights.Header(0, 1, 0, 0), numbers)


def test_yolo_h5_is_the_darknet_network_that_it_was_made_of(tmp_path: Path, fivenets) -> None:
    numbers = write_yolo(tmp_path, dense_9=[np.ones((2, 3), np.float32)])
    out = tmp_path / "yolo.keras"
    code, said, complaint = fivenets("import", tmp_path / "yolo.h5", "--out", out)
    assert (code, complaint) == (0, "")
    assert "without a place in it: dense_9 (2, 3)" in said
    assert "answers by OpenVINO" in said
    assert isinstance(engine.load(lookup.model_file(str(out)))[0], engine.OpenVinoNetwork)
    found = Detector.from_file(out)
    assert (found.labels, found.resize) == (("cat", "dog"), "stretch")
    assert found.regions[0].anchors == ((1.0, 1.0), (2.0, 1.577273))
    assert found.to_weights() == numbers
    (tmp_path / "small.cfg").write_text(CFG)
    (tmp_path / "small.weights").write_bytes(numbers)
    expected = Detector.from_darknet(tmp_path / "small.cfg", tmp_path / "small.weights")
    picture = RNG.random((1, 32, 48, 3), np.float32)
    np.testing.assert_allclose(found.raw(picture)[0], expected.raw(picture)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("anchors", "2 anchors and 3 classes need 16 numbers a cell, the network gives 14"),
        ("names", "needs one file of names of classes (*classes*.txt), there is none"),
        ("weights", "layer conv2d_2 (Conv2D): expected 1 arrays of weights, it has 0"),
        ("layer", "layer concatenate_1 (GRU): it is none of YAD2K's layers"),
        ("two inputs", "yolo.h5 holds no network of YAD2K"),
        ("no convolution", "yolo.h5 holds no network of YAD2K"),
        ("negative_slope", "layer leaky_re_lu_1 (LeakyReLU): expected a slope of 0.1"),
        ("cut", "holds no weights of Keras 1 or 2: "),
    ],
)
def test_a_file_that_is_not_yad2ks_is_a_sentence(
    tmp_path: Path, fivenets, change: str, complaint: str
) -> None:
    write_yolo(tmp_path)
    file, names = tmp_path / "yolo.h5", tmp_path / "model_data" / "coco_classes.txt"
    if change == "anchors":
        names.write_text("a\nb\nc\n")
    elif change == "names":
        names.unlink()
    elif change == "cut":
        file.write_bytes(file.read_bytes()[:3000])
    else:
        with h5py.File(file, "a") as archive:
            text = archive.attrs["model_config"]
            changes = {
                "layer": ('"Concatenate"', '"GRU"'),
                "no convolution": ('"Conv2D"', '"Dense"'),
            }
            changes["two inputs"] = ('[[["max_pooling2d_2", 0, 0, {}]]]', "[]")
            changes["negative_slope"] = ('"alpha": 0.1', '"negative_slope": 0.3')
            archive.attrs["model_config"] = text.replace(*changes.get(change, ("", "")))
            if change == "weights":
                archive["model_weights"].attrs["layer_names"] = [
                    b"conv2d_1",
                    b"batch_normalization_1",
                ]
    assert complaint in fivenets.refused("import", file, "--out", tmp_path / "yolo.keras")
    assert not (tmp_path / "yolo.keras").exists()


def facenet_layers(scale: dict) -> list:
    """A little of Inception-ResNet v1."""
    code = {"function": "scaling", "function_type": "function", **scale}
    of_4 = {"filters": 4, "strides": [1, 1], "padding": "same", "activation": "linear"}
    norm = {"axis": [3], "epsilon": 1e-3, "scale": False}
    return [
        ("input_1", "InputLayer", {"batch_input_shape": [None, 16, 16, 3]}, []),
        ("Conv2d_1a_3x3", "Conv2D", {**of_4, "kernel_size": [3, 3], "use_bias": False},
         ["input_1"]),
        ("Conv2d_1a_3x3_BatchNorm", "BatchNormalization", norm, ["Conv2d_1a_3x3"]),
        ("up", "Conv2D", {**of_4, "kernel_size": [1, 1], "use_bias": True},
         ["Conv2d_1a_3x3_BatchNorm"]),
        ("lambda_1", "Lambda", code, ["up"]),
        ("add_1", "Add", {}, ["Conv2d_1a_3x3_BatchNorm", "lambda_1"]),
        ("relu", "Activation", {"activation": "relu"}, ["add_1"]),
        ("AvgPool", "GlobalAveragePooling2D", {}, ["relu"]),
        ("Dropout", "Dropout", {"rate": 0.2}, ["AvgPool"]),
        ("Bottleneck", "Dense", {"units": 8, "use_bias": False}, ["Dropout"]),
    ]  # fmt: skip


FACENET = {
    "Conv2d_1a_3x3": [RNG.normal(size=(3, 3, 3, 4)).astype(np.float32)],
    "Conv2d_1a_3x3_BatchNorm": [RNG.random(4, np.float32) for _ in range(3)],
    "up": [RNG.normal(size=(1, 1, 4, 4)).astype(np.float32), RNG.random(4, np.float32)],
    "Bottleneck": [RNG.normal(size=(4, 8)).astype(np.float32)],
}


def test_keras_facenet_answers_as_its_arithmetic_says(tmp_path: Path, fivenets) -> None:
    folder, out = tmp_path / "keras-facenet-h5", tmp_path / "facenet.keras"
    folder.mkdir()
    (folder / "model.json").write_text(described(facenet_layers({"arguments": {"scale": 0.17}})))
    write_h5(folder / "model.h5", FACENET)
    code, said, complaint = fivenets("import", folder, "--out", out, "--json")
    assert (code, complaint) == (0, "")
    assert json.loads(said)["unused"] == []

    faces = RNG.integers(0, 256, (3, 16, 16, 3), np.uint8)
    (kernel,), (beta, mean, variance), (up, bias), (dense,) = FACENET.values()
    x = keras.ops.conv(faces.astype(np.float32) / 255, kernel, padding="same").numpy()
    x = (x - mean) / np.sqrt(variance + 1e-3) + beta
    x = np.maximum(x + 0.17 * (x @ up[0, 0] + bias), 0).mean(axis=(1, 2)) @ dense
    expected = x / np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(Embedder.from_file(out).embeddings(faces), expected, atol=1e-5)
    # As params.yaml names it: facenet-resnet.convert.weights.
    network, origin = task._converted(Conversion(weights=str(out), seed=0), "builtin")
    np.testing.assert_allclose(network.predict_on_batch(faces), expected, atol=1e-5)
    assert origin.asset == "facenet.keras"
    rows = list(map(json.loads, fivenets("look", out, "--json")[1].splitlines()))
    assert (rows[2]["name"], rows[2]["multiplications"]) == ("Conv2d_1a_3x3", 16 * 16 * 4 * 27)


@pytest.mark.parametrize(
    ("scale", "left_out", "complaint"),
    [
        ({"arguments": {"code": 1}}, "", "layer lambda_1 (Lambda): code that is not run"),
        (
            {"arguments": {"scale": 1}},
            "up",
            "model.h5: up should have [(1, 1, 4, 4), (4,)], received",
        ),
    ],
)
def test_code_is_not_run_and_missing_weights_are_named(
    tmp_path: Path, fivenets, scale: dict, left_out: str, complaint: str
) -> None:
    (tmp_path / "model.json").write_text(described(facenet_layers(scale)))
    write_h5(tmp_path / "model.h5", {key: one for key, one in FACENET.items() if key != left_out})
    given = (tmp_path / "model.json", tmp_path / "model.h5")
    code, _, said = fivenets("import", *given, "--out", tmp_path / "facenet.keras")
    assert code == 2
    assert complaint in said


def test_a_layer_that_is_called_as_one_of_ours_is_a_sentence(tmp_path: Path, fivenets) -> None:
    text = described(facenet_layers({"arguments": {"scale": 1}}))
    (tmp_path / "model.json").write_text(text.replace("AvgPool", "embedding"))
    write_h5(tmp_path / "model.h5", FACENET)
    said = fivenets.refused("import", tmp_path, "--out", tmp_path / "facenet.keras")
    assert "embedding" in said


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"Conv2D"', '"L2Normalization"', "(L2Normalization): none of"),
        ('"padding": "same"', '"padding": 3', "layer Conv2d_1a_3x3 (Conv2D):"),
    ],
)
def test_a_layer_that_is_unknown_or_has_odd_settings_is_a_sentence(
    old: str, new: str, complaint: str, tmp_path: Path, fivenets
) -> None:
    text = described(facenet_layers({"arguments": {"scale": 1}}))
    assert old in text
    (tmp_path / "model.json").write_text(text.replace(old, new, 1))
    write_h5(tmp_path / "model.h5", FACENET)
    assert complaint in fivenets.refused("import", tmp_path, "--out", tmp_path / "facenet.keras")


def test_openfaces_folder_is_read_and_says_which_file_is_missing(
    tmp_path: Path, fivenets, monkeypatch
) -> None:
    layers = [keras.layers.Conv2D(2, 1, name="conv1"), keras.layers.Flatten()]
    monkeypatch.setattr(
        nn4, "nn4_small2", lambda: keras.Sequential([keras.Input((8, 8, 3)), *layers])
    )
    out = tmp_path / "out" / "nn4.keras"
    (tmp_path / "conv1_w.csv").write_text("1,2,3,4,5,6\n")
    assert "has no conv1_b.csv" in fivenets.refused("import", tmp_path, "--out", out)
    (tmp_path / "conv1_b.csv").write_text("7,8\n")
    (tmp_path / "out").mkdir()
    (notes := tmp_path / "out" / "notes.txt").write_text("hello")
    assert fivenets("import", notes, tmp_path, "--out", out)[0] == 0
    black = np.zeros((1, 8, 8, 3), np.uint8)
    np.testing.assert_array_equal(Embedder.from_file(out).embeddings(black)[0, :2], [7, 8])


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("conv1_1", (3, 3, 3, 2))] * 2, "conv1_1 should have one kernel and one bias, it has"),
        (
            [("conv1_1", (3, 3)), ("fc6", (9, 2))],
            "conv1_1 should have one kernel and one bias, it has (3, 3",
        ),
        ([("conv1_1", (3, 3, 3, 4)), ("fc6", (9, 2))], "it has (3, 3, 3, 4), (2,)"),
        ([("", (3, 3, 3, 2))] * 2, "block1_conv1"),
    ],
)
def test_layers_that_are_not_vggs_are_a_sentence(tmp_path: Path, fivenets, rows, complaint) -> None:
    cells = np.empty(len(rows), object)
    for index, (name, shape) in enumerate(rows):
        both = np.empty(2, object)
        both[:] = np.ones(shape), np.ones(2)
        cells[index] = {"name": name, "weights": both}
    scipy.io.savemat(tmp_path / "vgg.mat", {"layers": cells})
    said = fivenets.refused("import", tmp_path / "vgg.mat", "--out", tmp_path / "out.keras")
    assert complaint in said


def test_matconvnets_vgg_has_its_colours_in_the_order_that_it_is_asked_in(
    tmp_path: Path, fivenets, monkeypatch
) -> None:
    monkeypatch.setattr(features, "FILTERS", (2, 2, 2, 2, 2))
    rows, kernels, before = [], {}, 3
    for block, count in enumerate((2, 2, 4, 4, 4), start=1):
        for index in range(1, count + 1):
            kernel = RNG.normal(size=(3, 3, before, 2)).astype(np.float32)
            bias, before = RNG.normal(size=(1, 2)).astype(np.float32), 2
            kernels[f"block{block}_conv{index}"] = kernel, bias[0]
            rows.append({"name": f"conv{block}_{index}", "weights": [kernel, bias]})
            rows.append({"name": f"relu{block}_{index}", "type": "relu"})
    rows.append({"name": "fc6", "weights": [np.ones((7, 7, 2, 5)), np.ones((1, 5))]})
    cells = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        if "weights" in row:
            both = np.empty(2, object)
            both[:] = row["weights"]
            row = {**row, "weights": both}
        cells[index] = row
    scipy.io.savemat(tmp_path / "vgg.mat", {"layers": cells})
    out = tmp_path / "vgg19.keras"
    code, said, complaint = fivenets("import", tmp_path / "vgg.mat", "--out", out)
    assert (code, complaint) == (0, "")
    assert "without a place in it: fc6 (7, 7, 2, 5)" in said
    network, _ = model_files.load(out)
    for name, (kernel, bias) in kernels.items():
        found = network.get_layer(name).get_weights()
        np.testing.assert_array_equal(found[0], kernel)
        np.testing.assert_array_equal(found[1], bias)


def test_what_is_no_model_file_of_the_courses_is_refused(tmp_path: Path, fivenets) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "a.mat").write_text("hello")
    out = tmp_path / "out.keras"
    for given, complaint in (
        ("notes.txt", "is none of the course's model files: expected yolo.h5 with"),
        ("a.mat", "a.mat holds no network of MatConvNet: "),
        ("none.h5", "none.h5: no such file or folder"),
    ):
        assert complaint in fivenets.refused("import", tmp_path / given, "--out", out)
    assert not out.exists()
