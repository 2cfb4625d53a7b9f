"""The sets of faces of a training: who may be in which, and what is refused before it starts."""

import logging
from dataclasses import replace
from string import ascii_lowercase as LETTERS  # noqa: N812

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.faces.prepared import Faces
from fivenets.datasets.settings import FaceSettings
from fivenets.faces import evaluation, sets
from fivenets.faces.settings import Protocol

PROTOCOL = Protocol(
    folds=3,
    target_far=0.1,
    target_false_identification=0.1,
    recognition_repeats=2,
    siamese_strength=0.1,
)


def faces(names: str, pictures: int = 3, prefix: str = "") -> Faces:
    """So many pictures of each of the people named."""
    people = np.repeat(names.split(), pictures)
    digests = np.array([f"{prefix}{person}{row}" for row, person in enumerate(people)])
    return Faces([np.zeros((8, 8, 3), np.uint8)] * len(people), people, digests, digests)


TRAIN, UNSEEN = faces("Ann Ben Cid Dot"), faces("Eve Fay Gil Hal Ida Jon")
PHOTOGRAPHS = faces("Kim Leo Mia Ned Ola Pam")


def test_sets_of_different_people_are_trained_on_whole(caplog) -> None:
    kept = sets.to_train_on(TRAIN, UNSEEN, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)
    assert kept.people.tolist() == TRAIN.people.tolist()
    assert not caplog.messages


def test_people_of_the_photographs_are_not_trained_on() -> None:
    with pytest.raises(
        UserError, match=r"in face-photographs; 2 are, by name or by picture: Leo, Mia;"
    ):
        sets.to_train_on(faces("Ann Mia Leo"), UNSEEN, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)


def test_who_sets_thresholds_and_who_scores_them_are_both_not_trained_on() -> None:
    others = faces("Ann Tom Una")
    for setting, scoring in ((others, PHOTOGRAPHS), (PHOTOGRAPHS, others)):
        with pytest.raises(UserError, match=r"in face-photographs; 1 are, .*: Ann"):
            sets.to_train_on(TRAIN, UNSEEN, setting, scoring, PROTOCOL)


@pytest.mark.parametrize("dataset", ["lfw10", "lfw", "lfw-view1"])
def test_sets_of_lfw_have_people_in_common_and_are_refused_by_name(dataset: str) -> None:
    def of(dataset: str) -> FaceSettings:
        return FaceSettings(dataset=dataset, align=True, test_people=6, split_seed=1)

    photographs = replace(of("lfw-view1"), split_seed=0)
    with pytest.raises(UserError, match=f"{dataset} and lfw-view1 are both of LFW"):
        sets.refuse_one_dataset(of(dataset), photographs)
    sets.refuse_one_dataset(of("att_faces"), photographs)
    sets.refuse_one_dataset(photographs, photographs)  # DevTrain, and DevTest alone to score


def test_one_folder_as_both_sets_is_refused_whatever_its_people_are_called() -> None:
    folder = faces("1 2 3 4 5 6 7 8 9 10 11 12")
    is_unseen = np.isin(folder.people, ["1", "2", "3", "4", "5", "6"])
    with pytest.raises(
        UserError,
        match="in face-photographs; 6 are, by name or by picture: 10, 11, 12, 7, 8 and 1 more",
    ):
        sets.to_train_on(folder.only(~is_unseen), folder.only(is_unseen), folder, folder, PROTOCOL)
    unseen = folder.only(is_unseen)  # what the same test_people and split_seed give for both
    assert (
        len(sets.to_train_on(folder.only(~is_unseen), unseen, unseen, unseen, PROTOCOL).people)
        == 18
    )


def test_of_many_people_one_who_has_two_names_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    many = faces(" ".join(one + other for one in LETTERS for other in LETTERS[:10]))
    unseen = faces("Eve Fay Gil Hal Ida qd", prefix="test")
    kept = sets.to_train_on(many, unseen, unseen, unseen, PROTOCOL)
    assert len(set(kept.people)) == 259
    assert "1 people left out, as they are among those kept from training, too: qd" in caplog.text


def test_a_person_in_two_spellings_is_not_both_trained_on_and_unseen() -> None:
    with pytest.raises(
        UserError, match="kept from training, in faces; 1 are, by name or by picture: Ann"
    ):
        sets.to_train_on(
            TRAIN, faces("ann Fay Gil Hal Ida Jon"), PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL
        )


def test_people_with_one_picture_are_left_out_of_training_named_and_counted(caplog) -> None:
    many = TRAIN.and_also(faces("Uma Vic Wes Xia Yan Zoe", 1))
    photographs = PHOTOGRAPHS.and_also(faces("Zoe"))  # not trained on: may be here
    with caplog.at_level(logging.WARNING):
        kept = sets.to_train_on(many, UNSEEN, photographs, photographs, PROTOCOL)
    assert sorted(set(kept.people)) == ["Ann", "Ben", "Cid", "Dot"]
    assert caplog.messages == [
        "6 people have one picture and are not trained on: Uma, Vic, Wes, Xia, Yan and 1 more"
    ]


@pytest.mark.parametrize("nobody", [TRAIN.only(TRAIN.people == ""), faces("Ann Ben", 1)])
def test_nobody_to_train_on_is_a_sentence(nobody: Faces) -> None:
    with pytest.raises(UserError, match="faces: nobody is left to train on"):
        sets.to_train_on(nobody, UNSEEN, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)


def test_what_could_not_be_scored_is_refused_before_training() -> None:
    few, single = faces("Eve Fay Gil Hal Ida"), faces("Eve Fay Gil Hal Ida Jon", 1)
    with pytest.raises(UserError, match=r"the people not trained on .* be scored: .*there are 5"):
        sets.to_train_on(TRAIN, few, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)
    with pytest.raises(UserError, match=r"cannot be scored: .*there are 6, 0 with two or more"):
        sets.to_train_on(TRAIN, single, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)
    with pytest.raises(UserError, match="face-photographs cannot set a threshold: a FAR of"):
        sets.to_train_on(
            TRAIN, UNSEEN, PHOTOGRAPHS, PHOTOGRAPHS, replace(PROTOCOL, target_far=0.001)
        )


def test_more_pictures_than_pairs_can_be_made_of_are_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr(evaluation, "MOST_PICTURES", 17)
    with pytest.raises(
        UserError, match=r"at most 17 pictures are scored, there are 18: choose few"
    ):
        sets.check_unseen(UNSEEN, PROTOCOL)


@pytest.mark.parametrize("pictures", [2, 5])
def test_few_pictures_a_person_are_enough(pictures: int) -> None:
    unseen = faces("Eve Fay Gil Hal Ida Jon", pictures)
    sets.to_train_on(faces("Ann Ben", pictures), unseen, PHOTOGRAPHS, PHOTOGRAPHS, PROTOCOL)
    embeddings = np.random.default_rng(0).normal(size=(len(unseen.people), 4))
    found = evaluation.unseen_people(embeddings, unseen.people, PROTOCOL)["recognition"]
    assert list(found) == (["1_shot"] if pictures == 2 else ["1_shot", "4_shot"])


def test_whoever_was_trained_on_is_left_out_of_the_scored_and_named(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        left = sets.without(faces("Ann Zed"), TRAIN, "the network was trained on them")
    assert set(left.people) == {"Zed"}
    assert caplog.messages == ["1 people left out, as the network was trained on them: Ann"]
