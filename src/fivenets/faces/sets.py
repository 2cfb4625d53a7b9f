"""The sets of faces of a training, checked before it starts: nobody is where they should not be."""

import logging

import numpy as np

from fivenets.core.errors import UserError
from fivenets.datasets.faces import lfw
from fivenets.datasets.faces.prepared import Faces, alone, listed, shared
from fivenets.datasets.settings import FaceSettings
from fivenets.faces import identification
from fivenets.faces.evaluation import calibration_pairs, possible_folds
from fivenets.faces.settings import Protocol

log = logging.getLogger(__name__)

OF_LFW = {*lfw.NAMES, lfw.SMALLER}  # have people in common
MISLABELLED = 0.005  # of the people, at most, who may be left out as one whom a set calls two names


def to_train_on(
    faces: Faces, unseen: Faces, setting: Faces, scoring: Faces, protocol: Protocol
) -> Faces:
    """Those of `faces` with two pictures or more, once all sets are found to be usable.

    Args: unseen: kept from training, to be scored by `protocol`. setting, scoring: those of the
        photographs that set the thresholds, and that score them and decide the champion.
    Raises: UserError where somebody is in two sets, nobody can be trained on, or what is trained
        could not be evaluated.
    """
    single, faces = alone(faces.people), faces.repeated()
    if len(single):
        log.warning(
            "%s people have one picture and are not trained on: %s",
            f"{len(single):,}",
            listed(single),
        )
    faces = apart(faces, unseen)
    refuse_shared(faces, unseen, "trained on and kept from training, in faces")
    for photographs in (setting, scoring):
        refuse_shared(faces, photographs, "trained on, in faces, and in face-photographs")
    check_photographs(setting, scoring, protocol)
    check_unseen(unseen, protocol)
    if not len(faces.people):
        raise UserError(
            "faces: nobody is left to train on: people with two pictures or more are needed beside "
            "the test_people (0 means all)"
        )
    return faces


def apart(faces: Faces, unseen: Faces) -> Faces:
    """`faces` without the few who are among `unseen` under another name; all where it is many.

    LFW's DevTrain and DevTest have a picture in common, under two names.
    """
    if len(shared(faces, unseen)) > MISLABELLED * len(np.unique(faces.people)):
        return faces
    return without(faces, unseen, "they are among those kept from training, too")


def refuse_one_dataset(faces: FaceSettings, photographs: FaceSettings) -> None:
    """Raises UserError where both have the same people, unless both leave the same ones out."""
    if faces == photographs:
        return
    are_split_alike = faces.test_people and (faces.test_people, faces.split_seed) == (
        photographs.test_people,
        photographs.split_seed,
    )
    are_of_lfw = {faces.dataset, photographs.dataset} <= OF_LFW
    if are_of_lfw or (faces.dataset == photographs.dataset and not are_split_alike):
        why = f"{faces.dataset} and {photographs.dataset} are both of LFW" if are_of_lfw else ""
        raise UserError(
            f"faces.dataset is {faces.dataset}, whose people set the threshold and decide the "
            f"champion (face-photographs.dataset){why and ': '}{why}: expected other people to "
            "train on; of one dataset in both places, give both the same test_people and split_seed"
        )


def refuse_shared(faces: Faces, others: Faces, where: str) -> None:
    """Raises UserError, naming them, where people are in both."""
    found = shared(faces, others)
    if found:
        raise UserError(
            f"expected nobody to be both {where}; {len(found):,} are, by name or by picture: "
            f"{listed(found)}; choose another dataset, or, of one dataset in both places, the same "
            "test_people and split_seed"
        )


def without(faces: Faces, others: Faces, why: str) -> Faces:
    """`faces` but for the people who are in `others` too; these are logged."""
    found = shared(faces, others)
    if found:
        log.warning("%d people left out, as %s: %s", len(found), why, listed(found))
    return faces.only(~np.isin(faces.people, found))


def check_photographs(setting: Faces, scoring: Faces, protocol: Protocol) -> None:
    """Raises UserError where those cannot set the thresholds, or these cannot score them."""
    try:
        possible_folds(scoring.people, protocol.folds)
        calibration_pairs(setting.people, protocol.folds, protocol.target_far)
    except UserError as error:
        raise UserError(f"face-photographs cannot set a threshold: {error}") from None


def check_unseen(unseen: Faces, protocol: Protocol) -> None:
    """Raises UserError where they could not be scored by the protocol."""
    try:
        possible_folds(unseen.people, protocol.folds)
        identification.possible_shots(unseen.people)
    except UserError as error:
        raise UserError(
            f"the people not trained on (see test_people) cannot be scored: {error}"
        ) from None
