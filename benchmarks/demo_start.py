"""How long after its start the demo's page can be used, in a browser that is open already.

    python benchmarks/demo_start.py [REPEATS]

Starts `fivenets demo` in this folder, opens the page in headless Chromium as soon as the port
answers, and takes a page for interactive when a click on its second tab has shown what is in it.
Prints medians of seconds since the start of the process as one JSON object. Needs the extra
`demo`, selenium, and Debian's chromium and chromium-driver.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

DEMO = "import sys; from fivenets.cli import main; sys.argv[0] = 'fivenets'; main()"
LONGEST = 120  # seconds
# Opens the second tab, and says whether what is in it can be seen.
USE = """
const tab = document.querySelectorAll("button[role=tab]")[1];
if (!tab) return false;
tab.click();
const shown = [...document.querySelectorAll("input[type=range]")].filter((e) => e.offsetParent);
return tab.getAttribute("aria-selected") === "true" && shown.length > 0;
"""


def main(repeats: str = "5") -> None:
    with contextlib.closing(Browser()) as browser:
        measured = [start(browser) for _ in range(int(repeats))]
    seconds = {
        moment: round(statistics.median(one[moment] for one in measured), 2)
        for moment in ("listening", "answering", "interactive")
    }
    slowest = round(max(one["interactive"] for one in measured), 2)
    print(
        json.dumps(
            {
                "repeats": len(measured),
                "seconds": seconds,
                "slowest_interactive": slowest,
                "cores": os.cpu_count(),
            },
            indent=2,
        )
    )


class Browser:
    """Headless Chromium."""

    def __init__(self) -> None:
        from selenium import webdriver  # pyright: ignore[reportMissingImports]

        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        options.page_load_strategy = "none"
        for word in ("--headless", "--no-sandbox", "--window-size=1300,1100"):
            options.add_argument(word)
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver: Any = webdriver.Chrome(options, service)

    def close(self) -> None:
        self.driver.quit()


def start(browser: Browser) -> dict[str, float]:
    """Seconds from the start of one demo to each of its moments; the demo is gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    browser.driver.get("about:blank")
    began = time.perf_counter()

    def when(moment: Callable[[], bool]) -> float:
        while not moment():
            if time.perf_counter() - began > LONGEST:
                raise SystemExit(f"the page cannot be used after {LONGEST} s")
            time.sleep(0.02)
        return time.perf_counter() - began

    process = subprocess.Popen(
        [sys.executable, "-c", DEMO, "demo", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        moments = {"listening": when(lambda: listens(port))}
        browser.driver.get(f"http://127.0.0.1:{port}")
        moments["answering"] = when(
            lambda: browser.driver.execute_script("return document.title") == "fivenets"
        )
        moments["interactive"] = when(lambda: browser.driver.execute_script(USE))
        return moments
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
