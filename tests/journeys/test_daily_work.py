"""An agent's day without a mouse: notes, tags, priority, snooze, giving away, walking the list; on a phone; in both
themes; with hostile words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from automation.services.macros import save_macro
from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation, Message
from channels_app.services.conversations import snooze
from channels_app.services.ingest import accept
from cxos.core.models import User
from cxos.core.services.preferences import keep_preference
from cxos.screens.workspace.context import PREFERENCE
from routing.models import Queue
from routing.services.hand_over import give
from tests.journeys.conftest import forgive, until
from tests.screens.test_components_in_browser import overflow, serious_findings

Browse = Callable[..., Page]
HOSTILE = (
    '<script>document.title="taken"</script><img src=x onerror="document.title=\'taken\'"> \u202egnp.exe\u202c '
    "\u200b\u200d\u2066 \U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd " + "W" * 10_000
)


@pytest.fixture
def says(site: object, webchat: Channel) -> Callable[..., None]:
    """A customer writes; the running site takes it from there."""

    def say(text: str, *, name: str) -> None:
        accept(
            Envelope(
                channel_id=webchat.id, external_id=f"{name[:5]}-{text[:20]}", thread_key=name[:5],
                identities=(("email", f"{len(name)}{name[:3].strip('<').lower()}@example.com"),), customer={"name": name}, text=text, html="",
                attachments=(), occurred_at=timezone.now(), metadata={},
            ),
            now=timezone.now(),
        )  # fmt: skip

    return say


@pytest.fixture
def held(says: Callable[..., None], ana: User, on_duty: Callable[..., None]) -> Callable[..., list[Conversation]]:
    """Conversations in Ana's hands, the newest first."""

    def hold(page: Page, *texts: tuple[str, str]) -> list[Conversation]:
        on_duty(ana)
        for number, (name, text) in enumerate(texts):
            says(text, name=name)
            until(page, lambda many=number + 1: Queue.objects.exists() and Conversation.objects.count() == many)
        for one in Conversation.objects.order_by("id"):
            give(one, to=ana, actor=ana, now=timezone.now())
        return list(Conversation.objects.order_by("-last_message_at", "-id"))

    return hold


def test_a_conversation_is_worked_on_by_keyboard_alone(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User, sam: User
) -> None:
    page = browse(ana, "/workspace/")
    newest, _oldest = held(page, ("Kim", "Where is my parcel?"), ("Max", "I want my money back"))
    page.reload()

    page.keyboard.press("j")
    expect(page.locator(".ws-who h2")).to_have_text("Max")
    page.keyboard.press("j")
    expect(page.locator(".ws-who h2")).to_have_text("Kim")
    expect(page).to_have_title("Kim · CXOS")
    page.keyboard.press("k")
    expect(page.locator(".ws-who h2")).to_have_text("Max")
    expect(page).to_have_title("Max · CXOS")

    page.keyboard.press("n")
    page.keyboard.type("Has paid twice")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ws-block[data-kind=note] .ws-line")).to_have_text("Has paid twice")
    page.keyboard.press("Escape")

    expect(page.locator("#ws-tag")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    expect(page.locator(".ws-tags .tag")).to_have_text(["refund"])
    page.keyboard.type("paid twice")
    page.keyboard.press("Enter")
    expect(page.locator(".ws-tags .tag")).to_have_text(["refund", "paid-twice"])
    page.locator("#scroll").focus()

    page.keyboard.press("p")
    page.get_by_role("menuitemradio", name="Urgent").press("Enter")
    expect(page.locator(f"#conversation-row-{newest.pk}")).to_contain_text("Urgent")

    page.locator("#scroll").focus()
    page.keyboard.press("z")
    page.get_by_role("menuitem", name="Tomorrow").press("Enter")
    expect(page.locator("#head")).to_contain_text("Snoozed")

    page.locator("#scroll").focus()
    page.keyboard.press("a")
    page.get_by_role("menuitemradio", name="Sam").press("Enter")
    until(page, lambda: Conversation.objects.get(pk=newest.pk).assignee_id == sam.pk)
    kept = Conversation.objects.get(pk=newest.pk)
    assert (kept.tags, kept.priority) == (["refund", "paid-twice"], 3)
    assert Message.objects.get(kind="note").text == "Has paid twice"


@pytest.mark.parametrize("width", [1280, 900])
def test_the_tag_key_brings_its_field_into_sight(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User, width: int
) -> None:
    page = browse(ana, "/workspace/", width=width)
    held(page, ("Kim", "Where is my parcel?"))
    keep_preference(ana, name=PREFERENCE, value={"order": [], "folded": ["tags"]})
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("#ws-tag")).to_be_attached()
    expect(page.locator("#ws-tag")).to_be_hidden()

    page.keyboard.press("t")

    expect(page.locator("#ws-tag")).to_be_focused()
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    expect(page.locator(".ws-tags .tag")).to_have_text(["refund"])


def test_states_and_macros_by_keyboard_alone(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User, sam: User
) -> None:
    for name, tag in (("Refund", "refund"), ("Sorry", "sorry")):
        actions = [{"kind": "add_tags", "tags": [tag]}, {"kind": "reply", "text": "Hello {{customer.name}}"}]
        save_macro(None, name=name, actions=actions, scope="everybody", actor=sam, now=timezone.now())
    page = browse(ana, "/workspace/")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    page.goto(f"/workspace/c/{found.pk}/")

    page.keyboard.press("s")
    page.get_by_role("menuitemradio", name="Waiting for customer").press("Enter")
    expect(page.locator(".ws-state")).to_contain_text("Waiting for customer")
    page.locator("#scroll").focus()
    page.keyboard.press("o")
    expect(page.locator(".ws-state")).to_have_count(0)

    page.keyboard.press("s")
    page.get_by_role("menuitemradio", name="Snoozed…").press("Enter")
    expect(page.locator("#ws-snooze-at")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".ws-state")).to_contain_text("Snoozed until")
    expect(page.locator("#ws-snooze-until")).to_have_count(0)

    page.locator("#scroll").focus()
    page.keyboard.press("m")
    expect(page.get_by_label("Find a macro")).to_be_focused()
    page.keyboard.type("refu")
    expect(page.locator(".ws-macro:visible")).to_have_count(1)
    expect(page.locator(".ws-macro:visible")).to_contain_text("Hello Kim")
    page.keyboard.press("Enter")
    expect(page.locator("#ws-macros")).to_have_count(0)
    expect(page.locator("#thread")).to_contain_text("Hello Kim")
    until(page, lambda: Conversation.objects.get(pk=found.pk).tags == ["refund"])


def test_macros_and_snoozing_on_a_phone_from_right_to_left(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User, sam: User
) -> None:
    actions = [
        {"kind": "reply", "text": "Hello {{customer.name}}, " + "your parcel is late. " * 20},
        {"kind": "resolve"},
    ]
    save_macro(None, name="Refund", actions=actions, scope="everybody", actor=sam, now=timezone.now())
    page = browse(ana, "/workspace/", width=360, color_scheme="dark")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    snooze(found.pk, until=timezone.now() + timedelta(days=1), actor=ana, now=timezone.now())
    site = page.url.partition("/workspace")[0]
    page.context.add_cookies([{"name": "django_language", "value": "ar", "url": f"{site}/"}])
    page.goto(f"/workspace/c/{found.pk}/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".ws-state")).to_be_visible()

    for key, dialog in (("m", "#ws-macros"), ("s", "#ws-snooze-until")):
        page.locator("#scroll").focus()
        page.keyboard.press(key)
        if key == "s":
            page.locator("#ws-status [role=menuitemradio][hx-get]").click()
        expect(page.locator(dialog)).to_be_visible()
        assert overflow(page) <= 0
        assert serious_findings(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_have_count(0)

    page.goto("/settings/macros/new/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert overflow(page) <= 0
    assert serious_findings(page) == []


def test_reply_and_note_keep_drafts_of_their_own_over_a_reload(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User
) -> None:
    page = browse(ana, "/workspace/")
    (found,) = held(page, ("Kim", "Hello"))
    page.goto(f"/workspace/c/{found.pk}/")
    page.keyboard.press("r")
    page.keyboard.type("Half a reply")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Half a note")

    page.reload()

    expect(page.locator("#composer-text")).to_have_value("Half a reply")
    page.keyboard.press("n")
    expect(page.locator("#composer-text")).to_have_value("Half a note")
    assert Message.objects.filter(author_kind="agent").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_words_are_only_words_and_every_width_holds(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User, theme: str
) -> None:
    wide = browse(ana, "/workspace/", color_scheme=theme)
    held(wide, (HOSTILE[:190], HOSTILE))
    Conversation.objects.update(tags=["<b>x</b>", "W" * 40])

    for page in (wide, browse(ana, "/workspace/", width=360, color_scheme=theme)):
        page.goto("/workspace/")
        expect(page.locator(".ws-row")).to_contain_text("<script>")
        assert overflow(page) <= 0
        page.locator(".ws-row").click()
        expect(page.locator("#thread .ws-line")).to_contain_text('document.title="taken"')
        page.locator("#context .ws-tags").wait_for(state="attached")
        assert overflow(page) <= 0
        assert (
            page.evaluate(
                "(() => { const c = document.querySelector('.ws-context'); return c.scrollWidth - c.clientWidth; })()"
            )
            <= 0
        )
        assert page.title() != "taken"  # where the name stands as the words it is
        assert page.locator("script:not([src])").count() == 0
        assert serious_findings(page) == []


def test_on_a_phone_the_list_leads_to_a_conversation_and_back(
    browse: Browse, held: Callable[..., list[Conversation]], ana: User
) -> None:
    page = browse(ana, "/workspace/", width=360)
    held(page, ("Kim", "Where is my parcel?"))
    page.reload()

    page.locator(".ws-row").click()
    expect(page.locator("#thread")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()

    expect(page.locator(".ws-row")).to_be_visible()
    expect(page.locator("#thread")).to_have_count(0)
    forgive(page)
