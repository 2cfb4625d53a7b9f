"""DVC reads pickles from its site cache: nobody else may write there."""

import subprocess
from pathlib import Path

import pytest
from dvc.repo import Repo

PROJECT = Path(__file__).parents[2]


def test_it_is_in_the_project_and_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_SITE_CACHE_DIR", raising=False)
    monkeypatch.chdir(PROJECT)  # as `make`, `dvc repro` by hand and `fivenets reproduce` run it
    with Repo(".") as repo:
        folder = Path(repo.site_cache_dir).absolute()
    assert PROJECT / ".dvc-site-cache" in folder.parents
    within = [place for place in (folder, *folder.parents) if PROJECT in place.parents]
    assert not [place for place in within if place.stat().st_mode & 0o022]


def test_a_command_in_a_folder_of_the_project_stays_in_the_project(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("DVC_SITE_CACHE_DIR", raising=False)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text((PROJECT / ".dvc" / "config").read_text())
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    with Repo() as repo:
        assert tmp_path in Path(repo.site_cache_dir).absolute().parents
