"""Each section of params.yaml -> its settings: by its name, its task, or the keys that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fivenets.classification import settings as classification
from fivenets.core import params
from fivenets.core.params import SettingError, suggestion
from fivenets.datasets.settings import (
    DataSettings,
    FaceSettings,
    ObjectSettings,
    Source,
    TrainedFaces,
)
from fivenets.detection import settings as detection
from fivenets.faces import settings as faces
from fivenets.registration import Registration, ReportRow, rows
from fivenets.style import settings as style

DATA: dict[str, type] = {  # what is no model and no report
    "data": Source,
    "classification": DataSettings,
    "objects": ObjectSettings,
    "faces": TrainedFaces,
    "faces-aligned": FaceSettings,
    "face-photographs": FaceSettings,
}
REPORT, REGISTER = "report", "register"
MAKING = ("train", "convert", "stylize")  # how a model can be made
STAGES: dict[str, dict[str, type]] = {  # of each task: what a model's sections hold
    "classification": {"train": classification.Recipe, "evaluate": classification.Evaluation},
    "detection": {
        "train": detection.Recipe,
        "convert": detection.Conversion,
        "evaluate": detection.Evaluation,
    },
    "faces": {"train": faces.Recipe, "convert": faces.Conversion, "evaluate": faces.Protocol},
    "style": {"stylize": style.JobPlan},
    "fast-style": {"train": style.FastPlan, "evaluate": style.FastEvaluation},
}


@dataclass(frozen=True)
class Checked:
    """Every section as settings, by its name."""

    data: dict[str, Any]
    models: dict[str, dict[str, Any]]  # by name and stage
    tasks: dict[str, str]  # of each model
    registrations: dict[str, Registration]
    report: list[ReportRow]


def read(values: Any) -> Checked:
    """The sections of params.yaml as settings, each checked by itself.

    Raises: SettingError naming the first key that cannot be used.
    """
    if not isinstance(values, Mapping):
        raise SettingError("the file", "should hold sections of keys")
    for name in (*DATA, REPORT):
        if name not in values:
            raise SettingError(name, f"is missing{suggestion(name, values)}")
    sections = {str(name): section for name, section in values.items() if name != REPORT}
    for name, section in sections.items():
        if not isinstance(section, Mapping):
            raise SettingError(name, f"should be a section of keys, it is {section!r}")
    of_data = {name: section for name, section in sections.items() if _is_data(name, section)}
    data = {name: params.read(_data(name, of_data[name]), of_data[name], name) for name in of_data}
    others = {name: section for name, section in sections.items() if name not in of_data}
    registrations = {
        name: params.read(Registration, section[REGISTER], f"{name}.{REGISTER}")
        for name, section in others.items()
        if REGISTER in section
    }
    tasks: dict[str, str] = {}
    for name, registration in registrations.items():
        for candidate in registration.candidates:
            task = tasks.setdefault(candidate, registration.task)
            if task != registration.task:
                rest = f"names {candidate}, which is for {task} elsewhere"
                raise SettingError(f"{name}.{REGISTER}.candidates", rest)
    models = {}
    for name, section in others.items():
        is_name_only = set(section) == {REGISTER} and name not in tasks
        if not is_name_only:
            tasks[name] = tasks.get(name) or _likeliest_task(section)
            models[name] = dict(_stages(name, section, tasks[name]))
    return Checked(data, models, tasks, registrations, rows(values[REPORT], REPORT))


def _is_data(name: str, section: Mapping[str, Any]) -> bool:
    stages = {REGISTER} | {stage for settings in STAGES.values() for stage in settings}
    has_stages = any(isinstance(section.get(stage), Mapping) for stage in stages)
    is_model = section.keys() <= stages or (has_stages and "dataset" not in section)
    return name in DATA or not is_model


def _data(name: str, section: Mapping[str, Any]) -> type:
    """What a section of data holds: of a name that is not known, what its keys are most like."""
    kinds = (DataSettings, ObjectSettings, FaceSettings)
    return DATA.get(name) or max(kinds, key=lambda kind: len(_keys(kind) & set(section)))


def _likeliest_task(section: Mapping[str, Any]) -> str:
    """The task of a model that is no candidate: the one whose keys are most like its own."""

    def likeness(task: str) -> int:
        return sum(
            1 + len(_keys(schema) & set(section[stage]))
            for stage, schema in STAGES[task].items()
            if isinstance(section.get(stage), Mapping)
        )

    return max(STAGES, key=likeness)


def _keys(schema: Any) -> set[str]:
    return set(schema.__dataclass_fields__)


def _stages(name: str, section: Mapping[str, Any], task: str) -> Iterator[tuple[str, Any]]:
    for stage, values in section.items():
        if stage in STAGES[task]:
            yield stage, params.read(STAGES[task][stage], values, f"{name}.{stage}")
        elif stage != REGISTER:
            known = (*STAGES[task], REGISTER)
            raise SettingError(f"{name}.{stage}", f"is unknown{suggestion(stage, known)}")
