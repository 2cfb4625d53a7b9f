"""Lets DVC work in a folder without git, and says where git will not: before anything is installed.

Runs on any Python alone, as nothing is installed yet.
"""

import configparser
import os
import subprocess
from pathlib import Path

LOCAL = Path(".dvc/config.local")  # what DVC reads besides .dvc/config; git leaves it out
KEY = "no_scm"


def main() -> None:
    here = Path.cwd()
    has_git = any((folder / ".git").exists() for folder in (here, *here.parents))
    if set_no_scm(not has_git) and not has_git:
        print("no git repository here: DVC works without one, and runs will name no commit")
    if has_git and "dubious ownership" in said_by_git():
        raise SystemExit(
            "error: git does not trust this folder, which another user owns, so that runs could "
            f"name no commit: git config --global --add safe.directory '{here}'"
        )


def set_no_scm(wanted: bool) -> bool:
    """Lets DVC do without git, or takes that back; whether anything had to be changed."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(LOCAL, encoding="utf-8")
    if settings.has_option("core", KEY) == wanted:
        return False
    if wanted:
        settings.read_dict({"core": {KEY: "true"}})
    else:
        settings.remove_option("core", KEY)
    LOCAL.parent.mkdir(exist_ok=True)  # an image is set up before the rest of the project is there
    with LOCAL.open("w", encoding="utf-8") as stream:
        settings.write(stream)
    return True


def said_by_git() -> str:
    """What git says against this repository; nothing where there is no git to ask."""
    command = ["git", "rev-parse", "HEAD"]
    english = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, env=english, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        return ""
    return done.stderr


if __name__ == "__main__":
    main()
