"""P x K batches: who is in them."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces.mining import batches_of_people, batches_per_epoch

LABELS = np.repeat(np.arange(6), 4)


def test_a_batch_holds_k_images_of_each_of_p_people() -> None:
    for rows in batches_of_people(LABELS, people=3, images=2, seed=0, epoch=0):
        people, counts = np.unique(LABELS[rows], return_counts=True)
        assert len(people) == 3
        assert set(counts) == {2}


def test_an_epoch_sees_every_image_once() -> None:
    rows = np.concatenate(list(batches_of_people(LABELS, 3, 2, seed=0, epoch=1)))
    assert sorted(rows) == list(range(24))
    assert batches_per_epoch(LABELS, 3, 2) == 4


def test_seed_and_epoch_alone_fix_the_order() -> None:
    first, again, later = (
        np.concatenate(list(batches_of_people(LABELS, 3, 2, 5, epoch))) for epoch in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != later).any()


def test_a_person_with_few_images_is_seen_several_times() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1])
    for rows in batches_of_people(labels, people=2, images=4, seed=0, epoch=0):
        assert (labels[rows] == 1).sum() == 4


def test_batches_of_more_people_than_there_are_are_refused() -> None:
    with pytest.raises(UserError, match=r"people per batch should lie in 2\.\.6, they are 7"):
        list(batches_of_people(LABELS, 7, 2, 0, 0))


def test_of_a_hundred_people_one_more_is_refused_too() -> None:
    with pytest.raises(UserError, match=r"should lie in 2\.\.100, they are 101"):
        list(batches_of_people(np.arange(100), 101, 1, 0, 0))


@pytest.mark.parametrize(("people", "batches"), [(2, 2), (3, 1), (4, 1), (5, 1)])
def test_people_who_fill_no_batch_are_left_out(people: int, batches: int) -> None:
    found = list(batches_of_people(np.arange(5), people, 1, 0, 0))
    assert [len(rows) for rows in found] == [people] * batches
