"""Paths are checked before the work, and nobody's file is taken for our own."""

import os
from pathlib import Path

import pytest
from PIL import Image

from fivenets.core import files
from fivenets.core.errors import UserError


def test_a_forgotten_slash_is_a_sentence() -> None:
    assert files.expanded("~/pictures") == Path.home() / "pictures"
    with pytest.raises(UserError, match="~pictures/hands: no such user's folder"):
        files.expanded("~pictures/hands")


def test_a_path_that_cannot_be_written_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "content.png").touch()
    (tmp_path / "alias.png").hardlink_to(tmp_path / "content.png")
    os.mkfifo(tmp_path / "pipe.png")
    before = sorted(tmp_path.iterdir())
    for name, sentence in [
        ("out.txt", r"--out should end in .png, .jpg, it is .*out.txt"),
        ("out", "--out should end in"),
        ("folder.png", "folder.png is a folder: expected a file's name"),
        ("pipe.png", "pipe.png is a device: expected"),
        ("no/out.png", "the folder .*no is not there or cannot be written to"),
        ("content.png/out.png", "is not there or cannot be written to"),
        ("x" * 252 + ".png", "x.png cannot be written to: File name too long"),
        ("é" * 130 + ".png", "cannot be written to: File name too long"),
        ("content.png", "content.png is read by this command: expected another name"),
        ("alias.png", "alias.png is read by this command"),
    ]:
        with pytest.raises(UserError, match=sentence):
            files.check_file(tmp_path / name, "--out", (".png", ".jpg"), [tmp_path / "content.png"])
        assert sorted(tmp_path.iterdir()) == before
    files.check_file(tmp_path / ("x" * 251 + ".PNG"), "--out", (".png",))
    files.check_file(tmp_path / "a" / "b" / "out.png", "--out", (".png",), makes_folder=True)
    with pytest.raises(UserError, match="Not a directory"):
        files.check_file(
            tmp_path / "content.png" / "out.png", "--out", (".png",), makes_folder=True
        )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        files.check_file(tmp_path / "out.png", "--out", (".png",))
    with pytest.raises(UserError, match="Permission denied"):
        files.check_folder(tmp_path / "a", "--out")


def test_what_cannot_be_written_to_is_tried(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(files, "_new_file", refuse)
    with pytest.raises(UserError, match=r"--out .*out.png cannot be written to: Read-only file"):
        files.check_file(tmp_path / "out.png", "--out", (".png",))


def test_a_folder_is_checked_and_what_the_check_made_is_gone(tmp_path: Path) -> None:
    files.check_folder(tmp_path / "a" / "b", "--out")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    for name, words in [("file", "Not a"), ("file/a", "Not a"), ("x" * 256, "File name too long")]:
        with pytest.raises(UserError, match=f"cannot be written to: {words}"):
            files.check_folder(tmp_path / name, "--out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_are_free_and_fit(tmp_path: Path) -> None:
    assert files.free_name(tmp_path, "x", ".png").name == "x.png"
    (tmp_path / "x.png").symlink_to("nowhere")  # also a link that leads nowhere is somebody's
    (tmp_path / "x-2.png").mkdir()
    assert files.free_name(tmp_path, "x", ".png").name == "x-3.png"
    for stem in ("x" * 255, "é" * 127, "日" * 85):
        first = files.free_name(tmp_path, stem, ".preview.png")
        first.touch()
        second = files.free_name(tmp_path, stem, ".preview.png")
        second.touch()
        assert first.name.endswith(".preview.png")
        assert second.name.endswith("-2.preview.png")
        assert stem.startswith(first.name.removesuffix(".preview.png"))


def test_a_file_is_replaced_whole_or_not_and_a_link_is_not_followed(tmp_path: Path) -> None:
    mine, link = tmp_path / "mine.txt", tmp_path / "link.txt"
    mine.write_text("mine")
    link.symlink_to(mine)
    with pytest.raises(RuntimeError):
        _write_half(mine)
    assert mine.read_text() == "mine"
    files.write_text(link, "new")
    assert (mine.read_text(), link.read_text()) == ("mine", "new")
    assert not link.is_symlink()
    longest = tmp_path / "deeper" / ("x" * 255)
    files.write_text(longest, "whole")
    assert longest.read_text() == "whole"
    assert longest.stat().st_mode == mine.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deeper", "link.txt", "mine.txt"]


def _write_half(path: Path) -> None:
    with files.replacing(path) as part:
        part.write_text("half")
        raise RuntimeError


def test_rows_that_cannot_all_be_written_leave_those_of_before(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    files.write_rows(file, [{"epoch": 0}])
    with pytest.raises(ValueError, match="not in fieldnames"):
        files.write_rows(file, [{"epoch": 1}, {"loss": 2}])
    assert file.read_text().split() == ["epoch", "0"]
    assert list(tmp_path.iterdir()) == [file]


def test_a_picture_too_long_for_jpeg_is_a_sentence(tmp_path: Path) -> None:
    long = Image.new("L", (65_536, 8))
    with pytest.raises(
        UserError, match=r"65,535 pixels a side, this picture is 65536x8: expected .png"
    ):
        files.write_picture(long, tmp_path / "a.JPG")
    assert not list(tmp_path.iterdir())
    files.write_picture(long, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as kept:
        assert kept.size == long.size


def test_a_folder_may_have_to_be_apart_from_another(tmp_path: Path) -> None:
    read = tmp_path / "read"
    for inside in (read, read / "a", read / "b" / ".."):
        with pytest.raises(UserError, match=r"should not lie in .*read, which is read"):
            files.check_folder(inside, "--out", apart_from=read)
    files.check_folder(tmp_path / "reading", "--out", apart_from=read)


def test_nothing_is_drawn_into_a_gallery(tmp_path: Path) -> None:
    people, link = tmp_path / "people", tmp_path / "link"
    (people / "ann").mkdir(parents=True)
    link.symlink_to(people)
    files.check_folder(people, "--out")  # which cannot be known to be one
    (people / files.GALLERY_FILE).touch()
    why = r"should not lie in .*people, a gallery of `identify`"
    for folder in (people, people / "drawn", people / "ann" / "new", link / "ann"):
        with pytest.raises(UserError, match=f"--out {folder} {why}"):
            files.check_folder(folder, "--out")
    with pytest.raises(UserError, match=why):
        files.check_file(people / "ann" / "marked.png", "--out", (".png", ".jpg"))
    files.check_folder(tmp_path / "drawn", "--out")
    files.check_file(people / "page.html", "--out", (".html",))  # is nobody
