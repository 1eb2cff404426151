"""Every routing option the engine reads is set by a form: what is posted arrives in what the engine is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest
from django.db import models
from django.test import Client

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import AuditEntry, Team, User
from cxos.core.phrases import Phrase
from cxos.screens.settings.desks import DispositionForm, ProfileForm, ReasonForm
from cxos.screens.settings.queue_form import QueueForm
from cxos.screens.settings.undo.taking_back import take_back
from routing.matching import Item, QueueRules, Ring, RingGroup
from routing.models import (
    AgentSkill,
    AgentState,
    CapacityProfile,
    Disposition,
    PresenceReason,
    Queue,
    QueueMember,
    Skill,
    WorkItem,
)
from routing.services.matcher import match_items
from routing.services.members import kept_terms
from routing.services.moves import transfer
from routing.services.queue import enqueue
from routing.snapshots.people import load_agents
from routing.snapshots.rules import as_rules
from routing.snapshots.setup import read_setup
from routing.snapshots.work import as_item

# What the queue's rules are told anew for every decision: figures, the calendar and the clock. Nobody sets them here.
MEASURED = {
    "id", "open", "opens_at", "changes_at", "closed_overflows", "waiting", "expected_wait", "service_level", "second_of_day",
}  # fmt: skip
# Field of QueueRules → what is posted, and what the engine must be given then.
RULES: dict[str, tuple[dict[str, str], Any]] = {
    "push": ({"push": "pull"}, False),
    "aging": ({"aging": "2.5"}, 2.5),
    "strategy": ({"strategy": "score"}, "score"),
    "skill_mode": ({"skill_mode": "all"}, "all"),
    "rings": ({}, ()),  # see the test of rings
    "offer_size": ({"offer_size": "3"}, 3),
    "batch": ({"batch": "on"}, True),
    "batch_fairness_seconds": ({"batch_fairness_seconds": "15"}, 15),
    "medium": ({"reserve_medium": "chat"}, "chat"),
    "min_reserve": ({"min_reserve": "2"}, 2),
    "blended": ({"blended": "on"}, True),
    "max_occupancy": ({"max_occupancy": "80"}, 0.8),
    "max_offers_per_minute": ({"max_offers_per_minute": "4"}, 4),
    "enabled": ({}, False),
    "max_size": ({"max_size": "7"}, 7),
    "max_wait": ({"max_wait_seconds": "90"}, 90),
    "overflow": ({"overflow_to": "{other}"}, ("{other}",)),
}
# What an item is made of that no queue says: it happens to it.
OF_THE_ITEM_ITSELF = {
    "id", "queue", "medium", "queued_at", "priority", "entered_at", "eligible_at", "paused_seconds", "age_credit", "cost",
    "required", "direct_agent", "direct_until", "sticky_agent", "sticky_until", "excluded", "ring", "ring_since",
    "ring_elapsed", "sla_due", "sla_target", "vip_boost", "overflow_path",
}  # fmt: skip
BY_QUEUE = {"interruptible", "preferred", "agent_scores"}
# Columns that are no option: identity, and what the service counts.
NO_OPTION = {"id", "key", "version", "changed_at"}


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.fixture
def queue(db: None) -> Queue:
    return Queue.objects.create(key="care", name="Care")


@pytest.fixture
def chat_with(kim: Customer, now: datetime) -> Callable[..., Conversation]:
    """A new conversation of Kim's over a channel of this medium."""

    def start(medium: str = Channel.Medium.CHAT) -> Conversation:
        channel, _ = Channel.objects.get_or_create(
            key=f"by-{medium}", defaults={"name": medium, "kind": "api", "medium": medium}
        )
        return Conversation.objects.create(
            channel=channel, customer=kim, thread_key=medium, created_at=now, last_message_at=now
        )

    return start


def post(client: Client, queue: Queue, **given: Any) -> None:
    answer = client.post(f"/settings/queues/{queue.pk}/", {"name": queue.name, "enabled": "on", **given})
    assert answer.status_code == 302, answer.content.decode()
    queue.refresh_from_db()


def test_every_rule_of_the_engine_has_its_field() -> None:
    assert {field.name for field in fields(QueueRules)} == MEASURED | set(RULES)


@pytest.mark.parametrize("name", sorted(set(RULES) - {"rings", "enabled"}))
def test_what_is_typed_reaches_the_engine(as_adi: Client, queue: Queue, now: datetime, name: str) -> None:
    other = Queue.objects.create(key="other", name="Other")
    given, expected = RULES[name]
    if name == "overflow":
        given, expected = {"overflow_to": str(other.pk)}, (other.pk,)
    before = getattr(as_rules(queue, {}, now=now), name)

    post(as_adi, queue, **given)

    assert getattr(as_rules(Queue.objects.get(pk=queue.pk), {}, now=now), name) == expected != before


def test_a_queue_is_switched_off_by_its_box(as_adi: Client, queue: Queue, now: datetime) -> None:
    as_adi.post(f"/settings/queues/{queue.pk}/", {"name": "Care"})
    assert as_rules(Queue.objects.get(), {}, now=now).enabled is False


def test_every_option_of_a_ring_is_typed(as_adi: Client, queue: Queue, team: Team, now: datetime) -> None:
    skill = Skill.objects.create(key="french", name="French")
    post(
        as_adi, queue, ring_seconds=["30"], ring_drops=["french"], ring_soft=["on"], ring_level=["3"], ring_hold=["on"],
        team_0=[str(team.pk)], level_0=["2"], wait_0=["60"], sl_0=["80"], waiting_0=["5"], from_0=["08:00"],
        until_0=["18:00"],
    )  # fmt: skip

    (ring,) = as_rules(queue, {"french": skill.pk}, now=now).rings

    group = RingGroup(team.pk, 2, 60, 0.8, 5, 8 * 3600, 18 * 3600)
    assert ring == Ring(30, frozenset({skill.pk}), True, 3, (group,), True)
    assert all(getattr(ring, field.name) != getattr(Ring(), field.name) for field in fields(Ring))
    assert all(value != default for value, default in zip(group, RingGroup(0), strict=True))


def test_what_a_queue_says_of_all_its_work_reaches_each_item(
    as_adi: Client, queue: Queue, ana: User, chat_with: Callable[..., Conversation], now: datetime
) -> None:
    french = Skill.objects.create(key="french", name="French")
    billing = Skill.objects.create(key="billing", name="Billing")
    post(
        as_adi, queue, interruptible="on", preferred="french, billing 2,5",
        **{f"member_{ana.pk}": "3", f"score_{ana.pk}": "0.75"},
    )  # fmt: skip

    made = enqueue(chat_with(), queue=queue, priority=1, why=Phrase("Test."), now=now)
    item = as_item(made, read_setup())

    assert {field.name for field in fields(Item)} == OF_THE_ITEM_ITSELF | BY_QUEUE
    assert item.interruptible
    assert [tuple(one) for one in item.preferred] == [(french.pk, 1.0), (billing.pk, 2.5)]
    assert item.agent_scores == {ana.pk: 0.75}
    made.preferred, made.agent_scores = [{"skill": "billing"}], {str(ana.pk): 0.1}
    item = as_item(made, read_setup())
    assert ([one.skill for one in item.preferred], item.agent_scores) == ([billing.pk], {ana.pk: 0.1}), "its own first"


def test_a_call_is_never_interrupted_and_moved_work_follows_its_queue(
    as_adi: Client, queue: Queue, chat_with: Callable[..., Conversation], adi: User, now: datetime
) -> None:
    other = Queue.objects.create(key="other", name="Other")
    post(as_adi, queue, interruptible="on")
    chat = enqueue(chat_with(), queue=queue, priority=1, why=Phrase("Test."), now=now)
    call = enqueue(chat_with(Channel.Medium.VOICE), queue=queue, priority=1, why=Phrase("Test."), now=now)
    assert (chat.interruptible, call.interruptible) == (True, False)

    transfer(chat.pk, queue=other, actor=adi, now=now)
    chat.refresh_from_db()
    assert not chat.interruptible


def test_who_serves_it_gets_work_only_after_its_delay(
    as_adi: Client, queue: Queue, ana: User, sam: User, adi: User, now: datetime
) -> None:
    given = {f"member_{ana.pk}": "3", f"delay_{ana.pk}": "45", f"score_{ana.pk}": "-2", f"member_{sam.pk}": "1"}
    post(as_adi, queue, **given)
    AgentState.objects.create(user=ana, presence="available")

    (agent,) = load_agents([ana.pk], read_setup(), rules=[], now=now)
    assert (agent.queues, agent.queue_delays) == ({queue.pk: 3}, {queue.pk: 45.0})
    page = as_adi.get(f"/settings/queues/{queue.pk}/").content.decode()
    assert f'name="delay_{ana.pk}" value="45"' in page
    assert f'name="score_{ana.pk}" value="-2"' in page

    as_adi.post(f"/settings/people/{ana.pk}/work/", {f"queue_{queue.pk}": "4"})
    kept = {"ana@example.com": {"level": 4, "delay_seconds": 45, "score": -2}, "sam@example.com": 1}
    assert kept_terms(queue) == kept, "another level leaves the rest"
    post(as_adi, queue, **{f"member_{ana.pk}": "4"})
    assert kept_terms(queue) == {"ana@example.com": 4}

    take_back(AuditEntry.objects.latest("id"), actor=adi, now=now)
    assert kept_terms(queue) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delay_{ana}": "90000"}, "Choose 0 to 86400 seconds."),
        ({"score_{ana}": "often"}, "“often” is no number."),
        ({"score_{ana}": "inf"}, "“inf” is no number."),
        ({"preferred": "spanish"}, "There is no skill spanish."),
        ({"preferred": "french much"}, "“french much” is no skill with a weight. Write: french, billing 2"),
        ({"preferred": "french, french 2"}, "Name up to 10 skills, each once."),
        ({"preferred": "french 0"}, "A skill weighs 0.1 to 100."),
        ({"batch_fairness_seconds": "4000"}, "3600"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(
    as_adi: Client, queue: Queue, ana: User, given: dict[str, str], words: str
) -> None:
    Skill.objects.create(key="french", name="French")
    named = {name.format(ana=ana.pk): value for name, value in given.items()}

    answer = as_adi.post(
        f"/settings/queues/{queue.pk}/", {"name": "Care", "enabled": "on", f"member_{ana.pk}": "3", **named}
    )

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (QueueMember.objects.count(), Queue.objects.get().version) == (0, 1)


@pytest.mark.parametrize(
    ("model", "given", "elsewhere"),
    [
        (Queue, set(QueueForm.base_fields), {"rings", "offer_seconds_by"}),
        (QueueMember, {"level", "delay_seconds", "score"}, {"queue", "user"}),
        (CapacityProfile, set(ProfileForm.base_fields), {"caps"}),
        (PresenceReason, set(ReasonForm.base_fields), set()),
        (Disposition, set(DispositionForm.base_fields), set()),
        (AgentSkill, {"level"}, {"user", "skill"}),
        (Skill, {"name"}, set()),
    ],
)
def test_no_column_of_the_set_up_is_without_a_field(
    model: type[models.Model], given: set[str], elsewhere: set[str]
) -> None:
    columns = {field.name for field in model._meta.concrete_fields}
    assert columns - NO_OPTION == columns & given | elsewhere


def test_the_queue_page_shows_every_field_of_its_form(as_adi: Client, queue: Queue) -> None:
    page = as_adi.get(f"/settings/queues/{queue.pk}/").content.decode()
    assert [name for name in QueueForm.base_fields if f'name="{name}"' not in page] == []


def test_scores_say_who_is_first(
    as_adi: Client, queue: Queue, ana: User, sam: User, chat_with: Callable[..., Conversation], now: datetime
) -> None:
    given = {f"member_{one.pk}": "3" for one in (ana, sam)} | {f"score_{ana.pk}": "0.2", f"score_{sam.pk}": "0.9"}
    post(as_adi, queue, strategy="score", **given)
    for one in (ana, sam):
        AgentState.objects.create(user=one, presence="available", presence_since=now, idle_since=now)
    item = enqueue(chat_with(), queue=queue, priority=1, why=Phrase("Test."), now=now)

    (offer,) = match_items([item.pk], now=now)

    assert offer.agent == sam
    assert WorkItem.objects.get(pk=item.pk).state == WorkItem.State.OFFERED
