"""Any archive, manifest or model file: used, or refused, and never a file outside its folder."""

import io
import json
import shutil
import zipfile

import keras
import numpy as np
import pytest
from dlib_files import NETWORK
from fuzzing import mutated, part_of_inputs
from hypothesis import given
from hypothesis import strategies as st
from torch_files import whole, written

from fivenets.faces import dlib_file, tfjs_file
from fivenets.fitting import model_files, torch_file
from fivenets.sources.archives import unzip

PARTS = ["..", ".", "a", "b", "", "C:", "\\", "~", "a" * 300, "\0", "é"]
NAMES = st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=5).map("/".join)


def zip_of(contents: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


CONTENTS = {"a/one.bin": b"one" * 20, "a/é.bin": b"", "two.bin": b"two"}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ARCHIVES = mutated(*(zip_of(CONTENTS, method) for method in METHODS))
NAMED = st.dictionaries(NAMES, st.binary(max_size=4), max_size=4).map(zip_of)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.one_of(ARCHIVES, NAMED), st.sampled_from(["", "a", "a/b"]))
def test_archives(answer, tmp_path_factory, content: bytes, prefix: str) -> None:
    place = tmp_path_factory.getbasetemp() / "place"
    outer, folder = place / "outer", place / "outer" / "folder"
    folder.mkdir(parents=True)
    (place / "any.zip").write_bytes(content)
    answer(unzip, place / "any.zip", folder, prefix)
    assert sorted(path.name for path in place.iterdir()) == ["any.zip", "outer"]
    assert list(outer.iterdir()) == [folder]
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    shutil.rmtree(place)


ENTRY = {
    "name": "a",
    "shape": [2, 2],
    "dtype": "float32",
    "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0},
}
MANIFEST = [{"paths": ["weights.bin"], "weights": [ENTRY]}]
ODD = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["object", "O", "V", "M8", "<U4", "../secret", "/etc/hostname", "nan"]),
    st.lists(st.integers(-2, 2**40), max_size=3),
)
FIELDS = ["name", "shape", "dtype", "quantization", "scale", "min", "paths", "weights"]


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    """The manifest with values of some of its fields replaced or left out."""
    replaced = draw(st.dictionaries(st.sampled_from(FIELDS), ODD | st.just(...), max_size=3))

    def rewritten(value: object) -> object:
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        if not isinstance(value, dict):
            return value
        items = ((key, replaced.get(key, rewritten(item))) for key, item in value.items())
        return {key: item for key, item in items if item is not ...}

    return json.dumps(rewritten(MANIFEST)).encode()


@given(manifests() | mutated(json.dumps(MANIFEST).encode()), st.binary(min_size=4, max_size=4))
def test_manifests(answer, tmp_path_factory, manifest: bytes, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "shard"
    folder.mkdir(exist_ok=True)
    (folder.parent / "secret").write_bytes(b"keep")  # as long as the manifest says
    (folder / "any-weights_manifest.json").write_bytes(manifest)
    (folder / "weights.bin").write_bytes(content)
    tensors = answer(tfjs_file.read, folder) or {}
    for name, tensor in tensors.items():
        assert isinstance(name, str)
        assert tensor.dtype == np.float32
        assert np.isfinite(tensor).all()
        secret = np.frombuffer(b"keep", np.uint8) * 0.5 - 1
        assert content == b"keep" or tensor.ravel().tolist() != secret.tolist()


@given(mutated(NETWORK))
def test_networks_of_dlib(answer, tmp_path_factory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.dat"
    file.write_bytes(content)
    for layer in answer(dlib_file.read, file) or ():
        arrays = [value for value in vars(layer).values() if isinstance(value, np.ndarray)]
        assert all(np.isfinite(array).all() for array in arrays)


@given(mutated(written({"a": whole("0", np.ones((2, 3), np.float32))})))
def test_arrays_of_pytorch(answer, tmp_path_factory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.pth"
    file.write_bytes(content)
    for array in (answer(torch_file.arrays, file) or {}).values():
        assert array.dtype in (np.float32, np.int64)


@pytest.fixture(scope="module")
def model_entries(tmp_path_factory) -> dict[str, bytes]:
    """What a saved model consists of."""
    file = tmp_path_factory.mktemp("model") / "small.keras"
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    model_files.save(network, file, {"labels": ["a"]})
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# Of one entry or, for None, of the whole file.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@part_of_inputs(8)
@given(st.sampled_from([None, "config.json", "metadata.json", "model.weights.h5"]), st.data())
def test_model_files(answer, tmp_path_factory, model_entries, name, data) -> None:
    if name:
        content = zip_of(model_entries | {name: data.draw(mutated(model_entries[name]))})
    else:
        content = data.draw(mutated(zip_of(model_entries)))
    file = tmp_path_factory.getbasetemp() / "any.keras"
    file.write_bytes(content)
    loaded = answer(model_files.load, file)
    if loaded:
        network, metadata = loaded
        assert isinstance(network, keras.Model)
        assert isinstance(metadata, dict)
