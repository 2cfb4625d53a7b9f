"""All of params.yaml, checked: each section by itself, and what they have to agree on.

Scores must be those of their task, pictures and people suffice, and files exist.
"""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from fivenets.classification import settings as classification
from fivenets.core import files, params
from fivenets.core.metrics import Metrics
from fivenets.core.params import SettingError, suggestion
from fivenets.datasets.settings import (
    HANDS,
    DataSettings,
    FaceSettings,
    MaskSettings,
    ObjectSettings,
    PlaceSettings,
    TrainedFaces,
)
from fivenets.faces import settings as faces
from fivenets.schema.registration import Converted, Registration, Trained
from fivenets.schema.sections import Checked, metrics_of, read
from fivenets.style import settings as style

SETS = {  # that have a name of their own here
    DataSettings: ("signs", "course_cats"),
    ObjectSettings: ("scenes", "camvid", "bccd"),
    MaskSettings: ("camvid", "scenes"),
    PlaceSettings: ("helen68", "drawn-faces", "windows"),
    FaceSettings: ("att_faces", "lfw10", "lfw", "lfw-view1"),
}
PEOPLE = {  # in each set of faces, by data.source
    "att_faces": {"real": 40, "builtin": 60},
    "lfw10": {"real": 10, "builtin": 24},
    "lfw": {"real": 5749, "builtin": 24},
    "lfw-view1": {"real": 3095, "builtin": 24},
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


def _scores_are_known(found: Checked) -> None:
    for name, one in found.candidates.items():
        metrics, is_converted = metrics_of(one.task), isinstance(one, Converted)
        scores = metrics.scores_of(is_converted)
        if registration := found.registrations.get(one.registered):
            key = f"{one.registered}.register"
            _one_of(f"{key}.metric", registration.metric, scores)
            _tolerances_are_known(f"{key}.tolerances", registration, metrics)
        published = found.report.get(name)
        if published and published.metric is not None:
            known = (*scores, *metrics.measures)
            _one_of(f"report.{name}.metric", published.metric, known)


def _tolerances_are_known(path: str, registration: Registration, metrics: Metrics) -> None:
    numbers = (*metrics.scores, *metrics.measures)
    for key in registration.tolerances or {}:
        if key not in numbers and key.partition(".")[0] not in metrics.groups:
            hint = suggestion(key, (*numbers, *(f"{group}..." for group in metrics.groups)))
            raise SettingError(f"{path}.{key}", f"is unknown{hint}")


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingError(key, f"should be one of {', '.join(known)}, it is {value!r}")


def _faces_suffice(found: Checked) -> None:
    """Each embedding is scored on enough people that it has not seen."""
    for name, one in found.candidates.items():
        section = str(one.data) if isinstance(one, Trained) else ""
        data = found.data.get(section)
        if isinstance(data, TrainedFaces) and data.test_people < faces.FEWEST_PEOPLE:
            rest = f"should be at least {faces.FEWEST_PEOPLE}, as {name} is scored on them"
            raise SettingError(f"{section}.test_people", f"{rest}, it is {data.test_people}")


def _pictures_suffice(found: Checked) -> None:
    for name, one in found.candidates.items():
        recipe = found.models[name].get("train")
        if isinstance(recipe, classification.ClassifierRecipe) and isinstance(one, Trained):
            ways = [(f"{name}.train", recipe)]
            try:
                for start in recipe.fine_tuning.start:
                    ways.append((f"{name}.train.fine_tuning", recipe.fine_tuned(start)))
            except SettingError as error:
                raise error.under(f"{name}.train") from None
            for place, way in ways:
                side = way.image_size or found.data[str(one.data)].image_size
                smallest = classification.NETWORKS[way.architecture].smallest_side
                if side < smallest:
                    key = place if way.image_size else one.data
                    rest = f"should be at least {smallest} for {way.architecture} ({name})"
                    raise SettingError(f"{key}.image_size", f"{rest}, it is {side}")


def _sources_agree(found: Checked) -> None:
    """Nothing that is drawn by choice is asked for where only real data will do."""
    for name, data in found.data.items():
        is_drawn = isinstance(data, ObjectSettings) and "scenes" in data.weights
        is_drawn |= isinstance(data, MaskSettings) and data.dataset == "scenes"
        if is_drawn and found.data["data"].source == "real":
            rest = "should be real where data.source is, and scenes are drawn: name camvid alone"
            raise SettingError(f"{name}.dataset", rest)


def _people_suffice(found: Checked) -> None:
    """How many people a set has, as far as that is known; of others, preparing it tells."""
    for name, data in found.data.items():
        is_made = name in found.prepared
        if is_made and isinstance(data, FaceSettings) and data.dataset in PEOPLE:
            counts = PEOPLE[data.dataset]
            people = counts.get(found.data["data"].source, max(counts.values()))
            if data.test_people > people - 2:
                rest = f"should be at most {people - 2} of the {people} people in {data.dataset}"
                raise SettingError(f"{name}.test_people", f"{rest}, it is {data.test_people}")
            if isinstance(data, TrainedFaces):
                _batches_of_people_suffice(found, name, people - data.test_people)


def _batches_of_people_suffice(found: Checked, section: str, people: int) -> None:
    for name, one in found.candidates.items():
        recipe = found.models[name].get("train")
        if not isinstance(one, Trained) or one.data != section:
            continue
        if isinstance(recipe, faces.EmbeddingRecipe) and recipe.people_per_batch > people:
            rest = f"should be at most {people}, the people to train on"
            key = f"{name}.train.people_per_batch"
            raise SettingError(key, f"{rest}, it is {recipe.people_per_batch}")


def _data_sets_are_known(found: Checked) -> None:
    for name, data in found.data.items():
        known = next((sets for kind, sets in SETS.items() if isinstance(data, kind)), ())
        may_be_in_tfds = not isinstance(data, PlaceSettings)
        dataset = getattr(data, "dataset", None)
        if isinstance(dataset, dict):
            parts = HANDS if isinstance(data, DataSettings) else known
            for part in dataset:
                if not _is_data_set(part, parts):
                    rest = f"is unknown{suggestion(part, parts)}, and neither a folder nor in TFDS"
                    raise SettingError(f"{name}.dataset.{part}", rest)
        elif dataset is not None and not _is_data_set(dataset, known, may_be_in_tfds):
            others = "a folder that exists, or a data set of TFDS"
            others = others if may_be_in_tfds else "or a folder that exists"
            expected = f"{', '.join(known)}, {others}"
            hint = suggestion(dataset, known) if get_close_matches(dataset, known) else ""
            raise SettingError(f"{name}.dataset", f"should be {expected}, it is {dataset!r}{hint}")


def _scored_on_what_is_learned(found: Checked) -> None:
    """A classifier's labels are those that it is scored on: one set is the other's, or in it."""
    for name, one in found.candidates.items():
        if not isinstance(one, Trained) or one.task != "classification":
            continue
        learned, scored = (
            getattr(found.data[str(section)], "dataset", None)
            for section in (one.data, one.scored_on)
        )
        if one.data == one.scored_on or not isinstance(scored, dict) or isinstance(learned, dict):
            continue
        if learned not in scored:
            raise SettingError(
                f"{one.data}.dataset",
                f"should be one of {', '.join(scored)}, as {name} learns from it and is scored on "
                f"{one.scored_on}, it is {learned!r}: for pictures of your own see `own` and "
                "`make own`",
            )


def _is_data_set(dataset: str, known: tuple[str, ...], may_be_in_tfds: bool = True) -> bool:
    if dataset in known or os.path.isdir(files.expanded(dataset)):
        return True
    is_path = dataset.startswith((".", "~", os.sep))
    return may_be_in_tfds and not is_path and _is_in_tfds(dataset)


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
        conversion = stages.get("convert")
        if isinstance(conversion, faces.Conversion) and conversion.weights != "auto":
            _exists(f"{name}.convert.weights", conversion.weights, is_folder=True)
        plan = stages.get("train")
        if isinstance(plan, style.FastPlan) and plan.photographs != "auto":
            _exists(f"{name}.train.photographs", plan.photographs, is_folder=True)


def _pictures_of(stages: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys at which a model's sections name pictures, and what they name."""
    if isinstance(plan := stages.get("convert"), style.JobPlan):
        for index, job in enumerate(plan.jobs):
            yield f"convert.jobs[{index}].content", job.content
            for key, paths in (("styles", job.styles), ("masks", job.masks)):
                yield from ((f"convert.jobs[{index}].{key}", path) for path in paths)
    if isinstance(plan := stages.get("train"), style.FastPlan):
        yield "train.style", plan.style
    if isinstance(evaluation := stages.get("evaluate"), style.FastEvaluation):
        yield from (("evaluate.contents", path) for path in evaluation.contents)


def _exists(key: str, path: str, *, is_folder: bool = False) -> None:
    place = files.expanded(path)
    if not (os.path.isdir(place) if is_folder else os.path.isfile(place)):
        known = "" if is_folder else f"one of {', '.join(style.PICTURES)} or "
        kind = "a folder" if is_folder else "a file"
        raise SettingError(key, f"should be {known}{kind} that exists, it is {path!r}")


RULES = (
    _scores_are_known,
    _sources_agree,
    _faces_suffice,
    _people_suffice,
    _pictures_suffice,
    _data_sets_are_known,
    _scored_on_what_is_learned,
    _files_exist,
)
