"""A small floor: one queue, Ana and Ben who serve it, and Kim's conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation, Interaction
from channels_app.services.ingest import accept
from crm.models import Customer
from cxos.core.models import Role, Team, User
from cxos.core.phrases import Phrase
from cxos.core.relay import drain_outbox
from routing.models import AgentState, Queue, QueueMember, Skill, WorkItem
from routing.services.callbacks import wake_callbacks
from routing.services.matcher import wake_waiting
from routing.services.offers import expire_due
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from routing.services.relief import call_relief
from routing.services.wrap_up import end_wrap_ups
from tests.channels_app.said import say

_numbers = count(1)


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team, offer_seconds=30, cooldown_seconds=60)


@pytest.fixture
def english(db: None) -> Skill:
    return Skill.objects.create(key="english", name="English")


@pytest.fixture
def ben(team: Team) -> User:
    user = User.objects.create_user("ben@example.com", "correct horse battery", name="Ben", role=Role.AGENT)
    user.teams.add(team)
    return user


@pytest.fixture
def on_duty(queue: Queue, now: datetime) -> Callable[..., AgentState]:
    """Puts somebody into the queue and makes them available."""

    def go(user: User, *, level: int = 0, at: datetime | None = None) -> AgentState:
        QueueMember.objects.get_or_create(queue=queue, user=user, defaults={"level": level})
        return set_presence(user, presence="available", actor=user, now=at or now)

    return go


@pytest.fixture
def waiting(queue: Queue, webchat: Channel, kim: Customer, now: datetime) -> Callable[..., WorkItem]:
    """A new conversation of Kim's, in the queue."""

    def make(*, at: datetime | None = None, **more: object) -> WorkItem:
        number = next(_numbers)
        conversation = Conversation.objects.create(
            customer=kim,
            channel=webchat,
            thread_key=f"thread-{number}",
            created_at=at or now,
            last_message_at=at or now,
        )
        fields = {"queue": queue, "priority": 1, "why": Phrase("A test put it there."), "now": at or now, **more}
        return enqueue(conversation, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def write(webchat: Channel, queue: Queue) -> Callable[..., Interaction]:
    """A customer writes on the site."""
    numbers = count(1)

    def send(
        text: str,
        *,
        email: str = "kim@example.com",
        identities: Iterable[tuple[str, str]] = (),
        thread: str = "",
        verified: bool = False,
    ) -> Interaction:
        envelope = Envelope(
            channel_id=webchat.id,
            external_id=f"m-{next(numbers)}",
            thread_key=thread or email,
            identities=tuple(identities) or (("email", email),),
            customer={"name": "Kim"},
            text=text,
            occurred_at=timezone.now(),
            metadata={"verified": True} if verified else {},
        )
        return Interaction.objects.get(id=accept(envelope, now=timezone.now()).interaction_id)

    return send


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """What the running system does in the second up to `now`: handlers hear what was emitted, beat pokes once."""

    def go(now: datetime) -> None:
        monkeypatch.setattr("routing.handlers.timezone", SimpleNamespace(now=lambda: now))
        drain_outbox()
        for sweep in (expire_due, end_wrap_ups, wake_callbacks, call_relief, wake_waiting):
            sweep(now=now)
        drain_outbox()

    return go


@pytest.fixture
def stuck(waiting: Callable[..., WorkItem], settle: Callable[[datetime], None], now: datetime) -> WorkItem:
    """Somebody who waits, and whom nobody can take."""
    item = waiting()
    settle(now)
    return item


@pytest.fixture
def first(api: Channel, kim: Customer, now: datetime) -> Conversation:
    """Kim asks for her parcel."""
    with transaction.atomic():
        return say(api, kim, "a1", now, thread_key="parcel", text="Where is my parcel?").conversation


@pytest.fixture
def second(api: Channel, kim: Customer, first: Conversation, now: datetime) -> Conversation:
    """And begins a second mail about it, a minute later."""
    with transaction.atomic():
        return say(
            api, kim, "b1", now + timedelta(minutes=1), thread_key="parcel again", text="Is it lost?"
        ).conversation
