"""How a registered classifier answers over HTTP, as MLflow serves it, to several clients at once.

    python benchmarks/serving.py [SECONDS] [CLIENTS] [MODEL]

Starts `mlflow models serve` on a free port of the loopback interface, lets each client ask about
one picture after another, and prints latencies, throughput and failed requests as one JSON object.
"""

import base64
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow

from fivenets.runs import tracking
from fivenets.runs.registry import PACKAGE

START_SECONDS = 180  # importing TensorFlow on a busy machine takes long


def main(seconds: str = "60", clients: str = "8", model: str = "signs-cnn@champion") -> None:
    picture = (PACKAGE / "pyfunc" / "example_sign.png").read_bytes()
    request = json.dumps({"inputs": [base64.b64encode(picture).decode()]})
    with served(model) as port:
        ask(http.client.HTTPConnection("127.0.0.1", port), request)  # the first traces the network
        milliseconds: list[float] = []
        failures: list[str] = []
        started = time.perf_counter()
        threads = [
            threading.Thread(
                target=client,
                args=(port, request, started + float(seconds), milliseconds, failures),
            )
            for _ in range(int(clients))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - started
    percentiles = statistics.quantiles(milliseconds, n=100)
    print(
        json.dumps(
            {
                "model": model,
                "clients": int(clients),
                "seconds": round(took, 1),
                "requests": len(milliseconds) + len(failures),
                "failed": len(failures),
                "failures": sorted(set(failures)),
                "per_second": round(len(milliseconds) / took, 1),
                "milliseconds": {
                    "median": round(percentiles[49], 1),
                    "p95": round(percentiles[94], 1),
                    "p99": round(percentiles[98], 1),
                    "longest": round(max(milliseconds), 1),
                },
                "cores": os.cpu_count(),
            },
            indent=2,
        )
    )


@contextmanager
def served(model: str) -> Iterator[int]:
    """The port at which MLflow serves a registered model; the server is gone at the end."""
    tracking.connect()
    uri = mlflow.get_tracking_uri()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["mlflow", "models", "serve", "--model-uri", f"models:/{model}", "--env-manager"]
    server = subprocess.Popen(
        [*words, "local", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "MLFLOW_TRACKING_URI": uri},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(server, port)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # with the workers that it has started
        server.wait()


def wait_for(server: subprocess.Popen, port: int) -> None:
    """Returns when the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with exit code {server.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the server does not answer after {START_SECONDS} s")


def client(
    port: int, request: str, until: float, milliseconds: list[float], failures: list[str]
) -> None:
    """Asks one request after another, over one connection that is opened again after a failure."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while (sent := time.perf_counter()) < until:
        try:
            ask(connection, request)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(f"{type(error).__name__}: {error}"[:200])
            connection.close()
        else:
            milliseconds.append(1000 * (time.perf_counter() - sent))


def ask(connection: http.client.HTTPConnection, request: str) -> None:
    """One request. Raises: ValueError where its answer is no label."""
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/invocations", request, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or "label" not in json.loads(answer)["predictions"][0]:
        raise ValueError(f"status {response.status}: {answer[:150]!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
