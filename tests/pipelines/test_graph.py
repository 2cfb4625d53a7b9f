"""dvc.yaml names all that its stages read, so that DVC runs again what has changed."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo
from dvc.stage import PipelineStage

from fivenets.core import candidates, params
from fivenets.tasks import MODULES

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"
# Modules that no stage needs to name, as they cannot change what a stage makes.
ALLOWED = {
    "src/fivenets/__init__.py": "keeps TensorFlow's greeting from the terminal",
    "src/fivenets/tasks.py": "finds a task by its name",
    "src/fivenets/runs/__init__.py": "says what the folder holds",
    "src/fivenets/runs/git.py": "what is said of the code that ran",
    "src/fivenets/runs/local.py": "where the project and its store are",
}
LISTS = {"prepared", "trained", "converted", "off_graph", "registered"}  # what the stages are of
# Sections of params.yaml that `make cells`, `make fast-style` and `make resnet50-full` read.
OFF_GRAPH = {"cells", "yolov2-cells", "fast-starry-night", "style-fast", "resnet50-full"} | LISTS
OFF_GRAPH |= {"facenet-lfw", "lfw", "cats", "cats-mobilenet", "cats-classifier"}
OFF_GRAPH |= {"own", "own-efficientnet", "own-classifier", "camvid-full", "unet-camvid"}
OFF_GRAPH |= {"faces68", "landmarks68", "landmarks", "windows", "window-locator", "locator"}
MAX_SOURCES = 60  # lines of dvc.yaml that name source files
# In src/fivenets; every other folder is a task.
SHARED_FOLDERS = {
    "cli",
    "core",
    "datasets",
    "demo",
    "drawn",
    "fitting",
    "looking",
    "runs",
    "schema",
    "sources",
    "step_by_step",
}
# The commands, the page, what MLflow runs, and what checks all parameters.
ABOVE_TASKS = {"cli", "course_files", "demo", "exports", "pyfunc", "schema"}


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, PipelineStage]]:
    with Repo(str(PROJECT)) as repo:
        yield {stage.name: stage for stage in repo.index.stages}


def paths(items) -> list[str]:
    """The files and folders among a stage's dependencies or outputs, as dvc.yaml writes them."""
    return [item.def_path for item in items if not isinstance(item, ParamsDependency)]


def script(stage: PipelineStage) -> str:
    python, file, *_ = str(stage.cmd).split()
    assert python == "python"
    return file


def param_keys(stage: PipelineStage) -> list[str]:
    return [key for dep in stage.deps if isinstance(dep, ParamsDependency) for key in dep.params]


@cache
def imported(file: Path) -> frozenset[str]:
    """The dotted names that a Python file imports, anywhere in it; `from a import b` is `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@cache
def imported_files(file: Path) -> frozenset[Path]:
    """The files in src/ that run when `file` imports what it imports, packages included."""
    found = set()
    for name in imported(file):
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            place = SOURCE.joinpath(*parts[:depth])
            found |= {
                candidate
                for candidate in (place / "__init__.py", place.with_suffix(".py"))
                if candidate.is_file()
            }
    return frozenset(found)


def all_imported_files(file: Path) -> set[Path]:
    """`imported_files`, and what those import, and so on."""
    found, waiting = set(), [file]
    while waiting:
        new = imported_files(waiting.pop()) - found
        found |= new
        waiting += new
    return found


def named(files: Iterable[Path]) -> set[str]:
    """Files as dvc.yaml names them."""
    return {file.relative_to(PROJECT).as_posix() for file in files}


def is_covered(file: str, dependencies: list[str]) -> bool:
    return any(PurePosixPath(file).is_relative_to(dependency) for dependency in dependencies)


def test_there_is_one_graph() -> None:
    assert [*PROJECT.glob("pipelines/**/dvc.yaml")] == []


def test_what_a_stage_reads_is_in_git_or_made_by_a_stage(stages: dict[str, PipelineStage]) -> None:
    made = {path for stage in stages.values() for path in paths(stage.outs)}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    missing = {
        (name, path)
        for name, stage in stages.items()
        for path in paths(stage.deps)
        if not any(is_covered(file, [path]) for file in [*made, *listed])
    }
    assert missing == set()


def test_a_stage_depends_on_its_script(stages: dict[str, PipelineStage]) -> None:
    missing = {name for name, stage in stages.items() if script(stage) not in paths(stage.deps)}
    assert missing == set()


def scripts(stage: PipelineStage) -> list[Path]:
    """What a stage runs: its script, and the task that makes and scores the model it names.

    To prepare a set of data, a task only passes on; and a registration reads finished models.
    """
    verb, name = Path(script(stage)).stem, str(stage.cmd).split()[-1]
    reads_task = verb in ("train", "convert", "evaluate")
    tasks = [one.task for one in all_candidates() if one.name == name and reads_task]
    return [
        PROJECT / script(stage),
        *(SOURCE / f"{MODULES[task].replace('.', '/')}.py" for task in tasks),
    ]


@cache
def all_candidates() -> list[candidates.Candidate]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        return candidates.everyone()


def test_a_stage_depends_on_every_module_that_it_runs(stages: dict[str, PipelineStage]) -> None:
    missing = {
        (name, file)
        for name, stage in stages.items()
        for one in scripts(stage)
        for file in named({one, *all_imported_files(one)})
        if not is_covered(file, [*paths(stage.deps), *ALLOWED])
    }
    assert missing == set()


def test_a_registration_reads_the_folders_of_its_candidates(
    stages: dict[str, PipelineStage],
) -> None:
    registered = [one for one in stages.values() if script(one) == "pipelines/register.py"]
    for stage in registered:
        name = str(stage.cmd).split()[-1]
        assert {f"models/{name}", f"reports/{name}"} <= set(paths(stage.deps))
    decisions = {path for stage in registered for path in paths(stage.outs)}
    assert {str(PurePosixPath(path).parent) for path in decisions} <= set(
        paths(stages["report"].deps)
    )


def test_dvc_yaml_names_rooms_and_not_files() -> None:
    lines = (PROJECT / "dvc.yaml").read_text().splitlines()
    named_in = [line for line in lines if line.strip().startswith(("- src/", "- pipelines/"))]
    assert len(named_in) <= MAX_SOURCES


def test_the_allowance_is_of_files_that_exist_and_import_nothing_that_matters() -> None:
    for name in ALLOWED:
        others = named(imported_files(PROJECT / name)) - ALLOWED.keys()
        assert all(is_covered(other, ["src/fivenets/core"]) for other in others), name


def test_every_parameter_is_read_by_a_stage_and_every_one_read_exists(
    stages: dict[str, PipelineStage],
) -> None:
    section = params.load(file=PROJECT / "params.yaml")
    leaves = params.flatten(section)
    read = {key for stage in stages.values() for key in param_keys(stage)}
    for key in read:
        params.load(*key.split("."), file=PROJECT / "params.yaml")
    unread = {leaf for leaf in leaves if not any(f"{leaf}.".startswith(f"{key}.") for key in read)}
    assert {leaf for leaf in unread if leaf.partition(".")[0] not in OFF_GRAPH} == set()


def test_paths_of_the_graph_are_relative_and_stay_inside(
    stages: dict[str, PipelineStage],
) -> None:
    for stage in stages.values():
        assert Path(stage.wdir) == PROJECT
        for path in [script(stage), *paths(stage.deps), *paths(stage.outs)]:
            assert not PurePosixPath(path).is_absolute(), path
            assert ".." not in PurePosixPath(path).parts, path


def modules() -> list[Path]:
    return sorted((SOURCE / "fivenets").rglob("*.py"))


def task_of(file: Path) -> str | None:
    """The task whose folder in src/fivenets a module lies in."""
    folder = file.relative_to(SOURCE / "fivenets").parts[0]
    return None if folder.endswith(".py") or folder in SHARED_FOLDERS else folder


def test_a_task_imports_no_other_task_and_what_tasks_share_imports_none() -> None:
    wrong = {
        (file.name, other.name)
        for file in modules()
        if file.parent.name not in ABOVE_TASKS and not is_test(file)
        if file != SOURCE / "fivenets" / "face_points.py"  # what two of them answer together
        for other in imported_files(file)
        if task_of(other) not in (None, task_of(file))
    }
    assert wrong == set()


def is_test(file: Path) -> bool:
    return file.name.endswith("_test.py")


def test_no_module_imports_a_stage() -> None:
    wrong = {
        (file.name, name)
        for file in modules()
        for name in imported(file)
        if name.partition(".")[0] in ("pipelines", "tests")
    }
    assert wrong == set()


def test_mlflow_is_imported_in_its_places_only() -> None:
    importing = [
        file
        for file in [*modules(), *(PROJECT / "pipelines").rglob("*.py")]
        if any(name.partition(".")[0] == "mlflow" for name in imported(file))
    ]
    others = [file for file in importing if file.parent.name not in ("pyfunc", "tracking")]
    assert named(others) == {
        f"src/fivenets/runs/{name}.py"
        for name in ("drift", "model_metrics", "registry", "signing", "spark")
    }
