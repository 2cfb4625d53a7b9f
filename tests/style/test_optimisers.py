"""Adam and L-BFGS on a function whose minimum is known."""

import numpy as np
import pytest

from fivenets.style import optimisers
from fivenets.style.optimisers import Budget, DivergedError

TARGET = np.linspace(0.2, 0.8, 12, dtype=np.float32).reshape(2, 2, 3)


def bowl(image: np.ndarray):
    """Squared distance from TARGET, steeper in some directions."""
    steepness = np.arange(1, 13).reshape(1, 2, 2, 3)
    difference = image - TARGET
    return float((steepness * difference**2).sum()), {}, 2 * steepness * difference


def ignore(*_) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "evaluations", "within"), [("lbfgs", 40, 1e-3), ("adam", 200, 1e-2)]
)
def test_the_minimum_is_found(name: str, evaluations: int, within: float) -> None:
    start = np.full_like(TARGET, 0.5)
    found = optimisers.minimise(name, bowl, start, Budget(evaluations), 0.02, ignore)
    assert np.abs(found - TARGET).max() < within


def test_pixels_stay_in_range() -> None:
    def slope(image: np.ndarray):
        return float(image.sum()), {}, np.ones_like(image)

    for name in optimisers.OPTIMISERS:
        start = np.full((2, 2, 3), 0.1, np.float32)
        found = optimisers.minimise(name, slope, start, Budget(30), 0.02, ignore)
        assert found.min() == found.max() == 0


def test_lbfgs_moves_what_is_coarse_first() -> None:
    shape = (16, 16, 3)
    rows, columns, _ = np.indices(shape)
    coarse, fine = np.cos(np.pi * (rows + 0.5) / 16), (-1.0) ** (rows + columns)
    wanted = 0.5 + 0.1 * coarse + 0.1 * fine

    def distance(image: np.ndarray):
        return float(((image - wanted) ** 2).sum()), {}, 2 * (image - wanted)

    start = np.full(shape, 0.5, np.float32)
    moved = optimisers.minimise("lbfgs", distance, start, Budget(2), 0.0, ignore) - 0.5
    assert np.sum(moved * coarse) / np.sum(coarse**2) > 2 * np.sum(moved * fine) / np.sum(fine**2)


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_the_budget_is_of_evaluations(name: str) -> None:
    seen = []
    budget = Budget(7)
    optimisers.minimise(
        name, bowl, np.zeros_like(TARGET), budget, 0.02, lambda loss, *_: seen.append(loss)
    )
    assert len(seen) <= 7
    assert name == "lbfgs" or len(seen) == 7


def test_a_flat_loss_ends_early() -> None:
    budget = Budget(100, tolerance=0.1, patience=3)
    decisions = [budget.is_over(loss) for loss in (100, 50, 49, 48, 47)]
    # From the 2nd to the 5th the loss has fallen from 50 to 47, which is less than a tenth.
    assert decisions == [False, False, False, False, True]
    assert Budget(2).is_over(1.0) is False


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_no_number_as_loss_keeps_the_last_good_picture_and_says_what_to_lower(name: str) -> None:
    calls, seen = [], []

    def breaks(image: np.ndarray):
        calls.append(image)
        loss, parts, gradient = bowl(image)
        return (loss if len(calls) < 3 else float("nan")), parts, gradient

    with pytest.raises(DivergedError, match=r"nan after 2 iterations.*lower style_weight"):
        optimisers.minimise(
            name, breaks, np.zeros_like(TARGET), Budget(9), 0.02, lambda *now: seen.append(now[2])
        )
    assert len(seen) == 2
    assert np.isfinite(seen[-1]).all()


def test_a_loss_without_end_from_the_start_promises_no_picture() -> None:
    def breaks(image: np.ndarray):
        return float("inf"), bowl(image)[1], bowl(image)[2]

    with pytest.raises(DivergedError, match="inf from the start: lower style_weight"):
        optimisers.minimise(
            "lbfgs", breaks, np.zeros_like(TARGET), Budget(9), 0.02, lambda *now: None
        )
