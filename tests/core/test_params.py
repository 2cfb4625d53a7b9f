"""params.yaml is read as DVC reads it, and misspelt or mistyped keys are named."""

from dataclasses import FrozenInstanceError, asdict, field, replace
from pathlib import Path
from typing import Literal, Self

import pytest
from pydantic import model_validator

from fivenets.core import params
from fivenets.core.errors import UserError
from fivenets.core.params import Count, Misfit, Positive, Section, Text, checked

PARAMS = """\
data:
  source: auto
net:
  train: {epochs: 3, rate: 1e-3, layers: {first: 8}}
"""


@checked
class Layers:
    """Nested settings."""

    first: Count = 1


@checked
class Training:
    """Settings that the sections below are read as."""

    epochs: Count
    rate: Positive
    name: Text = "net"
    kind: Literal["plain", "fancy"] = "plain"
    fast: bool = False
    sizes: list[float] = field(default_factory=list)
    layers: Section[Layers] = Layers()
    parts: list[Section[Layers]] = field(default_factory=list)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.fast and self.epochs > 5:
            raise Misfit("epochs", "at most 5 with fast", self.epochs)
        return self


@pytest.fixture
def params_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "params.yaml"
    file.write_text(PARAMS)
    return file


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("data", "source"), "auto"),
        (("net", "train", "epochs"), 3),
        (("net", "train", "layers"), {"first": 8}),
        (("data",), {"source": "auto"}),
    ],
)
def test_load_goes_down_the_keys(params_file: Path, keys, value) -> None:
    assert params.load(*keys) == value


def test_load_without_keys_is_the_whole_file(params_file: Path) -> None:
    assert set(params.load()) == {"data", "net"}


def test_load_reads_another_file_where_one_is_given(params_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("a: 7\n")
    assert params.load("a", file=tmp_path / "other.yaml") == 7


@pytest.mark.parametrize(
    ("written", "read"),
    [("1e-3", 0.001), ("1.5", 1.5), ("7", 7), ("true", True), ("no", "no"), ("on", "on")],
)
def test_scalars_are_read_by_yaml_1_2(params_file: Path, written: str, read) -> None:
    params_file.write_text(f"value: {written}\n")
    value = params.load("value")
    assert (value, type(value)) == (read, type(read))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("nett",), r"has no nett; did you mean net\?"),
        (("net", "trian"), r"has no net\.trian; did you mean train\?"),
        (("net", "train", "xyz"), r"has no net\.train\.xyz \(known: epochs, rate, layers\)"),
        (("data", "source", "kind"), r"has no data\.source\.kind \(known: none\)"),
    ],
)
def test_a_missing_key_is_named_with_the_closest_or_all_known(
    params_file: Path, keys, message: str
) -> None:
    with pytest.raises(UserError, match=f"^params.yaml {message}$"):
        params.load(*keys)


def test_a_missing_file_says_where_to_run(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^params.yaml not found: run this from the project's top"):
        params.load("data")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read: Is a directory$"):
        params.load(file=tmp_path)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", r" \(line 3\)"),
        (b"a: 1\n\tb: 2\n", r" \(line 2\)"),
        (b"a: 1\nb: 2\na: 3\n", r" \(line 3\)"),
        (b"a: !!python/object/apply:os.getcwd []\n", r" \(line 1\)"),
        (b"a: 2020-99-99\n", ""),
        (b"a: \xff\xfe\n", ""),
    ],
    ids=["bracket", "tab", "key twice", "python object", "no such day", "not UTF-8"],
)
def test_bad_yaml_is_one_sentence_with_the_line_where_known(
    params_file: Path, content: bytes, place: str
) -> None:
    params_file.write_bytes(content)
    with pytest.raises(UserError, match=rf"^params.yaml is not valid YAML{place}$"):
        params.load()


def test_settings_are_the_section(params_file: Path) -> None:
    expected = Training(epochs=3, rate=0.001, layers=Layers(first=8))
    assert params.settings(Training, "net", "train") == expected


@pytest.mark.parametrize(
    "section",
    [
        "{epochs: 1, rate: 2}",  # a whole number where a float is expected
        "{epochs: 1, rate: 2.0, fast: true, name: x, sizes: [1, 2.5], parts: [{first: 2}, {}]}",
    ],
)
def test_what_fits_the_annotations_is_accepted(params_file: Path, section: str) -> None:
    params_file.write_text(f"s: {section}")
    made = params.settings(Training, "s")
    given = params.load("s")
    assert {key: value for key, value in asdict(made).items() if key in given} == given | (
        {"parts": [{"first": 2}, {"first": 1}]} if "parts" in given else {}
    )


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{epochs: 1, rate: 1, epoch: 2}", r"s\.epoch is unknown; did you mean epochs\?"),
        ("{epochs: 1, zzz: 2}", r"s\.zzz is unknown \(known: epochs, rate, name, .*, parts\)"),
        ("{epochs: 1, rate: 1, 5: 2}", r"s\.5 is unknown \(known: .*\)"),
        ("{epochs: 1, rate: 1, self: 2}", r"s\.self is unknown \(known: .*\)"),
        ("{epochs: 1}", r"s\.rate is missing"),
        ("{}", r"s\.epochs is missing"),
        ("{epochs: 1.5, rate: 1}", r"s\.epochs should be a whole number, it is 1\.5"),
        ("{epochs: '1', rate: 1}", r"s\.epochs should be a whole number, it is '1'"),
        ("{epochs: true, rate: 1}", r"s\.epochs should be a whole number, it is True"),
        ("{epochs: ~, rate: 1}", r"s\.epochs should be a whole number, it is None"),
        ("{epochs: 0, rate: 1}", r"s\.epochs should be at least 1, it is 0"),
        ("{epochs: 1, rate: false}", r"s\.rate should be a number, it is False"),
        ("{epochs: 1, rate: fast}", r"s\.rate should be a number, it is 'fast'"),
        ("{epochs: 1, rate: 0}", r"s\.rate should be above 0, it is 0"),
        ("{epochs: 1, rate: .nan}", r"s\.rate should be a finite number, it is nan"),
        ("{epochs: 1, rate: .inf}", r"s\.rate should be a finite number, it is inf"),
        ("{epochs: 1, rate: 1, name: 3}", r"s\.name should be text, it is 3"),
        ("{epochs: 1, rate: 1, name: ''}", r"s\.name should be text of at least one letter, it .*"),
        ("{epochs: 1, rate: 1, kind: odd}", r"s\.kind should be one of plain, fancy, it is 'odd'"),
        ("{epochs: 1, rate: 1, kind: [1]}", r"s\.kind should be one of plain, fancy, it is \[1\]"),
        ("{epochs: 1, rate: 1, fast: 1}", r"s\.fast should be true or false, it is 1"),
        ("{epochs: 6, rate: 1, fast: true}", r"s\.epochs should be at most 5 with fast, it is 6"),
        ("{epochs: 1, rate: 1, sizes: 1}", r"s\.sizes should be a list, it is 1"),
        ("{epochs: 1, rate: 1, sizes: big}", r"s\.sizes should be a list, it is 'big'"),
        ("{epochs: 1, rate: 1, sizes: [big]}", r"s\.sizes\[0\] should be a number, it is 'big'"),
        ("{epochs: 1, rate: 1, layers: 3}", r"s\.layers should be a section of keys, it is 3"),
        ("{epochs: 1, rate: 1, layers: {frist: 3}}", r"s\.layers\.frist is .* mean first\?"),
        ("{epochs: 1, rate: 1, layers: {first: 0}}", r"s\.layers\.first should be at least 1, .*"),
        ("{epochs: 1, rate: 1, parts: [{}, 7]}", r"s\.parts\[1\] should be a section of keys, .*"),
        ("{epochs: 1, rate: 1, parts: [{last: 7}]}", r"s\.parts\[0\]\.last is unknown .*first\)"),
        ("[1, 2]", r"s should be a section of keys, it is \[1, 2\]"),
        ("~", r"s should be a section of keys, it is None"),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_expected_and_the_value(
    params_file: Path, section: str, message: str
) -> None:
    params_file.write_text(f"s: {section}")
    with pytest.raises(UserError, match=f"^params.yaml: {message}$"):
        params.settings(Training, "s")


def test_settings_are_checked_however_they_are_made() -> None:
    made = Training(epochs=3, rate=1)
    for make in (
        lambda: Training(epochs=0, rate=1),
        lambda: replace(made, epochs=0),
    ):
        with pytest.raises(UserError, match=r"^epochs should be at least 1, it is 0$"):
            make()
    with pytest.raises(FrozenInstanceError):
        made.epochs = 4  # pyright: ignore[reportAttributeAccessIssue]


def test_a_long_value_is_cut_short() -> None:
    with pytest.raises(UserError, match=r"^name should be text, it is \[0, 1, .{0,80}\.\.\.$"):
        Training(epochs=1, rate=1, name=list(range(99)))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({"a": 1, "b": {"c": 2, "d": {"e": 3}}}, {"a": 1, "b.c": 2, "b.d.e": 3}),
        ({"a": [1, {"b": 2}], "c": None}, {"a": [1, {"b": 2}], "c": None}),
        ({"a": {}}, {}),
    ],
)
def test_flatten_joins_the_keys_by_dots(nested: dict, flat: dict) -> None:
    assert params.flatten(nested) == flat
