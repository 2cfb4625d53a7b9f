"""Videos: every frame is answered, drawn copies are videos, damage is a sentence."""

import json
import logging
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio.v3 as imageio
import numpy as np
import pytest
from darknet_networks import TINY

from fivenets.core import footage
from fivenets.core.errors import UserError
from fivenets.detection import video
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector

FRAMES = 12
# A screen recorder's: 30 a second while something moves, else 1.
UNEVEN = [index / 30 for index in range(6)] + [0.2 + index for index in range(1, FRAMES - 5)]
# Display matrices, 16.16: (a, b, c, d) by which (x, y) is shown at (ax + cy, bx + dy).
TURNS = [
    *[(1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1)],
    *[(0, 1, 1, 0), (0, 1, -1, 0), (0, -1, 1, 0), (0, -1, -1, 0)],
]
CORNERS = np.zeros((48, 64, 3), np.uint8)  # of another colour each, and no two halves alike
CORNERS[:24, :32], CORNERS[:24, 32:], CORNERS[24:, :32] = (250, 0, 0), (0, 250, 0), (0, 0, 250)


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


def test_a_video_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    detector: Detector, clip: Path, tmp_path: Path, monkeypatch
) -> None:
    flat = np.zeros((1, 64, 3), np.uint8)  # no even number of rows is left
    monkeypatch.setattr(video.drawing, "draw", lambda *_: flat)
    with pytest.raises(UserError, match=r"clip.mp4 cannot be written as video"):
        list(video.detect(detector, clip, PROFILES["course"], tmp_path / "drawn"))
    assert not list((tmp_path / "drawn").iterdir())


def test_an_interruption_leaves_no_half_a_video(
    detector: Detector, clip: Path, tmp_path: Path
) -> None:
    answers = video.detect(detector, clip, PROFILES["course"], tmp_path / "drawn")
    next(answers)
    assert [file.name[:14] for file in (tmp_path / "drawn").iterdir()] == [".fivenets-part"]
    del answers  # as the end of the process does after Ctrl-C
    assert not list((tmp_path / "drawn").iterdir())


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


def film(
    file: Path,
    image: np.ndarray,
    times: Sequence[float] | None = None,
    turn: tuple[int, ...] | None = None,
    seconds_of_sound: float = 0.0,
) -> Path:
    """A video of FRAMES frames, at `times` in seconds or 10 a second, with a display matrix."""
    with av.open(str(file), "w") as container:
        codec = "libvpx" if file.suffix == ".webm" else "libx264"
        stream: Any = container.add_stream(codec, rate=30 if times else 10)
        stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
        if times:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        sound: Any = None
        if seconds_of_sound:
            sound = container.add_stream("aac", rate=8000, layout="mono")
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if times:
                frame.pts, frame.time_base = round(1000 * times[index]), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            silence = np.zeros((1, 1024), np.float32)
            for start in range(0, int(8000 * seconds_of_sound), 1024):
                samples = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
                samples.rate, samples.pts = 8000, start
                container.mux(sound.encode(samples))
            container.mux(sound.encode())
    if turn:
        content = bytearray(file.read_bytes())
        a, b, c, d = (value << 16 for value in turn)
        # After the box's name: version and flags, 20 bytes of times, 16 that are kept for later.
        place = content.index(b"tkhd") + 4 + 4 + 20 + 16
        struct.pack_into(">9i", content, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
        file.write_bytes(content)
    return file


def shown(image: np.ndarray, turn: tuple[int, ...]) -> np.ndarray:
    """`image`, each point of it brought to where the matrix says, one by one."""
    a, b, c, d = turn
    height, width = image.shape[:2]
    points = [(x, y) for y in range(height) for x in range(width)]
    places = [(a * x + c * y, b * x + d * y) for x, y in points]
    left, top = min(x for x, _ in places), min(y for _, y in places)
    turned = np.zeros((height, width, 3) if a else (width, height, 3), np.uint8)
    for (x, y), (across, down) in zip(points, places, strict=True):
        turned[down - top, across - left] = image[y, x]
    return turned


def times_of(file: Path) -> list[float]:
    with av.open(str(file)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]


@pytest.mark.parametrize("turn", TURNS)
def test_a_video_is_seen_and_drawn_as_it_is_shown(
    detector: Detector, tmp_path: Path, turn: tuple[int, ...], monkeypatch
) -> None:
    path, seen = film(tmp_path / "clip.mov", CORNERS, turn=turn), []
    monkeypatch.setattr(detector, "detect_in", lambda image, _: seen.append(image) or [])
    answers = list(video.detect(detector, path, PROFILES["course"], tmp_path / "drawn"))
    expected = shown(CORNERS, turn)
    assert len(answers) == len(seen) == FRAMES
    [*_, (_, drawn)] = enumerate(imageio.imiter(tmp_path / "drawn/clip.mp4", plugin="pyav"))
    for image in (seen[0], drawn):
        assert image.shape == expected.shape
        assert np.abs(image.astype(int) - expected)[10:-10, 10:-10].mean() < 8


def test_a_slanting_video_stays_as_it_lies_and_that_is_said(tmp_path: Path, caplog) -> None:
    path = film(tmp_path / "clip.mp4", CORNERS, turn=(1, 1, -1, 1))
    with caplog.at_level(logging.WARNING):
        [first, *_] = footage.frames(path, footage.survey(path))
    assert np.abs(first.image_rgb_uint8.astype(int) - CORNERS).mean() < 8
    assert "turned by no multiple of 90 degrees" in caplog.text


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.mkv", "clip.mov"])
def test_frames_keep_their_times(detector: Detector, tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, CORNERS, UNEVEN)
    answers = list(video.detect(detector, path, PROFILES["course"], tmp_path / "drawn"))
    assert {count for _, count, _ in answers} == {FRAMES}
    assert times_of(path) == pytest.approx(UNEVEN, abs=1e-3)
    drawn = tmp_path / "drawn" / "clip.mp4"
    assert times_of(drawn) == pytest.approx(UNEVEN, abs=1e-3)
    with av.open(str(drawn)) as container:  # what is after a file's end is not played
        assert (container.duration or 0) / av.time_base > UNEVEN[-1]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_sound_that_is_longer_is_no_damage(detector: Detector, tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, CORNERS, seconds_of_sound=4)
    answers = list(video.detect(detector, path, PROFILES["course"], tmp_path / "drawn"))
    assert len(answers) == FRAMES
    assert times_of(tmp_path / "drawn/clip.mp4") == pytest.approx(np.arange(FRAMES) / 10, abs=1e-3)


def test_a_cut_off_video_of_uneven_rate_is_damaged(tmp_path: Path) -> None:
    content = film(tmp_path / "clip.mkv", CORNERS, UNEVEN).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) * 9 // 10])
    known = footage.survey(tmp_path / "cut.mkv")
    with pytest.raises(UserError, match=r"cut.mkv is damaged: \d of about \d+ frames could be"):
        list(footage.frames(tmp_path / "cut.mkv", known))


def test_a_video_of_which_nothing_can_be_read_leaves_nothing(detector, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(UserError, match=r"bad.mp4 is not a video"):
        list(video.detect(detector, tmp_path / "bad.mp4", PROFILES["course"], tmp_path / "drawn"))
    assert not (tmp_path / "drawn").exists()


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
