"""A faster copy of a network for training: the same layers and weights, computed another way.

What is saved stays the network that was built, in float32 and of Keras' own layers only.
"""

from typing import Any

import keras


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation whose training step is one operation on TensorFlow.

    Keras writes it as a dozen operations in float32, each of which goes through the whole tensor;
    with bfloat16 convolutions they take longer than the convolutions.
    """

    def call(self, inputs, training=None, mask=None):
        is_fused = training and self.trainable and keras.backend.backend() == "tensorflow"
        if not is_fused:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation has the sample variance, n / (n - 1) times that of Keras.
        values = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
        for running, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance * ((values - 1) / values)),
        ):
            running.assign(running * self.momentum + value * (1 - self.momentum))
        return outputs


class FusedAdamW(keras.optimizers.AdamW):
    """AdamW whose update of a variable is one operation on TensorFlow, on one device.

    Keras writes it as a dozen, each of which goes through all the weights.
    """

    def update_step(self, gradient, variable, learning_rate):
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def adamw(rate: Any, weight_decay: float, distribute: str) -> keras.optimizers.AdamW:
    """AdamW, fused where one device trains: over several, a variable is several, which one
    operation does not reach."""
    kind = FusedAdamW if distribute == "none" else keras.optimizers.AdamW
    return kind(rate, weight_decay=weight_decay)


def training_copy(network: keras.Model, policy: str) -> keras.Model:
    """`network` with fused batch normalisation, computing by `policy` ("mixed_bfloat16", ..).

    Its outputs stay float32. Weights start as those of `network`, in the same order. For training
    alone: a normalisation that computes differently in use than Keras' own does so no more.
    """
    is_output = {id(tensor._keras_history.operation) for tensor in network.outputs}

    def as_trained(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if id(layer) not in is_output:
            config["dtype"] = policy
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        return (FusedBatchNormalization if is_norm else type(layer)).from_config(config)

    copy = keras.models.clone_model(network, clone_function=as_trained)
    copy.set_weights(network.get_weights())
    return copy
