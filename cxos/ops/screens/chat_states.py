"""The states of the chat, on the page of the demo shop."""

from __future__ import annotations

from playwright.sync_api import Page

from cxos.ops.screens.camera import Scene, until
from cxos.ops.screens.states import PATIENCE_MS, click, state


def chat(scene: Scene, query: str = "") -> Page:
    """The demo shop with the chat open."""
    page = scene.open("", f"/demo/{query}")
    scene.whole = False
    until(page, "() => window.cxos?.ready")
    page.evaluate("window.cxos('open')")
    until(page, "() => frames.length > 0")
    scene.frame = next(frame for frame in page.frames if frame != page.main_frame)
    scene.frame.locator(".panel").wait_for(timeout=PATIENCE_MS)
    return page


@state("widget-home")
def widget_home(scene: Scene) -> Page:
    return chat(scene)


@state("widget-signed-in")
def widget_signed_in(scene: Scene) -> Page:
    return chat(scene, "?as=robin")


@state("widget-arabic")
def widget_arabic(scene: Scene) -> Page:
    return chat(scene, "?language=ar")


@state("widget-thread")
def widget_thread(scene: Scene) -> Page:
    """A visitor has written and waits in the queue."""
    page = chat(scene)
    assert scene.frame is not None
    click(scene.frame, ".card")
    for text in (
        "Hello, my router blinks orange since this morning.",
        "I have **already** restarted it: https://example.com/status",
    ):
        scene.frame.locator(".composer textarea").fill(text)
        scene.frame.locator(".composer textarea").press("Enter")
    scene.frame.locator(".message.own").nth(1).wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(1500)  # until the place in the queue is told
    return page


@state("widget-survey")
def widget_survey(scene: Scene) -> Page:
    page = widget_thread(scene)
    frame = scene.frame
    assert frame is not None
    click(frame, "[aria-haspopup=menu]")
    frame.get_by_role("menuitem", name="End conversation").click(timeout=PATIENCE_MS)
    click(frame, ".ask-end button")
    click(frame, ".survey .faces label:nth-child(4)")
    return page
