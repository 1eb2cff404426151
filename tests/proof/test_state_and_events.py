"""State + events = fresh state: after every action each part of an open page that looks different has been told to look
again, or is the answer to the action itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.envelope import Envelope
from channels_app.models import Conversation, Message
from channels_app.services import conversations as verbs
from channels_app.services.delivery import record_state
from channels_app.services.ingest import accept
from channels_app.services.replies import add_note, send_reply
from cxos.core import broker
from cxos.core.catalogue import EVENTS, HANDLERS_OF, HINTS_OF, STREAMS
from cxos.core.models import Event, User
from cxos.core.relay import drain_outbox, received
from cxos.screens.handlers import tell_of_offers
from routing.models import Disposition, Offer, Queue, WorkItem
from routing.services.hand_over import give
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, decline_offer, expire_offer
from routing.services.presence import set_presence
from routing.services.work import end_wrap_ups, finish

# For the record, figures and webhooks (both streams read every event): nobody acts on these, and a page that shows
# them is told by the change they came with.
FOR_THE_RECORD = {
    "ArticlePublished", "ArticleRated", "ArticleWithdrawn", "CaseOpened", "CaseReopened", "CaseSolved", "CustomerCreated", "PolicyChanged", "RuleApplied", "SurveyAnswered",
}  # fmt: skip
MOVING = re.compile(
    r"<cx-time.*?</cx-time>|<cx-countdown.*?</cx-countdown>|waits [0-9:]+|name=\"csrfmiddlewaretoken\" value=\"\w+\"",
    re.S,
)


def test_every_event_is_heard_by_somebody() -> None:
    streamed = {name for stream in STREAMS.values() for name in stream.events}

    ours = {name for name, event in EVENTS.items() if event.__module__.startswith("cxos.core.events")}
    unheard = {name for name in ours if not HANDLERS_OF.get(name) and not HINTS_OF.get(name)} - streamed

    assert unheard <= FOR_THE_RECORD
    assert ours >= FOR_THE_RECORD


class Regions(HTMLParser):
    """The live parts of a page: id → (names it listens to, address). One without an address only hears signals."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[set[str], str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("data-region") and given.get("data-url"):
            self.found[str(given["id"])] = (set(str(given["data-region"]).split()), str(given["data-url"]))


class OpenPage:
    """What an agent has on the screen; `told` collects the names in the hints that reach it since it last looked."""

    def __init__(self, client: Client, path: str, told: set[str]) -> None:
        self.client, self.told = client, told
        parser = Regions()
        parser.feed(client.get(path).content.decode())
        self.regions = {name: self.own(url)[name] for name, (_names, url) in parser.found.items()}
        self.shown = self.first = self.fresh()

    def own(self, url: str) -> dict[str, tuple[set[str], str]]:
        """What a part itself says it listens to; a slot that is filled later may say less."""
        parser = Regions()
        parser.feed(self.client.get(url).content.decode())
        return parser.found

    def fresh(self, *, told_of: set[str] | None = None) -> dict[str, str]:
        return {
            name: MOVING.sub("", self.client.get(url).content.decode())
            for name, (names, url) in self.regions.items()
            if told_of is None or names & told_of
        }

    def look(self) -> None:
        """As a browser does at once: what a hint has named is asked for again. What changes after it needs another."""
        self.shown = self.shown | self.fresh(told_of=self.told)
        self.told.clear()

    def stale(self) -> set[str]:
        """Parts that would look different after a reload, although nobody told the page."""
        now = self.fresh()
        return {name for name in self.regions if now[name] != self.shown[name]}

    def changed(self) -> set[str]:
        return {name for name in self.regions if self.shown[name] != self.first[name]}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    names: set[str] = set()
    monkeypatch.setattr(broker, "publish", lambda channel, message: names.update(json.loads(message)["regions"]))
    return names


@pytest.fixture
def settled(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """As in a running installation: what is done commits, is told, and its handlers run, one round after the other. An
    open page looks after each."""

    @contextmanager
    def act(page: OpenPage | None = None) -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield
        for _ in range(50):
            if page is not None:
                page.look()
            with django_capture_on_commit_callbacks(execute=True):
                handled = drain_outbox(limit=1)
            if not handled:
                return
        raise AssertionError("There is no end to it.")

    return act


def customer_writes(found: Conversation, user: User) -> None:
    accept(
        Envelope(
            channel_id=found.channel_id, external_id=f"m{timezone.now().timestamp()}", thread_key=found.thread_key,
            identities=(("email", "kim@example.com"),), customer={}, text="One more thing", html="", attachments=(),
            occurred_at=timezone.now(), metadata={},
        ),
        now=timezone.now(),
    )  # fmt: skip


def reads(found: Conversation, user: User) -> None:
    message = Message.objects.filter(conversation=found, author_kind="agent", kind="message").latest("id")
    record_state([message.pk], state="read")


def by(service: Callable[..., Any], **more: Any) -> Callable[[Conversation, User], Any]:
    return lambda found, user: service(found.pk, actor=user, now=timezone.now(), **more)


ACTIONS: dict[str, Callable[[Conversation, User], Any]] = {
    "the customer writes": customer_writes,
    "an answer": lambda found, user: send_reply(found.pk, text="Yes", author=user, actor=user, now=timezone.now()),
    "the customer has read it": reads,
    "a note": lambda found, user: add_note(found.pk, text="Hm", author=user, actor=user, now=timezone.now()),
    "priority": by(verbs.set_priority, priority=3),
    "a tag": by(verbs.add_tags, tags=["vip"]),
    "status": by(verbs.set_status, status="pending"),
    "snooze": lambda found, user: verbs.snooze(
        found.pk, until=timezone.now() + timedelta(hours=1), actor=user, now=timezone.now()
    ),
    "resolve": by(verbs.resolve),
    "given away": lambda found, user: give(
        found, to=User.objects.get(email="sam@example.com"), actor=user, now=timezone.now()
    ),
    "presence": lambda found, user: set_presence(user, presence="break", actor=user, now=timezone.now()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTIONS)
def test_an_open_conversation_is_told_of_everything_that_changes_it(
    name: str, client: Client, ana: User, sam: User, waiting: Callable[[], WorkItem], told: set[str], settled: Any
) -> None:
    Queue.objects.get().memberships.create(user=ana)
    with settled():
        set_presence(ana, presence="available", actor=ana, now=timezone.now())
        found = waiting().conversation
        assert found is not None
        give(found, to=ana, actor=ana, now=timezone.now())
        send_reply(found.pk, text="Hello", author=ana, actor=ana, now=timezone.now())
    client.force_login(ana)
    page = OpenPage(client, f"/workspace/c/{found.pk}/?tab=all", told)
    told.clear()

    with settled(page):
        ACTIONS[name](found, ana)

    assert page.changed() != set()
    assert page.stale() == set()


@pytest.mark.django_db
def test_how_it_ended_is_asked_over_the_open_conversation_until_the_time_for_it_is_over(
    client: Client, ana: User, waiting: Callable[[], WorkItem], told: set[str], settled: Any
) -> None:
    Queue.objects.update(wrap_up_seconds=60)
    with settled():
        found = waiting().conversation
        assert found is not None
        give(found, to=ana, actor=ana, now=timezone.now())
    client.force_login(ana)
    page = OpenPage(client, f"/workspace/c/{found.pk}/?tab=all", told)
    told.clear()

    with settled(page):
        verbs.resolve(found.pk, actor=ana, now=timezone.now())
    assert "ws-wrapping" in page.shown["head"]
    assert page.stale() == set()

    with settled(page):
        assert end_wrap_ups(now=timezone.now() + timedelta(seconds=61)) == 1
    assert "ws-wrapping" not in page.shown["head"]
    assert page.stale() == set()


@pytest.mark.django_db
def test_an_offer_comes_and_goes_on_the_open_page(
    client: Client, ana: User, waiting: Callable[[], WorkItem], told: set[str], settled: Any
) -> None:
    Queue.objects.get().memberships.create(user=ana)
    Queue.objects.update(wrap_up_seconds=60)
    solved = Disposition.objects.create(key="solved", name="Solved")
    with settled():
        set_presence(ana, presence="available", actor=ana, now=timezone.now())
    client.force_login(ana)

    def after(action: Callable[[], Any]) -> set[str]:
        """Which parts changed; each was told."""
        page = OpenPage(client, "/workspace/?tab=all", told)
        told.clear()
        with settled(page):
            action()
        assert page.stale() == set()
        return page.changed()

    ring = {"offers", "capacity"}
    item = waiting()
    assert after(lambda: match_items([item.pk], now=timezone.now())) == ring
    made = Event.objects.get(name="OfferMade")
    row = (made.pk, made.name, made.key, made.actor, made.depth, made.at, made.payload)
    assert after(lambda: tell_of_offers([received(row)])) == {"notifications"}
    offer = Offer.objects.get()
    assert after(lambda: decline_offer(offer.pk, user=ana, reason="No", now=timezone.now())) == ring
    second = waiting()
    assert after(lambda: match_items([second.pk], now=timezone.now())) == ring
    offer = Offer.objects.latest("id")
    assert after(lambda: accept_offer(offer.pk, user=ana, now=timezone.now())) >= {"offers", "list"}
    assert second.conversation_id
    after(lambda: verbs.resolve(second.conversation_id or 0, actor=ana, now=timezone.now()))
    assert "capacity" in after(lambda: finish(second.pk, disposition=solved, actor=ana, now=timezone.now()))
    third = waiting()
    assert after(lambda: match_items([third.pk], now=timezone.now())) == ring
    late = timezone.now() + timedelta(hours=1)
    assert after(lambda: expire_offer(Offer.objects.latest("id").pk, now=late)) == {"offers", "capacity", "presence"}
