"""How a registered classifier answers over HTTP, as MLflow serves it, to several clients at once.

    python benchmarks/serving.py [SECONDS] [CLIENTS] [MODEL] [kills]

Starts `mlflow models serve` on a free port of the loopback interface, lets each client ask about
one picture after another, and prints latencies, throughput and failed requests as one JSON object.
With `kills`, every fourth request is a bad one, each answer is compared with that to the same
request before, and one of two workers is killed every minute; those that the server itself has
given up are counted as well.
"""

import base64
import http.client
import io
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
import psutil
from PIL import Image, ImageOps

from fivenets.runs import tracking
from fivenets.runs.exporting import PYFUNC

GOOD = (True,) * 6 + (False,) * 4  # of all requests, which are answered
CUT_OFF = ("RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "IncompleteRead")
AFTER_KILL = 10  # seconds in which a connection may be cut off
START_SECONDS = 600  # importing TensorFlow on a busy machine takes long
# Seconds without an answer after which uvicorn replaces a worker; why: docs/serving.md
PATIENCE = {"UVICORN_TIMEOUT_WORKER_HEALTHCHECK": "20"}


def main(
    seconds: str = "60", clients: str = "8", model: str = "signs-cnn@champion", kills: str = ""
) -> None:
    example = (PYFUNC / "example_sign.png").read_bytes()
    requests = [request(example), *(others(example) if kills else ())]
    with served(model, workers=2 if kills else 1) as (port, server, log):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        expected = [(body, *answer(connection, body)) for body in requests]  # the first traces it
        if any(
            (status == 200) != is_good
            for (_, status, _), is_good in zip(expected, GOOD, strict=False)
        ):
            raise SystemExit(f"not as expected: {[(status, text) for _, status, text in expected]}")
        milliseconds: list[float] = []
        failures: list[tuple[float, str]] = []
        started = time.perf_counter()
        until = started + float(seconds)
        threads = [
            threading.Thread(target=client, args=(port, expected, until, milliseconds, failures, n))
            for n in range(int(clients))
        ]
        killed: list[float] = []
        megabytes: list[int] = []
        if kills:
            threads.append(
                threading.Thread(target=kill_workers, args=(server, until, killed, megabytes))
            )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - started
        replaced = len(re.findall(r"Child process \[\d+\] died", log.read_text()))
    cut = [
        (at, failure)
        for at, failure in failures
        if failure.startswith(CUT_OFF) and any(0 <= at - kill < AFTER_KILL for kill in killed)
    ]
    percentiles = statistics.quantiles(milliseconds, n=100)
    about = {
        "killed_workers": len(killed),
        "replaced_workers": replaced,
        "cut_off_by_a_kill": len(cut),
        "megabytes_of_all_processes_each_minute": megabytes,
    }
    print(
        json.dumps(
            {
                "model": model,
                "clients": int(clients),
                "seconds": round(took, 1),
                "requests": len(milliseconds) + len(failures),
                "failed": len(failures) - len(cut),
                "failures": sorted({failure for _, failure in {*failures} - {*cut}}),
                **(about if kills else {}),
                "per_second": round(len(milliseconds) / took, 1),
                "milliseconds": {
                    "median": round(percentiles[49], 1),
                    "p95": round(percentiles[94], 1),
                    "p99": round(percentiles[98], 1),
                    "longest": round(max(milliseconds), 1),
                },
                "cores": os.cpu_count(),
                "load_average": [round(load, 1) for load in os.getloadavg()],
            },
            indent=2,
        )
    )


def request(picture: bytes) -> str:
    return json.dumps({"inputs": [base64.b64encode(picture).decode()]})


def others(picture: bytes) -> list[str]:
    """As GOOD says: pictures with other answers, and what should be refused."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    changed = [image.rotate(angle) for angle in (90, 180, 270)]
    changed += [ImageOps.invert(image), image.resize((300, 200))]
    streams = [io.BytesIO() for _ in changed]
    for one, stream in zip(changed, streams, strict=True):
        one.save(stream, "PNG")
    bad = [json.dumps({"inputs": ["/etc/passwd"]}), request(picture[:200])]
    return [*(request(stream.getvalue()) for stream in streams), *bad, "{", "[]"]


def kill_workers(
    server: subprocess.Popen, until: float, killed: list[float], megabytes: list[int]
) -> None:
    """Kills one of the workers every minute, the last one not in the last half of one."""
    while (left := until - time.perf_counter()) > 0:
        time.sleep(min(60, left))
        workers, taken = [], 0
        for one in psutil.Process(server.pid).children(recursive=True):
            with suppress(psutil.Error):  # gone by now
                taken += one.memory_info().rss
                workers += [one] * ("spawn_main" in " ".join(one.cmdline()))
        megabytes.append(taken // 2**20)
        if workers and until - time.perf_counter() > 30:
            random.choice(workers).kill()
            killed.append(time.perf_counter())


@contextmanager
def served(model: str, workers: int = 1) -> Iterator[tuple[int, subprocess.Popen, Path]]:
    """Port, process and log of MLflow's server of a registered model; it is gone at the end."""
    tracking.connect()
    uri = mlflow.get_tracking_uri()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["mlflow", "models", "serve", "--model-uri", f"models:/{model}", "--env-manager"]
    words += ["local", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryDirectory(prefix="fivenets-serving-") as folder:
        log = Path(folder, "log")
        with log.open("w") as stream:
            server = subprocess.Popen(
                words,
                env={**os.environ, **PATIENCE, "MLFLOW_TRACKING_URI": uri},
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        try:
            wait_for(server, port)
            yield port, server, log
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
    port: int,
    expected: list[tuple[str, int, str]],
    until: float,
    milliseconds: list[float],
    failures: list[tuple[float, str]],
    seed: int,
) -> None:
    """Asks one request after another, over one connection that is opened again after a failure.

    Args: expected: requests, each with the status and the text of its answer.
    """
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    good, bad = expected[:6], expected[6:]
    while (sent := time.perf_counter()) < until:
        body, *wanted = chance.choice(bad if bad and chance.random() < 0.25 else good)
        try:
            status, text = answer(connection, body)
            if (status, text) != tuple(wanted):
                raise ValueError(f"another answer than before: {status} {text[:120]}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append((time.perf_counter(), f"{type(error).__name__}: {error}"[:200]))
            connection.close()
        else:
            milliseconds.append(1000 * (time.perf_counter() - sent))


def answer(connection: http.client.HTTPConnection, body: str) -> tuple[int, str]:
    """Status and text of the answer to one request, numbers with four decimals."""
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read().decode()
    return response.status, re.sub(r"\d\.\d+(e-\d+)?", lambda n: f"{float(n[0]):.4f}", text)


if __name__ == "__main__":
    main(*sys.argv[1:])
