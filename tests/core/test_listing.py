"""What a folder holds and what was left out: the answer that everybody gets."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from fivenets.core import images, listing
from fivenets.core.errors import UserError


def draw(file: Path, kind: str = "PNG", colour: str = "teal") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(file, kind)
    return file


def names(found: listing.Listing) -> list[str]:
    return [found.name(file) for file in found.files]


def test_pictures_of_every_ending_in_any_case(tmp_path: Path) -> None:
    kinds = {"jfif": "JPEG", "jpe": "JPEG", "JPG": "JPEG", "jp2": "JPEG2000", "j2k": "JPEG2000"}
    kinds |= {
        "apng": "PNG",
        "dib": "BMP",
        "pgm": "PPM",
        "pnm": "PPM",
        "Tif": "TIFF",
        "AVIF": "AVIF",
    }
    for suffix, kind in kinds.items():
        assert images.read_image(draw(tmp_path / f"a.{suffix}", kind)).shape == (8, 8, 3)
    assert names(listing.listed(tmp_path)) == sorted(f"a.{suffix}" for suffix in kinds)


def test_pictures_without_an_ending_or_with_another_are_known_by_their_bytes(
    tmp_path: Path,
) -> None:
    for name in ("crawled", "1234.0", "photo.jpg?w=200", "photo.jpg_large"):
        draw(tmp_path / name, "JPEG")
    (tmp_path / "notes.txt").write_text("P5 is a channel")
    (tmp_path / "nothing").touch()
    found = listing.listed(tmp_path)
    assert names(found) == ["1234.0", "crawled", "photo.jpg?w=200", "photo.jpg_large"]
    assert found.left_out == {listing.NO_PICTURE: ["notes.txt", "nothing"]}


def test_what_says_that_it_is_a_picture_and_is_not_is_left_to_its_reader(tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_text("<html>403</html>")
    assert names(listing.listed(tmp_path)) == ["page.jpg"]


def test_a_thumbnail_does_not_pass_for_a_photograph(tmp_path: Path) -> None:
    for name in ("a.CR2", "b.dng"):
        draw(tmp_path / name, "TIFF")
    for name in ("c.THM", "d.jpg.part", "e.png~"):
        draw(tmp_path / name, "JPEG")
    with pytest.raises(UserError, match=r"a\.CR2 is a camera's raw file"):
        images.read_image(tmp_path / "a.CR2")
    assert listing.listed(tmp_path).left_out == {
        listing.RAW: ["a.CR2", "b.dng"],
        listing.ASIDE: ["c.THM", "d.jpg.part", "e.png~"],
    }


def test_what_is_hidden_or_a_systems_is_left_out_at_any_depth(tmp_path: Path) -> None:
    kept = draw(tmp_path / "a" / "b.png")
    for name in (".thumbnails/x.png", "@eaDir/x.jpg", "a/.ipynb_checkpoints/x.png", "a/._b.png"):
        draw(tmp_path / name, "JPEG")
    draw(tmp_path / "__MACOSX" / "a" / "x.png")
    for name in (".DS_Store", "Thumbs.db", "a/DESKTOP.INI", ".fivenets-gallery.npz"):
        (tmp_path / name).write_bytes(b"x")
    found = listing.listed(tmp_path)
    assert found.files == [kept]
    assert found.left_out == {
        listing.HIDDEN: [
            ".DS_Store",
            ".thumbnails",
            "@eaDir",
            "Thumbs.db",
            "__MACOSX",
            "a/._b.png",
            "a/.ipynb_checkpoints",
            "a/DESKTOP.INI",
        ]
    }


def test_a_hidden_folder_that_is_named_is_searched(tmp_path: Path) -> None:
    draw(tmp_path / ".cache" / "a.png")
    assert names(listing.listed(tmp_path / ".cache")) == ["a.png"]


def test_links_are_followed_and_each_folder_once(tmp_path: Path) -> None:
    store, folder = tmp_path / "store", tmp_path / "set"
    draw(store / "s.png")
    draw(folder / "holiday" / "h.png")
    (folder / "album").symlink_to(store)
    (folder / "best").symlink_to("holiday")  # comes first by name, and is not the real one
    (folder / "holiday" / "up").symlink_to(folder)
    (folder / "holiday" / "above").symlink_to(tmp_path)
    (store / "back").symlink_to(store)
    (folder / "one.png").symlink_to(store / "s.png")
    (folder / "lost.png").symlink_to("/nowhere/lost.png")
    (folder / "ring.png").symlink_to("ring.png")
    found = listing.listed(folder)
    assert names(found) == ["album/s.png", "holiday/h.png", "one.png"]
    assert found.left_out == {
        listing.DANGLING: ["lost.png", "ring.png"],
        listing.AGAIN: ["album/back", "best", "holiday/above", "holiday/up"],
    }


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert listing.listed(tmp_path).left_out == {listing.SPECIAL: ["pipe.png"]}


def test_pictures_belong_to_the_folder_below_the_top(tmp_path: Path) -> None:
    for name in ("fern/00.png", "fern/2023/may/01.png", "moss/00.png", "loose.png"):
        draw(tmp_path / name)
    (tmp_path / "lichen").mkdir()
    (tmp_path / "@eaDir").mkdir()
    found = listing.labelled(tmp_path)
    assert {label: len(files) for label, files in found.by_label().items()} == {
        "fern": 2,
        "moss": 1,
    }
    assert found.left_out == {
        listing.HIDDEN: ["@eaDir"],
        listing.LOOSE: ["loose.png"],
        listing.EMPTY: ["lichen"],
    }


def test_the_work_grows_with_the_pictures_and_not_with_their_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in range(40):
        draw(tmp_path / f"{label:02}" / "a.png")
    asked, folders = [], listing.Listing.folders

    def counted(found: listing.Listing, file: Path) -> tuple[str, ...]:
        asked.append(file)
        return folders(found, file)

    monkeypatch.setattr(listing.Listing, "folders", counted)
    assert len(listing.labelled(tmp_path).by_label()) == 40
    assert len(asked) <= 5 * 40


def test_what_was_left_out_is_one_line_however_much_it_is(tmp_path: Path, caplog) -> None:
    for index in range(5):
        (tmp_path / f"{index}.txt").touch()
    (tmp_path / "a\n\x1b[2J").touch()
    (tmp_path / os.fsdecode(b"f\xe4rn.txt")).touch()
    listing.listed(tmp_path).say()
    assert caplog.messages == [f"{tmp_path}: left out: not pictures (7: 0.txt, 1.txt, 2.txt, ...)"]
    for index in range(1, 5):
        (tmp_path / f"{index}.txt").unlink()
    assert listing.listed(tmp_path).sentence().endswith("rn.txt)")  # three, and no more
    (tmp_path / "0.txt").unlink()
    assert listing.listed(tmp_path).sentence().endswith(r"(2: a\n\x1b[2J, f\udce4rn.txt)")


def test_nothing_left_out_is_nothing_said(tmp_path: Path, caplog) -> None:
    draw(tmp_path / "a.png")
    listing.listed(tmp_path).say()
    assert caplog.messages == []


def test_the_digest_is_of_what_is_listed(tmp_path: Path) -> None:
    store, folder = tmp_path / "store", tmp_path / "set"
    picture = draw(store / "0.png")
    folder.mkdir()
    (folder / "fern").symlink_to(store)
    first = listing.listed(folder).digest()
    (folder / ".DS_Store").touch()
    (store / "notes.txt").touch()
    assert listing.listed(folder).digest() == first
    draw(picture, colour="navy")
    second = listing.listed(folder).digest()
    assert second != first
    draw(store / os.fsdecode(b"f\xe4rn.png"))
    assert listing.listed(folder).digest() not in (first, second)
    shutil.rmtree(store)
    assert listing.listed(folder).files == []


def test_more_can_be_taken_and_more_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "b.mp4", "drawn/a.png"):
        draw(tmp_path / name)
    found = listing.listed(
        tmp_path,
        also=lambda file: file.suffix == ".mp4",
        leave_out=lambda path: "drawn" if path.name == "drawn" else None,
    )
    assert names(found) == ["a.png", "b.mp4"]
    assert found.left_out == {"drawn": ["drawn"]}


def test_what_lies_in_a_folder_that_may_only_be_listed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "hand.jpg").touch()
    usual = Path.stat

    def stat(path: Path, **named: bool) -> os.stat_result:  # modes of folders bind no root
        if path.parent.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return usual(path, **named)

    monkeypatch.setattr(Path, "stat", stat)
    assert listing.listed(tmp_path).left_out == {listing.LOCKED: ["locked/hand.jpg"]}
    assert listing.folders(tmp_path / "locked") == []


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone cannot be listed: No such file or directory$"):
        listing.listed(tmp_path / "gone")


@pytest.mark.skipif(images.pillow_heif is None, reason="pillow-heif is not installed")
def test_photographs_of_a_telephone_are_read(tmp_path: Path) -> None:
    file = draw(tmp_path / "IMG_0001.HEIC", "HEIF")
    assert names(listing.listed(tmp_path)) == ["IMG_0001.HEIC"]
    assert images.read_image(file).shape == (8, 8, 3)


@pytest.mark.skipif(images.pillow_heif is not None, reason="pillow-heif is installed")
def test_without_pillow_heif_photographs_of_a_telephone_are_named(tmp_path: Path) -> None:
    (tmp_path / "IMG_0001.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert listing.listed(tmp_path).left_out == {listing.HEIF: ["IMG_0001.HEIC"]}
    with pytest.raises(UserError, match="is HEIC: the package pillow-heif"):
        images.read_image(tmp_path / "IMG_0001.HEIC")


def test_of_a_folder_what_is_in_it_and_around_it_is_said() -> None:
    left_out = {"no pictures": ["cats/young/a.txt", "cats", "cats/old/b.txt", "cats/younger"]}
    found = listing.Listing(Path("all"), [], left_out)
    assert found.sentence("cats/young") == (
        "all: left out: no pictures (2: cats/young/a.txt, cats)"
    )


def test_everything_is_more_than_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    assert names(listing.everything(tmp_path)) == ["notes.txt"]


def test_labels_that_are_two_although_one_may_be_meant_are_said(tmp_path: Path, caplog) -> None:
    for name in ("Ann", "ann", "Jose\u0301", "José", "Bob"):
        draw(tmp_path / name / "a.png")
    listing.labelled(tmp_path).say_labels()
    apart = "differ in capitals or Unicode form only: they are taken as 2"
    assert caplog.messages == [
        f"{tmp_path}: Ann and ann {apart}",
        f"{tmp_path}: Jose\u0301 and José {apart}",
    ]
