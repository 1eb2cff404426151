"""What only appears when somebody does something: each state is a function that leads a page there.

Give the page back to have it photographed and checked; set `scene.frame` where the chat's frame is what matters.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Frame, Page

from cxos.ops.screens.camera import Scene, State, until

AGENT, SUPERVISOR, ADMIN = "ana@example.com", "sam@example.com", "adi@example.com"
PATIENCE_MS = 10_000
STATES: dict[str, State] = {}
Lead = Callable[[Scene], Page]


def state(name: str) -> Callable[[Lead], Lead]:
    def keep(lead: Lead) -> Lead:
        STATES[name] = lead
        return lead

    return keep


def click(page: Page | Frame, selector: str) -> None:
    page.locator(selector).first.click(timeout=PATIENCE_MS)


# --- Signing in, and what goes wrong ----------------------------------------------------------------------------------


@state("login-refused")
def login_refused(scene: Scene) -> Page:
    page = scene.open("", "/login/", expecting=["422"])
    page.fill("#id_username", "nobody@example.com")
    page.fill("#id_password", "wrong")
    click(page, "button[type=submit]")
    page.wait_for_load_state()
    return page


@state("error-not-found")
def not_found(scene: Scene) -> Page:
    return scene.open(AGENT, "/workspace/c/987654/", expecting=["404"])


@state("error-not-allowed")
def not_allowed(scene: Scene) -> Page:
    return scene.open(AGENT, "/settings/", expecting=["403"])


@state("error-connection-lost")
def connection_lost(scene: Scene) -> Page:
    page = scene.open(
        AGENT,
        "/workspace/?tab=all",
        before=lambda page: page.route_web_socket("**/ws/live/", lambda socket: socket.close(code=1012)),
    )
    page.locator("#connection").wait_for(state="visible", timeout=PATIENCE_MS)
    return page


# --- The frame --------------------------------------------------------------------------------------------------------


@state("frame-palette")
def palette(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/")
    page.keyboard.press("Control+k")
    page.keyboard.type("the")
    page.locator("#palette[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("frame-shortcuts")
def shortcuts(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("?")
    page.locator("#shortcuts[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("frame-presence")
def presence(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/")
    click(page, ".presence-button")
    return page


@state("frame-toast")
def toast(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('toast', {detail: {message: 'Resolved.', tone: 'success', undo: '/x/'}}))"
    )
    page.locator("#toasts .toast").wait_for(timeout=PATIENCE_MS)
    return page


@state("frame-right-to-left")
def right_to_left(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/?tab=all", locale="ar")
    click(page, ".ws-row")
    page.locator("#thread").wait_for(timeout=PATIENCE_MS)
    return page


# --- The workspace ----------------------------------------------------------------------------------------------------


def conversation(scene: Scene, *, tab: str = "mine") -> Page:
    """Ana's latest conversation, open."""
    page = scene.open(AGENT, f"/workspace/?tab={tab}")
    click(page, ".ws-row")
    page.locator("#context").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-all")
def workspace_all(scene: Scene) -> Page:
    return conversation(scene, tab="all")


@state("workspace-note")
def workspace_note(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("n")
    page.keyboard.type("She asked for a call back after six. Her new address is in the record.")
    return page


@state("workspace-priority")
def workspace_priority(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("p")
    return page


@state("workspace-thread")
def workspace_thread(scene: Scene) -> Page:
    """On a phone this is the thread alone."""
    return conversation(scene)


# --- The supervisor ---------------------------------------------------------------------------------------------------


@state("supervisor-agent")
def supervisor_agent(scene: Scene) -> Page:
    page = scene.open(SUPERVISOR, "/supervisor/")
    click(page, "#sv-agents [hx-get*='/agents/']")
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("supervisor-television")
def supervisor_television(scene: Scene) -> Page:
    return scene.open(SUPERVISOR, "/supervisor/?tv=1")


# --- The chat ---------------------------------------------------------------------------------------------------------


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
