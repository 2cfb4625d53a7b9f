"""Which pair is converted, and what is said where none can be had."""

from pathlib import Path

import pytest
from darknet_networks import TINY

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.detection import darknet, sources, weights
from fivenets.detection.detector import Detector, read_names
from fivenets.detection.settings import Conversion
from fivenets.sources import assets

ORIGIN = assets.Origin("darknet", "mirror", "0" * 64, "public domain")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Stands for the unpacked assets and for the mirror; no host answers."""
    (tmp_path / "cfg").mkdir()
    (tmp_path / "cfg/yolov2.cfg").write_text(TINY)
    monkeypatch.setattr(sources, "_fetched", lambda asset, raw_dir: (ORIGIN, tmp_path))
    monkeypatch.setattr(assets, "download", lambda url, target: False)
    monkeypatch.setenv(assets.MIRROR_VARIABLE, str(tmp_path))
    return tmp_path


def test_auto_takes_yolov2_where_its_weights_are(folder: Path, tmp_path: Path) -> None:
    content = weights.to_bytes(*weights.random(darknet.parse(TINY), seed=0))
    (folder / "yolov2.weights").write_bytes(content)
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    pair = sources.fetch("auto", raw_dir)
    assert (pair.name, pair.resize) == ("yolov2-coco", "letterbox")
    assert pair.weights.read_bytes() == content
    assert pair.origin.digest == sha256(content)


def test_auto_takes_yolo_lite_else(folder: Path) -> None:
    pair = sources.fetch("auto", folder)
    assert (pair.name, pair.resize) == ("yolo-lite-voc", "stretch")
    assert Conversion(source="auto", resize="auto").resize_of(pair.resize) == "stretch"
    assert Conversion(source="auto", resize="letterbox").resize_of(pair.resize) == "letterbox"


def test_a_web_page_in_place_of_the_weights_is_no_reason_to_go_on(folder: Path) -> None:
    (folder / "yolov2.weights").write_text("<!DOCTYPE html><title>moved</title>")
    raw_dir = folder / "raw"
    raw_dir.mkdir()
    with pytest.raises(UserError, match="is a web page, not a weights file"):
        sources.fetch("auto", raw_dir)
    assert not list(raw_dir.iterdir())


def test_what_cannot_be_had_is_a_sentence(folder: Path, monkeypatch) -> None:
    with pytest.raises(UserError, match="source should be one of auto, yolov2-coco, yolo-lite-voc"):
        sources.fetch("yolov3", folder)
    with pytest.raises(UserError, match=r"yolov2-coco: https.* did not answer, and no mirror"):
        sources.fetch("yolov2-coco", folder)
    monkeypatch.setattr(sources, "_fetched", lambda asset, raw_dir: None)
    with pytest.raises(UserError, match="yolo-lite-coco: neither a mirror nor the public host"):
        sources.fetch("yolo-lite-coco", folder)
    with pytest.raises(UserError, match=r"yolov2\.cfg: neither a mirror nor the public host"):
        sources.darknet_cfg("yolov2.cfg", folder)


def test_auto_takes_what_was_trained_here_where_nothing_else_can_be_had(
    folder: Path, monkeypatch, write_pair
) -> None:
    monkeypatch.setattr(sources, "_fetched", lambda asset, raw_dir: None)
    monkeypatch.chdir(folder)
    with pytest.raises(UserError, match="run `dvc repro train-detector` first"):
        sources.fetch("auto", folder)
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers, ["car", "bus", "tram"], "stretch")
    detector.write_darknet(sources.BUILTIN)
    pair = sources.fetch("auto", folder)
    assert (pair.name, pair.origin.origin) == ("yolov2-compact", "builtin")
    assert pair.weights.read_bytes() == numbers.read_bytes()
    assert pair.cfg.read_text() == TINY
    assert read_names(pair.names) == ["car", "bus", "tram"]
    assert len(pair.photographs) == len(sources.photographs("x (mirror)", folder)) == 3
