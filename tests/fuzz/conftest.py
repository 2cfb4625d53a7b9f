"""How many inputs each test of this folder gets: few and always the same in `make test`, by
`make fuzz` FUZZ_INPUTS that are new each time. How many there were is printed at the end."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from fivenets.core.errors import UserError

INPUTS_VARIABLE = "FUZZ_INPUTS"  # for each test; a test whose inputs are slow takes a part of them
counts: dict[str, int] = {}

settings.register_profile(
    "test",
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "fuzz",
    settings.get_profile("test"),
    max_examples=int(os.environ.get(INPUTS_VARIABLE, 1)),
    derandomize=False,
    phases=[Phase.generate, Phase.shrink],
    print_blob=True,
)
settings.load_profile("fuzz" if INPUTS_VARIABLE in os.environ else "test")


@pytest.fixture
def answer(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Calls a function: what it returns, or None where it refused in one line."""
    name = request.node.name

    def answer(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        counts[name] = counts.get(name, 0) + 1
        try:
            return function(*args, **kwargs)
        except UserError as error:
            sentence = str(error)
        except Exception as error:
            error.add_note(f"input: {args!r:.2000}")
            raise
        assert sentence
        assert "\n" not in sentence
        return None

    return answer


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if counts:
        each = ", ".join(
            f"{name.removeprefix('test_')} {count:,}" for name, count in counts.items()
        )
        terminalreporter.write_line(f"fuzz: {sum(counts.values()):,} inputs ({each})")
