"""Another priority, an edited policy, other hours: the deadline moves, the history stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from automation.conditions import validate
from cases.models import Calendar, Clock, SlaPolicy, SlaTarget
from cases.services.breaches import sweep_clocks
from cases.services.calendars import clear_day, set_day, set_hours
from cases.services.clocks import follow_conversation
from cases.services.policies import POLICY_FACTS
from cases.services.reselection import apply_policy, preview_policy, recompute_calendar, reselect_conversation
from channels_app.models import Conversation
from cxos.core.errors import Invalid
from cxos.core.models import Event
from cxos.core.relay import drain_outbox
from tests.cases.conftest import ALWAYS, HOUR, MINUTE, Say, promise

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


def told(name: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("payload", flat=True))


def first_response() -> Clock:
    return Clock.objects.get(metric="first_response")


def raise_priority(conversation: Conversation, priority: int, now: datetime) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(priority=priority)
    reselect_conversation(conversation.pk, changed={"priority"}, actor="user:1", now=now)


def test_the_first_policy_by_rank_that_holds_applies(
    conversation: Conversation, policy: SlaPolicy, always: Calendar, kim_writes: Say, now: datetime
) -> None:
    vip = {"fact": "customer.vip", "op": "is", "value": True}
    promise("VIP", always, rank=10, conditions=vip, first_response=MINUTE)
    promise("Never reached", always, rank=30, first_response=1)
    assert validate(vip, POLICY_FACTS) == []

    kim_writes(now)

    assert first_response().policy == policy


def test_a_disabled_policy_and_a_broken_one_never_apply(
    conversation: Conversation, policy: SlaPolicy, always: Calendar, kim_writes: Say, now: datetime
) -> None:
    off = promise("Off", always, rank=1, first_response=1)
    SlaPolicy.objects.filter(pk=off.pk).update(enabled=False)
    promise("Broken", always, rank=2, conditions={"not": {"fact": "x", "op": "regex", "value": ".*"}}, first_response=1)

    kim_writes(now)

    assert first_response().policy == policy


def test_a_priority_of_its_own_has_a_target_of_its_own(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    SlaTarget.objects.create(policy=policy, metric="first_response", priority=3, budget_seconds=2 * MINUTE)
    kim_writes(now)

    raise_priority(conversation, 3, now + MINUTES)

    row = first_response()
    assert (row.due_at, row.budget_seconds, row.started_at) == (now + 2 * MINUTES, 2 * MINUTE, now)
    assert [(event["cause"], event["due_at"]) for event in told("ClockChanged")] == [
        ("policy_change", "2026-03-04T10:02:00+00:00")
    ]
    assert told("ClockBreached") == []


def test_a_deadline_that_the_change_puts_into_the_past_is_one_breach_with_its_cause(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    SlaTarget.objects.create(policy=policy, metric="first_response", priority=3, budget_seconds=2 * MINUTE)
    kim_writes(now)

    raise_priority(conversation, 3, now + 10 * MINUTES)
    sweep_clocks(now=now + 20 * MINUTES)

    row = first_response()
    assert (row.state, row.due_at, row.breached_at) == ("breached", now + 2 * MINUTES, now + 10 * MINUTES)
    assert [event["cause"] for event in told("ClockBreached")] == ["policy_change"]


def test_a_lower_priority_never_undoes_a_breach(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    SlaTarget.objects.create(policy=policy, metric="first_response", priority=0, budget_seconds=8 * HOUR)
    kim_writes(now)
    sweep_clocks(now=now + 16 * MINUTES)

    raise_priority(conversation, 0, now + 17 * MINUTES)

    assert (first_response().state, first_response().breached_at) == ("breached", now + 15 * MINUTES)
    assert len(told("ClockBreached")) == 1


def test_another_policy_keeps_the_pause_that_has_accumulated(
    conversation: Conversation, policy: SlaPolicy, always: Calendar, kim_writes: Say, now: datetime
) -> None:
    urgent = {"fact": "conversation.tags", "op": "contains", "value": "outage"}
    promise("Outage", always, rank=5, conditions=urgent, resolution=4 * HOUR)
    kim_writes(now)
    Conversation.objects.filter(pk=conversation.pk).update(status="pending")
    follow_conversation(conversation.pk, at=now + timedelta(hours=1), now=now + timedelta(hours=1))
    kim_writes(now + timedelta(hours=3))

    Conversation.objects.filter(pk=conversation.pk).update(tags=["outage"])
    reselect_conversation(conversation.pk, changed=("tags",), actor=None, now=now + timedelta(hours=3, minutes=1))

    resolution = Clock.objects.get(metric="resolution")
    assert (resolution.policy.name, resolution.due_at) == ("Outage", now + timedelta(hours=6))  # type: ignore[union-attr]
    # The new policy promises no first response.
    assert first_response().state == "canceled"


def test_a_tag_that_decides_nothing_changes_nothing(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    SlaPolicy.objects.filter(pk=policy.pk).update(version=2)
    SlaTarget.objects.filter(metric="first_response").update(budget_seconds=MINUTE)
    events = Event.objects.count()

    reselect_conversation(conversation.pk, changed=("tags",), actor=None, now=now + 5 * MINUTES)

    assert (first_response().due_at, first_response().policy_version) == (now + 15 * MINUTES, 1)
    assert Event.objects.count() == events


def test_an_edited_policy_reaches_open_clocks_when_it_is_applied_to_them(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    SlaPolicy.objects.filter(pk=policy.pk).update(version=2)
    SlaTarget.objects.filter(metric="first_response").update(budget_seconds=3 * MINUTE)
    policy.refresh_from_db()

    foreseen = preview_policy(policy, now=now + 5 * MINUTES)
    assert [(change.due_at, change.would_breach) for change in foreseen] == [
        (now + 3 * MINUTES, True),
        (datetime(2026, 3, 6, 10, tzinfo=UTC), False),
    ]
    assert first_response().due_at == now + 15 * MINUTES

    assert apply_policy(policy, actor=None, now=now + 5 * MINUTES) == 2
    assert (first_response().state, first_response().policy_version) == ("breached", 2)
    assert apply_policy(policy, actor=None, now=now + 5 * MINUTES) == 0
    assert len(told("ClockBreached")) == 1


def test_a_holiday_that_is_added_moves_open_deadlines_and_leaves_history(
    conversation: Conversation, policy: SlaPolicy, office: Calendar, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    before = Clock.objects.get(metric="resolution").due_at

    set_day(office, day=date(2026, 3, 5), name="Founders' Day", actor=None, now=now)
    assert recompute_calendar(office, actor=None, now=now + MINUTES) == 2

    assert before == datetime(2026, 3, 6, 10, tzinfo=UTC)
    assert Clock.objects.get(metric="resolution").due_at == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert [(event["metric"], event["cause"]) for event in told("ClockChanged")] == [("resolution", "calendar_change")]

    clear_day(office, day=date(2026, 3, 5), actor=None, now=now)
    recompute_calendar(office, actor=None, now=now + MINUTES)
    assert Clock.objects.get(metric="resolution").due_at == before


def test_reckoning_again_keeps_every_column_to_the_microsecond(
    conversation: Conversation, policy: SlaPolicy, office: Calendar, kim_writes: Say, now: datetime
) -> None:
    odd = now + timedelta(microseconds=123457)
    Conversation.objects.filter(pk=conversation.pk).update(created_at=odd, waiting_since=odd)
    kim_writes(odd)
    follow_conversation(conversation.pk, at=odd, now=odd)
    before = {row["id"]: row for row in Clock.objects.values()}

    set_day(office, day=date(2026, 3, 5), name="Founders' Day", actor=None, now=now)
    recompute_calendar(office, actor=None, now=odd + MINUTES)

    for row in Clock.objects.values():
        moved = timedelta(days=4 if row["metric"] == "resolution" else 0)
        due_at = before[row["id"]]["due_at"] + moved - (timedelta(days=1) if moved else timedelta(0))
        assert row == before[row["id"]] | {"due_at": due_at}


def test_other_hours_reach_the_clocks_through_the_outbox(
    conversation: Conversation, policy: SlaPolicy, office: Calendar, kim_writes: Say
) -> None:
    today = datetime.now(UTC).replace(microsecond=0)
    Conversation.objects.filter(pk=conversation.pk).update(created_at=today, waiting_since=today)
    kim_writes(today)

    set_hours(office, zone="UTC", weekly=ALWAYS, actor=None, now=today)
    drain_outbox()

    assert Clock.objects.get(metric="resolution").due_at == today + timedelta(hours=16)


@pytest.mark.parametrize(
    ("zone", "weekly", "sentence"),
    [
        ("Mars/Olympus", ALWAYS, "no time zone called “Mars/Olympus”"),
        ("UTC", {"monday": [[0, 60]]}, "0 \\(Monday\\) to 6"),
        ("UTC", {"0": [[600, 540]]}, "must end after they start"),
        ("UTC", {"0": [[600]]}, "pairs of minutes"),
        ("UTC", {"0": [[600, 1900]]}, "up to 06:00"),
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_changes(
    office: Calendar, now: datetime, zone: str, weekly: Any, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        set_hours(office, zone=zone, weekly=weekly, actor=None, now=now)

    office.refresh_from_db()
    assert (office.zone, office.version) == ("UTC", 1)
    assert Event.objects.count() == 0
