"""All of params.yaml, checked: each section by itself, and what they have to agree on.

Candidates, rows of the report and sets of faces must be there, scores be those of their task, and
files exist.
"""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fivenets.classification import settings as classification
from fivenets.core import params
from fivenets.core.params import SettingError, suggestion
from fivenets.datasets.settings import (
    DataSettings,
    FaceSettings,
    ObjectSettings,
    TrainedFaces,
)
from fivenets.faces import settings as faces
from fivenets.registration import CONVERTED_SCORES, MEASURES, SCORES
from fivenets.schema.sections import MAKING, STAGES, Checked, read
from fivenets.style import settings as style

SETS = {  # that have a name of their own here
    DataSettings: ("signs",),
    ObjectSettings: ("scenes", "bccd"),
    FaceSettings: ("att_faces", "lfw10"),
}
PEOPLE = {  # in each set of faces, by data.source
    "att_faces": {"real": 40, "builtin": 60},
    "lfw10": {"real": 10, "builtin": 24},
}


def check(values: Any = None, file: str = str(params.PARAMS_FILE)) -> Checked:
    """All settings of params.yaml, or of `values` that `file` gave.

    Raises: UserError, one sentence, that names the first key that cannot be used.
    """
    try:
        found = read(params.load() if values is None else values)
        for rule in RULES:
            rule(found)
    except SettingError as error:
        raise SettingError(f"{file}: {error.key}", error.rest) from None
    return found


def _graph_is_whole(found: Checked) -> None:
    """Candidates can be made and scored, and rows of the report are about registered ones."""
    for name, registration in found.registrations.items():
        for candidate in registration.candidates:
            if candidate not in found.models:
                raise SettingError(
                    f"{name}.register.candidates",
                    f"names {candidate}, which params.yaml has not"
                    f"{suggestion(candidate, found.models)}",
                )
            stages = found.models[candidate]
            if not set(MAKING) & set(stages):
                making = [stage for stage in MAKING if stage in STAGES[registration.task]]
                raise SettingError(candidate, f"should have a section {' or '.join(making)}")
            for stage in set(STAGES[registration.task]) - set(MAKING) - set(stages):
                raise SettingError(f"{candidate}.{stage}", "is missing")
    for index, row in enumerate(found.report):
        names = found.registrations
        if row.registered not in names:
            rest = f"should be a registered name, it is {row.registered!r}"
            raise SettingError(
                f"report[{index}].registered", f"{rest}{suggestion(row.registered, names)}"
            )
        candidates = names[row.registered].candidates
        if row.model not in candidates:
            rest = f"should be a candidate for {row.registered}, it is {row.model!r}"
            raise SettingError(
                f"report[{index}].model", f"{rest}{suggestion(row.model, candidates)}"
            )


def _scores_are_known(found: Checked) -> None:
    for name, registration in found.registrations.items():
        for candidate in registration.candidates:
            is_converted = "convert" in found.models[candidate]
            if registration.task == "detection" and is_converted:
                _one_of(f"{name}.register.metric", registration.metric, CONVERTED_SCORES)
    for index, row in enumerate(found.report):
        task = found.tasks[row.model]
        known = (*SCORES[task], *MEASURES[task])
        if task == "detection" and "convert" in found.models[row.model]:
            known = (*CONVERTED_SCORES, *MEASURES[task])
        _one_of(f"report[{index}].metric", row.metric, known)


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingError(key, f"should be one of {', '.join(known)}, it is {value!r}")


def _faces_suffice(found: Checked) -> None:
    """Each embedding is scored on a set of faces, and on enough people that it has not seen."""
    sets = {name: data for name, data in found.data.items() if isinstance(data, FaceSettings)}
    for name, stages in found.models.items():
        protocol = stages.get("evaluate")
        if not isinstance(protocol, faces.Protocol):
            continue
        _one_of(f"{name}.evaluate.people_from", protocol.people_from, tuple(sets))
        people = sets[protocol.people_from].test_people
        is_trained_on = isinstance(sets[protocol.people_from], TrainedFaces) and "train" in stages
        if is_trained_on and people < faces.FEWEST_PEOPLE:
            raise SettingError(
                f"{protocol.people_from}.test_people",
                f"should be at least {faces.FEWEST_PEOPLE}, as {name} is scored on them, "
                f"it is {people}",
            )


def _pictures_suffice(found: Checked) -> None:
    side = found.data["classification"].image_size
    for name, stages in found.models.items():
        recipe = stages.get("train")
        if isinstance(recipe, classification.Recipe):
            smallest = classification.NETWORKS[recipe.architecture].smallest_side
            if side < smallest:
                raise SettingError(
                    "classification.image_size",
                    f"should be at least {smallest} for {recipe.architecture} ({name}), "
                    f"it is {side}",
                )


def _people_suffice(found: Checked) -> None:
    """As far as it is known how many people there are in a set."""
    for name, data in found.data.items():
        if isinstance(data, FaceSettings) and data.dataset in PEOPLE:
            counts = PEOPLE[data.dataset]
            people = counts.get(found.data["data"].source, max(counts.values()))
            if data.test_people > people - 2:
                rest = f"should be at most {people - 2} of the {people} people in {data.dataset}"
                raise SettingError(f"{name}.test_people", f"{rest}, it is {data.test_people}")
            if isinstance(data, TrainedFaces):
                _batches_of_people_suffice(found, people - data.test_people)


def _batches_of_people_suffice(found: Checked, people: int) -> None:
    for name, stages in found.models.items():
        recipe = stages.get("train")
        if isinstance(recipe, faces.Recipe) and recipe.people_per_batch > people:
            rest = f"should be at most {people}, the people to train on"
            key = f"{name}.train.people_per_batch"
            raise SettingError(key, f"{rest}, it is {recipe.people_per_batch}")


def _data_sets_are_known(found: Checked) -> None:
    for name, data in found.data.items():
        known = next((sets for kind, sets in SETS.items() if isinstance(data, kind)), ())
        dataset = getattr(data, "dataset", None)
        if dataset is None or dataset in known or Path(dataset).expanduser().is_dir():
            continue
        if dataset.startswith((".", "~", os.sep)) or not _is_in_tfds(dataset):
            expected = f"{', '.join(known)}, a folder that exists, or a data set of TFDS"
            hint = suggestion(dataset, known) if get_close_matches(dataset, known) else ""
            raise SettingError(f"{name}.dataset", f"should be {expected}, it is {dataset!r}{hint}")


def _is_in_tfds(dataset: str) -> bool:
    if ":" in dataset.partition("/")[0]:  # of a community, such as huggingface:mnist
        return True
    import tensorflow_datasets as tfds  # half a second, which only those wait who use it

    names = tfds.list_builders(with_community_datasets=False)
    return dataset.partition("/")[0].partition(":")[0] in names


def _files_exist(found: Checked) -> None:
    for name, stages in found.models.items():
        for key, path in _pictures_of(stages):
            if path not in style.PICTURES:
                _exists(f"{name}.{key}", path)
        plan = stages.get("train")
        if isinstance(plan, style.FastPlan) and plan.photographs != "auto":
            _exists(f"{name}.train.photographs", plan.photographs, is_folder=True)


def _pictures_of(stages: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys at which a model's sections name pictures, and what they name."""
    if isinstance(plan := stages.get("stylize"), style.JobPlan):
        for index, job in enumerate(plan.jobs):
            yield f"stylize.jobs[{index}].content", job.content
            for key, paths in (("styles", job.styles), ("masks", job.masks)):
                yield from ((f"stylize.jobs[{index}].{key}", path) for path in paths)
    if isinstance(plan := stages.get("train"), style.FastPlan):
        yield "train.style", plan.style
    if isinstance(evaluation := stages.get("evaluate"), style.FastEvaluation):
        yield from (("evaluate.contents", path) for path in evaluation.contents)


def _exists(key: str, path: str, *, is_folder: bool = False) -> None:
    place = Path(path).expanduser()
    if not (place.is_dir() if is_folder else place.is_file()):
        known = "" if is_folder else f"one of {', '.join(style.PICTURES)} or "
        kind = "a folder" if is_folder else "a file"
        raise SettingError(key, f"should be {known}{kind} that exists, it is {path!r}")


RULES = (
    _graph_is_whole,
    _scores_are_known,
    _faces_suffice,
    _people_suffice,
    _pictures_suffice,
    _data_sets_are_known,
    _files_exist,
)
