"""What a stage's script says to words that it does not take."""

import sys

import pytest

from fivenets.core import stage


def train(name: str, count: str = "3", *words: str) -> None:
    print(name, count, *words)


def report() -> None:
    print("reported")


@pytest.mark.parametrize(
    ("main", "words", "sentence"),
    [
        (train, [], "expected `python train.py NAME [COUNT] [WORDS...]`, received no argument"),
        (report, ["all", "of it"], "expected `python train.py`, received all of it"),
    ],
)
def test_other_words_than_a_script_takes_are_one_sentence(
    main, words, sentence, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", *words])
    with pytest.raises(SystemExit) as caught:
        stage.run(main)
    assert caught.value.code == 2
    assert capsys.readouterr() == ("", f"error: {sentence}\n")


def test_a_type_error_within_a_script_is_not_taken_for_a_users_mistake(monkeypatch) -> None:
    def broken(name: str) -> None:
        raise TypeError(name)

    monkeypatch.setattr(sys, "argv", ["train.py", "resnet50"])
    with pytest.raises(TypeError, match="resnet50"):
        stage.run(broken)
