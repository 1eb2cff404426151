"""One browser that signs people in, opens screens, takes pictures and notes what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Frame, Page

from cxos.demo.people import PASSWORD

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
TALLEST = 2600
SETTLE_MS = 8_000
CONTRASTED = ("ui-", "workspace-thread", "supervisor-full")  # looked at with more contrast, too
SERIOUS = {"serious", "critical"}
WIDER = """() => Math.max(
    document.documentElement.scrollWidth - innerWidth,
    ...[...document.querySelectorAll(".main, .page")].map((part) => part.scrollWidth - part.clientWidth))"""
# How much of the page's own scrolling part does not fit.
HIDDEN = """() => { const part = document.querySelector(".main > .page") ?? document.documentElement;
    const around = part.closest(".main") ?? part; return around.scrollHeight - around.clientHeight; }"""
SETTLED = """() => !document.querySelector(".htmx-request, .main .skeleton") && document.fonts.status === "loaded" """


@dataclass(frozen=True)
class Screen:
    """A whole page and who looks at it; `email` "" is a stranger."""

    name: str
    path: str
    email: str


State = Callable[["Scene"], Page | None]


class Camera:
    """`themes`: which of light and dark to look at."""

    def __init__(self, browser: Browser, url: str, folder: Path, *, themes: Sequence[str]) -> None:
        self.pictures: list[str] = []
        self.axe_findings: list[str] = []
        self.console_errors: list[str] = []
        self.overflows: list[str] = []
        self.themes = themes
        self._browser = browser
        self._url = url
        self._folder = folder
        self._cookies: dict[str, Any] = {"": []}
        self._deaf = False

    # --- Pages --------------------------------------------------------------------------------------------------------

    def look(self, screen: Screen, *, state: str, thorough: bool) -> None:
        """Pictures and checks of one address. Not thorough: one theme and the desk only."""
        context = self.sit_down(screen.email)
        name = f"{screen.name}-{state}"
        try:
            page = self.watched(context, name)
            hide_offers(page)
            page.goto(screen.path)
            self.check(page, name, themes=self.themes if thorough else self.themes[:1], phone=thorough)
        except Error as problem:
            self.complain(self.console_errors, f"{name}: {problem.message.splitlines()[0]}")
        finally:
            context.close()

    def play(self, name: str, state: State) -> None:
        """A state that needs somebody to do something first."""
        scene = Scene(self, name)
        try:
            page = state(scene)
            if page is not None:
                self.check(page, name, themes=self.themes, phone=True, frame=scene.frame, whole=scene.whole)
        except Error as problem:
            self.complain(self.console_errors, f"{name}: {problem.message.splitlines()[0]}")
        finally:
            for context in scene.contexts:
                context.close()

    # --- Checks -------------------------------------------------------------------------------------------------------

    def check(
        self,
        page: Page,
        name: str,
        *,
        themes: Sequence[str],
        phone: bool,
        frame: Frame | None = None,
        whole: bool = True,
    ) -> None:
        """Each theme at the desk, then the phone."""
        settle(page)
        if whole:
            grow(page)
        for theme in themes:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            self.take(page, f"{name}-{theme}")
            self.look_for_barriers(frame or page, f"{name}-{theme}")
        if phone and name.startswith(CONTRASTED):
            page.emulate_media(color_scheme="light", contrast="more")
            self.take(page, f"{name}-contrast")
            self.look_for_barriers(frame or page, f"{name}-contrast")
            page.emulate_media(contrast="no-preference")
        if phone:
            page.emulate_media(color_scheme=themes[0])  # type: ignore[arg-type]
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            settle(page)
            self.measure(page, name)
            self.take(page, f"{name}-phone")

    def take(self, page: Page, name: str) -> None:
        page.screenshot(path=self._folder / f"{name}.png", animations="disabled")
        self.pictures.append(name)
        sys.stderr.write(f"  {name}\n")

    def look_for_barriers(self, page: Page | Frame, name: str) -> None:
        """axe-core's serious and critical findings. It writes styles of its own, which the policy refuses: not heard."""
        self._deaf = True
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {preload: false, resultTypes: ['violations']})")["violations"]
        self._deaf = False
        for one in found:
            if one["impact"] in SERIOUS:
                places = ", ".join(str(node["target"]) for node in one["nodes"][:3])
                self.complain(self.axe_findings, f"{name}: {one['id']} at {places}")

    def measure(self, page: Page, name: str) -> None:
        if (pixels := page.evaluate(WIDER)) > 0:
            self.complain(self.overflows, f"{name}: {pixels} px wider than {PHONE['width']} px")

    def complain(self, where: list[str], sentence: str) -> None:
        where.append(sentence)
        print(sentence, flush=True)

    # --- People -------------------------------------------------------------------------------------------------------

    def sit_down(self, email: str, **options: Any) -> BrowserContext:
        """A browser of their own for somebody, signed in; `email` "" stays a stranger."""
        if email not in self._cookies:
            self._cookies[email] = self._sign_in(email)
        context = self._browser.new_context(
            **{
                "base_url": self._url, "viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce",
                "color_scheme": self.themes[0], **options,
            }
        )  # fmt: skip
        context.add_cookies(self._cookies[email])
        return context

    def watched(self, context: BrowserContext, name: str, *, expecting: Sequence[str] = ()) -> Page:
        """A page whose errors count, but those that hold one of the words in `expecting`."""
        page = context.new_page()

        def hear(text: str) -> None:
            if not self._deaf and not any(words in text for words in expecting):
                self.complain(self.console_errors, f"{name}: {text}")

        def listen(line: ConsoleMessage) -> None:
            if line.type == "error":
                hear(f"{line.text} {line.location.get('url', '')}")

        page.on("console", listen)
        page.on("pageerror", lambda error: hear(str(error)))
        return page

    def _sign_in(self, email: str) -> Any:
        context = self._browser.new_context(base_url=self._url)
        try:
            page = context.new_page()
            page.goto("/login/")
            page.fill("#id_username", email)
            page.fill("#id_password", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login/" not in url)
            return context.cookies()
        finally:
            context.close()


class Scene:
    """What a state needs: pages of people, and the chat's frame if there is one."""

    def __init__(self, camera: Camera, name: str) -> None:
        self.contexts: list[BrowserContext] = []
        self.frame: Frame | None = None
        self.offers = False  # whether an offer lies on the page
        self.whole = True  # shown to its end, also when it is longer than the desk
        self._camera = camera
        self._name = name

    def open(
        self,
        email: str,
        path: str,
        *,
        expecting: Sequence[str] = (),
        before: Callable[[Page], None] | None = None,
        **options: Any,
    ) -> Page:
        """A page of theirs, settled. `before` gets it before it goes anywhere."""
        context = self._camera.sit_down(email, **options)
        self.contexts.append(context)
        page = self._camera.watched(context, self._name, expecting=expecting)
        if not self.offers:
            hide_offers(page)
        if before:
            before(page)
        page.goto(path)
        settle(page)
        return page


def hide_offers(page: Page) -> None:
    """The card of an offer lies over whatever page one is on; one picture of it is enough."""
    page.route("**/workspace/offers/", lambda route: route.fulfill(status=204))


def settle(page: Page) -> None:
    """Until nothing is being fetched any more; what polls for ever is not waited for."""
    try:
        page.wait_for_load_state("networkidle", timeout=SETTLE_MS)
    except Error:
        pass  # the picture shows it, and the checks run all the same
    until(page, SETTLED)


def until(page: Page, condition: str) -> bool:
    """Whether the condition, a function, came true. Asked again and again: the page's policy forbids it to wait itself."""
    for _ in range(SETTLE_MS // 100):
        if page.evaluate(condition):
            return True
        page.wait_for_timeout(100)
    return False


def grow(page: Page) -> None:
    """A page longer than the desk is shown whole, within reason."""
    hidden = page.evaluate(HIDDEN)
    if hidden > 0:
        page.set_viewport_size({"width": DESK["width"], "height": min(TALLEST, DESK["height"] + hidden)})
        settle(page)
