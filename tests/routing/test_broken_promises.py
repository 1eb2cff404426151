"""A promise is broken: the rules decide again; each action once, whatever is delivered twice, falls over or goes in a circle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from automation.facts_known import BREACH, FACTS
from automation.models import Rule
from cases.models import Calendar, Case, Clock, SlaPolicy, SlaTarget
from cases.services.breaches import sweep_clocks
from cases.services.clocks import lock_for_clocks, start_clocks
from channels_app.models import Conversation, Message
from channels_app.services.conversations import resolve, set_priority
from cxos.core.catalogue import Received, rebuild
from cxos.core.models import Delivery, Event
from cxos.core.outbox import handling
from cxos.core.relay import drain_outbox
from routing import breach
from routing.actions import ACTIONS
from routing.breach import MOST_IN_A_ROW
from routing.facts import gather_breach
from routing.handlers import decide_again
from routing.models import ActionRun, Decision, Offer, Queue, WorkItem
from routing.queries import why
from routing.services.offers import accept_offer

pytestmark = pytest.mark.django_db
Break = Callable[..., Event]


@pytest.fixture
def always(db: None) -> Calendar:
    return Calendar.objects.create(name="Always", zone="UTC", weekly={str(d): [[0, 1440]] for d in range(7)})


@pytest.fixture
def sla(always: Calendar) -> SlaPolicy:
    return promise("All", always, first_response=15, resolution=480)


@pytest.fixture
def billing(team: Any) -> Queue:
    return Queue.objects.create(key="billing", name="Billing", team=team)


def promise(name: str, calendar: Calendar, *, rank: int = 0, conditions: Any = None, **minutes: int) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name=name, calendar=calendar, rank=rank, conditions=conditions or {})
    for metric, length in minutes.items():
        SlaTarget.objects.create(policy=policy, metric=metric, budget_seconds=length * 60)
    return policy


def rule(name: str, *actions: dict[str, Any], conditions: Any = None, **more: Any) -> Rule:
    return Rule.objects.create(name=name, event=BREACH, conditions=conditions or {}, actions=list(actions), **more)


@pytest.fixture
def late(waiting: Callable[..., WorkItem], sla: SlaPolicy) -> WorkItem:
    """Kim's conversation, which waits in Care and is to be answered within a quarter of an hour."""
    now = timezone.now()
    item = waiting(at=now)
    Conversation.objects.update(waiting_since=now, subject="My parcel")
    Message.objects.create(conversation=item.conversation, author_kind="customer", text="Hello?", state="received")
    start_clocks(lock_for_clocks(item.conversation.pk), at=now, now=now)
    drain_outbox()
    return item


@pytest.fixture
def break_it(late: WorkItem) -> Break:
    """The quarter of an hour passes; what follows has happened."""

    def go(*, minutes: int = 16, drain: bool = True) -> Event:
        sweep_clocks(now=timezone.now() + timedelta(minutes=minutes))
        if drain:
            drain_outbox()
        return Event.objects.filter(name="ClockBreached").latest("id")

    return go


def received(event: Event) -> Received:
    told = rebuild(event.name, event.payload)
    return Received(
        id=event.pk, name=event.name, key=event.key, actor=event.actor, depth=event.depth, at=event.at, event=told
    )


def again(event: Event) -> None:
    """The handler gets the event once more, as after a crash between its work and the end of its delivery."""
    one = received(event)
    with handling([one]):
        decide_again(one)
    drain_outbox()


def outcomes() -> list[str]:
    return list(ActionRun.objects.order_by("id").values_list("outcome", flat=True))


def state() -> dict[str, int]:
    models = (Message, WorkItem, Offer, ActionRun, Decision, Case, Clock, Event, Delivery)
    return {model.__name__: model.objects.count() for model in models}


def test_the_rules_raise_the_priority_tag_reply_open_a_case_and_send_it_on(
    late: WorkItem, break_it: Break, billing: Queue
) -> None:
    skills = [{"skill": "french", "level": 2, "hard": True}]
    rule(
        "Too late",
        {"kind": "enqueue", "queue": "billing", "skills": skills},
        {"kind": "set_priority", "priority": 3},
        {"kind": "add_tags", "tags": ["late"]},
        {"kind": "reply", "text": "Sorry {{customer.name}}, soon!"},
        {"kind": "open_case"},
        conditions={"fact": "promise.metric", "op": "is", "value": "first_response"},
    )

    event = break_it()

    conversation = Conversation.objects.get()
    assert (conversation.priority, conversation.tags) == (3, ["late"])
    assert Message.objects.get(author_kind="bot").text == "Sorry Kim, soon!"
    assert Case.objects.get().subject == "My parcel"
    item = WorkItem.objects.get()
    assert (item.pk, item.queue, item.required, item.queued_at) == (late.pk, billing, skills, late.queued_at)
    assert set(ActionRun.objects.values_list("event_id", "interaction", "conversation")) == {
        (event.pk, None, conversation.pk)
    }
    assert outcomes()[-1] == "in Billing"


def test_what_was_done_and_why_is_told(late: WorkItem, break_it: Break, billing: Queue) -> None:
    rule("Too late", {"kind": "add_tags", "tags": ["late"]}, {"kind": "enqueue", "queue": "billing"})

    break_it()

    told = why(late.conversation.pk, now=timezone.now())
    assert told["queue"]["sentence"] == "A promise was broken: the rule “Too late” sent it to Billing."
    assert told["queue"]["facts"]["rules"][0]["applied"] is True
    assert [(one.rule_name, one.event, one.outcome) for one in told["actions"]] == [
        ("Too late", "ClockBreached", "tagged late"),
        ("Too late", "ClockBreached", "in Billing"),
    ]


def test_a_breach_delivered_again_does_nothing_twice(late: WorkItem, break_it: Break, billing: Queue) -> None:
    actions = ({"kind": "reply", "text": "Soon!"}, {"kind": "open_case"}, {"kind": "enqueue", "queue": "billing"})
    rule("Too late", *actions)
    event = break_it()
    before = state()

    for _ in range(3):
        again(event)

    assert state() == before
    assert ActionRun.objects.count() == 3


def test_only_rules_for_broken_promises_are_asked(late: WorkItem, break_it: Break) -> None:
    Rule.objects.create(name="In", event="MessageReceived", actions=[{"kind": "add_tags", "tags": ["in"]}])
    rule("Others", {"kind": "add_tags", "tags": ["x"]}, conditions={"fact": "queue.key", "op": "is", "value": "no"})

    break_it()

    assert Conversation.objects.get().tags == []
    assert ActionRun.objects.count() == 0


def test_every_fact_that_is_offered_is_known(late: WorkItem, break_it: Break) -> None:
    event = break_it(drain=False)
    clock = Clock.objects.get(metric="first_response")

    facts = gather_breach(clock, received(event).event, now=timezone.now())

    assert set(FACTS[BREACH]) <= set(facts)
    assert facts["promise.metric"] == "first_response"
    assert (facts["promise.policy"], facts["promise.budget_minutes"], facts["promise.cause"]) == ("All", 15, "time")
    assert 0.9 < facts["promise.late_minutes"] <= 1.1
    assert (facts["queue.key"], facts["case.open"], facts["promise.kept_since"]) == ("care", False, False)


def test_a_fault_in_an_action_is_undone_and_recorded_and_stops_nothing(
    late: WorkItem, break_it: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(subject: Any, planned: Any, now: datetime) -> str:
        Conversation.objects.update(subject="half done")
        return str(1 / 0)

    monkeypatch.setitem(ACTIONS, "add_note", fall_over)
    rule("Broken", {"kind": "add_note", "text": "?"}, {"kind": "add_tags", "tags": ["late"]})

    break_it()

    assert outcomes() == ["refused: division by zero", "tagged late"]
    conversation = Conversation.objects.get()
    assert (conversation.subject, conversation.tags) == ("My parcel", ["late"])
    assert Delivery.objects.count() == 0


def test_a_queue_that_is_gone_leaves_it_where_it_waits(late: WorkItem, break_it: Break, queue: Queue) -> None:
    rule("Broken", {"kind": "enqueue", "queue": "gone"})

    break_it()

    assert outcomes() == ["refused: The queue the rule names is missing or switched off."]
    assert WorkItem.objects.get().queue == queue


def test_it_is_taken_from_an_agent_who_does_not_answer(
    late: WorkItem, break_it: Break, billing: Queue, ana: Any, on_duty: Callable[..., Any]
) -> None:
    rule("Too late", {"kind": "enqueue", "queue": "billing"})
    on_duty(ana, at=timezone.now())
    drain_outbox()
    accept_offer(Offer.objects.get().pk, user=ana, now=timezone.now())

    break_it()

    item = WorkItem.objects.get()
    assert (item.queue, item.state, item.agent) == (billing, "waiting", None)


def test_whoever_is_in_a_call_is_left_alone(
    late: WorkItem, break_it: Break, billing: Queue, ana: Any, on_duty: Callable[..., Any]
) -> None:
    rule("Too late", {"kind": "enqueue", "queue": "billing"})
    on_duty(ana, at=timezone.now())
    drain_outbox()
    accept_offer(Offer.objects.get().pk, user=ana, now=timezone.now())
    WorkItem.objects.update(medium="voice")

    break_it()

    assert WorkItem.objects.get().agent == ana
    assert outcomes() == ["refused: Somebody is in a call with the customer: it stays with them."]


def test_what_waits_in_no_queue_is_put_into_one(late: WorkItem, break_it: Break, billing: Queue) -> None:
    rule("Too late", {"kind": "enqueue", "queue": "billing"})
    WorkItem.objects.all().delete()

    break_it()

    item = WorkItem.objects.get()
    assert (item.queue, item.due_at) == (billing, Clock.objects.get(metric="first_response").due_at)


def test_what_was_resolved_meanwhile_waits_nowhere(late: WorkItem, break_it: Break, billing: Queue) -> None:
    rule("Too late", {"kind": "enqueue", "queue": "billing"})
    break_it(drain=False)
    resolve(late.conversation.pk, actor=None, now=timezone.now())
    WorkItem.objects.all().delete()

    drain_outbox()

    assert WorkItem.objects.count() == 0
    assert outcomes() == ["refused: It is resolved: it waits in no queue."]


def test_two_rules_that_break_promises_for_each_other_are_stopped(late: WorkItem, always: Calendar) -> None:
    """Each priority has a promise of its own, which is broken the moment it is made: they would call each other for ever."""
    days_ago = timezone.now() - timedelta(days=3)
    Conversation.objects.update(created_at=days_ago, waiting_since=days_ago)
    Clock.objects.all().delete()
    SlaPolicy.objects.all().delete()
    urgent = {"fact": "conversation.priority", "op": "is", "value": 3}
    promise("Urgent", always, rank=0, conditions=urgent, resolution=10)
    promise("Others", always, rank=1, first_response=10)
    rule("Up", {"kind": "set_priority", "priority": 3}, conditions={"not": urgent})
    rule("Down", {"kind": "set_priority", "priority": 1}, conditions=urgent)

    set_priority(late.conversation.pk, priority=0, actor=None, now=timezone.now())
    drain_outbox()

    assert outcomes() == ["priority 3", "priority 1", "priority 3"]
    assert list(Event.objects.filter(name="ClockBreached").values_list("depth", flat=True)) == [1, 3, 5, 7]
    assert Delivery.objects.count() == 0


def test_a_rule_is_not_asked_about_what_it_has_broken_itself(late: WorkItem, break_it: Break) -> None:
    own = rule("Mine", {"kind": "add_tags", "tags": ["mine"]})
    rule("Other", {"kind": "add_tags", "tags": ["other"]})
    event = break_it(drain=False)
    Event.objects.filter(pk=event.pk).update(actor=f"rule:{own.pk}")

    drain_outbox()

    assert Conversation.objects.get().tags == ["other"]


def test_a_rule_whose_doing_is_broken_in_time_again_and_again_grows_tired(late: WorkItem, break_it: Break) -> None:
    """Nothing calls it but the clock, so that no chain of events grows; the customer has not written since."""
    rule("Round", {"kind": "add_tags", "tags": ["round"]})
    for _ in range(MOST_IN_A_ROW + 2):
        Clock.objects.filter(metric="first_response").update(state="running", breached_at=None)
        break_it()

    assert outcomes() == ["tagged round"] * MOST_IN_A_ROW + [f"refused: {breach.TIRED}"] * 2

    Message.objects.create(
        conversation=late.conversation, author_kind="customer", text="?", state="received", created_at=timezone.now()
    )
    Clock.objects.filter(metric="first_response").update(state="running", breached_at=None)
    break_it()
    assert outcomes()[-1] == "tagged round"


def test_a_promise_of_a_case_has_no_rules(late: WorkItem, break_it: Break) -> None:
    rule("All", {"kind": "add_tags", "tags": ["late"]})
    event = received(break_it(drain=False))
    Clock.objects.all().delete()
    about_case = replace(event, event=replace(event.event, conversation_id=None, case_id=1))

    decide_again(about_case)

    assert ActionRun.objects.count() == 0


def test_where_no_rule_applies_it_costs_three_queries_and_two_remembered_ones(
    late: WorkItem, break_it: Break, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rule("Never", {"kind": "add_tags", "tags": ["x"]}, conditions={"fact": "queue.key", "op": "is", "value": "no"})
    event = received(break_it(drain=False))

    with django_assert_num_queries(5):
        decide_again(event)
