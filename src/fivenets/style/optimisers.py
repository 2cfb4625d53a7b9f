"""Adam and L-BFGS on the pixels of an image, within a budget of evaluations."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import scipy.optimize
from scipy.fft import dctn, idctn
from threadpoolctl import threadpool_limits

from fivenets.core.errors import UserError
from fivenets.style.differentiation import ValueAndGradient

# Told after each evaluation: the loss, its parts, and the best image so far (height, width, 3).
Observer = Callable[[float, dict[str, float], np.ndarray], None]
CORRECTIONS = 10  # pairs that L-BFGS remembers
FALL = 0.25  # power of the frequency by which steps fall; 0: pixels, 1: as photographs do
OUTSIDE = 10.0  # what a mean square of 1 beyond black or white costs, in parts of the first loss


class DivergedError(UserError):
    """The loss is no number any more; the best image so far has been shown to the observer."""


class _Finished(Exception):  # noqa: N818  # the way out of scipy's loop, no error
    """The budget is used up, or the loss is flat."""


@dataclass
class Budget:
    """When to stop: after so many evaluations, or when the loss falls no more.

    Flat means that the best loss of the last `patience` evaluations is not below that of those
    before by `tolerance` of it; a tolerance of 0 never stops early.
    """

    evaluations: int
    tolerance: float = 0.0
    patience: int = 20
    best: list[float] = field(default_factory=list)  # after each evaluation, the lowest until then

    def is_over(self, loss: float) -> bool:
        """Counts an evaluation."""
        self.best.append(min(loss, self.best[-1]) if self.best else loss)
        if len(self.best) >= self.evaluations:
            return True
        if not self.tolerance or len(self.best) <= self.patience:
            return False
        before, now = self.best[-1 - self.patience], self.best[-1]
        return before - now < self.tolerance * abs(before)


def minimise(
    name: str,
    function: ValueAndGradient,
    image: np.ndarray,
    budget: Budget,
    learning_rate: float,
    observe: Observer,
    *,
    fall: float = FALL,
) -> np.ndarray:
    """The image (height, width, 3) of the lowest loss found from `image` on.

    Args: name: lbfgs | adam; learning_rate: of Adam, for pixels in 0..1; fall: of L-BFGS.
    Raises: DivergedError where the loss is NaN or infinite.
    """
    watched = _Watched(function, image, budget, observe)
    with contextlib.suppress(_Finished):
        OPTIMISERS[name](watched, image, fall if name == "lbfgs" else learning_rate)
    return watched.best


class _Watched:
    """The function to be minimised, keeping count and the best image."""

    def __init__(
        self, function: ValueAndGradient, image: np.ndarray, budget: Budget, observe: Observer
    ):
        self.function, self.budget, self.observe = function, budget, observe
        self.shape, self.best, self.lowest = image.shape, image, float("inf")

    def __call__(self, image: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient, both of the image's shape."""
        loss, parts, gradient = self.function(image.reshape((1, *self.shape)))
        if not (np.isfinite(loss) and np.isfinite(gradient).all()):
            done = len(self.budget.best)
            kept = f"after {done} iterations, so the last good picture was kept"
            raise DivergedError(
                f"the loss is {loss:g} {kept if done else 'from the start'}: lower style_weight or "
                "content_weight or, with adam, learning_rate"
            )
        if loss < self.lowest:
            self.lowest, self.best = loss, image.reshape(self.shape).astype(np.float32)
        is_over = self.budget.is_over(loss)
        self.observe(loss, parts, self.best)
        if is_over:
            raise _Finished
        return loss, gradient.reshape(image.shape)


def _adam(function: _Watched, image: np.ndarray, learning_rate: float) -> None:
    optimizer = keras.optimizers.Adam(learning_rate)
    pixels = keras.Variable(image)
    while True:
        _, gradient = function(keras.ops.convert_to_numpy(pixels))
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [pixels])
        pixels.assign(keras.ops.clip(pixels, 0, 1))


def _lbfgs(function: _Watched, image: np.ndarray, fall: float) -> None:
    """L-BFGS on the cosine transform of the image, whose low frequencies count for more.

    By pixels, it lowers a loss of VGG's features by what is finest, in step with the poolings: the
    style is a grain of blocks, and flat places get no strokes. Photographs have the more of a
    frequency the lower it is, and so has each step here. Olah, Mordvintsev and Schubert, "Feature
    Visualization", 2017, name it preconditioning. Pixels are kept in 0..1 by a penalty.
    """
    height, width, _channels = image.shape
    rows, columns = np.arange(height)[:, None] / height, np.arange(width) / width
    frequency = np.maximum(np.hypot(rows, columns), 1 / max(height, width))[..., None]
    scale = frequency**-fall / np.sqrt(np.mean(frequency ** (-2 * fall)))

    def pixels(coefficients: np.ndarray) -> np.ndarray:
        return idctn(coefficients.reshape(image.shape) * scale, axes=(0, 1), norm="ortho")

    def flat(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        free = pixels(coefficients)
        inside = np.clip(free, 0, 1)
        loss, gradient = function(inside.astype(np.float32))
        steepness = OUTSIDE * max(function.budget.best[0], 1e-9) / image.size
        beyond = free - inside
        slope = np.where(beyond, 2 * steepness * beyond, gradient)
        return (
            loss + steepness * float(np.sum(beyond**2)),
            (dctn(slope, axes=(0, 1), norm="ortho") * scale).ravel(),
        )

    # Rounding in bfloat16 now and then ends a line search; L-BFGS then starts afresh from the
    # best image, and gives up when this does not move it.
    lowest = float("inf")
    while function.lowest < lowest or lowest == float("inf"):
        lowest = function.lowest
        start = dctn(function.best.astype(np.float64), axes=(0, 1), norm="ortho") / scale
        # A second thread of BLAS costs more in waiting, on such short vectors, than it saves.
        with threadpool_limits(1, "blas"):
            scipy.optimize.minimize(
                flat,
                start.ravel(),
                jac=True,
                method="L-BFGS-B",
                options={
                    "maxcor": CORRECTIONS,
                    "maxfun": function.budget.evaluations + 1,
                    "maxiter": function.budget.evaluations + 1,
                    "ftol": 0.0,
                    "gtol": 0.0,
                },
            )


OPTIMISERS = {"lbfgs": _lbfgs, "adam": _adam}
