"""LeNet-5 (LeCun et al. 1998, as the course has it) and its training, in NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fivenets.step_by_step.layers import AveragePooling, Convolution, Dense, Flatten, Layer, Tanh

CLASSES = 10
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of Adam (Kingma and Ba 2015)


def lenet5(rng: np.random.Generator, dtype: type = np.float32) -> list[Layer]:
    """61,706 random parameters (Glorot and Bengio 2010): (m, 32, 32, 1) -> logits (m, 10)."""

    def weighted(*shape: int) -> list[np.ndarray]:
        places, into, out = int(np.prod(shape[:-2])), *shape[-2:]
        limit = np.sqrt(6 / (places * (into + out)))
        return [rng.uniform(-limit, limit, shape).astype(dtype), np.zeros(out, dtype)]

    return [
        Convolution(weighted(5, 5, 1, 6)),
        Tanh(),
        AveragePooling(),
        Convolution(weighted(5, 5, 6, 16)),
        Tanh(),
        AveragePooling(),
        Flatten(),
        Dense(weighted(400, 120)),
        Tanh(),
        Dense(weighted(120, 84)),
        Tanh(),
        Dense(weighted(84, CLASSES)),
    ]


def parameters(network: Sequence[Layer]) -> list[np.ndarray]:
    """All weights and biases, in the order of the layers."""
    return [values for layer in network for values in layer.parameters]


def logits(network: Sequence[Layer], images: np.ndarray) -> np.ndarray:
    """(m, classes) of (m, height, width, channels)."""
    for layer in network:
        images, _ = layer.forward(images)
    return images


def loss_and_gradients(
    network: Sequence[Layer], images: np.ndarray, labels: np.ndarray
) -> tuple[float, list[np.ndarray]]:
    """The mean cross-entropy of (m,) integer labels, and its gradient by each of `parameters`."""
    x, caches = images, []
    for layer in network:
        x, cache = layer.forward(x)
        caches.append(cache)
    shifted = x - x.max(axis=1, keepdims=True)  # so that no exponential is too large
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    true = (np.arange(len(labels)), labels)
    gradient = np.exp(log_probabilities)
    gradient[true] -= 1  # softmax and cross-entropy together: p - y
    gradient /= len(labels)
    gradients: list[np.ndarray] = []
    for layer, cache in zip(reversed(network), reversed(caches), strict=True):
        gradient, own = layer.backward(gradient, cache)
        gradients = [*own, *gradients]
    return float(-log_probabilities[true].mean()), gradients


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1)."""

    learning_rate: float
    steps: int = 0
    means: list[np.ndarray] = field(default_factory=list)
    squares: list[np.ndarray] = field(default_factory=list)

    def step(self, values: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> None:
        """Changes `values` in place."""
        if not self.steps:
            self.means, self.squares = ([np.zeros_like(x) for x in values] for _ in BETAS)
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in BETAS)
        for value, gradient, mean, square in zip(
            values, gradients, self.means, self.squares, strict=True
        ):
            mean += (1 - BETAS[0]) * (gradient - mean)
            square += (1 - BETAS[1]) * (gradient**2 - square)
            value -= self.learning_rate * (mean / first) / (np.sqrt(square / second) + EPSILON)


def train_epoch(
    network: Sequence[Layer],
    images: np.ndarray,
    labels: np.ndarray,
    optimizer: Adam,
    batch_size: int,
    rng: np.random.Generator,
) -> float:
    """One epoch over the examples in random order; returns the mean loss of its batches."""
    order = rng.permutation(len(labels))
    losses = []
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        loss, gradients = loss_and_gradients(network, images[batch], labels[batch])
        optimizer.step(parameters(network), gradients)
        losses.append(loss)
    return float(np.mean(losses))
