"""`bin/screens [--out DIR] [--only WORDS] [--theme light] [--no-empty]`: a few minutes; leaves no process behind."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from cxos.ops.chromium import ensure_chromium
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.screens import chat_states  # noqa: F401  its states are registered by being read
from cxos.ops.screens.album import write_album
from cxos.ops.screens.camera import Camera, Screen
from cxos.ops.screens.states import STATES
from cxos.ops.screens.studio import Studio, running_studio
from cxos.ops.vendor import ensure_vendor_files

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers and their folder go as well
    options.out.mkdir(parents=True, exist_ok=True)
    ensure_vendor_files()
    with running_studio() as studio, camera_of(studio, options) as camera:
        if not options.no_empty:
            look_at_pages(studio, camera, options, state="empty")
        studio.set_scene()
        screens = look_at_pages(studio, camera, options, state="full")
        states = look_at_states(camera, options)
    write_album(options.out, camera)
    figures = {
        "screens": len(screens) + states,
        "pictures": len(camera.pictures),
        "axe_serious": len(camera.axe_findings),
        "console_errors": len(camera.console_errors),
        "wider_than_phone": len(camera.overflows),
    }
    print(json.dumps(figures))
    return 1 if camera.axe_findings or camera.console_errors or camera.overflows else 0


def look_at_pages(studio: Studio, camera: Camera, options: argparse.Namespace, *, state: str) -> list[Screen]:
    """Every page there is now; an installation without data shows only those that need none."""
    if state == "empty":
        studio.manage("seed_scene", "--people")
    found = [Screen(row["name"], row["path"], row["as"]) for row in json.loads(studio.manage("list_screens"))]
    wanted = [screen for screen in found if is_wanted(f"{screen.name}-{state}", options)]
    for screen in wanted:
        camera.look(screen, state=state, thorough=state == "full")
    return wanted


def look_at_states(camera: Camera, options: argparse.Namespace) -> int:
    """Returns how many there were."""
    wanted = {name: state for name, state in STATES.items() if is_wanted(name, options)}
    for name, state in wanted.items():
        camera.play(name, state)
    return len(wanted)


def is_wanted(name: str, options: argparse.Namespace) -> bool:
    return any(words in name for words in options.only.split(","))


@contextmanager
def camera_of(studio: Studio, options: argparse.Namespace) -> Iterator[Camera]:
    path = ensure_chromium(whole=True)
    if path is None:
        raise CannotRun("There is no browser to look with. Install Chromium, or name one in CXOS_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        camera = Camera(
            browser, studio.url, options.out, themes=[options.theme] if options.theme else ["light", "dark"]
        )
        try:
            yield camera
        finally:
            browser.close()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/screens", description="Pictures and checks of every screen.")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "var" / "screens", help="folder of the pictures (var/screens)"
    )
    parser.add_argument(
        "--only", default="", help="only screens whose name holds one of these, such as settings-rules,widget"
    )
    parser.add_argument("--theme", choices=["light", "dark"], help="only this theme (both)")
    parser.add_argument("--no-empty", action="store_true", help="skip the look at the empty installation")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
