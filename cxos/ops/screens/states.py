"""What only appears when somebody does something: each state is a function that leads a page there.

Give the page back to have it photographed and checked; set `scene.frame` where the chat's frame is what matters.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Frame, Page

from cxos.ops.screens.camera import Scene, State

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
    page.locator("#palette:popover-open").wait_for(timeout=PATIENCE_MS)
    page.locator("#palette mark").first.wait_for(timeout=PATIENCE_MS)  # what the server found
    return page


@state("frame-notifications")
def notifications(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/")
    click(page, ".no-bell")
    page.locator("#notices li").first.wait_for(timeout=PATIENCE_MS)
    return page


@state("frame-me")
def me(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/")
    click(page, ".me-button")
    return page


@state("search-found")
def search_found(scene: Scene) -> Page:
    return scene.open(AGENT, "/search/?q=routr")


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


@state("supervisor-right-to-left")
def supervisor_right_to_left(scene: Scene) -> Page:
    return scene.open(SUPERVISOR, "/supervisor/", locale="ar")


@state("settings-right-to-left")
def settings_right_to_left(scene: Scene) -> Page:
    return scene.open(ADMIN, "/settings/", locale="ar")


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


@state("workspace-status")
def workspace_status(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("s")
    page.get_by_role("menuitem", name="Merge into").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-merge")
def workspace_merge(scene: Scene) -> Page:
    page = workspace_status(scene)
    page.get_by_role("menuitem", name="Merge into").click(timeout=PATIENCE_MS)
    page.locator("#ws-merge[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-macros")
def workspace_macros(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("m")
    page.locator("#ws-macros[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-why-not")
def workspace_why_not(scene: Scene) -> Page:
    page = conversation(scene)
    page.get_by_role("button", name="Why nobody else?").click(timeout=PATIENCE_MS)
    page.locator("#ws-why-not[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-call-back")
def workspace_call_back(scene: Scene) -> Page:
    page = conversation(scene)
    click(page, '#head [data-key="y"]')
    page.locator("#ws-call-back[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-thread")
def workspace_thread(scene: Scene) -> Page:
    """On a phone this is the thread alone."""
    return conversation(scene)


@state("workspace-offer")
def workspace_offer(scene: Scene) -> Page:
    scene.offers = True
    page = conversation(scene)
    page.locator("#offers .offer").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-bulk")
def workspace_bulk(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/?tab=all")
    for place in range(3):
        page.locator(".ws-check .checkbox").nth(place).check(force=True, timeout=PATIENCE_MS)
    page.locator("#ws-bulk").wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-filter")
def workspace_filter(scene: Scene) -> Page:
    page = scene.open(AGENT, "/workspace/?tab=all")
    page.keyboard.press("f")
    page.locator(".wf-group").first.wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-snippets")
def workspace_snippets(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("r")
    page.locator("#composer-text").press_sequentially("/")
    page.locator("[role=listbox] [role=option]").first.wait_for(timeout=PATIENCE_MS)
    return page


@state("workspace-about")
def workspace_about(scene: Scene) -> Page:
    """What stands beside the thread, on a screen too narrow for both."""
    page = conversation(scene)
    page.set_viewport_size({"width": 900, "height": 900})
    click(page, ".ws-about")
    return page


# --- The supervisor ---------------------------------------------------------------------------------------------------


@state("supervisor-agent")
def supervisor_agent(scene: Scene) -> Page:
    page = scene.open(SUPERVISOR, "/supervisor/")
    click(page, "#sv-agents .sv-agent-name")
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("supervisor-assign")
def supervisor_assign(scene: Scene) -> Page:
    page = scene.open(SUPERVISOR, "/supervisor/")
    click(page, "#sv-waiting .sv-work-end .button")
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("supervisor-threshold")
def supervisor_threshold(scene: Scene) -> Page:
    page = scene.open(SUPERVISOR, "/supervisor/alerts/")
    click(page, ".page-actions .button")
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("supervisor-television")
def supervisor_television(scene: Scene) -> Page:
    return scene.open(SUPERVISOR, "/supervisor/?tv=1")


# --- Cases, customers, settings ---------------------------------------------------------------------------------------


@state("cases-solve")
def cases_solve(scene: Scene) -> Page:
    page = scene.open(AGENT, "/cases/")
    click(page, ".row-link")
    page.wait_for_load_state()
    page.get_by_role("button", name="Solve").click(timeout=PATIENCE_MS)
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("customers-edit")
def customers_edit(scene: Scene) -> Page:
    page = scene.open(AGENT, "/customers/")
    click(page, ".row-link")
    page.wait_for_load_state()
    page.get_by_role("button", name="Edit").click(timeout=PATIENCE_MS)
    page.locator("dialog[open]").wait_for(timeout=PATIENCE_MS)
    return page


@state("settings-channels-new-webchat")
def new_web_chat(scene: Scene) -> Page:
    return scene.open(ADMIN, "/settings/channels/new/?kind=webchat")


@state("settings-queues-refused")
def queue_refused(scene: Scene) -> Page:
    page = scene.open(ADMIN, "/settings/queues/new/", expecting=["422"])
    page.locator("form.form, form.stack, .main form").first.evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Save").first.click(timeout=PATIENCE_MS)
    page.wait_for_load_state()
    return page


@state("settings-try-told")
def message_tried(scene: Scene) -> Page:
    page = scene.open(ADMIN, "/settings/try/")
    page.fill("#id_text", "My invoice is wrong, I was charged twice!")
    click(page, "#try-form button[type=submit]")
    page.locator("#tried > *").first.wait_for(timeout=PATIENCE_MS)
    return page


@state("settings-rules-tried")
def rule_tried(scene: Scene) -> Page:
    page = scene.open(ADMIN, "/settings/rules/")
    click(page, ".st-rules a")
    page.wait_for_load_state()
    page.get_by_role("button", name="Try the newest messages").click(timeout=PATIENCE_MS)
    page.locator(".st-tried li").first.wait_for(timeout=PATIENCE_MS)
    return page


# --- What changes the workspace comes last ------------------------------------------------------------------------------


@state("workspace-wrap-up")
def workspace_wrap_up(scene: Scene) -> Page:
    page = conversation(scene)
    page.keyboard.press("e")
    page.locator(".ws-wrap").wait_for(timeout=PATIENCE_MS)
    return page
