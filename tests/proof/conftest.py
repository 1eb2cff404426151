from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Role, Team, User
from cxos.core.phrases import Phrase
from routing.models import AgentState, Offer, Presence, Queue, QueueMember, WorkItem
from routing.services.queue import enqueue

_numbers = count(1)


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team, offer_seconds=600, cooldown_seconds=60)


@pytest.fixture
def crew(team: Team, queue: Queue) -> Callable[[int], list[User]]:
    """So many available agents who serve the queue."""

    def hire(size: int) -> list[User]:
        nobody = make_password(None)
        users = User.objects.bulk_create(
            User(email=f"agent{number}@example.com", name=f"Agent {number}", role=Role.AGENT, password=nobody)
            for number in range(size)
        )
        for user in users:
            user.teams.add(team)
        QueueMember.objects.bulk_create(QueueMember(queue=queue, user=user) for user in users)
        AgentState.objects.bulk_create(
            AgentState(user=user, presence=Presence.AVAILABLE, lease_until=timezone.now() + timedelta(hours=1))
            for user in users
        )
        return users

    return hire


@pytest.fixture
def waiting(queue: Queue, webchat: Channel, kim: Customer) -> Callable[[], WorkItem]:
    """A new conversation of Kim's, in the queue."""

    def make() -> WorkItem:
        at = timezone.now()
        conversation = Conversation.objects.create(
            customer=kim, channel=webchat, thread_key=f"thread-{next(_numbers)}", created_at=at, last_message_at=at
        )
        return enqueue(conversation, queue=queue, priority=1, why=Phrase("A test put it there."), now=at)

    return make


@pytest.fixture
def broadcast() -> Callable[..., list[Offer]]:
    """Rings the work at all of them at once."""

    def ring(item: WorkItem, users: list[User], *, seconds: int = 600) -> list[Offer]:
        at = timezone.now()
        WorkItem.objects.filter(id=item.id).update(state=WorkItem.State.OFFERED)
        return Offer.objects.bulk_create(
            Offer(
                item=item, agent=user, attempt=1, broadcast=len(users) > 1,
                made_at=at, expires_at=at + timedelta(seconds=seconds),
            )
            for user in users
        )  # fmt: skip

    return ring
