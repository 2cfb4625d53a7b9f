"""Keras layers for what Darknet computes differently than Keras' own layers do."""

import keras
from keras import ops

EPSILON = 1e-6  # Darknet, src/blas.c, normalize_cpu: outside of the square root

register = keras.saving.register_keras_serializable(package="fivenets")


@register
class Reorg(keras.layers.Layer):
    """Darknet's reorg: (n, h, w, c) -> (n, h / s, w / s, c * s^2), a fixed permutation.

    It is not `space_to_depth`. Darknet (src/blas.c, reorg_cpu) reads the (c, h, w) input as if it
    were (c / s^2, h * s, w * s), samples that in steps of s, and writes s^2 planes for each of its
    c / s^2 planes. Trained weights expect this order.
    """

    def __init__(self, stride: int, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride

    def call(self, inputs):
        _, height, width, channels = ops.shape(inputs)
        stride = self.stride
        planes = channels // stride**2
        x = ops.transpose(inputs, (0, 3, 1, 2))
        x = ops.reshape(x, (-1, planes, height, stride, width, stride))
        x = ops.transpose(x, (0, 3, 5, 1, 2, 4))
        x = ops.reshape(x, (-1, channels * stride**2, height // stride, width // stride))
        return ops.transpose(x, (0, 2, 3, 1))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        sides = (side and side // self.stride for side in (height, width))  # None: of any size
        return batch, *sides, channels * self.stride**2

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@register
class DarknetBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation by `sqrt(variance) + 1e-6`, where Keras has `sqrt(variance + 1e-3)`.

    In training it divides by sqrt(variance + 1e-6), so that both agree on what is learnt.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = EPSILON, **kwargs):
        # Keras' momentum of 0.99 lags behind for hundreds of steps.
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs, training=None, mask=None):
        if training and self.trainable:
            return super().call(inputs, training=training, mask=mask)
        dtype = inputs.dtype
        x = ops.cast(inputs, "float32")
        deviation = ops.sqrt(ops.cast(self.moving_variance, "float32")) + EPSILON
        scale = ops.cast(self.gamma, "float32") / deviation
        shift = ops.cast(self.beta, "float32") - ops.cast(self.moving_mean, "float32") * scale
        return ops.cast(x * scale + shift, dtype)


@register
class ChannelGroup(keras.layers.Layer):
    """One of `groups` equal parts of the channels: (n, h, w, c) -> (n, h, w, c / groups)."""

    def __init__(self, groups: int, index: int, **kwargs):
        super().__init__(**kwargs)
        self.groups, self.index = groups, index

    def call(self, inputs):
        return ops.split(inputs, self.groups, axis=-1)[self.index]

    def compute_output_shape(self, input_shape):
        return *input_shape[:-1], input_shape[-1] // self.groups

    def get_config(self):
        return {**super().get_config(), "groups": self.groups, "index": self.index}


@register
class PaddedMaxPooling2D(keras.layers.Layer):
    """Max pooling over a picture that Darknet pads by `padding` pixels, half (rounded down) before.

    (n, h, w, c) -> (n, (h + padding - size) // stride + 1, ..., c). The padding never wins. Keras'
    "same" puts the halves elsewhere where size and stride differ (src/maxpool_layer.c).
    """

    def __init__(self, size: int, stride: int, padding: int, **kwargs):
        super().__init__(**kwargs)
        self.size, self.stride, self.padding = size, stride, padding

    def call(self, inputs):
        before = self.padding // 2
        sides = (before, self.padding - before)
        lowest = -3.4e38 if keras.backend.standardize_dtype(inputs.dtype) != "float16" else -65504.0
        padded = ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), constant_values=lowest)
        return ops.max_pool(padded, self.size, self.stride, padding="valid")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        height, width = (
            side and (side + self.padding - self.size) // self.stride + 1  # None: of any size
            for side in (height, width)
        )
        return batch, height, width, channels

    def get_config(self):
        own = {"size": self.size, "stride": self.stride, "padding": self.padding}
        return {**super().get_config(), **own}


@register
class UnlikeAdd(keras.layers.Layer):
    """Darknet's sum of layers of unlike sizes: (n, h, w, c) and (n, h2, w2, c2) -> (n, h, w, c).

    Of the second layer's rows and columns every `stride`-th is taken, and stands `sample` apart in
    the first; what one of the two does not have, channels included, adds nothing (src/blas.c,
    shortcut_cpu).
    """

    def __init__(self, stride: int, sample: int, **kwargs):
        super().__init__(**kwargs)
        self.stride, self.sample = stride, sample

    def call(self, inputs):
        x, other = inputs
        _, height, width, channels = ops.shape(x)
        part = other[:, :: self.stride, :: self.stride]
        if self.sample > 1:
            n, rows, columns, depth = ops.shape(part)
            after = (0, self.sample - 1)
            part = ops.reshape(part, (n, rows, 1, columns, 1, depth))
            part = ops.pad(part, ((0, 0), (0, 0), after, (0, 0), after, (0, 0)))
            part = ops.reshape(part, (n, rows * self.sample, columns * self.sample, depth))
        part = part[:, :height, :width, :channels]
        lacking = zip((height, width, channels), ops.shape(part)[1:], strict=True)
        return x + ops.pad(part, ((0, 0), *((0, full - have) for full, have in lacking)))

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "stride": self.stride, "sample": self.sample}
