"""`bin/bench interaction`: how long after a key or click the page paints, in a real browser at a full desk.

An agent with fifty conversations, one of 5,000 lines, types, walks the list, opens the palette and changes tabs. Told is
what the browser measures itself (Event Timing: from the input to the next paint, in steps of 8 ms).
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from cxos.ops.bench.inbox import quantile
from cxos.ops.bench.population import add_options, populated_installation
from cxos.ops.bench.product import Product
from cxos.ops.chromium import ensure_chromium
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.screens.__main__ import ARGUMENTS
from cxos.ops.terminal import say
from cxos.ops.vendor import ensure_vendor_files

BENCH = True
PAINTS_MS = 100  # the goal
# Every input event with its time to the next paint; and how long the page was busy at a stretch.
OBSERVE = """() => {
  window.painted = [];
  window.busy = [];
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) {
    window.painted.push([one.interactionId, one.duration, one.processingEnd - one.processingStart]);
  } }).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.busy.push(one.duration); })
    .observe({ type: "longtask" });
}"""
# Waits for two frames and the browser's idle time, so that the entries of the last input are there.
TAKE = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(() => setTimeout(() => {
  const found = [window.painted, window.busy];
  [window.painted, window.busy] = [[], []];
  done(found);
}, 50)))))"""
# The conversation of the address stands on the page.
OPENED = "() => location.pathname.includes(`/c/${document.querySelector('.ws-conversation')?.dataset.conversation}/`)"


def main() -> int:
    options = parse(sys.argv[1:])
    ensure_vendor_files()
    with populated_installation(options) as installation:
        desk = json.loads(installation.manage("prepare_desk").splitlines()[-1])
        product = Product(installation, only={"web", "sockets"})
        try:
            product.start()
            with opened(product.url, desk) as page:
                measured = {name: measure(page, act, options.rounds) for name, act in ACTS.items()}
        finally:
            product.stop()
    print(json.dumps(summary(measured)))
    return 0


@contextmanager
def opened(url: str, desk: dict[str, str]) -> Iterator[Page]:
    path = ensure_chromium(whole=True)
    if path is None:
        raise CannotRun("There is no browser to measure in. Install Chromium, or name one in CXOS_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": desk["cookie"], "value": desk["value"], "url": url}])
        page = context.new_page()
        page.goto(desk["path"])
        page.wait_for_function(OPENED)
        page.evaluate(OBSERVE)
        yield page
        browser.close()


def measure(page: Page, act: Callable[[Page, int], None], rounds: int) -> dict[str, list[float]]:
    """ms to the next paint of each input, ms of script in it, ms the page was busy at a stretch (50 and more)."""
    found: dict[str, list[float]] = {"paint": [], "script": [], "busy": []}
    for number in range(rounds):
        act(page, number)
        painted, busy = page.evaluate(TAKE)
        by_input: dict[int, tuple[float, float]] = {}
        for input_id, duration, script in painted:
            longest, all_script = by_input.get(input_id, (0.0, 0.0))
            by_input[input_id] = max(longest, duration), all_script + script
        found["paint"] += [duration for duration, _ in by_input.values()]
        found["script"] += [script for _, script in by_input.values()]
        found["busy"] += busy
    return found


# --- What the agent does -------------------------------------------------------------------------------------------------


def typing(page: Page, number: int) -> None:
    page.locator("#composer-text").focus()
    page.keyboard.type("We have looked into it. ", delay=25)


def walking(page: Page, number: int) -> None:
    page.locator("#scroll").focus()
    before = page.url
    page.keyboard.press("k" if number % 10 == 9 else "j")
    page.wait_for_function("(before) => location.href !== before", arg=before)
    page.wait_for_function(OPENED)


def scrolling(page: Page, number: int) -> None:
    """Up the long thread, with a key."""
    page.locator("#scroll").focus()
    page.keyboard.press("PageUp")


def palette(page: Page, number: int) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").wait_for()
    page.keyboard.type("assign", delay=40)
    page.keyboard.press("Escape")


def tabs(page: Page, number: int) -> None:
    tab = page.locator("#list a.tab").nth((number + 1) % 3)
    tab.click()
    page.locator("#list a.tab[aria-current]").nth(0).wait_for()
    page.wait_for_function("() => !document.querySelector('#list.htmx-request, #list .htmx-settling')")


def selecting(page: Page, number: int) -> None:
    page.locator("#scroll").focus()
    page.keyboard.press("x")


ACTS: dict[str, Callable[[Page, int], None]] = {
    "typing": typing, "scrolling": scrolling, "palette": palette, "walking": walking, "selecting": selecting, "tabs": tabs,
}  # fmt: skip


def summary(measured: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    say(f"{'act':<14}inputs   p75 ms   worst ms   script ms   longest busy ms")
    for name, found in measured.items():
        paint = found["paint"] or [0.0]
        worst = f"{quantile(paint, 0.75):>8}{max(paint):>11.0f}{max(found['script'] or [0.0]):>12.0f}"
        say(f"{name:<13}{len(found['paint']):>7}{worst}{max(found['busy'] or [0.0]):>18.0f}")
    return {
        **{f"{name}_worst_ms": max(found["paint"] or [0.0]) for name, found in measured.items()},
        "paint_p75_ms": quantile([one for found in measured.values() for one in found["paint"]], 0.75),
        "over_goal": sum(one > PAINTS_MS for found in measured.values() for one in found["paint"]),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench interaction", description="From a key to the next paint.")
    add_options(parser)
    parser.set_defaults(conversations=5_000, customers=1_000)
    parser.add_argument("--rounds", type=int, default=20, help="times each act is done (20)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
