"""How a pipeline's script runs: logs on stderr, a user's mistake as one sentence."""

import logging
import sys
from collections.abc import Callable

from fivenets.core.errors import reported


def run(main: Callable[..., None]) -> None:
    """Calls `main` with the words of the command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for chatty in ("absl", "alembic", "mlflow"):  # TFDS logs each file that it opens through absl
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with reported():
        main(*sys.argv[1:])
