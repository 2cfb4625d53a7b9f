"""Training on several devices or machines (tf.distribute), and what is said when one is lost."""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core.errors import UserError

log = logging.getLogger(__name__)


@contextmanager
def scope(kind: str, checkpoint_dir: Path) -> Iterator[Path]:
    """What is built and fitted within is copied to every device, or to those of every worker.

    A batch is shared out among them; batch normalisation looks at each share by itself. Workers
    find each other by TF_CONFIG.

    Yields: where this process keeps checkpoints: `checkpoint_dir`, or a folder beside it on
        workers after the first, as all of them must save together. These keep no model and remove
        theirs once the training is whole, or it would be resumed by the next.
    Raises: UserError where TF_CONFIG is missing, its port is taken, or another worker is lost;
        checkpoints stay.
    """
    if kind == "none":
        yield checkpoint_dir
        return
    import tensorflow as tf

    if kind == "mirrored":
        with tf.distribute.MirroredStrategy().scope():
            yield checkpoint_dir
        return
    own = own_folder(checkpoint_dir)
    with _loss_of_a_worker_told(checkpoint_dir):
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
        except tf.errors.UnknownError as error:  # of gRPC, which says no more than this
            raise UserError(
                "this worker cannot listen at its address in TF_CONFIG: is the port in use? "
                f"({os.environ['TF_CONFIG']}: {error.message})"
            ) from None
        with strategy.scope():
            yield own
            # A worker that ended now would break what others are still computing. Those that are
            # gone by the end of this have had all steps, as this one has.
            with suppress(tf.errors.OpError):
                _gathered(strategy, tf.zeros([1, 1], tf.int64))
    if not keeps_results(kind):
        shutil.rmtree(own)


def own_folder(checkpoint_dir: Path) -> Path:
    """Where this worker keeps its checkpoints."""
    worker = worker_index()
    beside = checkpoint_dir.with_name(f"{checkpoint_dir.name}.worker{worker}")
    return beside if worker else checkpoint_dir


def keeps_results(kind: str) -> bool:
    """Whether this process saves the model and records its run: of several workers, the first."""
    return kind != "multi_worker" or not worker_index()


def devices(kind: str) -> int:
    """How many share out a batch within `scope(kind)`, those of all workers."""
    if kind == "none":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def agreed(kind: str, fingerprint: str, epochs: int) -> int:
    """The number of epochs after which all workers resume: what each has backed up, else none.

    Called by all of them, within `scope`. A worker that resumed alone would wait for ever in the
    middle of an epoch, or for steps that the others have behind them.

    Args: fingerprint: hexadecimal, of the training; epochs: backed up by this worker.
    Raises: UserError where workers are about to train something else.
    """
    if kind != "multi_worker":
        return epochs
    import tensorflow as tf

    own = tf.constant([[epochs, int(fingerprint[:15], 16)]], tf.int64)
    states = _gathered(tf.distribute.get_strategy(), own)
    backed_up, known_by = (set(column.tolist()) for column in states.T)
    if len(known_by) > 1:
        raise UserError(
            "the workers' settings, data or networks differ: give each the same commit, "
            "params.yaml and prepared data"
        )
    if len(backed_up) > 1:
        counts = ", ".join(map(str, sorted(backed_up)))
        log.info("workers have backed up %s epochs: all start from scratch", counts)
        return 0
    return epochs


def _gathered(strategy: Any, own: Any) -> np.ndarray:
    """Rows (1, n) of all workers as (workers, n); each waits for the others' here."""
    import tensorflow as tf

    values = strategy.experimental_distribute_values_from_function(lambda _: own)
    return tf.function(lambda: strategy.gather(values, axis=0))().numpy()


def trainer(kind: str, layers: Sequence[keras.Layer], input_shape: tuple) -> keras.Model:
    """`layers` in a row, as a model that can be fitted within `scope(kind)`."""
    row = keras.Sequential([keras.Input(input_shape), *layers])
    return row if kind == "none" else Distributed(row.inputs, row.outputs, kind=kind)


def local(network: keras.Model) -> keras.Model:
    """A copy that this process computes alone: what was built within `scope` asks all workers,
    who may have ended."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def shared_out(kind: str, batches: Any) -> Any:
    """A tf.data.Dataset of which each worker takes its share of every batch."""
    if kind == "none":
        return batches
    import tensorflow as tf

    options = tf.data.Options()
    # By files, as TensorFlow would, workers draw batches that one worker alone would not.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options)


def worker_index() -> int:
    """Which worker this process is, by TF_CONFIG; the first one is 0.

    Raises: UserError where it is not set, or does not say so.
    """
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        task, workers = config["task"], config["cluster"]["worker"]
        if task["type"] != "worker" or not 0 <= task["index"] < len(workers):
            raise KeyError("task")
    except (KeyError, TypeError, ValueError):
        raise UserError(
            'distribute: multi_worker needs TF_CONFIG on each worker, such as {"cluster": '
            '{"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}, '
            f"it is {os.environ.get('TF_CONFIG', 'not set')}"
        ) from None
    return task["index"]


class Distributed(keras.Model):
    """A functional model that `fit` trains as it would on one device, step for step."""

    def __init__(self, inputs, outputs, *, kind: str, **settings):
        super().__init__(inputs, outputs, **settings)
        self.has_workers = kind == "multi_worker"
        # Else Keras builds metrics from a first batch, which is then lost to training, and which
        # it cannot read where a worker holds a part of it: see `build_metrics`.
        self._distribute_strategy = None

    def compile(self, *args, **settings):
        super().compile(*args, **settings)
        self.optimizer.build(self.trainable_variables)

    def build_metrics(self, inputs: Any, targets: Any) -> None:
        """Makes the variables of metrics and loss; the batch is not trained on."""
        inputs, targets = map(keras.ops.convert_to_tensor, (inputs, targets))
        outputs = self(inputs)
        self.compute_loss(inputs, targets, outputs)
        self.compute_metrics(inputs, targets, outputs)
        self.reset_metrics()

    def train_step(self, data):
        return self._logs(super().train_step(data))

    def test_step(self, data):
        return self._logs(super().test_step(data))

    def _logs(self, logs):
        # Keras averages workers' logs along a first axis, which scalars do not have.
        return {
            name: keras.ops.reshape(value, (1,)) if self.has_workers else value
            for name, value in logs.items()
        }


@contextmanager
def _loss_of_a_worker_told(checkpoint_dir: Path) -> Iterator[None]:
    import tensorflow as tf

    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.InternalError,
    ) as error:
        raise UserError(
            "another worker was lost: start all workers again to resume after the last full epoch, "
            f"which is kept in {checkpoint_dir} ({type(error).__name__})"
        ) from None
