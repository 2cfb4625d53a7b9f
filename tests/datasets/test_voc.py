"""Pascal-VOC folders as people have them: each is read rightly, or refused in a sentence."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.objects import voc
from fivenets.datasets.objects.frames import TURNED, Frame, shown_parts

BOX = (10, 20, 40, 30)  # in 100 by 50 pixels
ORIENTATION = 0x0112


def xml(
    *boxes: Sequence, size: tuple | None = (100, 50), head: str = "", label: str = "red"
) -> str:
    tags = ("xmin", "ymin", "xmax", "ymax")
    sized = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>" if size else ""
    objects = "".join(
        f"<object><name>{label}</name><bndbox>"
        + "".join(f"<{tag}>{value}</{tag}>" for tag, value in zip(tags, box, strict=True))
        + "</bndbox></object>"
        for box in boxes
    )
    return f"{head}<annotation><filename>a.jpg</filename>{sized}{objects}</annotation>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures a and b of 100 by 50 pixels, one to train and one to test on."""
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (tmp_path / part).mkdir(parents=True)
    for stem, split in (("a", "train"), ("b", "test")):
        Image.new("RGB", (100, 50)).save(tmp_path / "JPEGImages" / f"{stem}.jpg")
        (tmp_path / "Annotations" / f"{stem}.xml").write_text(xml(BOX))
        (tmp_path / "ImageSets/Main" / f"{split}.txt").write_text(f"{stem}\n")
    return tmp_path


def first(folder: Path) -> voc.Annotated:
    [one] = voc.read(folder).splits["train"]
    return one


def test_a_plain_folder_needs_no_remark(folder: Path) -> None:
    found = voc.read(folder)
    assert (found.labels, found.remarks, list(found.splits)) == (["red"], [], ["train", "test"])
    assert first(folder).boxes_xyxy == pytest.approx(np.array([[0.1, 0.4, 0.4, 0.6]]))
    assert first(folder).pixels == (100, 50)


@pytest.mark.parametrize(
    ("orientation", "ending"), [*((number, "jpg") for number in range(1, 9)), (6, "tif")]
)
def test_boxes_turn_with_the_picture(folder: Path, orientation: int, ending: str) -> None:
    """Pillow turns a picture of the box; the turned box has to hold it."""
    drawn = Image.new("L", (100, 50))
    drawn.paste(255, BOX)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    (folder / "JPEGImages/a.jpg").unlink()
    drawn.save(folder / f"JPEGImages/a.{ending}", quality=95, exif=exif)
    if orientation in (2, 3, 4):  # of the same size either way
        with pytest.raises(UserError, match=r"a.xml does not say .* \(orientation [234]\)"):
            voc.read(folder)
        return
    expected = {
        1: [10, 20, 40, 30],
        5: [20, 10, 30, 40],
        6: [20, 10, 30, 40],
        7: [20, 60, 30, 90],
        8: [20, 60, 30, 90],
    }[orientation]
    one = first(folder)
    assert one.boxes_xyxy[0] * (one.pixels * 2) == pytest.approx(expected)
    left, top, right, bottom = expected
    shown = read_image(one.file)
    assert shown[top:bottom, left:right].mean() > 240
    assert shown.mean() < 20
    remarks = [f"a.{ending}: {TURNED}"] if orientation != 1 else []
    assert voc.read(folder).remarks == remarks
    # Annotated as shown: nothing turns.
    (folder / "Annotations/a.xml").write_text(xml(expected, size=one.pixels))
    assert first(folder).boxes_xyxy == pytest.approx(one.boxes_xyxy)
    (folder / "Annotations/a.xml").write_text(xml(expected, size=None))
    if orientation != 1:
        with pytest.raises(UserError, match=r"a\.xml does not say by its <size> whether"):
            voc.read(folder)
    (folder / "Annotations/a.xml").write_text(xml(size=None))
    assert first(folder).boxes_xyxy.shape == (0, 4)


@pytest.mark.parametrize(
    ("size", "box", "frame", "expected"),
    [
        ((200, 100), (20, 40, 80, 60), Frame(100, 50, 1), [0.1, 0.4, 0.4, 0.6]),  # halved since
        ((50, 25), (5, 10, 20, 15), Frame(100, 50, 1), [0.1, 0.4, 0.4, 0.6]),
        ((500, 333), (0, 0, 250, 333), Frame(250, 167, 1), [0, 0, 0.5, 1]),  # 166.5 rounded
        ((100, 67), (0, 0, 50, 67), Frame(1000, 667, 1), [0, 0, 0.5, 1]),
        ((200, 100), (20, 40, 80, 60), Frame(100, 50, 8), [0.4, 0.6, 0.6, 0.9]),
        ((100, 50), (40, 30, 10, 20), Frame(100, 50, 1), [0.1, 0.4, 0.4, 0.6]),  # swapped
        ((101, 100), (0, 0, 101, 50), Frame(101, 100, 6), [0.5, 0, 1, 1]),  # nearly a square
    ],
)
def test_boxes_are_in_parts_of_what_was_annotated(
    size: tuple, box: tuple, frame: Frame, expected: list
) -> None:
    assert shown_parts([box], size, frame)[0][0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (xml((0.1, 0.4, 0.4, 0.6)), r"a\.xml has a box in 0\.\.1: expected pixels"),
        (xml(BOX, (0.5, 0.5, 1.02, 1.1)), r"a\.xml has a box in 0\.\.1: expected pixels"),
        (xml(BOX, size=(50, 100)), "a <size> of 50x100 pixels, which the picture of 100x50 is not"),
        (xml(BOX, size=(1, 1)), "a <size> of 1x1 pixels"),
        (xml(BOX, size=(100, 60)), "a <size> of 100x60 pixels"),
        (xml(("10,0", 1, 2, 3)), "a usable bndbox/xmin: '10,0'"),
        (xml((1, "nan", 2, 3)), "a usable bndbox/ymin: 'nan'"),
        (xml((1, "1_0", 2, 3)), "a usable bndbox/ymin: '1_0'"),
        ("", "a.xml is not XML: it is empty"),
        ("<svg><rect/></svg>", "a.xml is no Pascal-VOC annotation: .* received <svg> with <rect>"),
        (xml(BOX).replace("object>", "Object>"), "expected <annotation> with <object> in it"),
        (xml(BOX, head='<?xml version="1.0" encoding="klingon"?>'), "names the encoding klingon"),
        (xml(BOX, head='<?xml version="1.0" encoding="base64"?>'), "names the encoding base64"),
    ],
)
def test_what_cannot_be_known_is_refused_by_name(folder: Path, text: str, message: str) -> None:
    (folder / "Annotations/a.xml").write_text(text)
    with pytest.raises(UserError, match=message):
        voc.read(folder)


def test_all_files_that_cannot_be_used_are_named_at_once(folder: Path) -> None:
    for stem in "ab":
        (folder / "Annotations" / f"{stem}.xml").write_text("")
    with pytest.raises(UserError, match=r"a\.xml is not XML: it is empty; b\.xml cannot be used"):
        voc.read(folder)


@pytest.mark.parametrize(
    ("encoding", "label", "says"),
    [
        ("gb2312", "红", "gb2312"),
        ("gb18030", "镕", "GB2312"),  # not in GB2312, whatever programs write
        ("big5", "紅", "Big5"),
        ("shift_jis", "赤", "Shift_JIS"),
        ("cp932", "①", "shift-jis"),
        ("euc_kr", "빨강", "euc-kr"),
        ("koi8-r", "красный", "KOI8-R"),
        ("latin-1", "café", "iso-8859-1"),
        ("utf-8", "红", "utf-8"),
        ("utf-8", "红", "utf-16"),  # as .NET writes it
        ("utf-8", "红", None),
        ("utf-8-sig", "红", None),
        ("utf-16", "红", "utf-16"),
        ("utf-16-le", "红", "utf-16"),
        ("utf-16-be", "红", None),
        ("utf-32", "红", None),
    ],
)
def test_annotations_are_read_in_their_encoding(
    folder: Path, encoding: str, label: str, says: str | None
) -> None:
    head = f"<?xml version='1.0' encoding='{says}'?>\n" if says else ""
    content = xml(BOX, head=head, label=label).encode(encoding)
    (folder / "Annotations/a.xml").write_bytes(content)
    assert first(folder).labels == [label]


@pytest.mark.parametrize("says", ["utf-8", None])
def test_annotations_in_another_encoding_than_they_say_are_refused(
    folder: Path, says: str | None
) -> None:
    head = f'<?xml version="1.0" encoding="{says}"?>' if says else ""
    (folder / "Annotations/a.xml").write_bytes(xml(BOX, head=head, label="红").encode("gbk"))
    with pytest.raises(UserError, match=r"a\.xml is not in UTF-8, (as it says|and it names no)"):
        voc.read(folder)


def rename(folder: Path, stem: str) -> None:
    for file in (folder / "JPEGImages/a.jpg", folder / "Annotations/a.xml"):
        file.rename(file.with_name(f"{stem}{file.suffix}"))


@pytest.mark.parametrize(
    ("stem", "content", "remark"),
    [
        ("a", b"\xef\xbb\xbfa\r\n\r\n", None),
        ("a", "a\n".encode("utf-16"), None),
        ("ab", "ab\n".encode("utf-16-le"), None),
        ("café", "café\n".encode("latin-1"), "train.txt is not in UTF-8: read in CP1252"),
        ("照片1", "照片1\n".encode("gbk"), "train.txt is not in UTF-8: read in GB18030"),
        ("cafe\u0301", "café\n".encode(), None),  # as macOS keeps names
        ("a", b"a\na\na.jpg\n", "train.txt names a more than once: taken once"),
        ("a", b"a.jpg\n", None),
        ("a", b"JPEGImages/a.JPG\n", None),
        ("a", b"C:\\voc\\JPEGImages\\a.jpg\n", None),
        ("a", b"a.xml\r", None),
        ("v1.2", b"v1.2\n", None),
        ("a", b"a  1\n", "train.txt has more than a name in a line: only the names are taken"),
        ("a", b"a -1\n", "train.txt has more than a name in a line: only the names are taken"),
        ("my photo 1", b"my photo 1\n", None),
        (
            "my photo",
            b"my photo  1\n",
            "train.txt has more than a name in a line: only the names are taken",
        ),
    ],
)
def test_lists_are_read_as_people_write_them(
    folder: Path, stem: str, content: bytes, remark: str | None
) -> None:
    rename(folder, stem)
    (folder / "ImageSets/Main/train.txt").write_bytes(content)
    assert first(folder).file.stem == stem
    assert voc.read(folder).remarks == ([remark] if remark else [])


def test_a_list_of_trainval_is_of_train_and_the_case_of_names_does_not_matter(folder: Path) -> None:
    lists = folder / "ImageSets/Main"
    (lists / "train.txt").rename(lists / "trainval.txt")
    assert first(folder).file.stem == "a"
    (lists / "trainval.txt").rename(lists / "Train.TXT")
    assert first(folder).file.stem == "a"


def test_names_that_are_no_utf8_on_the_disk_either(folder: Path) -> None:
    rename(folder, "caf\udce9")
    (folder / "ImageSets/Main/train.txt").write_bytes(b"caf\xe9\n")
    assert first(folder).file.stem == "caf\udce9"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nc\nd e\n", "train.txt names what Annotations has no XML of: c, d e"),
        (b"caf\xe9\n", "train.txt is not in UTF-8, and in no encoding that was tried"),
        (b"\xff\xfea", "train.txt is not in UTF-16, as its start says"),
        (b"\n", "train.txt is empty: expected a picture's name a line"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(folder: Path, content: bytes, message: str) -> None:
    (folder / "ImageSets/Main/train.txt").write_bytes(content)
    with pytest.raises(UserError, match=message):
        voc.read(folder)


@pytest.mark.parametrize("ending", [".JPG", ".jpeg", ".bmp", ".webp", ".PNG", ".tif"])
def test_pictures_of_every_kind_that_is_read_are_found(folder: Path, ending: str) -> None:
    (folder / "JPEGImages/a.jpg").unlink()
    Image.new("RGB", (100, 50)).save(folder / f"JPEGImages/a{ending}")
    assert first(folder).file.name == f"a{ending}"


def test_pictures_of_other_kinds_or_none_are_named(folder: Path) -> None:
    picture = folder / "JPEGImages/a.jpg"
    picture.rename(picture.with_suffix(".psd"))
    with pytest.raises(
        UserError, match=r"a\.xml: its picture a\.psd is of a kind that is not read"
    ):
        voc.read(folder)
    if ".heic" not in images.suffixes():
        picture.with_suffix(".psd").rename(picture.with_suffix(".heic"))
        with pytest.raises(UserError, match=r"a\.heic is HEIC, for which the package pillow-heif"):
            voc.read(folder)
        picture.with_suffix(".heic").rename(picture.with_suffix(".psd"))
    picture.with_suffix(".psd").rename(picture.with_suffix(".png.part"))
    with pytest.raises(UserError, match=r"a\.xml is of a picture that is not there"):
        voc.read(folder)
    picture.write_bytes(b"GIF89a")
    with pytest.raises(UserError, match=r"JPEGImages/a\.jpg is not an image"):
        voc.read(folder)


def test_of_two_pictures_of_one_name_the_annotation_chooses(folder: Path) -> None:
    Image.new("RGB", (100, 50)).save(folder / "JPEGImages/a.png")
    found = voc.read(folder)
    assert first(folder).file.name == "a.jpg"
    assert found.remarks == [
        "a.jpg: other pictures have its name: it is the one that <filename> names"
    ]
    annotation = folder / "Annotations/a.xml"
    annotation.write_text(annotation.read_text().replace("a.jpg", "holiday"))
    with pytest.raises(UserError, match=r"a\.xml could be of a\.jpg and a\.png: expected its"):
        voc.read(folder)


def test_labels_that_differ_in_case_and_files_left_over_are_said(folder: Path) -> None:
    (folder / "Annotations/b.xml").write_text(xml(BOX, label=" Red "))
    (folder / "Annotations/c.xml").write_text(xml(BOX))
    Image.new("RGB", (9, 9)).save(folder / "JPEGImages/d.jpg")
    for system in ("JPEGImages/Thumbs.db", "Annotations/._a.xml", "JPEGImages/.DS_Store"):
        (folder / system).write_bytes(b"\0")
    assert voc.read(folder).remarks == [
        "c: annotated, but in none of the lists: left out",
        "d.jpg: pictures without an annotation: left out",
        "the labels Red and red differ in capitals or Unicode form only: they are taken as 2",
    ]


def test_pictures_behind_a_link_are_found(folder: Path) -> None:
    pictures = folder.with_name(f"{folder.name}-elsewhere")
    (folder / "JPEGImages").rename(pictures)
    (folder / "JPEGImages").mkdir()
    (folder / "JPEGImages/camera").symlink_to(pictures)
    (pictures / "again").symlink_to(pictures)
    (folder / "Annotations/camera").symlink_to(folder / "Annotations")
    with pytest.raises(UserError, match=r"a\.xml is of a picture that is not there"):
        voc.read(folder)
    (folder / "Annotations/camera").unlink()
    (folder / "Annotations/camera").mkdir()
    for stem in "ab":
        (folder / f"Annotations/{stem}.xml").rename(folder / f"Annotations/camera/{stem}.xml")
    for split, stem in (("train", "a"), ("test", "b")):
        (folder / f"ImageSets/Main/{split}.txt").write_text(f"camera/{stem}.jpg\n")
    assert first(folder).file == folder / "JPEGImages/camera/a.jpg"


def test_without_lists_all_that_is_annotated_is_train(folder: Path) -> None:
    for file in (folder / "ImageSets/Main").iterdir():
        file.unlink()
    (folder / "Annotations/._a.xml").write_bytes(b"\0\5\x16\7")  # a resource fork of macOS
    assert [one.file.stem for one in voc.read(folder).splits["train"]] == ["a", "b"]
