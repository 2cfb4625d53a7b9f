"""A model file depends on its model alone, is whole or absent, and never runs code."""

import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.fitting import model_files

METADATA = {"labels": ["a", "b"], "image_size": 8, "name": "é"}


def small_network() -> keras.Model:
    """With a layer that is used twice, an initializer that two layers share, and dropout."""
    keras.utils.set_random_seed(0)
    shared = keras.initializers.GlorotUniform(seed=3)
    inputs = keras.Input((4,), name="inputs")
    dense = keras.layers.Dense(4, kernel_initializer=shared, name="twice")
    hidden = keras.layers.Dropout(0.5, seed=1, name="dropout")(dense(dense(inputs)))
    outputs = keras.layers.Dense(2, kernel_initializer=shared, name="outputs")(hidden)
    return keras.Model(inputs, outputs, name="small")


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return small_network()


@pytest.fixture
def file(network: keras.Model, tmp_path: Path) -> Path:
    model_files.save(network, tmp_path / "models" / "small.keras", METADATA)
    return tmp_path / "models" / "small.keras"


def rewritten(file: Path, **contents: bytes | None) -> Path:
    """`file` with entries, by name without their suffix, replaced or, for None, left out."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            content = contents.get(name.partition(".")[0], content)
            if content is not None:
                archive.writestr(name, content)
    return file


def test_a_saved_model_gives_the_same_outputs_and_metadata(network, file: Path) -> None:
    loaded, metadata = model_files.load(file)
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_array_equal(loaded(inputs), network(inputs))
    assert metadata == METADATA | {"keras_version": keras.__version__}


def test_saving_again_or_building_again_gives_the_same_bytes(network, file: Path) -> None:
    first = file.read_bytes()
    model_files.save(network, file, METADATA)
    assert file.read_bytes() == first
    model_files.save(small_network(), file, METADATA)
    assert file.read_bytes() == first


@pytest.fixture(scope="module")
def another_process(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """What it prints of a file with a task's own layer, and the bytes that it saves."""
    from fivenets.detection.layers import Reorg

    own, saved = (tmp_path_factory.mktemp("process") / name for name in ("own.keras", "net.keras"))
    model_files.save(keras.Sequential([keras.Input((4, 4, 8)), Reorg(2)]), own, {})
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_model_files import *;"
        "print(model_files.load(Path(sys.argv[2]))[0].output_shape);"
        "model_files.save(small_network(), Path(sys.argv[3]), METADATA)"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(own), str(saved)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return shown, saved.read_bytes()


def test_another_process_saves_the_same_bytes(file: Path, another_process) -> None:
    assert another_process[1] == file.read_bytes()


def test_a_process_that_has_not_imported_a_tasks_layers_loads_them(another_process) -> None:
    assert another_process[0] == "(None, 2, 2, 32)\n"


def test_other_weights_or_metadata_give_other_bytes(file: Path) -> None:
    first, other = file.read_bytes(), small_network()
    other.get_layer("outputs").bias.assign([1.0, 0.0])
    model_files.save(other, file, METADATA)
    assert file.read_bytes() != first
    model_files.save(small_network(), file, METADATA | {"image_size": 9})
    assert file.read_bytes() != first


def test_the_config_keeps_what_is_shared(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        config = archive.read("config.json").decode()
    objects = [
        part.split("}")[0].split(",")[0] for part in config.split('"shared_object_id": ')[1:]
    ]
    assert set(objects) == {str(number) for number in range(len(set(objects)))}
    loaded, _ = model_files.load(file)
    assert len(loaded.weights) == len(small_network().weights)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), r": no such model file$"),
        (lambda file: file.write_bytes(b""), r" is not a usable \.keras model: File is not a zip"),
        (lambda file: file.write_bytes(b"text"), r" is not a usable .* File is not a zip file$"),
        (lambda file: file.write_bytes(file.read_bytes()[:-40]), r" is not a usable .* not a zip"),
        (lambda file: rewritten(file, config=None), r" is not a usable .* 'config\.json'"),
        (lambda file: rewritten(file, config=b"{"), r" is not a usable .* line 1 column 2"),
        (lambda file: rewritten(file, config=b"{}"), r" is not a usable "),
        (lambda file: rewritten(file, metadata=None), r" is not a usable .* 'metadata\.json'"),
        (lambda file: rewritten(file, metadata=b"["), r" is not a usable "),
        (lambda file: rewritten(file, model=None), r" is not a usable .* model\.weights\.h5"),
        (lambda file: rewritten(file, model=b"0"), r" is not a usable .*file signature not found"),
    ],
    ids=[
        "missing", "empty", "text", "cut off", "no config", "broken config", "empty config",
        "no metadata", "broken metadata", "no weights", "broken weights",
    ],
)  # fmt: skip
def test_an_unusable_file_is_refused_in_one_line(
    file: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(file)
    with pytest.raises(UserError, match=f"^{file}{message}") as error:
        model_files.load(file)
    assert "\n" not in str(error.value)


def test_a_folder_is_no_model_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r": no such model file$"):
        model_files.load(tmp_path)


def test_a_file_with_a_lambda_layer_is_refused_unread(tmp_path: Path) -> None:
    witness = str(tmp_path / "executed")
    function = keras.layers.Lambda(lambda x: (os.makedirs(witness), x)[1])
    model = keras.Sequential([keras.Input((4,)), function])
    os.rmdir(witness)  # building the model called the function
    model_files.save(model, tmp_path / "lambda.keras", {})
    with pytest.raises(UserError, match=r"not a usable .*`Lambda` layer"):
        model_files.load(tmp_path / "lambda.keras")
    assert not os.path.exists(witness)


def test_a_damaged_file_is_loaded_or_a_user_error(file: Path) -> None:
    content, rng, refused = file.read_bytes(), random.Random(0), 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        file.write_bytes(damaged)
        try:
            model_files.load(file)
        except UserError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("fails", ["save", "writestr"])
def test_a_save_that_fails_leaves_the_earlier_file_and_nothing_else(
    network, file: Path, monkeypatch, fails: str
) -> None:
    def full_disk(*args, **kwargs):
        raise OSError("no space left")

    before = file.read_bytes()
    monkeypatch.setattr(keras.Model if fails == "save" else zipfile.ZipFile, fails, full_disk)
    with pytest.raises(OSError, match="no space left"):
        model_files.save(network, file, METADATA | {"image_size": 9})
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_entries_carry_no_time_of_saving(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "date_saved" not in json.loads(archive.read("metadata.json"))
