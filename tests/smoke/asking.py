"""How a server on the loopback interface is waited for, and asked."""

import contextlib
import http.client
import json
import socket
import time


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


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
