"""Changes of pictures that Keras has no layer for; they act in training only."""

import keras
from keras import ops, random

# Of ImageNet's pixels in 0..1: the directions in which their colours vary together, a row each, and
# the variances (computed for fb.resnet.torch, and used by what came after it).
DIRECTIONS = (
    (-0.5675, -0.5808, -0.5836),
    (0.7192, -0.0045, -0.6948),
    (0.4009, -0.8140, 0.4203),
)
VARIANCES = (0.2175, 0.0188, 0.0045)
WHITE = 255.0


class RandomChange(keras.Layer):
    """Changes pictures in training, by up to a strength."""

    def __init__(self, strength: float, **options):
        super().__init__(**options)
        self.strength, self.generator = strength, random.SeedGenerator()

    def call(self, images, training=False):
        return self.changed(images) if training else images

    def changed(self, images):
        """The pictures as they are trained on."""
        raise NotImplementedError


class RandomColourShift(RandomChange):
    """Adds to red, green and blue a number each, up to a part of the range either way."""

    def changed(self, images):
        size = (ops.shape(images)[0], 1, 1, 3)
        by = random.uniform(size, -self.strength, self.strength, seed=self.generator)
        return ops.clip(images + WHITE * ops.cast(by, images.dtype), 0, WHITE)


class RandomPcaColour(RandomChange):
    """Adds to all pixels of a picture what Krizhevsky et al. 2012 (section 4.1) add, "fancy PCA".

    Along each direction in which ImageNet's colours vary, a normal number times the variance.
    Args: strength: the normal numbers' standard deviation, 0.1 in the paper.
    """

    def changed(self, images):
        alphas = random.normal((ops.shape(images)[0], 3), stddev=self.strength, seed=self.generator)
        by = ops.matmul(alphas * ops.array(VARIANCES), ops.array(DIRECTIONS))
        return ops.clip(images + WHITE * ops.cast(by, images.dtype)[:, None, None], 0, WHITE)


class RandomWindow(RandomChange):
    """A square part of each picture, as large as the picture afterwards: a true random crop.

    Args: strength: of the side, by up to which a window is smaller; it lies anywhere.
    """

    def changed(self, images):
        count, side = ops.shape(images)[0], images.shape[1]
        drawn = random.uniform((count, 3), seed=self.generator)
        zoom = 1 - self.strength * drawn[:, :1]
        corner = (1 - zoom) * drawn[:, 1:] * (side - 1)
        none = ops.zeros_like(zoom)
        # Rows of affine_transform: x and y of the old pixel for one of the new picture.
        matrix = ops.concatenate(
            [zoom, none, corner[:, :1], none, zoom, corner[:, 1:], none, none], axis=1
        )
        # "nearest": rounding may put the last pixel a hair beyond the edge.
        return ops.image.affine_transform(images, matrix, "bilinear", fill_mode="nearest")
