"""A real browser without a window, and a dashboard for it to look at."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 300
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1600,1900",
)  # fmt: skip


@contextmanager
def dashboard(log: Path) -> Iterator[str]:
    """Serve the page in a process of its own whose output goes to a file; yields its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "experiments", "dashboard", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=log.parent, env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield f"http://localhost:{port}/"
    finally:
        process.terminate()
        process.wait(60)


class Reader:
    """Somebody at the page.

    Skips the test where there is no Chromium. `folder` is for what the browser keeps.
    """

    def __init__(self, folder: Path) -> None:
        binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if binary is None or driver is None:
            pytest.skip("needs a browser: no chromium or no chromedriver in PATH (Debian: chromium, chromium-driver)")
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for option in (*OPTIONS, f"--user-data-dir={folder}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))

    def open(self, address: str) -> None:
        """Go to a page, allowed to read what it copies."""
        rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": address.rstrip("/")}
        self.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
        self.driver.get(address)

    def wait(self, until: Callable[[], object]) -> None:
        """Wait for something to hold."""
        WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.2).until(lambda _: until())

    def find(self, selector: str) -> list[WebElement]:
        """Parts of the page."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """What the first such part says; empty without one."""
        return str(self.driver.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def texts(self, selector: str) -> list[str]:
        """What all such parts say, whether they are in sight or have been scrolled away."""
        found = "return [...document.querySelectorAll(arguments[0])].map(part => part.textContent)"
        return list(self.driver.execute_script(found, selector))

    def press(self, label: str) -> None:
        """Press a button."""
        self.wait(lambda: [button for button in self._buttons(label) if button.is_enabled()])
        self._buttons(label)[0].click()

    def _buttons(self, label: str) -> list[WebElement]:
        return [button for button in self.find("button") if button.text.strip().lower() == label.lower()]

    def choose(self, label: str, value: str) -> None:
        """Choose from a list."""
        self._input(label).find_element(By.CSS_SELECTOR, ".v-select__slot").click()
        shown = ".menuable__content__active .v-list-item"
        self.wait(lambda: [item for item in self.find(shown) if item.text == value])
        next(item for item in self.find(shown) if item.text == value).click()
        self.wait(lambda: self._input(label).find_element(By.CSS_SELECTOR, ".v-select__selection").text == value)

    def tick(self, label: str) -> None:
        """Tick an empty box."""
        self._input(label).find_element(By.CSS_SELECTOR, ".v-input--selection-controls__input").click()
        box = "input[type=checkbox]"
        self.wait(lambda: self._input(label).find_element(By.CSS_SELECTOR, box).get_attribute("aria-checked") == "true")

    def write(self, label: str, text: str) -> None:
        """Replace the text of a field."""
        field = self._input(label).find_element(By.CSS_SELECTOR, "input")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text, Keys.ENTER)

    def slide(self, label: str, key: str) -> None:
        """Move a slider by a step, as by a key."""
        self._input(label).find_element(By.CSS_SELECTOR, "[role=slider]").send_keys(key)

    def _input(self, label: str) -> WebElement:
        return next(part for part in self.find(".v-input") if _label(part) == label)

    def copied(self) -> str:
        """What was copied last."""
        return str(self.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])"))

    def pictures(self, selector: str) -> list[str]:
        """Addresses of pictures that have been loaded."""
        return [
            str(image.get_attribute("src"))
            for image in self.find(f"{selector} img")
            if int(image.get_property("naturalWidth") or 0) > 0
        ]

    def complaints(self) -> list[str]:
        """Errors that the browser's console shows."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def elsewhere(self, address: str) -> set[str]:
        """What was asked of anybody but the page's own server and the browser itself."""
        asked = set()
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                asked.add(event["params"]["request"]["url"])
        return {url for url in asked if not url.startswith((address, f"blob:{address}", "data:", "chrome:"))}


def _label(part: WebElement) -> str:
    labels = part.find_elements(By.CSS_SELECTOR, "label")
    return labels[0].text if labels else ""


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """A browser for a while; what it keeps is thrown away with the folder."""
    found = Reader(folder)
    try:
        yield found
    finally:
        found.driver.quit()
