"""Hostile words in every name that can be given, on the screens that show them: no script runs, nothing is too wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from automation.models import Rule
from cases.models import Calendar, Case
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from cxos.core.services.audit import record
from routing.models import AgentSkill, Queue, QueueMember, Skill
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MARKUP = "<img src=x onerror=\"document.title='taken'\">"
HOSTILE = (
    f"{MARKUP} \u202egnp.exe\u202c\u200b\u2066 \U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd " + "W" * 10_000
)
WIDTHS = (1280, 360)
# The window has this width, and nothing can be scrolled sideways.
FITS = """(width) => innerWidth === width && Math.max(document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll(".main")].map((part) => part.scrollWidth - part.clientWidth)) <= 0"""
# How the letters of the very long words are set. Kerned, each place such a word may be broken at is shaped anew.
KERNING = """() => [...document.querySelectorAll("main *")]
  .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.includes("W".repeat(1000))))
  .map((part) => getComputedStyle(part).fontKerning)"""


def hostile(field: str, model: type) -> str:
    """As much of it as the field takes."""
    return HOSTILE[: model._meta.get_field(field).max_length or len(HOSTILE)]  # type: ignore[attr-defined]


@pytest.fixture
def floor(webchat: Channel, team: Team, ana: User, adi: User, kim: Customer) -> dict[str, int]:
    """The ids of what carries the words."""
    now = timezone.now()
    Team.objects.update(name=hostile("name", Team))
    User.objects.filter(pk=ana.pk).update(name=hostile("name", User))
    Channel.objects.update(name=hostile("name", Channel))
    Customer.objects.update(
        name=hostile("name", Customer), notes=HOSTILE, tags=["W" * 40], attributes={"W" * 40: HOSTILE}
    )
    queue = Queue.objects.create(key="care", name=hostile("name", Queue), team=team)
    skill = Skill.objects.create(key="w", name=hostile("name", Skill))
    QueueMember.objects.create(queue=queue, user=ana)
    AgentSkill.objects.create(user=ana, skill=skill, level=3)
    Calendar.objects.create(name=hostile("name", Calendar))
    Rule.objects.create(
        name=hostile("name", Rule), event="MessageReceived", actions=[{"kind": "reply", "text": HOSTILE}]
    )
    set_presence(ana, presence="available", actor=ana, now=now)
    found = Conversation.objects.create(
        customer=kim, channel=webchat, thread_key="t", last_message_at=now, last_message_text=HOSTILE[:160]
    )
    Message.objects.create(conversation=found, author_kind="customer", text=HOSTILE, state="received")
    enqueue(found, queue=queue, priority=1, why=Phrase("%(words)s", {"words": HOSTILE[:200]}), now=now)
    case = Case.objects.create(customer=kim, subject=hostile("subject", Case), reference="C-1", opened_at=now)
    record(adi, "changed", queue, before={"name": HOSTILE}, after={"name": MARKUP})
    return {"customer": kim.pk, "conversation": found.pk, "case": case.pk, "queue": queue.pk}


@pytest.mark.parametrize(
    "paths",
    [
        ["/supervisor/", "/supervisor/?tv=1", "/supervisor/watch/{conversation}/", "/supervisor/behind/unanswered/"],
        ["/customers/", "/customers/{customer}/", "/cases/", "/cases/board/", "/cases/{case}/"],
        ["/settings/queues/", "/settings/queues/{queue}/", "/settings/skills/", "/settings/people/", "/settings/rules/", "/settings/audit/"],
    ],
    ids=["supervisor", "customers and cases", "settings"],
)  # fmt: skip
def test_hostile_names_are_only_words(
    open_as: Callable[..., Page], adi: User, floor: dict[str, int], paths: list[str]
) -> None:
    page = open_as(adi, "/profile/")
    for path in paths:
        page.goto(path.format(**floor))
        page.wait_for_load_state("networkidle")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(FITS, arg=width)
        expect(page.locator("main")).to_contain_text("W" * 10)
        expect(page.locator("img[src=x]")).to_have_count(0)
        assert page.title() != "taken", path


def test_a_word_of_ten_thousand_letters_is_laid_out_once(
    open_as: Callable[..., Page], adi: User, floor: dict[str, int]
) -> None:
    page = open_as(adi, "/profile/")
    for path in ("/supervisor/watch/{conversation}/", "/customers/{customer}/"):
        page.goto(path.format(**floor))
        kerning = page.evaluate(KERNING)
        assert kerning and set(kerning) == {"none"}, path
