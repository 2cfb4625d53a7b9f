"""Would a test notice? Changes one thing at a time in a module, and runs the tests of the module.

    python pipelines/make/mutants.py [--survivors] [MODULE...]

Prints the share of mutants that a test has killed and each that survived, and keeps both in
benchmarks/results/mutants.json. --survivors: only those are tried that no test killed last time.
Each mutant is tried in a fork of a process that has imported what does not depend on the module;
cosmic-ray starts the tests anew, with some seconds of imports. mutmut 3 forks as well, but works in
a copy of the tree, runs all tests first to find which belong to what, and changes functions only.
Here a table says which few tests belong to which few modules, and constants are changed too.
"""

import ast
import copy
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

RESULTS = Path("benchmarks", "results", "mutants.json")
TIMES = 8  # the processor time of the tests as they are, and one that hangs is noticed
LONGEST = 600  # seconds by the clock
# Modules in which an error would be silent, and the tests that belong to them.
MODULES = {
    "detection.boxes": ("detection/test_boxes.py", "course/test_week3_boxes.py"),
    "detection.precision": ("detection/test_precision.py",),
    "detection.losses": ("detection/test_yolo_loss.py",),
    "detection.layers": ("detection/test_detection_model.py",),
    "detection.weights": (
        "detection/test_darknet_weights.py", "detection/test_detection_model.py",
    ),
    "detection.darknet": (
        "detection/test_darknet_cfg.py", "detection/test_darknet_options.py",
        "detection/test_yolo_scales.py", "detection/test_darknet_classifiers.py",
    ),
    "datasets.splits": ("datasets/test_splits.py",),
    "runs.decision": ("runs/test_decision.py",),
    "runs.publishing": ("runs/test_publishing.py",),
    "faces.losses": ("faces/test_losses.py", "course/test_week4_faces.py"),
    "faces.mining": ("faces/test_mining.py",),
    "faces.intervals": ("faces/test_intervals.py",),
    "faces.recognition": ("faces/test_recognition.py",),
    "faces.thresholds": ("faces/test_thresholds.py",),
    "faces.verification": ("faces/test_verification.py",),
    "core.listing": ("core/test_listing.py",),
    "core.metrics": ("core/test_metrics.py", "classification/test_evaluation.py"),
    "style.objective": ("style/test_objective.py",),
    "style.losses": ("style/test_style_losses.py",),
    "segmentation.losses": ("segmentation/test_segmentation_losses.py",),
}  # fmt: skip
SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
PAIRS = (("max", "min"), ("maximum", "minimum"), ("any", "all"), ("argmax", "argmin"))
NAMES = dict(PAIRS) | {other: one for one, other in PAIRS}


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, what is there instead of what, and the module, for each thing that can be changed."""
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        for change in changed(node):
            mutant = copy.deepcopy(tree)
            twin = next(other for at, other in enumerate(ast.walk(mutant)) if at == place)
            twin.__dict__.update(copy.deepcopy(change.__dict__))
            if is_meant(tree, node):
                words = f"{ast.unparse(node)} -> {ast.unparse(change)}".replace("\n", " ")
                yield getattr(node, "lineno", 0), words[:160], ast.fix_missing_locations(mutant)


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """Copies of a node with one thing changed in each."""

    def copied(**fields: object) -> ast.AST:
        return type(node)(**{**vars(node), **fields})

    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield copied(op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield copied(ops=[SWAPS[type(node.ops[0])](), *node.ops[1:]])
        wider = ast.BinOp(node.comparators[0], ast.Mult(), ast.Constant(1.01))
        is_nought = isinstance(node.comparators[0], ast.Constant) and not node.comparators[0].value
        if isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE) and not is_nought:
            yield copied(comparators=[wider, *node.comparators[1:]])
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield copied(value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        other = node.value + 1 if isinstance(node.value, int) else node.value * 1.01
        yield copied(value=other or 1.0)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield copied(attr=NAMES[node.attr])
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield copied(id=NAMES[node.id])


def is_meant(tree: ast.Module, node: ast.AST) -> bool:
    """Whether a change of the node could matter: not in what is said, annotated or a guard."""
    aside: list[ast.AST | None] = []
    for around in ast.walk(tree):
        if isinstance(around, ast.JoinedStr | ast.Raise):
            aside.append(around)
        elif isinstance(around, ast.AnnAssign | ast.arg):
            aside.append(around.annotation)
        elif isinstance(around, ast.FunctionDef):
            aside += [around.returns, *around.decorator_list]
        elif isinstance(around, ast.ClassDef):
            aside += around.decorator_list
        elif isinstance(around, ast.keyword) and around.arg == "strict":
            aside.append(around)  # a guard against what its author has excluded
    return not any(part and node in ast.walk(part) for part in aside)


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a mutant where its module is asked for."""

    def __init__(self, name: str, mutant: ast.Module):
        self.name, self.mutant = name, mutant

    def find_spec(self, name: str, path: object = None, target: object = None):
        if name != self.name:
            return None
        file = Path("src", *name.split(".")).with_suffix(".py").resolve()
        return importlib.util.spec_from_file_location(name, file, loader=self)

    def exec_module(self, module) -> None:
        exec(compile(self.mutant, str(module.__file__), "exec"), module.__dict__)


def seconds_of(
    name: str, mutant: ast.Module, tests: tuple[str, ...], most: float, told: int | None = None
) -> float | None:
    """Processor time of its tests, in a fork of this process; None where one fails.

    told: where to write the names of the modules that were imported in the fork.
    """
    child = os.fork()
    if child == 0:
        import resource

        import pytest

        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(most), math.ceil(most)))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        signal.alarm(LONGEST)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        sys.meta_path.insert(0, Instead(name, mutant))
        files = [f"tests/{file}" for file in tests]
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files])
        if told is not None:
            os.write(told, "\n".join(sys.modules).encode())
        os._exit(code)
    _, status, used = os.wait4(child, 0)
    return None if status else used.ru_utime + used.ru_stime


def import_for(name: str, source: ast.Module, tests: tuple[str, ...]) -> None:
    """Imports what the tests import, but the module and all that depends on it."""
    with open(os.memfd_create("imported"), "r+") as imported:
        if seconds_of(name, source, tests, LONGEST, imported.fileno()) is None:
            raise SystemExit(f"the tests of {name} fail as they are")
        imported.seek(0)
        others = imported.read().splitlines()
    absent = Instead(name, ast.parse("raise ImportError"))
    sys.meta_path.insert(0, absent)
    for other in others:
        with suppress(Exception):  # the tests themselves, or what depends on the module
            importlib.import_module(other)
    sys.meta_path.remove(absent)
    gc.freeze()  # pytest collects twice in each fork, which takes longer than most tests


def tried(module: str, survivors: bool) -> None:
    """Runs the tests of a module for each of its mutants; adds what came of it to RESULTS.

    survivors: for those alone that survived before, where all of them are there still.
    """
    name, tests, start = f"fivenets.{module}", MODULES[module], time.time()
    text = Path("src", *name.split(".")).with_suffix(".py").read_text()
    source, found, survived = ast.parse(text), list(mutants(text)), []
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    again = set(before.get(module, {"survived": ()})["survived"]) if survivors else set()
    if not again <= {f"{line}: {words}" for line, words, _ in found}:
        again = set()  # the module is another
    import_for(name, source, tests)
    usual = seconds_of(name, source, tests, LONGEST)
    if usual is None:
        raise SystemExit(f"the tests of {name} fail in a fork")
    for line, words, mutant in found:
        if again and f"{line}: {words}" not in again:
            continue
        if seconds_of(name, mutant, tests, 1 + TIMES * usual) is not None:
            survived.append(f"{line}: {words}")
            print(f"{module} {survived[-1]}", flush=True)
    killed = len(found) - len(survived)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[module] = {"mutants": len(found), "killed": killed, "survived": survived}
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")
    print(f"{module}: {killed} of {len(found)} killed, {time.time() - start:.0f} s", flush=True)


def main(chosen: list[str]) -> None:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    failed, survivors = 0, "--survivors" in chosen
    for module in [one for one in chosen if one != "--survivors"] or MODULES:
        child = os.fork()  # what one module needs should not be there for the next
        if child == 0:
            tried(module, survivors)
            os._exit(0)
        failed += os.waitpid(child, 0)[1] != 0
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
