"""People made from others: of one person all pictures change alike, and from real ones."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces.virtual_people import VirtualPeople, bent, smooth_field

RAMP = np.arange(8, dtype=np.uint8)[None, :, None].repeat(8, axis=0).repeat(3, axis=2) * 30


def batch() -> np.ndarray:
    """Three people of two pictures each; a person's two pictures are equal."""
    people = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8, 3), np.uint8)
    return people.repeat(2, axis=1)


def of(**strengths: float) -> np.ndarray:
    return VirtualPeople(**strengths).of(batch(), np.random.default_rng(1))


def test_without_strength_people_stay_who_they_are() -> None:
    np.testing.assert_array_equal(of(), batch())


@pytest.mark.parametrize("strengths", [{"warp": 0.1}, {"tone": 0.5}, {"mixed": 1.0}])
def test_equal_pictures_of_a_person_stay_equal_and_become_another_person(
    strengths: dict[str, float],
) -> None:
    made = of(**strengths)
    np.testing.assert_array_equal(made[:, 0], made[:, 1])
    assert (made != batch()).mean() > 0.3


def test_an_expression_is_of_one_picture() -> None:
    made = of(expression=0.1)
    assert (made[:, 0] != made[:, 1]).mean() > 0.3


def test_mirrored_people_look_the_other_way() -> None:
    np.testing.assert_array_equal(of(mirror=1.0), batch()[:, :, :, ::-1])


def test_a_mixed_person_lies_between_two() -> None:
    made, real = of(mixed=1.0).astype(int), batch().astype(int)
    other = np.roll(real, -1, axis=0)
    assert (made >= np.minimum(real, other) - 1).all()
    assert (made <= np.maximum(real, other) + 1).all()


def test_a_shift_of_one_pixel_brings_the_neighbour_and_repeats_the_edge() -> None:
    field = np.zeros((8, 8, 2), np.float32)
    field[..., 0] = 1.0
    moved = bent(RAMP, field)
    assert moved[0, :, 0].tolist() == [30, 60, 90, 120, 150, 180, 210, 210]


def test_a_field_is_smooth_and_of_the_strength_asked_for() -> None:
    rng = np.random.default_rng(0)
    fields = np.stack([smooth_field(rng, 64, 4, 0.05) for _ in range(200)])
    assert np.abs(np.diff(fields, axis=2)).max() < 2  # pixels, between neighbours
    # Where a point was drawn the deviation is 5% of the side; between points it is less.
    assert 0.6 * 3.2 < fields.std() < 1.0 * 3.2


@pytest.mark.parametrize(("strengths", "sentence"), [
    ({"mirror": 1.5}, r"^mirror should be at most 1, it is 1\.5"),
    ({"warp": -0.1}, r"^warp should be at least 0, it is -0\.1"),
])  # fmt: skip
def test_strengths_that_cannot_be_are_refused(strengths: dict[str, float], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        VirtualPeople(**strengths)
