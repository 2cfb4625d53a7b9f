"""The drawn painting: the same for a seed, full of strokes, of night and of lamps."""

import numpy as np

from fivenets.drawn.painting import HEIGHT, NIGHT, WIDTH, render_painting


def test_a_painting_repeats_for_its_seed_alone() -> None:
    painting = render_painting(1)
    assert painting.shape == (HEIGHT, WIDTH, 3)
    assert painting.dtype == np.uint8
    np.testing.assert_array_equal(render_painting(1), painting)
    assert not np.array_equal(render_painting(2), painting)


def test_it_has_edges_of_strokes_everywhere_and_both_ends_of_its_colours() -> None:
    painting = render_painting().astype(int)
    tiles = painting[:, :, 1].reshape(HEIGHT // 60, 60, WIDTH // 60, 60).swapaxes(1, 2)
    assert tiles.std(axis=(2, 3)).min() > 5, "no tile of 60 pixels is flat"
    for colour in (NIGHT[0], NIGHT[-1]):
        near = np.abs(painting - colour).max(axis=2) < 30
        assert near.mean() > 0.002
