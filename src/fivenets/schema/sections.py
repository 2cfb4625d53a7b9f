"""Each section of params.yaml -> its settings: the lists of what is made say what each one is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fivenets.core import params
from fivenets.core.metrics import Metrics
from fivenets.core.params import SettingError, suggestion
from fivenets.datasets.settings import OF_TASK, FaceSettings, Source, TrainedFaces
from fivenets.schema.registration import Converted, Published, Registration, Trained
from fivenets.tasks import MODULES

CANDIDATES = {"trained": Trained, "converted": Converted, "off_graph": Trained}
MAPPINGS = ("data", "prepared", *CANDIDATES, "report")
REGISTERED, REGISTER = "registered", "register"
MAKING = {"trained": "train", "converted": "convert", "off_graph": "train"}


@dataclass(frozen=True)
class Checked:
    """Every section as settings, by its name."""

    data: dict[str, Any]
    prepared: frozenset[str]  # of `data`, what `make` prepares
    candidates: dict[str, Trained | Converted]
    models: dict[str, dict[str, Any]]  # by candidate and stage
    registrations: dict[str, Registration]
    report: dict[str, Published]


def read(values: Any) -> Checked:
    """The sections of params.yaml as settings, each checked by itself.

    Raises: SettingError naming the first key that cannot be used.
    """
    if not isinstance(values, Mapping):
        raise SettingError("the file", "should hold sections of keys")
    for name in (*MAPPINGS, REGISTERED):
        if name not in values:
            raise SettingError(name, f"is missing{suggestion(name, values)}")
    for name, section in values.items():
        if name != REGISTERED and not isinstance(section, Mapping):
            raise SettingError(str(name), f"should be a section of keys, it is {section!r}")
    candidates = {
        name: params.read(kind, entry, f"{list_}.{name}")
        for list_, kind in CANDIDATES.items()
        for name, entry in values[list_].items()
    }
    making = {name: MAKING[list_] for list_ in CANDIDATES for name in values[list_]}
    names = _names(values, candidates)
    data = {"data": params.read(Source, values["data"], "data")}
    for name, kind in _data(values, candidates).items():
        data[name] = params.read(kind, values[name], name)
    models = {
        name: dict(_stages(name, candidate.task, making[name], values, names))
        for name, candidate in candidates.items()
    }
    registrations = {
        name: params.read(Registration, values[name][REGISTER], f"{name}.{REGISTER}")
        for name in dict.fromkeys([*names, *(one.registered for one in candidates.values())])
        if _has_registration(name, values, names)
    }
    known = {*MAPPINGS, REGISTERED, *data, *models, *registrations}
    for name in values:
        if name not in known:
            raise SettingError(str(name), f"is unknown{suggestion(str(name), known)}")
    report = {
        name: params.read(Published, entry, f"report.{name}")
        for name, entry in values["report"].items()
    }
    for name in report:
        if name not in candidates:
            raise SettingError(f"report.{name}", f"is no model{suggestion(name, candidates)}")
    return Checked(data, frozenset(values["prepared"]), candidates, models, registrations, report)


def settings_of(task: str) -> Any:
    """The module of a task's settings, which imports no network."""
    return import_module(f"{MODULES[task].rpartition('.')[0]}.settings")


def metrics_of(task: str) -> Metrics:
    """The numbers that an evaluation of the task gives."""
    return settings_of(task).METRICS[task]


def _names(values: Mapping, candidates: Mapping[str, Trained | Converted]) -> list[str]:
    """The registered names, each of which has candidates of one task."""
    names = values[REGISTERED]
    if not isinstance(names, list) or not names:
        raise SettingError(REGISTERED, f"should be a list of names, it is {names!r}")
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise SettingError(f"{REGISTERED}[{index}]", f"should be text, it is {name!r}")
    nameless = {
        name: one.registered
        for name, one in candidates.items()
        if name not in values["off_graph"] and one.registered not in names
    }
    for name, registered in nameless.items():  # first those that no gate is for, either
        if REGISTER not in values.get(registered, ()):
            raise _unregistered(name, registered, values)
    known = {one.registered for one in candidates.values()}
    for index, name in enumerate(names):
        key = f"{REGISTERED}[{index}]"
        if name not in known:
            raise SettingError(key, f"has no candidate, it is {name!r}{suggestion(name, known)}")
        if names.index(name) != index:
            raise SettingError(key, f"is listed twice, it is {name!r}")
        tasks = sorted({one.task for one in candidates.values() if one.registered == name})
        if len(tasks) > 1:
            rest = f"should have candidates of one task, it has {', '.join(tasks)}"
            raise SettingError(key, f"{rest}, it is {name!r}")
    for name, registered in nameless.items():
        raise _unregistered(name, registered, values)
    return names


def _unregistered(name: str, registered: str, values: Mapping) -> SettingError:
    names = ", ".join(map(str, values[REGISTERED]))
    rest = f"should be one of {names}, it is {registered!r}"
    return SettingError(f"{_list_of(name, values)}.{name}.registered", rest)


def _data(values: Mapping, candidates: Mapping[str, Trained | Converted]) -> dict[str, type]:
    """What each section of data is: those that are prepared, and those that models name."""
    kinds = {}
    for name, task in values["prepared"].items():
        if name not in values:
            rest = f"names no section{suggestion(name, values)}"
            raise SettingError(f"prepared.{name}", rest)
        kinds[name] = OF_TASK.get(_task(f"prepared.{name}", task))
    for name, one in candidates.items():
        for key in ("data", "scored_on") if isinstance(one, Trained) else ():
            if (section := getattr(one, key)) is None:
                if one.task in OF_TASK:
                    raise SettingError(f"{_list_of(name, values)}.{name}.{key}", "is missing")
                continue
            if section not in values or (section not in kinds and one.task not in OF_TASK):
                known = [other for other in values if other in kinds]
                rest = f"names no data set, it is {section!r}{suggestion(section, known)}"
                raise SettingError(f"{_list_of(name, values)}.{name}.{key}", rest)
            kinds.setdefault(section, OF_TASK.get(one.task))
            if key == "data" and kinds[section] is FaceSettings and one.task == "faces":
                kinds[section] = TrainedFaces
    for name, kind in kinds.items():
        if kind is None:
            raise SettingError(f"prepared.{name}", "belongs to a task that prepares no data")
    return {name: kind for name, kind in kinds.items() if kind}


def _task(key: str, value: Any) -> str:
    if not isinstance(value, str) or value not in MODULES:
        raise SettingError(key, f"should be one of {', '.join(MODULES)}, it is {value!r}")
    return value


def _list_of(name: str, values: Mapping) -> str:
    return next(list_ for list_ in CANDIDATES if name in values[list_])


def _stages(
    name: str, task: str, making: str, values: Mapping, names: list[str]
) -> Iterator[tuple[str, Any]]:
    """What a model's section holds: how it is made, and what its task needs to score it."""
    known = settings_of(task).SECTIONS[task]
    if name not in values:
        raise SettingError(name, f"is missing{suggestion(name, values)}")
    if making not in known:
        rest = f"cannot be: nothing of {task} is made by {making}"
        raise SettingError(f"{_list_of(name, values)}.{name}", rest)
    wanted = [making, *(stage for stage in known if stage not in MAKING.values())]
    for stage in wanted:
        # Off the graph, a recipe may be for a study alone.
        if stage not in values[name] and (stage == making or name not in values["off_graph"]):
            raise SettingError(f"{name}.{stage}", "is missing")
    for stage, section in values[name].items():
        if stage in wanted:
            yield stage, params.read(known[stage], section, f"{name}.{stage}")
        elif stage != REGISTER or name not in names:
            raise SettingError(f"{name}.{stage}", f"is unknown{suggestion(stage, wanted)}")


def _has_registration(name: str, values: Mapping, names: list[str]) -> bool:
    if REGISTER in values.get(name, ()):
        return True
    if name in names:
        raise SettingError(f"{name}.{REGISTER}", "is missing")
    return False
