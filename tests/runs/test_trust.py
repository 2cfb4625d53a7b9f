"""Which of the files that a user names are opened as they are."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.sandbox import UntrustedFile
from fivenets.runs import lookup, trust


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    (tmp_path / "digits.keras").write_text("a network")
    return tmp_path / "digits.keras"


def is_trusted(file: Path) -> bool:
    return not isinstance(lookup.model_file(str(file)), UntrustedFile)


def run_with(store: Path, digest: str) -> None:
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS tags (key, value, run_uuid)")
        database.execute("INSERT INTO tags VALUES ('model_sha256', ?, 'r')", (digest,))


def test_a_strangers_file_is_not(file: Path, tmp_path: Path) -> None:
    assert not is_trusted(file)  # without a store
    (tmp_path / "mlflow.db").touch()
    assert not is_trusted(file)  # with one that is no database of MLflow's
    (tmp_path / "mlflow.db").unlink()
    run_with(tmp_path / "mlflow.db", "0" * 64)
    assert not is_trusted(file)  # that did not make it


def test_what_a_run_of_the_store_has_made_is(file: Path, tmp_path: Path) -> None:
    run_with(tmp_path / "mlflow.db", sha256(file))
    assert is_trusted(file)
    file.write_text("another network")
    assert not is_trusted(file)


def test_what_the_user_lists_is(file: Path) -> None:
    trust.allow_list().parent.mkdir(parents=True)
    trust.allow_list().write_text(f"# mine\n\n{sha256(file)}  elsewhere.keras\n")
    assert is_trusted(file)
    trust.allow_list().write_text(f"{sha256(file)[:-1]}  digits.keras\n# {sha256(file)}\n")
    assert not is_trusted(file)


def test_what_is_remembered_goes_below_a_list_without_a_last_newline(file: Path) -> None:
    trust.allow_list().parent.mkdir(parents=True)
    trust.allow_list().write_text("0" * 64 + "  mine.keras")
    trust.remember(file)
    assert is_trusted(file)
    assert trust.allow_list().read_text().startswith("0" * 64 + "  mine.keras\n")


def test_an_export_that_nobody_vouches_for_makes_a_known_file_unknown(
    file: Path, tmp_path: Path
) -> None:
    run_with(tmp_path / "mlflow.db", sha256(file))
    file.with_suffix(".openvino.json").touch()
    assert not is_trusted(file)


def test_a_file_that_cannot_be_read_is_a_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: str) -> None:  # modes of files bind no root
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UserError, match=r"digits\.keras cannot be read: Permission denied$"):
        lookup.model_file(str(file))


def test_trust_is_for_the_asking(file: Path) -> None:
    assert not isinstance(lookup.model_file(str(file), trusts=True), UntrustedFile)
