"""LFW's own protocols on lists of pairs."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.datasets.faces.lfw import Pair
from fivenets.faces import lfw

NAMES = np.array(["A/1", "A/2", "B/1", "B/2", "C/1", "C/2", "D/1", "D/2"])
# A to D at 0, 10, 20 and 30, pictures 1 apart; but D's, which are 6 apart.
POINTS = np.array([0, 1, 10, 11, 20, 21, 30, 36.0])[:, None]


def same(person: str, fold: int = 0) -> Pair:
    return Pair(f"{person}/1", f"{person}/2", True, fold)


def test_dev_test_is_judged_by_the_threshold_of_dev_train() -> None:
    lists = {
        "devtrain": [same("A"), same("B"), Pair("A/1", "B/1", False, 0)],
        "devtest": [
            same("C"),
            same("D"),
            Pair("C/2", "D/1", False, 0),
            Pair("C/1", "E/1", False, 0),
        ],
    }
    found = lfw.dev_test(POINTS, NAMES, lists)
    assert found["threshold"] == 5.5  # between 1 and 10
    assert found["accuracy"] == pytest.approx(2 / 3)  # not D, at 6
    assert (found["auc"], found["pairs"], found["pairs_skipped"]) == (1, 3, 1)


def test_other_sets_have_no_dev_test() -> None:
    assert lfw.dev_test(POINTS, NAMES, {}) == {}
    unchosen = lfw.dev_test(POINTS, NAMES, {"devtest": [same("C"), Pair("A/1", "B/1", False, 0)]})
    assert unchosen["auc"] == 1
    assert "accuracy" not in unchosen


def test_each_fold_of_view_2_is_judged_by_the_other_folds() -> None:
    folds = [
        [same(person, fold), Pair(f"{person}/1", f"{other}/1", False, fold)]
        for fold, (person, other) in enumerate(["AB", "BC", "CD", "DA"])
    ]
    found = lfw.view_2(POINTS, NAMES, {"view2": [pair for fold in folds for pair in fold]})
    # D is 6 apart, and without its fold the threshold is 5.5: one of two pairs is wrong there.
    assert found["accuracy"] == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert found["accuracy_se"] == pytest.approx(np.std([1, 1, 1, 0.5], ddof=1) / 2)
    assert (found["folds"], found["pairs"], found["pairs_skipped"]) == (4, 8, 0)
    with pytest.raises(UserError, match="none of the list's pictures"):
        lfw.view_2(POINTS, NAMES + "x", {"view2": folds[0]})
