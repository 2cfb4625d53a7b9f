"""Videos: every frame is answered, drawn copies are videos, damage is a sentence."""

import json
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from darknet_networks import TINY

from fivenets.core.errors import UserError
from fivenets.detection import video
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector

FRAMES = 12


@pytest.fixture
def detector(write_pair) -> Detector:
    cfg, numbers = write_pair(TINY)
    return Detector.from_darknet(cfg, numbers, ["cat", "dog", "cow"], "stretch")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """12 frames of 64 by 48 pixels, each of other noise."""
    path = tmp_path / "clip.mkv"
    with imageio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream("libx264", fps=10)
        for index in range(FRAMES):
            rng = np.random.default_rng(index)
            file.write_frame(rng.integers(0, 255, (48, 64, 3)).astype(np.uint8))
    return path


def test_each_frame_is_answered_and_drawn(detector: Detector, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn"
    answers = list(video.detect(detector, clip, PROFILES["benchmark"], out))
    assert [frame for frame, _, _ in answers] == list(range(FRAMES))
    assert {count for _, count, _ in answers} == {FRAMES}
    assert any(found for _, _, found in answers)
    for _, _, found in answers:
        assert all(0 <= one.x1 <= one.x2 <= 64 and 0 <= one.y1 <= one.y2 <= 48 for one in found)
    assert imageio.improps(out / "clip.mp4", plugin="pyav").shape == (FRAMES, 48, 64, 3)


def test_damage_is_a_sentence_and_what_came_before_is_kept(
    detector: Detector, clip: Path, tmp_path: Path
) -> None:
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) // 2])
    found = []
    with pytest.raises(UserError, match=r"clip.mkv is damaged: \d of about 12 frames could be"):
        found.extend(video.detect(detector, clip, PROFILES["course"], tmp_path / "drawn"))
    assert 0 < len(found) < FRAMES
    kept = imageio.improps(tmp_path / "drawn/clip.mp4", plugin="pyav").shape
    assert kept is not None
    assert kept[0] == len(found)
    clip.write_bytes(b"no video")
    with pytest.raises(UserError, match=r"clip.mkv is not a video that can be read"):
        list(video.detect(detector, clip, PROFILES["course"], None))
    with pytest.raises(UserError, match="no such file"):
        list(video.detect(detector, tmp_path / "none.mp4", PROFILES["course"], None))


def test_the_command_takes_videos_in_a_folder_beside_pictures(
    detector: Detector, clip: Path, tmp_path: Path, fivenets
) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    clip.rename(folder / "clip.mkv")
    imageio.imwrite(folder / "still.png", np.full((48, 64, 3), 90, np.uint8))
    (folder / "bad.mp4").write_bytes(b"no video")
    detector.save(tmp_path / "tiny.keras")
    words = ["detect", folder, "--model", tmp_path / "tiny.keras", "--json"]
    code, printed, said = fivenets(*words, "--profile", "benchmark")
    assert code == 2
    assert "bad.mp4 is not a video" in said
    rows = [json.loads(line) for line in printed.splitlines()]
    frames = {row["frame"] for row in rows if row["image"].endswith("clip.mkv")}
    assert frames <= set(range(FRAMES))
    assert len(frames) > 1
    assert all("frame" not in row for row in rows if row["image"].endswith("still.png"))
