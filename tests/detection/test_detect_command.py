"""The commands: what is printed, drawn and refused."""

import json
import os
from pathlib import Path

import av
import imageio.v3 as imageio
import keras
import numpy as np
import pytest
from darknet_networks import TINY, convolution, section
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.detection import boxes
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detection, Detector
from fivenets.detection.drawing import draw
from fivenets.detection.listing import free_name, pictures
from fivenets.fitting import model_files


@pytest.fixture
def model(write_pair, tmp_path: Path) -> Path:
    cfg, numbers = write_pair(TINY)
    detector = Detector.from_darknet(cfg, numbers, ["cat", "dog", "cow"], "stretch")
    detector.save(tmp_path / "tiny.keras")
    return tmp_path / "tiny.keras"


def test_convert_prints_the_certificate_and_nothing_else(fivenets, write_pair, tmp_path) -> None:
    cfg, numbers = write_pair(TINY)
    out, evidence = tmp_path / "a" / "m.keras", tmp_path / "m.json"
    printed = fivenets.answered(
        "convert", cfg, numbers, "--out", out, "--certificate", evidence, "--json"
    )
    assert json.loads(printed) == json.loads(evidence.read_text())
    assert Detector.from_file(out).to_weights() == numbers.read_bytes()
    assert Detector.from_file(out).labels == ("class-0", "class-1", "class-2")


def test_convert_refuses_in_one_sentence(fivenets, write_pair, tmp_path) -> None:
    cfg, numbers = write_pair(TINY)
    (tmp_path / "names").write_text("cat\n")
    plain = tmp_path / "plain.cfg"
    plain.write_text(section("net", width=8, height=8) + convolution(4, 1))
    out = tmp_path / "m.keras"
    for words, message in [
        ((cfg, numbers, "--out", tmp_path / "m.h5"), "--out should end in .keras"),
        ((cfg, cfg, "--out", out), "is not a weights file"),
        ((cfg, numbers, "--out", out, "--names", tmp_path / "names"), "3 classes, 1 names"),
        ((cfg, numbers, "--out", out, "--resize", "crop"), "resize should be one of letterbox"),
        ((plain, numbers, "--out", out), "left over, cfg and weights disagree"),
    ]:
        assert message in fivenets.refused("convert", *words)
    assert not out.exists()


def test_convert_says_who_could_not_read_the_network(
    fivenets, write_pair, tmp_path, photograph
) -> None:
    Image.fromarray(photograph).save(tmp_path / "a.jpg")
    cfg, numbers = write_pair(TINY.replace("activation=leaky", "activation=elu", 1))
    out, evidence = tmp_path / "m.keras", tmp_path / "c.json"
    printed = fivenets.answered(
        *("convert", cfg, numbers, "--out", out, "--certificate", evidence),
        *("--image", tmp_path / "a.jpg"),
    )
    said = " ".join(printed.split())
    assert "no witness: OpenCV cannot read net.cfg: Unsupported activation: elu" in said
    record = json.loads(evidence.read_text())
    assert any("cannot_read" in engine for engine in record["engines"].values())
    assert out.exists()


def test_convert_says_which_lines_do_not_count(write_pair, caplog) -> None:
    pair = write_pair(TINY.replace("width=64\n", "width=64\nwidth=96\n"))
    Detector.from_darknet(*pair)
    assert "net.cfg line 3 [net]: width=96 does not count" in caplog.text


def test_convert_checks_its_outputs_before_the_work(fivenets, write_pair, tmp_path) -> None:
    cfg, numbers = write_pair(TINY)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "names.json").write_text("cat\ndog\ncow\n")
    before = sorted(tmp_path.rglob("*"))
    good = ("--out", tmp_path / "m.keras", "--certificate")
    for words, message in [
        ((*good, tmp_path / "nowhere/c.json"), "the folder"),
        ((*good, tmp_path / "folder.json"), "is a folder: expected a file's name"),
        ((*good, tmp_path / ("x" * 251 + ".json")), "File name too long"),
        ((*good, cfg), "--certificate should end in .json"),
        ((*good, tmp_path / "names.json", "--names", tmp_path / "names.json"), "is read by"),
        ((*good, tmp_path / "m.openvino.json"), "is --out's: expected another name"),
        (("--out", tmp_path / "folder.keras"), "is a folder: expected a file's name"),
        (("--out", tmp_path / ("x" * 250 + ".keras")), "File name too long"),
        (("--out", tmp_path / "new" / ("x" * 250 + ".keras")), "File name too long"),
        (("--out", cfg / "m.keras"), "Not a directory"),
    ]:
        assert message in fivenets.refused("convert", cfg, numbers, *words)
        assert sorted(tmp_path.rglob("*")) == before
    new = tmp_path / "new"
    words = ("--out", new / ("x" * 249 + ".keras"), "--certificate", new / "c.json")
    assert fivenets("convert", cfg, numbers, *words)[0] == 0
    assert len(list(new.iterdir())) == 2


@pytest.mark.parametrize("ending", [".bin", ".xml", ".openvino.json"])
def test_convert_leaves_files_that_are_no_export_of_its_own(
    ending: str, fivenets, write_pair, tmp_path
) -> None:
    cfg, numbers = write_pair(TINY)
    own = tmp_path / f"m{ending}"
    own.write_text("{}")
    said = fivenets.refused("convert", cfg, numbers, "--out", tmp_path / "m.keras")
    assert f"would replace m{ending}, which is no export of such a model" in said
    assert own.read_text() == "{}"
    assert not (tmp_path / "m.keras").exists()


def test_convert_replaces_no_folder_by_its_export(fivenets, write_pair, tmp_path) -> None:
    fivenets.answered("convert", *write_pair(TINY), "--out", tmp_path / "m.keras")
    (tmp_path / "m.xml").unlink()
    (tmp_path / "m.xml").mkdir()
    said = fivenets.refused("convert", *write_pair(TINY), "--out", tmp_path / "m.keras")
    assert "would replace m.xml" in said


def test_convert_replaces_its_own_export(fivenets, write_pair, tmp_path) -> None:
    words = ("convert", *write_pair(TINY), "--out", tmp_path / "m.keras")
    for _ in range(2):
        fivenets.answered(*words)
        assert (tmp_path / "m.openvino.json").exists()


def test_detect_checks_its_folder_before_the_work(fivenets, model, photograph, tmp_path) -> None:
    Image.fromarray(photograph).save(tmp_path / "good.png")
    before = sorted(tmp_path.rglob("*"))
    for out in (tmp_path / "good.png", model / "drawn", tmp_path / ("x" * 256)):
        words = ("detect", tmp_path / "good.png", "--model", tmp_path / "none.keras", "--out", out)
        assert "cannot be written to" in fivenets.refused(*words)
    assert sorted(tmp_path.rglob("*")) == before


def test_names_are_printed_as_they_are(fivenets, model, photograph, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    names = [
        "holiday[old].png",
        "a[b",
        "[bold]x.png",
        "[",
        ":cat:.png",
        "new\nline.png",
        "\x1b[31m",
    ]
    folder = tmp_path / "[" / "b]"  # with its slash a tag that closes nothing
    folder.mkdir(parents=True)
    for name in names:
        Image.fromarray(photograph).save(folder / name, "png")
    words = ["detect", *(folder / name for name in names), "--model", model]
    code, printed, errors = fivenets(*words, "--score-threshold", 0, "--out", tmp_path / "drawn")
    assert (code, errors.strip()) == (0, "")
    for name in names:
        shown = f"{folder}/{name}".replace("\n", r"\n").replace("\x1b", r"\x1b")
        assert f" {shown} " in printed
    code, printed, errors = fivenets(*words, "--score-threshold", 1)
    assert f"in {folder}/holiday[old].png, {folder}/a[b," in printed
    code, printed, errors = fivenets("detect", folder / "none[/b].png", "--model", model)
    assert errors == f"error: {folder}/none[/b].png: no such file\n"


def test_the_longest_name_is_drawn_too(fivenets, model, photograph, tmp_path) -> None:
    picture = tmp_path / ("x" * 255)
    Image.fromarray(photograph).save(picture, "png")
    for _ in range(2):
        words = ("detect", picture, "--model", model, "--out", tmp_path / "drawn")
        assert fivenets(*words)[0] == 0
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert drawn == ["x" * 249 + "-2.png", "x" * 251 + ".png"]


def test_detect_lists_bad_pictures_and_does_the_rest(fivenets, model, photograph, tmp_path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(photograph).save(folder / "good.png")
    (folder / "bad.jpg").write_bytes(b"no picture")
    out = tmp_path / "drawn"
    words = ("detect", folder, "--model", model, "--out", out, "--json")
    code, printed, errors = fivenets(*words, "--profile", "benchmark")
    assert code == 2
    assert "bad.jpg is not an image" in errors
    rows = [json.loads(line) for line in printed.splitlines()]
    assert rows
    for row in rows:
        assert list(row) == ["image", "class", "score", "x1", "y1", "x2", "y2"]
        assert row["image"] == str(folder / "good.png")
        assert 0 <= row["x1"] <= row["x2"] <= 90
        assert 0 <= row["y1"] <= row["y2"] <= 60
    assert [path.name for path in out.iterdir()] == ["good.png"]
    with Image.open(out / "good.png") as drawn:
        assert drawn.size == (90, 60)


def test_no_box_of_an_answer_is_flat(model, photograph, monkeypatch) -> None:
    detector = Detector.from_file(model)
    parts = np.array(
        [
            [0.1, 0.1, 0.5, 0.5],  # 9, 6, 45, 30 in 90 by 60 pixels
            [-0.5, 0.1, 0.0, 0.5],  # outside: cut to no width
            [0.1, 1.2, 0.5, 1.4],
            [0.5, 0.1, 0.5 + 1 / 90, 0.5],  # a pixel wide: from 45.5 to 46.5 it rounds to nothing
            [0.9, 0.9, 1.4, 1.4],
        ]
    )
    found = parts, np.zeros(5, int), np.full(5, 0.9)
    monkeypatch.setattr(boxes, "detections", lambda raw, region, profile: found)
    answers = detector.detect_in(photograph, PROFILES["course"])
    corners = [(one.x1, one.y1, one.x2, one.y2) for one in answers]
    assert corners == [pytest.approx((9, 6, 45, 30)), pytest.approx((81, 54, 90, 60))]


def test_detect_says_where_nothing_is(fivenets, model, photograph, tmp_path) -> None:
    Image.fromarray(photograph).save(tmp_path / "good.png")
    words = ("detect", tmp_path / "good.png", "--model", model, "--score-threshold")
    for threshold, said in [("0", False), ("1", True)]:
        code, printed, errors = fivenets(*words, threshold)
        assert (code, errors.strip()) == (0, "")
        assert ("class" in printed) != said
        sentence = f"nothing that scores 1 or more (--score-threshold) in {tmp_path / 'good.png'}"
        assert (sentence in printed) == said
    assert fivenets(*words, "1", "--json") == (0, "", f"note: {sentence}\n")


def test_detect_refuses_in_one_sentence(fivenets, model, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    for words, message in [
        ((tmp_path / "none.png", "--model", model), "no such file"),
        ((tmp_path / "empty", "--model", model), "holds no pictures"),
        ((model, "--model", tmp_path / "none.keras"), "no such model file"),
        ((model, "--model", model, "--profile", "demo"), "profile should be one of"),
    ]:
        assert message in fivenets.refused("detect", *words)


def test_a_saved_detector_answers_as_before(model, photograph) -> None:
    profile = PROFILES["benchmark"]
    saved = Detector.from_file(model)
    again = Detector.from_file(model).for_inference("float32")
    assert (saved.labels, saved.resize) == (("cat", "dog", "cow"), "stretch")
    found, fast = saved.detect([photograph], profile)[0], again.detect([photograph], profile)[0]
    assert len(found) == len(fast) > 0
    assert [one.label for one in found] == [one.label for one in fast]
    assert [one.score for one in found] == pytest.approx([one.score for one in fast], abs=1e-4)


def test_another_model_is_no_detector(tmp_path) -> None:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model_files.save(network, tmp_path / "m.keras", {"labels": ["a"]})
    with pytest.raises(UserError, match="is not a detector: it carries no Darknet cfg"):
        Detector.from_file(tmp_path / "m.keras")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_detect_prints_names_that_are_not_utf8(
    fivenets, model, photograph, tmp_path, monkeypatch, options
) -> None:
    monkeypatch.chdir(tmp_path)  # a table has room for a short path only
    file = Path(os.fsdecode(b"f\xe4rn.png"))
    Image.fromarray(photograph).save(file)
    for threshold in ("0", "1"):
        words = ("detect", file, "--model", model, "--score-threshold", threshold)
        printed = fivenets.answered(*words, *options, "--out", tmp_path / "drawn")
        assert ("udce4rn.png" in printed) != (options == ("--json",) and threshold == "1")


def test_detect_leaves_out_what_it_has_drawn(fivenets, model, photograph, tmp_path, caplog) -> None:
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    Image.fromarray(photograph).save(folder / "a.png")
    Image.fromarray(photograph).save(folder / "sub" / "a.jfif", "JPEG")
    clip = [photograph[:48, :64]] * 3
    imageio.imwrite(folder / "clip.mp4", clip, plugin="pyav", codec="libx264", fps=5)
    for out in (folder / "drawn", folder / "drawn", folder, folder):
        printed = fivenets.answered(
            "detect", folder, "--model", model, "--out", out, "--score-threshold=0", "--json"
        )
        asked = {json.loads(line)["image"] for line in printed.splitlines()}
        assert asked == {str(folder / name) for name in ("a.png", "sub/a.jfif", "clip.mp4")}
    last = f"{folder}: left out: drawn by an earlier `fivenets detect` (9: a-2.png, a-3.png, "
    assert caplog.messages[-1].startswith(last)


def test_detect_says_what_it_leaves_out_of_a_folder(tmp_path, caplog) -> None:
    for place in (".thumbnails", "@eaDir", ".ipynb_checkpoints", "sub"):
        (tmp_path / place).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / place / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "clip.MTS").touch()
    assert pictures([tmp_path]) == ([tmp_path / "clip.MTS", tmp_path / "sub" / "a.png"], [])
    assert caplog.messages == [
        f"{tmp_path}: left out: hidden or a system's own (3: .ipynb_checkpoints, .thumbnails, "
        "@eaDir); links to a folder that is listed already or holds this one (1: loop)"
    ]


def test_names_in_a_folder_do_not_collide(tmp_path) -> None:
    assert free_name(tmp_path, Path("a/x.jpg")).name == "x.png"
    (tmp_path / "x.png").touch()
    assert free_name(tmp_path, Path("b/x.png")).name == "x-2.png"
    assert pictures([tmp_path]) == ([tmp_path / "x.png"], [])


def test_an_empty_folder_leaves_the_others_their_answers(
    fivenets, model, photograph, tmp_path
) -> None:
    Image.fromarray(photograph).save(tmp_path / "good.png")
    (tmp_path / "empty").mkdir()
    words = (tmp_path / "empty", tmp_path / "good.png", "--model", model, "--score-threshold=0")
    code, printed, said = fivenets("detect", *words)
    assert (code, "class" in printed, "empty holds no pictures" in said) == (2, True, True)


def test_a_folders_videos_are_not_opened_here(tmp_path, monkeypatch) -> None:
    (tmp_path / "secret.wav").touch()
    (tmp_path / "x.mp4").write_text("ffconcat version 1.0\nfile secret.wav\n")
    monkeypatch.setattr(av, "open", lambda *_, **__: pytest.fail("FFmpeg reads it here"))
    assert pictures([tmp_path]) == ([tmp_path / "x.mp4"], [])


def test_boxes_are_drawn_where_they_are() -> None:
    grey = np.full((100, 120, 3), 127, np.uint8)
    drawn = np.asarray(draw(grey, [Detection("dog", 0.9, 20, 40, 80, 90)], ["cat", "dog"]))
    assert (drawn[65, 20] != 127).any()  # the left edge
    assert (drawn[65, 50] == 127).all()  # the inside
    assert (drawn[95:, :] == 127).all()  # below
    assert (grey == 127).all()


def test_a_label_that_is_not_ascii_is_drawn_in_its_letters() -> None:
    grey = np.full((300, 300, 3), 127, np.uint8)
    cat, dog, none = (
        np.asarray(draw(grey, [Detection(label, 0.9, 20, 90, 280, 280)], [label]))
        for label in ("кот", "пёс", "猫犬")
    )
    assert (cat != dog).any()  # boxes are all alike
    assert (none != dog).any()
