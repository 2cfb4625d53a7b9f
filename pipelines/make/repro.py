"""`dvc repro` as people read it: a plan before it, a line for each stage with the time left, and
how long it took.

How long a stage takes is known from the last time here, else from seconds.json, which is such a
record of a whole run with each kind of data, on 2 cores of one machine. A record says how fast its
machine multiplies matrices and how busy it was. The plan of a slower or busier one is longer; that
of a faster one is not shorter, as stages do more than multiply and other work may come.
"""

import json
import logging
import math
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx
import numpy as np
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from fivenets.core import files, stage
from fivenets.core.errors import UserError
from fivenets.core.words import duration
from fivenets.sources.fetching import MIRROR_VARIABLE

MEASURED = Path(__file__).with_name("seconds.json")
HERE = Path(".dvc/tmp/seconds.json")
YARDSTICK = "yardstick"  # seconds that multiplying two matrices took, beside those of stages
CORES = min(os.cpu_count() or 1, 8)  # that a training keeps busy
BUSY = "busy"  # times as long as with nothing beside it, likewise
CHANCE = 1.25  # times a measure: less is no difference
CAUTIOUS = 0.25  # of the plan: so much of what has run says as much as what was expected
console = Console(highlight=False, soft_wrap=False)


def main() -> None:
    repo = Repo()
    with console.status("comparing code, parameters and data with dvc.lock"):
        graph = get_active_graph(repo.index.graph)
        every = [one.addressing for one in plan_repro(graph)]
        told = Told(Expected.read(), to_run(graph, repo.status(), every))
    console.print(*told.plan(len(every)), sep="\n")
    if not told.stages:
        return
    logging.getLogger("dvc").setLevel(logging.WARNING)
    logging.getLogger("dvc.output").addFilter(lambda record: "is empty" not in str(record.msg))
    log = logging.getLogger("dvc.stage.run")  # where it says which stage it runs, and how
    log.setLevel(logging.INFO)
    log.addFilter(told)
    # TensorFlow's C++ goes on after what it calls errors; what ends a stage is an exception.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        repo.reproduce()
    except DvcException as error:
        told.interrupted()
        raise UserError(f"{error}; what was made before stays, and `make` goes on there") from None
    told.ended()


def to_run(graph: Any, status: Mapping[str, Any], every: Sequence[str]) -> list[str]:
    """Stages that have changed or depend on one that has, in order: at most these will run.

    Args: graph: of DVC's stages, from each to what it depends on; status: by address, those that
        differ from dvc.lock; every: all addresses in the order in which they run.
    """
    changed = {one for one in graph if one.addressing in status}
    above = [networkx.ancestors(graph, one) for one in changed]
    names = {one.addressing for one in changed.union(*above)}
    return [name for name in every if name in names]


def yardstick() -> float:
    """Seconds of one core that two matrices of 1024 x 1024 take to multiply, by the cores.

    Of the processor's time: what else runs at the moment is `busy`.
    """
    matrix = np.ones((1024, 1024), np.float32)
    taken = []
    with threadpool_limits(1):
        for _ in range(6):
            start = time.process_time()
            np.matmul(matrix, matrix)
            taken.append(time.process_time() - start)
    return min(taken) / CORES


def busy(stages: int) -> float:
    """How many times as long all takes as with nothing beside it, by those that wait for a core.

    By the clock, a short measurement was up to ten times as much. Args: stages: 1 while a stage
    runs, which the load then is of as well; before, 0: one keeps about all cores busy.
    """
    load = os.getloadavg()[1]  # of the last five minutes
    return max(1.0, load / CORES + (1 - stages))


def slower(now: float, then: float | None) -> float:
    """How many times as much a measure is as it was; at least 1, as a plan is not to promise."""
    return now / then if then and now > CHANCE * then else 1.0


@dataclass(frozen=True)
class Expected:
    """How long each stage takes."""

    seconds: Mapping[str, float]
    here: Sequence[str]  # of which of them that is known of this machine
    slower: float  # this machine now, times that on which the others were measured
    busier: float = 1.0  # this machine now, times itself at the last time

    @classmethod
    def read(cls) -> "Expected":
        """The record of this machine and, for what has never run here, that of another one."""
        here, measured, data = _read(HERE), _read(MEASURED), _data()
        now = {YARDSTICK: yardstick(), BUSY: busy(0)}
        times, again = (
            math.prod(slower(value, record.get(key)) for key, value in now.items())
            for record in (measured, here)
        )
        others = {**measured.get("builtin", {}), **measured.get("mirror", {}), **measured[data]}
        scaled = {name: seconds * times for name, seconds in others.items()}
        own = {name: seconds * again for name, seconds in here.get(data, {}).items()}
        return cls(scaled | own, list(own), times, again)

    def of(self, name: str) -> float:
        """Seconds of a stage; of one that was never timed, the median of its kind, else of all."""
        kind = name.partition("@")[0]
        alike = [own for one, own in self.seconds.items() if one.partition("@")[0] == kind]
        median = statistics.median(alike or self.seconds.values() or [0.0])
        return self.seconds.get(name, median)

    def source(self, stages: Sequence[str]) -> str:
        """Where the times of these stages are from, in words."""
        if (known := set(stages) & set(self.seconds)) and known <= set(self.here):
            last = "as the last time here"
            return f"{last}, times {self.busier:.1f}: more runs now" if self.busier > 1 else last
        if self.slower > 1:
            return (
                f"by a table of another machine; this one is {self.slower:.1f} times as slow now, "
                "which is counted in"
            )
        return "by a table of a machine that did some other work as well"


@dataclass
class Told(logging.Filter):
    """Says which stage begins, where DVC would; keeps DVC's own words to itself."""

    expected: Expected
    stages: Sequence[str]
    began: float = field(default_factory=time.monotonic)
    running: tuple[str, float] | None = None
    taken: dict[str, float] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)  # as stages ended

    def plan(self, count: int) -> list[Any]:
        """What is to be printed before anything runs; `count`: of all stages."""
        if not self.stages:
            return [f"Nothing to make: all {count} stages are as dvc.lock says."]
        unknown = [name for name in self.stages if name not in self.expected.seconds]
        total, source = duration(self.left(self.stages)), self.expected.source(self.stages)
        head = f"Plan: at most {len(self.stages)} of {count} stages, {total}, {source}."
        if unknown:
            head += f" Never timed, and planned as the median of its kind: {', '.join(unknown)}."
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(ratio=1)
        table.add_column(justify="right", no_wrap=True)
        for kind in dict.fromkeys(name.partition("@")[0] for name in self.stages):
            names = [name for name in self.stages if name.partition("@")[0] == kind]
            models = ", ".join(name.partition("@")[2] for name in names)
            table.add_row(f"  {kind}", models, duration(self.left(names), about=""))
        return [head, table]

    def left(self, names: Sequence[str]) -> float:
        """Seconds that these will take, corrected by what others have taken in this run.

        The more of the plan has run, the more its times say; a first short stage says little.
        """
        expected = self.expected.of
        known = [name for name in self.taken if name in self.expected.seconds]
        share = CAUTIOUS * sum(map(expected, self.stages))
        planned = share + sum(map(expected, known))
        ratio = (share + sum(self.taken[name] for name in known)) / planned if planned else 1.0
        return ratio * sum(map(expected, names))

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        if str(record.msg).startswith("Running stage") and isinstance(record.args, tuple):
            self.begins(str(record.args[0]))
        return False

    def begins(self, name: str) -> None:
        self._close()
        self.running = (name, time.monotonic())
        at = self.stages.index(name) + 1 if name in self.stages else "-"
        own, (kind, _, model) = self.left([name]), name.partition("@")
        rest = self.left(self.stages[at - 1 :]) if isinstance(at, int) else own
        console.print(
            rf"\[{at}/{len(self.stages)}] [bold]{kind} {model}[/bold]:".replace(" [/", "[/"),
            f"{duration(own)}; {duration(rest)} left in all" if own else "not timed before",
        )

    def ended(self) -> None:
        """Says how long all took, and remembers how long each."""
        self._close()
        seconds = time.monotonic() - self.began
        count = len(self.taken)
        console.print(f"Made {count} stage{'s' * (count != 1)} in {duration(seconds, about='')}.")

    def interrupted(self) -> None:
        """Forgets the stage that was running: it has not taken as long as it takes."""
        self.running = None

    def _close(self) -> None:
        if self.running is None:
            return
        name, start = self.running
        self.taken[name], self.running = round(time.monotonic() - start, 1), None
        self.loads.append(busy(1))
        known, load = _read(HERE), sum(self.loads) / len(self.loads)
        times = known.get(_data(), {}) | self.taken
        known |= {YARDSTICK: yardstick(), BUSY: round(load, 2), _data(): times}
        files.write_text(HERE, json.dumps(known, indent=1) + "\n")


def _read(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _data() -> str:
    """Which data the times are of: with a mirror there are more."""
    return "mirror" if os.environ.get(MIRROR_VARIABLE) else "builtin"


if __name__ == "__main__":
    stage.run(main)
