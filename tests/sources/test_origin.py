"""An origin is a record of five parts; words are made of it, and never read back."""

import ast
import json
from pathlib import Path

import pytest

from fivenets.core.digests import sha256
from fivenets.sources.origin import Kind, Origin, all_of, are_drawn, caution, digest_of, in_words

PROJECT = Path(__file__).parents[2]
SIGNS = Origin("signs", Kind.MIRROR, "d1", "none")
PAINTING = Origin.drawn("painting", "d2")


@pytest.mark.parametrize("origin", [SIGNS, PAINTING, Origin.own("holiday", "d3")])
def test_a_record_is_plain_json_and_gives_the_origin_back(origin: Origin) -> None:
    record = json.loads(json.dumps(origin.record() | {"examples": {"train": 3}}))
    assert Origin.of(record) == origin
    assert type(Origin.of(record).kind) is Kind
    assert set(origin.record()) == {"asset", "kind", "digest", "licence", "is_drawn"}


def test_what_is_drawn_says_so_and_what_is_installed_is_not_drawn() -> None:
    assert PAINTING.record() == {
        "asset": "painting",
        "kind": "builtin",
        "digest": "d2",
        "licence": "Apache-2.0, drawn by this project",
        "is_drawn": True,
    }
    assert not Origin("china", Kind.BUILTIN, "d", "CC BY 2.0").is_drawn


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'friend' is not a valid Kind"):
        Origin("signs", "friend", "d", "none")  # pyright: ignore[reportArgumentType]


def test_what_a_model_starts_with_does_not_make_its_drawn_pictures_real() -> None:
    weights = Origin("efficientnet_lite0", Kind.MIRROR, "d4", "Apache-2.0", is_general=True)
    assert Origin.of(weights.record()) == weights
    assert "is_general" not in SIGNS.record()
    assert are_drawn([PAINTING, weights])
    assert "only what this program draws (painting (builtin))" in caution([PAINTING, weights])
    assert not are_drawn([PAINTING, SIGNS, weights])
    assert not are_drawn([weights])


def test_what_has_no_records_has_no_origins() -> None:
    assert all_of(None) == []


def test_words_for_people() -> None:
    assert in_words([]) == "not recorded"
    assert in_words([SIGNS]) == "signs (mirror)"
    vgg = Origin("vgg16_hed", Kind.PACKAGE, "d3", "MIT")
    assert in_words([PAINTING, PAINTING, vgg]) == (
        "painting + painting + vgg16_hed (builtin, package)"
    )


def test_one_digest_is_its_own_and_several_make_one_in_their_order() -> None:
    assert digest_of([SIGNS]) == "d1"
    assert digest_of([SIGNS, PAINTING]) == sha256(b"d1 d2")
    assert digest_of([PAINTING, SIGNS]) == sha256(b"d2 d1")


def test_no_words_about_an_origin_are_parsed() -> None:
    """No string of code holds a part of them, such as "(builtin)", to be looked for in others."""
    parts = {f"({kind}" for kind in (Kind.BUILTIN, Kind.MIRROR, Kind.PUBLIC, Kind.UNTRAINED)}
    found = {
        (file.name, node.value)
        for file in [*(PROJECT / "src").rglob("*.py"), *(PROJECT / "pipelines").rglob("*.py")]
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if len(node.value) < 40 and any(part in node.value for part in parts)
    }
    assert found == set()
