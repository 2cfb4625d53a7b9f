"""Which code ran: the commit, what differs from it, and that commit checked out elsewhere."""

import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fivenets.core.errors import UserError

log = logging.getLogger(__name__)

# The pipeline's own outputs; a run is not dirty because of them.
OUTPUTS = ("dvc.lock", "reports", "README.md")
CODE = ("src", "pipelines")
MISSING = 127  # as a shell says that there is no such program
MAX_DIFF = 1_000_000  # characters; a longer one is a data file that slipped in
# What `git apply` reads, whatever a user has set for the eye.
PATCH = ("--no-ext-diff", "--no-textconv", "--no-color", "--unified=3", "--binary")
PATCH += ("--src-prefix=a/", "--dst-prefix=b/")
NO_TEXT = re.compile("[\r\udc80-\udcff]")  # ends of lines, and bytes that are not UTF-8


def state() -> dict[str, str]:
    """Commit, and whether anything but the pipeline's own outputs differs from it.

    Where there is no commit, that and why is logged.
    Raises: UserError where git refuses to say, as it does of a folder that another user owns.
    """
    if fault := _fault():
        log.warning("no commit is recorded: %s", fault)
        return {"git_commit": "none", "git_dirty": "unknown"}
    commit = _git("rev-parse", "HEAD").strip()
    changes = _git("status", "--porcelain", "--untracked-files=normal", "--", *_all_but_outputs())
    return {
        "git_commit": commit,
        "git_dirty": str(bool(changes)).lower(),
        "mlflow.source.git.commit": commit,
    }


def diff() -> str:
    """What differs from the commit, for `git apply`; empty where nothing does or it is too long.

    New files count where code lies, and not elsewhere: they might be anything, keys included.
    """
    if _fault():
        return ""
    index = Path(_git("rev-parse", "--absolute-git-dir").strip(), "index")
    with tempfile.TemporaryDirectory() as scratch:
        # In a copy of the index, new files can be marked as such without touching the user's. It
        # keeps its time: git looks into files that changed in the same second.
        copy = {"GIT_INDEX_FILE": str(shutil.copy2(index, scratch))}
        _git("add", "--intent-to-add", "--", *filter(os.path.exists, CODE), environment=copy)
        diff = ("diff", *PATCH, "HEAD", "--", *_all_but_outputs())
        changes = _git(*diff, environment=copy)
        if NO_TEXT.search(changes):  # as binary files' it is ASCII, which no store changes
            attributes = Path(scratch, "attributes")
            attributes.write_text("* -diff\n")
            settings = ("-c", "core.quotePath=true", "-c", f"core.attributesFile={attributes}")
            changes = _git(*settings, *diff, environment=copy)
    return changes if len(changes) <= MAX_DIFF else ""


@contextmanager
def checked_out(commit: str, changes: str = "") -> Iterator[Path]:
    """A temporary working tree of `commit`, with `changes` (a diff) applied; gone at the end.

    Raises: UserError where this clone does not have the commit, or `changes` belong to another.
    """
    if not _git("cat-file", "-t", f"{commit}^{{commit}}"):
        raise UserError(f"commit {commit} is unknown here: `git fetch` from where it was made")
    with tempfile.TemporaryDirectory(prefix="fivenets-") as scratch:
        tree = Path(scratch, "tree")
        try:
            added = _run("worktree", "add", "--quiet", "--detach", str(tree), commit)
            if added.returncode:
                raise UserError(f"commit {commit} cannot be checked out: {added.stderr.strip()}")
            if changes:
                applied = _run("apply", "--whitespace=nowarn", cwd=tree, given=changes)
                if applied.returncode:
                    raise UserError(f"the kept diff does not apply to {commit}: {applied.stderr}")
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _fault() -> str:
    """Why there is no commit of what is in this folder; empty where there is one."""
    asked = _run("rev-parse", "HEAD")
    if asked.returncode == MISSING:
        return "git is not installed"
    if "dubious ownership" in asked.stderr:
        raise UserError(
            f"git does not trust {Path.cwd()}, which another user owns, so that no commit can be "
            f"recorded: git config --global --add safe.directory '{Path.cwd()}'"
        )
    if asked.returncode:
        is_repository = _run("rev-parse", "--git-dir").returncode == 0
        return "nothing is committed yet" if is_repository else "this is not a git repository"
    # Such as a zip of the project, unpacked in a repository of something else.
    return "" if _git("ls-files") else "the git repository around this folder knows no file in it"


def _all_but_outputs() -> list[str]:
    return [".", *(f":!{path}" for path in OUTPUTS)]


def _git(*arguments: str, environment: dict[str, str] | None = None) -> str:
    done = _run(*arguments, environment=environment)
    return done.stdout if done.returncode == 0 else ""


def _run(
    *arguments: str,
    cwd: Path | None = None,
    given: str = "",
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            input=given.encode(errors="surrogateescape"),
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, MISSING, "", "git is not installed")
    # Not by text=True, which changes ends of lines.
    said = (one.decode(errors="surrogateescape") for one in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, *said)
