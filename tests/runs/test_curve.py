"""A history becomes the points of a drawing: all in its frame, upside down, ends where it ends."""

from pathlib import Path

import pytest

from fivenets.runs import curve


@pytest.fixture
def read(tmp_path: Path):
    def read(*lines: str) -> curve.Curve | None:
        file = tmp_path / "history.csv"
        file.write_text("\n".join(lines) + "\n")
        return curve.read(file)

    return read


def points(line: curve.Line) -> list[tuple[float, float]]:
    pairs = [pair.split(",") for pair in line.points.split()]
    return [(float(x), float(y)) for x, y in pairs]


def test_a_score_is_drawn_beside_the_same_on_validation_data(read) -> None:
    found = read("epoch,accuracy,loss,val_accuracy,val_loss", "0,0,9,0.5,9", "1,0.5,8,1,9")
    assert [line.name for line in found.lines] == ["accuracy", "val_accuracy"]
    assert points(found.lines[0]) == [(0, curve.HEIGHT), (curve.WIDTH, curve.HEIGHT / 2)]
    assert points(found.lines[1]) == [(0, curve.HEIGHT / 2), (curve.WIDTH, 0)]
    assert (found.low, found.high, found.steps, found.unit) == (0, 1, 2, "epoch")
    assert (found.lines[1].first, found.lines[1].last) == (0.5, 1)


def test_a_loss_that_falls_far_is_drawn_on_a_logarithmic_scale(read) -> None:
    found = read("iteration,loss", "0,100", "1,10", "2,1")
    assert found.is_log
    assert found.unit == "iteration"
    assert [y for _, y in points(found.lines[0])] == [0, curve.HEIGHT / 2, curve.HEIGHT]
    assert not read("epoch,loss", "0,2", "1,1").is_log
    assert not read("epoch,loss", "0,2", "1,0").is_log  # it has no logarithm


def test_what_is_no_number_is_left_out(read) -> None:
    found = read("epoch,loss", "0,4", "1,nan", "2,", "3,2")
    assert points(found.lines[0]) == [(0, 0), (curve.WIDTH, curve.HEIGHT)]


def test_a_long_history_is_thinned_and_ends_where_it_ends(read) -> None:
    found = read("epoch,loss", *(f"{epoch},{1 + epoch}" for epoch in range(1000)))
    drawn = points(found.lines[0])
    assert len(drawn) <= curve.MOST_POINTS + 1
    assert drawn[-1] == (curve.WIDTH, 0)


def test_a_loss_that_stays_is_a_level_line(read) -> None:
    assert {y for _, y in points(read("epoch,loss", "0,3", "1,3").lines[0])} == {0}


@pytest.mark.parametrize("lines", [["epoch,seconds", "0,1"], ["epoch,loss", "0,1"], ["epoch,loss"]])
def test_where_nothing_was_trained_there_is_no_curve(read, lines: list[str]) -> None:
    assert read(*lines) is None


def test_without_a_history_there_is_no_curve(tmp_path: Path) -> None:
    assert curve.read(tmp_path / "history.csv") is None
