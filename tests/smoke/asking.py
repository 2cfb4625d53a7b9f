"""How a server on the loopback interface is started, waited for, and asked."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tiny import Clone


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def mlflow_server(clone: Clone, port: int, store: str, artifacts: Path) -> Iterator[str]:
    """MLflow's server on a database, and the address that it answers at; gone at the end."""
    words = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    where = ["--backend-store-uri", store, "--artifacts-destination", str(artifacts)]
    with clone.in_background(*words, *where):
        wait_until_it_answers(port, "/health")
        yield f"http://127.0.0.1:{port}"


def wait_until_it_answers(port: int, path: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), _connected(port, 5) as connection:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing answers on port {port}")


def predictions(port: int, body: dict) -> tuple[int, dict]:
    """Status and answer of a model behind MLflow's server."""
    headers = {"Content-Type": "application/json"}
    with _connected(port, 120) as connection:
        connection.request("POST", "/invocations", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def _connected(port: int, seconds: float) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=seconds))
