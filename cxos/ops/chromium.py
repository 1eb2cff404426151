"""The browser for tests, pictures and measurements: the machine's own Chromium, else one that is installed now."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cxos.ops.terminal import say, step

# The one without windows takes a fifth less time for the same pages; it sets letters to whole pixels, which nobody's does.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure_chromium(*, whole: bool = False) -> str | None:
    """Path of a Chromium; None, with a sentence said, when there is none and none could be installed.

    `whole`: one that draws pages as people see them, where there is one.
    """
    names = (*WHOLE, SHELL) if whole else (SHELL, *WHOLE)
    found = find_chromium(names)
    if found:
        return found
    with step("Installing Chromium"):
        if os.geteuid() == 0 and shutil.which("apt-get"):
            quietly("apt-get", "update")
            for package in ("chromium",) if whole else (SHELL, "chromium"):
                quietly("apt-get", "install", "--yes", "--no-install-recommends", package)
                if found := find_chromium(names):
                    return found
        quietly(sys.executable, "-m", "playwright", "install", "chromium")
        found = find_chromium(names)
    if found is None:
        say("No Chromium could be installed: the browser tests will be skipped. Install one, or set CXOS_CHROMIUM.")
    return found


def find_chromium(names: Sequence[str]) -> str | None:
    given = os.environ.get("CXOS_CHROMIUM")
    if given:
        return given
    for name in names:
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
