"""The page in Chromium, as a user works it: slow, and needs selenium and Chromium.

With FIVENETS_SCREENSHOTS set, pictures of what was seen are left in that folder.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fivenets.demo import faces

pytest.importorskip("gradio")
pytest.importorskip("selenium")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.smoke,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PROJECT = Path(os.environ.get("FIVENETS_PROJECT", Path(__file__).parents[2]))  # with an mlflow.db
SECONDS = 120


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the demo answers, with the models that are registered in PROJECT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = "import sys; from fivenets.cli import main; sys.argv[0] = 'fivenets'; main()"
    words = [sys.executable, "-c", command, "demo", "--port", str(port)]
    with subprocess.Popen(words, cwd=PROJECT) as server:
        url = f"http://127.0.0.1:{port}"
        for _ in range(SECONDS * 10):
            try:
                urllib.request.urlopen(f"{url}/config").close()
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        yield url
        server.terminate()


@pytest.fixture
def browser(address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    from selenium import webdriver  # pyright: ignore[reportMissingImports]

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for word in ("--headless", "--no-sandbox", "--window-size=1300,1100"):
        options.add_argument(word)
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.implicitly_wait(SECONDS)
    driver.get(address)
    yield driver
    folder = os.environ.get("FIVENETS_SCREENSHOTS")
    if folder:
        driver.save_screenshot(str(Path(folder, f"{request.node.name}.png")))
    driver.quit()


def seen(browser: Any, path: str) -> Any:
    """The first element of this XPath that is shown."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        shown = [one for one in browser.find_elements("xpath", path) if one.is_displayed()]
        if shown:
            return shown[0]
        time.sleep(0.2)
    raise AssertionError(f"never shown: {path}")


def choose(browser: Any, tab: str, *examples: int) -> None:
    """Opens a tab and takes the first picture of each of these lists of examples."""
    seen(browser, f"//button[@role='tab'][contains(., '{tab}')]").click()
    seen(browser, "//*[contains(@class, 'thumbnail-item')]")
    galleries = [
        one
        for one in browser.find_elements(
            "xpath", "//*[contains(@class, 'grid-container')][.//button]"
        )
        if one.is_displayed()
    ]
    for index in examples:
        galleries[index].find_element("xpath", ".//button").click()
        time.sleep(1)


def test_classify(browser: Any) -> None:
    choose(browser, "Classify", 0)
    seen(browser, "//*[contains(text(), '%')]")


def test_detect(browser: Any) -> None:
    choose(browser, "Detect", 0)
    seen(browser, "//button[text()='Detect'][not(@role='tab')]").click()
    seen(browser, "//*[self::td or @role='gridcell'][contains(., '0.')]")


def test_verify(browser: Any) -> None:
    choose(browser, "Verify", 0, 1)
    seen(browser, "//button[text()='Compare']").click()
    seen(browser, "//*[contains(text(), 'distance')][contains(., 'threshold')]")


def test_a_missing_picture_is_said(browser: Any) -> None:
    choose(browser, "Verify")
    seen(browser, "//button[text()='Compare']").click()
    seen(browser, "//*[contains(text(), 'a picture is missing')]")


def test_identify(browser: Any) -> None:
    choose(browser, "Identify", 0)
    known = faces.SECOND.pictures(PROJECT / "data" / "raw")[0][0]  # the one that is asked for
    upload = "//input[@type='file'][@multiple]"  # of all the page's, the gallery's only
    browser.find_element("xpath", upload).send_keys(str(known))
    time.sleep(2)
    seen(browser, "//button[text()='Identify'][not(@role='tab')]").click()
    seen(browser, "//*[contains(., 'picture 1')][contains(., 'nearest is')][contains(., '0.0')]")


def test_stylize_is_watched_and_stopped(browser: Any) -> None:
    choose(browser, "Stylize", 0, 1)
    seen(browser, "//button[text()='Paint']").click()
    seen(browser, "//*[contains(text(), 'iteration ')][contains(., 'style loss')]")
    seen(browser, "//button[text()='Stop']").click()
