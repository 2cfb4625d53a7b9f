"""How a pipeline's script runs: logs on stderr, a user's mistake as one sentence."""

import inspect
import logging
import sys
from collections.abc import Callable

from fivenets.core.errors import UserError, reported


def run(main: Callable[..., None]) -> None:
    """Calls `main` with the words of the command line; its signature says which it takes."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for chatty in ("absl", "alembic", "mlflow"):  # TFDS logs each file that it opens through absl
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # TFDS warns of each folder that it has not filled yet.
    logging.getLogger("absl").addFilter(lambda record: "Variant folder" not in str(record.msg))
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # names files, and counts tracings
    script, *words = sys.argv
    with reported():
        try:
            inspect.signature(main).bind(*words)
        except TypeError:
            usage = " ".join(["python", script, *_arguments(main)])
            received = " ".join(words) or "no argument"
            raise UserError(f"expected `{usage}`, received {received}") from None
        main(*words)


def _arguments(main: Callable[..., None]) -> list[str]:
    """What `main` takes, in capitals; in brackets what may be left out."""
    words = []
    for name, parameter in inspect.signature(main).parameters.items():
        is_many = parameter.kind is parameter.VAR_POSITIONAL
        is_needed = parameter.default is parameter.empty and not is_many
        word = f"{name.upper()}{'...' if is_many else ''}"
        words.append(word if is_needed else f"[{word}]")
    return words
