"""What a run says of the code that made it, and that code in a folder of its own."""

import subprocess
from pathlib import Path

import pytest

from fivenets.core.errors import UserError
from fivenets.runs import git

UNKNOWN = {"git_commit": "none", "git_dirty": "unknown"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def committed(**files: str | bytes) -> str:
    """A repository in this folder with one more commit of these files; returns the commit."""
    run("init", "--quiet")
    for name, content in files.items():
        path = Path(name.replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        run("add", str(path))
    run("commit", "--quiet", "--message", "All")
    return run("rev-parse", "HEAD")


def run(*arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("changed", "is_dirty"),
    [
        ([], "false"),
        (["dvc.lock", "README.md", "reports/net/training.json", "reports/new.json"], "false"),
        (["src/net.py"], "true"),
        (["src/untracked.py"], "true"),
        (["params.yaml", "README.md"], "true"),
    ],
    ids=["nothing", "outputs", "code", "new code", "parameters"],
)
def test_the_state_tells_the_commit_and_whether_more_than_outputs_differs(
    changed: list[str], is_dirty: str
) -> None:
    committed = ["dvc.lock", "README.md", "reports/net/training.json", "src/net.py", "params.yaml"]
    run("init", "--quiet")
    for name in committed:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("before")
    run("add", *committed)
    Path(".gitignore").write_text(".gitignore\n")
    run("commit", "--quiet", "--message", "All")
    for name in changed:
        Path(name).write_text("after")
    commit = run("rev-parse", "HEAD")
    assert git.state() == {
        "git_commit": commit,
        "git_dirty": is_dirty,
        "mlflow.source.git.commit": commit,
    }


def test_a_worktree_and_a_shallow_clone_have_their_commit(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = committed(params="a: 1\n"), committed(params="a: 2\n")
    run("worktree", "add", "--quiet", "tree", first)
    run("clone", "--quiet", "--depth", "1", project.as_uri(), "clone")
    for name, commit in (("tree", first), ("clone", last)):
        monkeypatch.chdir(project / name)
        assert git.state()["git_commit"] == commit
        assert git.state()["git_dirty"] == "false"
        Path("params").write_text("a: 3\n")
        assert git.state()["git_dirty"] == "true"
        with git.checked_out(commit, git.diff()) as tree:
            assert (tree / "params").read_text() == "a: 3\n"
    with pytest.raises(UserError, match=f"^commit {first} is unknown here: `git fetch`"):
        git.checked_out(first).__enter__()


def test_the_state_outside_a_repository_or_before_its_first_commit_is_unknown(caplog) -> None:
    assert git.state() == UNKNOWN
    run("init", "--quiet")
    assert git.state() == UNKNOWN
    assert caplog.messages == [
        "no commit is recorded: this is not a git repository",
        "no commit is recorded: nothing is committed yet",
    ]


def test_the_commit_of_a_repository_that_knows_nothing_of_this_folder_is_not_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    committed(dotfile="x\n")
    (project / "unzipped" / "src").mkdir(parents=True)
    (project / "unzipped" / "src" / "net.py").write_text("x = 1\n")
    monkeypatch.chdir(project / "unzipped")
    assert git.state() == UNKNOWN
    assert git.diff() == ""
    [message] = caplog.messages
    assert message.endswith("the git repository around this folder knows no file in it")


def test_without_a_git_program_that_is_said(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    committed(params="a: 1\n")
    monkeypatch.setenv("PATH", "")
    assert git.state() == UNKNOWN
    assert git.diff() == ""
    assert caplog.messages == ["no commit is recorded: git is not installed"]


def test_a_folder_of_another_user_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    committed(params="a: 1\n")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match=r"git config --global --add safe\.directory '/"):
        git.state()


def test_a_diff_gives_the_changed_tree_back_and_leaves_the_index_as_it_was() -> None:
    commit = committed(src_net="one\n", params="a: 1\n", README="x\n")
    Path("src").mkdir()
    Path("src/new.py").write_text("new = True\n")
    Path("src/bytes.bin").write_bytes(bytes(range(256)))
    Path("params").write_text("a: 2\n")
    Path("secrets").write_text("not code, not known to git: stays here\n")
    before = run("status", "--porcelain")
    changes = git.diff()
    assert run("status", "--porcelain") == before
    assert "secrets" not in changes
    with git.checked_out(commit, changes) as tree:
        assert (tree / "params").read_text() == "a: 2\n"
        assert (tree / "src/new.py").read_text() == "new = True\n"
        assert (tree / "src/bytes.bin").read_bytes() == bytes(range(256))
        assert not (tree / "secrets").exists()
    assert not tree.exists()
    assert len(run("worktree", "list").splitlines()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("caf\u00e9\n".encode("latin-1"), "th\u00e9\n".encode("latin-1")),
        (b"one\r\ntwo\r\n", b"one\r\n2\r\n"),
        (b"one\r\n", b"one\n"),
    ],
    ids=["Latin-1", "CRLF", "CRLF no more"],
)
def test_a_diff_of_any_text_survives_a_store_and_gives_it_back(before: bytes, after: bytes) -> None:
    commit = committed(params="a: 1\n", notes=before)
    Path("notes").write_bytes(after)
    Path("params").write_text("a: 2\n")
    changes = git.diff()
    assert changes.isascii()
    Path("kept").write_text(changes)
    with git.checked_out(commit, Path("kept").read_text()) as tree:
        assert (tree / "notes").read_bytes() == after
        assert (tree / "params").read_text() == "a: 2\n"


def test_what_a_user_has_set_changes_no_diff_and_hides_no_new_file() -> None:
    commit = committed(params="a: 1\n", src__net="1\n")
    for key, value in (
        ("diff.external", "echo"),
        ("diff.noprefix", "true"),
        ("diff.context", "0"),
        ("color.ui", "always"),
        ("status.showUntrackedFiles", "no"),
    ):
        run("config", key, value)
    Path("src/new.py").write_text("new = True\n")
    assert git.state()["git_dirty"] == "true"
    Path("params").write_text("a: 2\n")
    with git.checked_out(commit, git.diff()) as tree:
        assert (tree / "params").read_text() == "a: 2\n"
        assert (tree / "src/new.py").read_text() == "new = True\n"


def test_the_pipelines_own_outputs_are_no_part_of_a_diff() -> None:
    committed(**{"README.md": "x", "dvc.lock": "x", "reports__metrics.json": "x"})
    for name in ("README.md", "dvc.lock", "reports/metrics.json", "reports/new.json"):
        Path(name).write_text("y")
    assert git.diff() == ""


def test_a_diff_that_is_data_is_not_kept() -> None:
    committed(table="x\n")
    Path("table").write_text("1 2 3\n" * 200_000)
    assert git.diff() == ""


def test_outside_a_repository_nothing_differs() -> None:
    assert git.diff() == ""


def test_a_commit_is_checked_out_as_it_was() -> None:
    first = committed(params="a: 1\n")
    committed(params="a: 2\n")
    with git.checked_out(first) as tree:
        assert (tree / "params").read_text() == "a: 1\n"


def test_a_commit_of_another_clone_is_a_sentence() -> None:
    committed(params="a: 1\n")
    unknown = "0123456789" * 4
    with (
        pytest.raises(UserError, match=f"^commit {unknown} is unknown here"),
        git.checked_out(unknown),
    ):
        pass


def test_a_diff_of_another_commit_is_a_sentence_and_leaves_no_tree() -> None:
    first = committed(params="a: 1\n")
    committed(params="b: 2\n")
    Path("params").write_text("b: 3\n")
    with pytest.raises(UserError, match="does not apply"), git.checked_out(first, git.diff()):
        pass
    assert len(run("worktree", "list").splitlines()) == 1
