"""The browser for the browser tests: the machine's own Chromium, else one that is installed now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cxos.ops.terminal import say, step

# The one without windows first: it takes a fifth less time for the same pages.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium-headless-shell", "chromium")


def ensure_chromium() -> str | None:
    """Path of a Chromium; None, with a sentence said, when there is none and none could be installed."""
    found = find_chromium()
    if found:
        return found
    with step("Installing Chromium"):
        if os.geteuid() == 0 and shutil.which("apt-get"):
            quietly("apt-get", "update")
            for package in PACKAGES:
                quietly("apt-get", "install", "--yes", "--no-install-recommends", package)
                if found := find_chromium():
                    break
        if found is None:
            quietly(sys.executable, "-m", "playwright", "install", "chromium")
            found = find_chromium()
    if found is None:
        say("No Chromium could be installed: the browser tests will be skipped. Install one, or set CXOS_CHROMIUM.")
    return found


def find_chromium() -> str | None:
    given = os.environ.get("CXOS_CHROMIUM")
    if given:
        return given
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return downloaded_chromium()


def downloaded_chromium() -> str | None:
    """The browser that `playwright install` fetched, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def quietly(*command: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
