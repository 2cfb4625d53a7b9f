"""Training on several devices or machines (tf.distribute), and what to do when one is lost."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fivenets.errors import UserError

KINDS = ("none", "mirrored", "multi_worker")


@contextmanager
def scope(kind: str, checkpoint_dir: Path) -> Iterator[Path]:
    """Models made within are copied to every device: `mirrored`, or to those of every worker.

    The global batch is shared out. Workers find each other by TF_CONFIG.

    Yields: where to keep checkpoints: `checkpoint_dir` itself on the first worker, a folder
        beside it on the others, as all must write what they hold together.
    Raises: UserError where TF_CONFIG is missing, or another worker is lost. What the last full
        epoch left in `checkpoint_dir` stays.
    """
    if kind == "none":
        yield checkpoint_dir
        return
    import tensorflow as tf

    if kind == "mirrored":
        with tf.distribute.MirroredStrategy().scope():
            yield checkpoint_dir
        return
    worker = worker_index()
    # op determinism must not be changed by it; NCCL is chosen on GPUs by the strategy itself.
    with _loss_of_a_worker_told(checkpoint_dir):
        with tf.distribute.MultiWorkerMirroredStrategy().scope():
            yield checkpoint_dir if worker == 0 else checkpoint_dir.with_name(
                f"{checkpoint_dir.name}.worker{worker}"
            )


def worker_index() -> int:
    """Which worker this process is, by TF_CONFIG."""
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        task, workers = config["task"], config["cluster"]["worker"]
        if task["type"] != "worker" or not 0 <= task["index"] < len(workers):
            raise KeyError("task")
    except (KeyError, TypeError, ValueError):
        raise UserError(
            'distribute: multi_worker needs TF_CONFIG on each worker, such as {"cluster": '
            '{"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}, '
            f"it is {os.environ.get('TF_CONFIG')!r}"
        ) from None
    return task["index"]


@contextmanager
def _loss_of_a_worker_told(checkpoint_dir: Path) -> Iterator[None]:
    import tensorflow as tf

    lost = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
    try:
        yield
    except (*lost, tf.errors.InternalError, tf.errors.DeadlineExceededError) as error:
        raise UserError(
            "another worker was lost; start all workers again to go on from the last full epoch, "
            f"kept in {checkpoint_dir} ({str(error.message).partition(chr(10))[0][:120]})"
        ) from None
