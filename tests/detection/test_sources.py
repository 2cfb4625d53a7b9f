"""Which pair is converted, and what is said where none can be had."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from darknet_networks import TINY
from random_weights import random_weights

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.detection import darknet, sources, weights
from fivenets.detection.detector import Detector, read_names
from fivenets.detection.settings import Conversion
from fivenets.sources import fetching
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched, fetch
from fivenets.sources.origin import Kind, Origin

DARKNET = Origin("darknet", Kind.MIRROR, "0" * 64, "public domain")
REAL = Origin("yolo-fastest-1.1-xl", Kind.MIRROR, "0" * 64, "none")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Stands for the unpacked zips, and for a mirror of single files; no host answers."""
    (tmp_path / "cfg").mkdir()
    (tmp_path / "cfg/yolov2.cfg").write_text(TINY)
    monkeypatch.setitem(fetching.WAYS, Kind.PUBLIC, lambda asset, scratch: False)
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, str(tmp_path))

    def fetch_asset(asset, raw_dir, source):
        is_single = asset.zip is None
        return fetch(asset, raw_dir, source) if is_single else Fetched(tmp_path, DARKNET)

    monkeypatch.setattr(sources, "fetch_asset", fetch_asset)
    return tmp_path


def test_auto_takes_yolov2_where_its_weights_are(folder: Path, tmp_path: Path, monkeypatch) -> None:
    content = weights.to_bytes(*random_weights(darknet.parse(TINY), seed=0))
    (folder / "yolov2.weights").write_bytes(content)
    raw_dir = tmp_path / "raw"
    with pytest.raises(UserError, match=r"yolov2\.weights is not the expected file: SHA512 hash"):
        sources.fetch("auto", raw_dir)
    asset = ASSETS["yolov2_weights"]
    file = replace(asset.files[0], known_hash=f"sha256:{sha256(content)}")
    monkeypatch.setitem(ASSETS, "yolov2_weights", replace(asset, files=(file,)))
    pair = sources.fetch("auto", raw_dir)
    assert (pair.name, pair.resize) == ("yolov2-coco", "letterbox")
    assert pair.weights.read_bytes() == content
    assert pair.origin == Origin("yolov2-coco", Kind.MIRROR, sha256(content), "public domain")


def test_auto_takes_the_best_relative_else(folder: Path, monkeypatch) -> None:
    pair = sources.fetch("auto", folder)
    assert (pair.name, pair.resize) == ("yolo-fastest-1.1-xl", "stretch")
    assert pair.origin.asset == "yolo-fastest-1.1-xl"
    assert pair.cfg == folder / "yolo-fastest-1.1-xl.cfg"
    assert Conversion(source="auto", resize="auto").resize_of(pair.resize) == "stretch"
    assert Conversion(source="auto", resize="letterbox").resize_of(pair.resize) == "letterbox"
    found = sources._fetched
    monkeypatch.setattr(
        sources,
        "_fetched",
        lambda asset, raw_dir: None if asset == "yolo_fastest" else found(asset, raw_dir),
    )
    assert sources.fetch("auto", folder).name == "yolo-lite-voc"


def test_a_web_page_in_place_of_the_weights_is_no_reason_to_go_on(folder: Path) -> None:
    (folder / "yolov2.weights").write_text("<!DOCTYPE html><title>moved</title>")
    raw_dir = folder / "raw"
    with pytest.raises(UserError, match="is a web page, not the file that should be there"):
        sources.fetch("auto", raw_dir)
    assert not list(raw_dir.iterdir())


def test_what_cannot_be_had_is_a_sentence(folder: Path, monkeypatch) -> None:
    with pytest.raises(UserError, match=r"yolov2-coco: https.* did not answer, and no mirror"):
        sources.fetch("yolov2-coco", folder)
    monkeypatch.setattr(sources, "fetch_asset", lambda asset, raw_dir, source: None)
    with pytest.raises(UserError, match="yolo-lite-coco: neither a mirror nor the public host"):
        sources.fetch("yolo-lite-coco", folder)


def test_data_source_decides_what_may_be_converted(folder: Path, monkeypatch, write_pair) -> None:
    monkeypatch.chdir(folder)
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers, ["car", "bus", "tram"], "stretch")
    detector.write_darknet(sources.BUILTIN.file.with_suffix(""))
    assert sources.fetch("auto", folder, "real").name == "yolo-fastest-1.1-xl"
    with pytest.raises(UserError, match=r"is builtin, and data\.source is real: expected"):
        sources.fetch("builtin", folder, "real")

    def never(*words: object) -> None:
        raise AssertionError("asked for what lies elsewhere")

    monkeypatch.setattr(sources, "_fetched", never)
    monkeypatch.setattr(sources, "fetch_asset", never)
    assert sources.fetch("auto", folder, "builtin").name == "yolov2-compact"
    with pytest.raises(UserError, match=r"is yolo-lite-voc, and data\.source is builtin"):
        sources.fetch("yolo-lite-voc", folder, "builtin")
    drawn = sources.photographs(REAL, folder, "builtin")
    assert len(drawn) == sources.BUILTIN_PHOTOGRAPHS


def test_real_takes_no_stand_in(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(sources, "_fetched", lambda asset, raw_dir: None)
    message = r"yolov2-coco and .* and yolo-lite-voc: neither a mirror .* or data\.source to auto"
    with pytest.raises(UserError, match=message):
        sources.fetch("auto", folder, "real")
    with pytest.raises(UserError, match=r"Darknet's photographs, .* and data\.source is real"):
        sources.photographs(REAL, folder, "real")
    assert len(sources.photographs(REAL, folder, "auto")) == 3


def test_auto_takes_what_was_trained_here_where_nothing_else_can_be_had(
    folder: Path, monkeypatch, write_pair
) -> None:
    monkeypatch.setattr(sources, "fetch_asset", lambda asset, raw_dir, source: None)
    monkeypatch.chdir(folder)
    with pytest.raises(UserError, match="run `dvc repro train@yolov2-compact` first"):
        sources.fetch("auto", folder)
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers, ["car", "bus", "tram"], "stretch")
    detector.write_darknet(sources.BUILTIN.file.with_suffix(""))
    pair = sources.fetch("auto", folder)
    assert (pair.name, pair.origin.kind) == ("yolov2-compact", Kind.BUILTIN)
    assert pair.weights.read_bytes() == numbers.read_bytes()
    assert pair.cfg.read_text() == TINY
    assert read_names(pair.names) == ["car", "bus", "tram"]
    assert len(pair.photographs) == len(sources.photographs(pair.origin, folder)) == 3


def test_names_end_at_newlines_only_and_a_bom_is_no_part_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "a.names"
    for content in ("\ufeffcar\r\ntraffic\u2028light \r\n\r\n", "car\ntraffic\u2028light\n\n \n"):
        file.write_bytes(content.encode())
        assert read_names(file) == ["car", "traffic\u2028light"]
    file.write_text("")
    assert read_names(file) == []


def test_an_empty_line_between_names_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.names"
    file.write_text("car\n\nbus\n")
    with pytest.raises(UserError, match=r"a\.names line 2 is empty: expected the name of a class"):
        read_names(file)
    file.write_text("\ncar\n")
    with pytest.raises(UserError, match="line 1 is empty"):
        read_names(file)


@pytest.mark.parametrize("origin", [Origin.drawn("scenes", "0"), Origin.own("mine", "0")])
def test_what_was_trained_here_is_drawn_where_its_pictures_were(
    folder: Path, monkeypatch, write_pair, origin: Origin
) -> None:
    monkeypatch.setattr(sources, "fetch_asset", lambda asset, raw_dir, source: None)
    monkeypatch.chdir(folder)
    cfg, numbers = write_pair(TINY)
    Detector.from_darknet(cfg, numbers, ["a", "b", "c"]).write_darknet(
        sources.BUILTIN.file.with_suffix("")
    )
    record = sources.BUILTIN.record
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"sources": [origin.record()]}))
    assert sources.fetch("builtin", folder).origin.is_drawn is origin.is_drawn


def test_a_detector_of_drawn_pictures_is_compared_on_drawn_ones(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "dog.jpg").touch()
    for known in (DARKNET, None):
        assert sources.photographs(known, folder) == (folder / "data" / "dog.jpg",)
    assert len(sources.photographs(Origin.drawn("scenes", "0"), folder)) == 3
