"""What the stages and the registry ask of a task, in one shape.

What people ask of it is in modules named like its folder: its commands in `cli/` (`app`, a
`typer.Typer`), its tabs of the demo in `demo/` (`TABS`). They are found without its networks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.candidates import Candidate
from fivenets.core.listing import Listing

Rows = list[dict[str, float]]  # one for each epoch, with its seconds


class Log:
    """Where a model that is being made says how it goes; this one keeps nothing."""

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Takes the metrics of one epoch, counted from 0."""

    def log_image(self, image_rgb_uint8: np.ndarray, key: str, step: int) -> None:
        """Takes a picture (height, width, 3) of what has become of `key` by `step`."""


@dataclass(frozen=True)
class Making:
    """A model that is about to be made, and what is known of it before."""

    parameters: Mapping[str, Any]
    sources: Sequence[Any]  # what it is made from: an `Origin` of each
    make: Callable[[Log], Rows]  # leaves the model in its candidate's folder
    is_recorded: bool = True  # False: another worker keeps the model and its run


@dataclass(frozen=True)
class Service:
    """How a task's models are served, and what should be said of them."""

    script: str  # in runs/pyfunc: what MLflow runs to load one
    example: str  # the same: a picture that shows the form of a request; drawn
    use: str
    limits: str
    limits_of_builtin: str
    command: str  # what to type after `fivenets` to ask one, but for `--model`
    # In place of it, for models whose training had a parameter of this (name, value).
    commands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    pipeline: str | None = None  # what model hubs call it, where they have a word for it
    # Files that `script` reads beside the model: their names there, and in the candidate's tables.
    beside: Mapping[str, str] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()  # packages that it needs and other tasks do not
    pictures: int = 1  # in the example of a request
    # What 255 is to the network, which is exported; None: it cannot be, as what is asked of it is
    # gradients.
    white: float | None = 255.0
    tolerance: float = 1e-5  # of the largest output: how far an export's may be from Keras'
    options: Mapping[str, Any] = field(default_factory=dict)  # that a request may carry: an example

    def command_for(self, parameters: Mapping[str, Any]) -> str:
        """What to type after `fivenets`, to ask a model of a training with these parameters."""
        own = (line for (key, value), line in self.commands.items() if parameters.get(key) == value)
        return next(own, self.command)


@dataclass(frozen=True)
class Task:
    """One kind of model. What it cannot do is None."""

    name: str
    service: Service
    evaluate: Callable[[Candidate], dict[str, Any]]  # -> metrics; leaves pictures and tables
    train: Callable[[Candidate], Making] | None = None
    convert: Callable[[Candidate], Making] | None = None
    prepare: Callable[[Any, str, Path, Path], None] | None = None  # settings, source, out, raw
    listed: Callable[[Path], Listing] | None = None  # what `prepare` reads of a user's folder
    # The assets that a conversion prefers to what is built in, where they are available.
    better: tuple[str, ...] = ()
