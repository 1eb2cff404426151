"""The clocks of a conversation follow what happens in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from cases.models import Clock, SlaPolicy
from cases.services.calendars import business_calendar
from cases.services.clock_rows import latest_clocks
from cases.services.clocks import (
    Deadline,
    end_clocks,
    follow_conversation,
    lock_for_clocks,
    nearest_due,
    record_reply,
    start_clocks,
)
from channels_app.models import Conversation
from cxos.core.models import Event
from tests.cases.conftest import HOUR, MINUTE, Say

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


def told(name: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("payload", flat=True))


def clock(metric: str, *, cycle: int = 1, version: int = 1) -> Clock:
    return Clock.objects.get(metric=metric, cycle=cycle, version=version)


def reply(conversation: Conversation, at: datetime, *, by_bot: bool = False) -> None:
    """The reply service clears waiting_since in its own transaction; the clocks hear of it a little later."""
    row = Conversation.objects.get(pk=conversation.pk)
    waited = at - row.waiting_since if row.waiting_since else None
    if not by_bot:
        Conversation.objects.filter(pk=conversation.pk).update(waiting_since=None)
    record_reply(conversation.pk, by_bot=by_bot, waited=waited, at=at, actor="user:1", now=at)


def set_status(conversation: Conversation, status: str, at: datetime) -> None:
    resolved = status == Conversation.Status.RESOLVED
    Conversation.objects.filter(pk=conversation.pk).update(
        status=status, resolved_at=at if resolved else None, **({"waiting_since": None} if resolved else {})
    )


def test_the_first_message_starts_first_response_and_resolution(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now, noticed=timedelta(seconds=2))

    assert list(Clock.objects.order_by("metric").values_list("metric", "state", "started_at", "due_at", "cycle")) == [
        ("first_response", "running", now, now + 15 * MINUTES, 1),
        ("resolution", "running", now, datetime(2026, 3, 6, 10, tzinfo=UTC), 1),
    ]
    assert nearest_due(conversation.pk) == Deadline(now + 15 * MINUTES, 15 * MINUTE, "first_response")
    assert [event["metric"] for event in told("ClockStarted")] == ["first_response", "resolution"]
    assert told("ClockStarted")[0]["due_at"] == "2026-03-04T10:15:00+00:00"


def test_starting_again_changes_nothing(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    events = Event.objects.count()

    deadline = start_clocks(lock_for_clocks(conversation.pk), at=now, now=now + MINUTES)

    assert deadline == nearest_due(conversation.pk)
    assert Clock.objects.count() == 2
    assert Event.objects.count() == events


def test_several_messages_keep_the_oldest_start(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    kim_writes(now + 5 * MINUTES)

    assert clock("first_response").due_at == now + 15 * MINUTES
    assert Clock.objects.count() == 2


def test_without_a_policy_nothing_runs(conversation: Conversation, kim_writes: Say, now: datetime) -> None:
    kim_writes(now)

    assert Clock.objects.count() == 0
    assert nearest_due(conversation.pk) is None


def test_an_answer_in_time_meets_the_first_response(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    reply(conversation, now + 4 * MINUTES)

    row = clock("first_response")
    assert (row.state, row.consumed_seconds, row.stopped_at) == ("met", 4 * MINUTE, now + 4 * MINUTES)
    assert [(event["late"], event["consumed_seconds"]) for event in told("ClockMet")] == [(False, 4 * MINUTE)]
    assert nearest_due(conversation.pk) == Deadline(clock("resolution").due_at, 16 * HOUR, "resolution")  # type: ignore[arg-type]


def test_a_late_answer_that_no_sweep_foresaw_is_told_as_breach_and_then_as_late(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    reply(conversation, now + 20 * MINUTES)

    names = Event.objects.filter(name__startswith="Clock").order_by("id").values_list("name", flat=True)
    assert list(names) == ["ClockStarted", "ClockStarted", "ClockBreached", "ClockMet"]
    assert clock("first_response").breached_at == now + 15 * MINUTES
    assert told("ClockBreached")[0]["late_ms"] == 5 * MINUTE * 1000
    assert told("ClockMet")[0]["late"] is True


def test_each_new_question_after_the_first_answer_is_a_cycle_of_its_own(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    reply(conversation, now + 2 * MINUTES)

    kim_writes(now + 10 * MINUTES)
    kim_writes(now + 12 * MINUTES)
    reply(conversation, now + 20 * MINUTES)
    kim_writes(now + 30 * MINUTES)

    rows = Clock.objects.filter(metric="next_response").order_by("cycle")
    assert list(rows.values_list("cycle", "state", "started_at", "consumed_seconds")) == [
        (1, "met", now + 10 * MINUTES, 10 * MINUTE),
        (2, "running", now + 30 * MINUTES, 0),
    ]
    assert Clock.objects.filter(metric="first_response").count() == 1


def test_an_answer_does_not_meet_a_question_that_came_after_it(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    # Ana answers at 10:02 and Kim asks again at 10:03; the clocks hear of Kim first.
    Conversation.objects.filter(pk=conversation.pk).update(waiting_since=None)
    kim_writes(now + 3 * MINUTES)

    record_reply(
        conversation.pk, by_bot=False, waited=2 * MINUTES, at=now + 2 * MINUTES, actor=None, now=now + 4 * MINUTES
    )

    assert (clock("first_response").state, clock("first_response").stopped_at) == ("met", now + 2 * MINUTES)
    assert (clock("next_response").state, clock("next_response").started_at) == ("running", now + 3 * MINUTES)


def test_an_answer_that_is_faster_than_the_clock_is_still_counted(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    reply(conversation, now + timedelta(seconds=3))

    row = clock("first_response")
    assert (row.state, row.started_at, row.consumed_seconds) == ("met", now, 3)
    assert nearest_due(conversation.pk).metric == "resolution"  # type: ignore[union-attr]


def test_a_bot_answers_for_us_only_where_the_channel_says_so(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    reply(conversation, now + MINUTES, by_bot=True)
    assert clock("first_response").state == "running"

    conversation.channel.config = {"bot_answers_count": True}
    conversation.channel.save()
    reply(conversation, now + 2 * MINUTES, by_bot=True)
    assert clock("first_response").state == "met"


def test_waiting_for_the_customer_pauses_the_resolution_only(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    set_status(conversation, "pending", now + timedelta(hours=1))
    follow_conversation(conversation.pk, at=now + timedelta(hours=1), now=now + timedelta(hours=1))

    assert (clock("resolution").state, clock("resolution").due_at) == ("paused", None)
    assert clock("resolution").consumed_seconds == HOUR
    assert clock("first_response").state == "running"

    kim_writes(now + timedelta(hours=3))

    assert clock("resolution").state == "running"
    # 10–11 counted, resumed at 13:00 with 15 h of 9-to-17 left: 4 h today, 8 h tomorrow, 3 h on Friday.
    assert clock("resolution").due_at == datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert [event["metric"] for event in told("ClockPaused")] == ["resolution"]
    assert [event["due_at"] for event in told("ClockResumed")] == ["2026-03-06T12:00:00+00:00"]


def test_resolving_ends_everything_and_an_unanswered_first_response_is_withdrawn(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    set_status(conversation, "resolved", now + 5 * MINUTES)

    end_clocks(conversation.pk, at=now + 5 * MINUTES, now=now + 5 * MINUTES)

    assert clock("first_response").state == "canceled"
    assert (clock("resolution").state, clock("resolution").consumed_seconds) == ("met", 5 * MINUTE)
    assert nearest_due(conversation.pk) is None
    assert [event["cause"] for event in told("ClockChanged")] == ["canceled"]


def test_next_response_does_not_go_on_after_the_end(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    reply(conversation, now + MINUTES)
    kim_writes(now + 2 * MINUTES)
    set_status(conversation, "resolved", now + 12 * MINUTES)

    end_clocks(conversation.pk, at=now + 12 * MINUTES, now=now + 12 * MINUTES)

    assert (clock("next_response").state, clock("next_response").consumed_seconds) == ("met", 10 * MINUTE)
    assert Clock.objects.filter(running_since__isnull=False).count() == 0


def test_coming_back_goes_on_with_what_was_left_and_keeps_the_result(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    set_status(conversation, "resolved", now + timedelta(hours=2))
    end_clocks(conversation.pk, at=now + timedelta(hours=2), now=now + timedelta(hours=2))

    back = now + timedelta(days=1)
    kim_writes(back)

    assert clock("resolution").state == "met"
    again = clock("resolution", version=2)
    assert (again.state, again.consumed_seconds, again.started_at) == ("running", 2 * HOUR, now)
    assert again.due_at == datetime(2026, 3, 6, 16, tzinfo=UTC)
    # Nobody had answered the first time: the first answer is still owed.
    assert (clock("first_response", cycle=2).state, clock("first_response", cycle=2).started_at) == ("running", back)


def test_an_end_that_is_heard_of_late_does_not_stop_what_came_after_it(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    reply(conversation, now + MINUTES)
    resolved, back = now + 10 * MINUTES, now + 11 * MINUTES
    set_status(conversation, "resolved", resolved)
    kim_writes(back)

    end_clocks(conversation.pk, at=resolved, now=back + MINUTES)
    follow_conversation(conversation.pk, at=back, now=back + MINUTES)

    assert (clock("resolution").state, clock("resolution").consumed_seconds) == ("met", 10 * MINUTE)
    assert (clock("resolution", version=2).state, clock("resolution", version=2).running_since) == ("running", back)
    assert (clock("next_response").state, clock("next_response").started_at) == ("running", back)


def test_starting_costs_few_queries(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime, django_assert_num_queries: Any
) -> None:
    business_calendar(policy.calendar)
    locked = lock_for_clocks(conversation.pk)

    with django_assert_num_queries(5):
        start_clocks(locked, at=now, now=now)
    with django_assert_num_queries(1):
        start_clocks(locked, at=now, now=now)


def test_a_long_conversation_loads_only_its_newest_clocks(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    for number in range(6):
        kim_writes(now + 2 * number * MINUTES)
        reply(conversation, now + (2 * number + 1) * MINUTES)

    with transaction.atomic():
        latest = latest_clocks(conversation)

    assert {metric: row.cycle for metric, row in latest.items()} == {
        "first_response": 1,
        "next_response": 5,
        "resolution": 1,
    }


def test_a_conversation_that_begins_pending_begins_paused(
    conversation: Conversation, policy: SlaPolicy, now: datetime
) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(status="pending", waiting_since=None)

    follow_conversation(conversation.pk, at=now + timedelta(hours=1), now=now + timedelta(hours=1))

    assert (clock("resolution").state, clock("resolution").consumed_seconds) == ("paused", HOUR)
    names = Event.objects.filter(name__startswith="Clock").order_by("id").values_list("name", flat=True)
    assert list(names) == ["ClockStarted", "ClockPaused"]
    assert told("ClockStarted")[0]["due_at"] is None
