"""All of params.yaml is checked: no leaf takes a wrong kind or a value out of its range."""

import copy
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fivenets.core import params
from fivenets.core.errors import UserError
from fivenets.schema import rules

PROJECT = Path(__file__).parents[2]
PARAMS = params.load(file=PROJECT / "params.yaml")
WRONG = {  # by the kind of a value, what it cannot be
    bool: [None, 1, 0.5, "yes", [], {}],
    int: [None, True, "many", 1.5, -1, [1], {}, math.nan, math.inf],
    float: [None, True, "much", -1, -1.5, [0.5], {}, math.nan, math.inf, -math.inf],
    str: [None, True, 3, 0.5, [], {}, "", "no such thing"],
    list: [None, True, 3, "signs-compact", {}, [], [None], [[]]],
    dict: [None, True, 3, "x", [], [{}]],
}
ANY_TEXT = {
    "name",
    "published",
    "course_data",
    "course_metric",
    "published_data",
    "published_metric",
    "reads",
    "scored_on",
    "subject",
    "start",
    "validation_people",
    "test_people",
}  # nothing that is text is wrong
# Lists and sections that may be empty, and what may be left out by writing nothing.
EMPTY = {
    "start",
    "validation_people",
    "test_people",
    "network",
    "augmentation",
    "loss",
    "virtual_people",
    "settings",
    "tolerances",
    "report",
}
NOTHING = {
    "pictures",
    "minimum_builtin",
    "tolerances",
    "course",
    "course_data",
    "course_metric",
    "published",
    "published_data",
    "published_metric",
    "data",
    "scored_on",
    "metric",
}
AT_MOST_1 = {
    "warmup_fraction", "label_smoothing", "validation_fraction", "test_fraction", "shift", "crop",
    "rotation", "shear", "colour", "hue", "mixed", "erase", "brightness", "contrast", "warp",
    "expression", "target_far", "noise", "tolerance", "minimum", "minimum_builtin",
    "near_duplicate_similarity", "batch_norm_momentum", "without", "class_balance",
}  # fmt: skip

Place = tuple[str | int, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every section, list and leaf in the file, by its keys."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*place, index))


def at(place: Place, values: Any = PARAMS) -> Any:
    for step in place:
        values = values[step]
    return values


def dotted(place: Place) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def changed(place: Place, value: Any) -> dict[str, Any]:
    """All parameters, with another value at one place."""
    values = copy.deepcopy(PARAMS)
    at(place[:-1], values)[place[-1]] = value
    return values


def said_of(values: Any) -> str:
    """The one sentence with which the parameters are refused; empty where they are taken."""
    try:
        rules.check(values)
    except UserError as error:
        return str(error)
    return ""


ALL = list(places(PARAMS))
LEAVES = [place for place in ALL if not isinstance(at(place), dict | list)]


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)


def test_what_comes_with_the_project_is_taken_and_every_section_becomes_settings() -> None:
    found = rules.check()
    lists = {"prepared", "trained", "converted", "off_graph", "registered", "report"}
    assert {*found.data, *found.models, *found.registrations} == PARAMS.keys() - lists
    assert found.report.keys() == PARAMS["report"].keys()
    assert found.candidates["yolov2-cells"].task == "detection"
    assert found.models["resnet50-full"]["train"].train_split == "train+validation"


@pytest.mark.parametrize("place", ALL, ids=dotted)
def test_wrong_kinds_are_one_sentence_that_names_key_and_value(place: Place) -> None:
    value, key = at(place), place[-1]
    for wrong in WRONG[type(value)]:
        if wrong is None and (key in NOTHING or (key == "image_size" and "train" in place)):
            continue
        if wrong in ({}, []) and type(wrong) is type(value) and key in EMPTY:
            continue
        if wrong == "no such thing" and not ANY_TEXT.isdisjoint(place[-2:]):
            continue
        if key == "registered" and place[0] == "off_graph" and wrong == "no such thing":
            continue  # off the graph, nobody looks for it
        sentence = said_of(changed(place, wrong))
        assert sentence.startswith("params.yaml: "), (place, wrong)
        assert "\n" not in sentence
        top = dotted(place[:1])
        assert f"{top}." in sentence or f"{top}[" in sentence or f"{top} " in sentence, sentence
        if not isinstance(value, dict | list):
            named = dotted(place if not isinstance(place[-1], int) else place[:-1])
            assert named in sentence, (place, wrong, sentence)
            assert repr(wrong) in sentence or "no such thing" in sentence, sentence


@pytest.mark.parametrize("place", LEAVES, ids=dotted)
def test_a_misspelt_key_is_named(place: Place) -> None:
    *path, key = place
    if isinstance(key, int):
        pytest.skip("an item of a list has no name")
    values = copy.deepcopy(PARAMS)
    section = at(tuple(path), values)
    section[f"{key}x"] = section.pop(key)
    sentence = said_of(values)
    wrong = dotted((*path, f"{key}x"))
    expected = (f"{wrong} is unknown", f"{wrong} names no section", f"{dotted(place)} ")
    assert any(words in sentence for words in expected), sentence


@pytest.mark.parametrize("place", [p for p in LEAVES if p[-1] in AT_MOST_1], ids=dotted)
def test_fractions_are_at_most_1(place: Place) -> None:
    sentence = said_of(changed(place, 7))
    assert f"{dotted(place)} should be " in sentence
    assert sentence.endswith("it is 7")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("signs-compact.train.learning_rate", -1, "should be above 0, it is -1"),
        ("signs-compact.train.epochs", 0, "should be at least 1, it is 0"),
        ("signs-compact.train.epochs", -3, "should be at least 1, it is -3"),
        ("signs-compact.train.batch_size", 0, "should be at least 1, it is 0"),
        ("signs-compact.train.warmup_fraction", 7, "should be at most 1, it is 7"),
        ("resnet50.train.optimizer", "adam", "should be one of adamw, fused_adamw, sgd, it is 'a"),
        ("resnet50.train.schedule", "linear", "should be one of cosine, step, it is 'linear'"),
        ("resnet50.train.architecture", "resnet51", "should be one of alexnet, assignme"),
        ("resnet50.train.network.weights", "coco", "should be one of none, imagenet, it is 'coc"),
        ("resnet50.train.network.residul", True, "is unknown; did you mean residual?"),
        ("resnet50.train.distribute", "mirrored", "should be none with optimizer: fused_adamw"),
        ("resnet50.train.frozen_epochs", 3, "should be below epochs (3), it is 3"),
        ("yolov2-compact.train.scales", 1.0, "should be a list, it is 1.0"),
        ("yolov2-compact.train.augmentation.exposure", -1.5, "should be at least 0, it is -1.5"),
        ("yolov2-compact.train.augmentation.exposure", 1e300, "should be at most 9, it is 1e+300"),
        ("yolov2-compact.train.height", 170, "should be a multiple of 16 pixels, it is 170"),
        ("yolov2-compact.evaluate.profil", "course", "is unknown; did you mean profile?"),
        ("yolov2.evaluate.profile", "demo", "should be one of course, benchmark, it is 'demo'"),
        ("yolov2.convert.resize", "crop", "should be one of auto, letterbox, stretch, it is 'cr"),
        ("yolov2.register.metric", "ap50", "should be one of agreement, it is 'ap50'"),
        ("objects.train", "train[:190%]", "should be a split within 0..100%, it is 'train[:190%"),
        ("objects.train", "train[", "should be a split such as train, train+validation or train["),
        ("objects.test", "train", "should be another split of camvid + scenes than train, it is"),
        ("objects.dataset.camvit", 1.0, "is unknown; did you mean camvid?, and neither a f"),
        ("hands.dataset.sings", 1.0, "is unknown; did you mean signs?, and neither a folder nor"),
        ("objects.dataset", [], "should be a data set, a list of different ones, or a weight"),
        ("objects.dataset.camvid", -1, "should be a weight above 0 and at most 1,000,000, it"),
        ("streets.dataset", "camvit", "should be camvid, scenes, a folder that exists, or a data"),
        ("streets.test", "train", "should be another split of camvid than train, it is 'train'"),
        ("streets.classes", {0: "a"}, "should be at least 2 of them, it is {0: 'a'}"),
        ("streets.classes", {0: "a", 1: "a"}, "should be different names, it is {0: 'a', 1: 'a'}"),
        ("unet.train.height", 100, "should be a multiple of 16 pixels with depth 4, it is 100"),
        ("unet.register.metric", "pixel_accuracy", "should be one of miou, it is 'pixel_accurac"),
        ("faces.test_people", 0, "should be at least 2, it is 0"),
        ("faces.test_people", 1, "should be at least 2, it is 1"),
        ("faces.test_people", 4, "should be at least 6, as facenet-nn4 is scored on them, it is 4"),
        ("faces.test_people", 59, "should be at most 58 of the 60 people in att_faces, it is 59"),
        ("faces-aligned.test_people", 1, "should be 0 (all) or at least 2, it is 1"),
        ("facenet-nn4.train.people_per_batch", 51, "should be at most 50, the people to train on"),
        ("facenet-nn4.train.mining", "hardest", "should be one of batch_all, batch_hard, semi_h"),
        ("facenet-nn4.train.margin", 2.5, "should be at most 2, the largest distance, it is 2.5"),
        ("trained.facenet-nn4.task", "faes", "should be one of classification, detection, faces"),
        ("trained.facenet-nn4.data", "fces", "names no data set, it is 'fces'; did you mean face"),
        ("trained.facenet-nn4.data", None, "is missing"),
        ("off_graph.cats-mobilenet.scored_on", None, "is missing"),
        ("trained.facenet-nn4.register", "x", "is unknown; did you mean registered?"),
        ("trained.facenet-nn4.registered", "signs-cnn", None),
        ("converted.yolov2.reads", [], "should be text, it is []"),
        ("prepared.objects", "detektion", "should be one of classification, detection, faces"),
        ("registered", "facenet", "should be a list of names, it is 'facenet'"),
        ("registered[4]", "facente", "has no candidate, it is 'facente'; did you mean facenet?"),
        ("registered[4]", "yolov2", "is listed twice, it is 'yolov2'"),
        ("facenet.register.metric", "acc", "should be one of auc, unseen_auc, accuracy, balanced"),
        ("facenet.register.tolerances.auk", 0.1, None),
        ("facenet.register.minimum", 95, "should be at most 1, it is 95"),
        ("report.signs-assignment.cours", 1, "is unknown; did you mean course?"),
        ("report.signs-asignment", {}, "is no model; did you mean signs-assignment?"),
        ("report.facenet-nn4.metric", "acuracy", "should be one of auc, unseen_auc, accuracy"),
        ("report.signs-assignment.course_data", None, "should be the data set that course is ab"),
        ("report.facenet-nn4.published_metric", None, "should be the metric that published is a"),
        ("classification.dataset", "sings", "should be signs, course_cats, a folder that e"),
        ("classification.dataset", "./nowhere", "should be signs, course_cats, a fold"),
        ("classification.dataset", "mnist", "should be one of signs, massey_digits, drawn, as si"),
        ("faces68.dataset", "mnist", "should be helen68, drawn-faces, windows, or a folder that"),
        ("classification.image_size", 16, "should be at least 32 for resnet50"),
        ("signs-compact.train.fine_tuning.image_size", 16, "should be at least 32 for mob"),
        ("signs-compact.train.frozen_epochs", 3, "should be below epochs (3), it is 3"),
        ("resnet50.train.image_size", 24, "should be at least 32 for resnet50"),
        ("classification.split_seed", 2**32, "should be below 4294967296, it is 4294967296"),
        ("data.source", "mirror", "should be one of auto, real, builtin, it is 'mirror'"),
        ("data.sorce", "auto", "is unknown; did you mean source?"),
        ("style-transfer.convert.jobs[0].settings.sise", 3, "is unknown; did you mean size?"),
        ("style-transfer.convert.jobs[0].content", "tubigen", "should be one of composition_"),
        ("style-transfer.convert.jobs[0].weights", [1, 2], "should be one for each of 1 styles"),
        ("style-transfer.convert.jobs[0].name", "../x", "should be a name without slashes"),
        ("style-transfer.convert.jobs[0].settings.content_layer", "block9_conv1", "should be one"),
        ("fast-starry-night.train.recipe.crop", 130, "should be a multiple of 4, it is 130"),
        ("fast-starry-night.train.photographs", "./none", "should be a folder that exists, it i"),
        ("fast-starry-night.evaluate.contents", "tubingen", "should be a list, it is 'tubingen'"),
    ],
)  # fmt: skip
def test_a_value_is_refused_by_key_expectation_and_value(
    place: str, value: Any, sentence: str | None
) -> None:
    steps = place.replace("[", ".").replace("]", "").split(".")
    keys = tuple(int(step) if step.isdigit() else step for step in steps)
    said = said_of(changed(keys, value))
    if sentence is None:
        assert said
    else:
        assert said.startswith(f"params.yaml: {place} {sentence}"), said


@pytest.mark.parametrize(
    "place",
    [
        ("classification", "dataset"),
        ("fast-starry-night", "train", "photographs"),
        ("style-transfer", "convert", "jobs", 0, "content"),
    ],
)
def test_a_forgotten_slash_after_the_users_own_folder_is_a_sentence(place: tuple) -> None:
    assert said_of(changed(place, "~pictures/a")).startswith("~pictures/a: no such user's folder")


@pytest.mark.parametrize(
    "name",
    [
        "data",
        "classification",
        "objects",
        "streets",
        "faces",
        "face-photographs",
        "report",
        "trained",
    ],
)
def test_a_section_that_the_graph_needs_is_missed(name: str) -> None:
    values = {key: section for key, section in PARAMS.items() if key != name}
    assert said_of(values).startswith(
        (f"params.yaml: {name} is missing", f"params.yaml: prepared.{name} names no section")
    )


@pytest.mark.parametrize(
    "place", ["signs-compact.train", "signs-compact.evaluate", "yolov2.convert"]
)
def test_a_candidate_that_cannot_be_made_or_scored_is_named(place: str) -> None:
    name, stage = place.split(".")
    values = copy.deepcopy(PARAMS)
    del values[name][stage]
    assert said_of(values).startswith(f"params.yaml: {name}")


@pytest.mark.parametrize("values", [None, [], 3, "x", {}])
def test_a_file_without_sections_is_one_sentence(values: Any, tmp_path, monkeypatch) -> None:
    (tmp_path / "params.yaml").write_text("" if values is None else params.YAML and f"{values}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^params\.yaml: \w+"):
        rules.check()


def test_the_stage_says_it_within_seconds_and_without_tensorflow(tmp_path: Path) -> None:
    text = (PROJECT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(
        text.replace("warmup_fraction: 0.15", "warmup_fraction: 7")
    )
    program = (
        "import runpy, sys\n"
        "try: runpy.run_path(sys.argv.pop(), run_name='__main__')\n"
        "finally: print({'tensorflow', 'keras', 'mlflow'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, PROJECT / "pipelines" / "make" / "check.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = "params.yaml: resnet50.train.warmup_fraction should be at most 1, it is 7"
    assert (done.returncode, done.stderr) == (2, f"error: {sentence}\n")
    assert done.stdout == "set()\n"


def test_what_is_built_in_can_be_asked_for_alone() -> None:
    assert said_of(changed(("data", "source"), "builtin")) == ""
