"""The clocks of a conversation or a case follow what happens to it: started, paused, met, begun anew.

All of it is derived from the row they hang on (waiting since, status, when it was resolved), so every function here may
be called again, late, or by two processes at once: it locks the subject first and changes only what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction

from cases import clock_math
from cases.clock_math import ClockState, ReopenMode
from cases.models import Case, Clock, Metric
from cases.services.calendars import business_calendar
from cases.services.clock_rows import OPEN, Subject, cancel, fill, latest_clocks, on, pure, take, tell
from cases.services.policies import Promise, promise_for
from channels_app.models import Conversation, Message

RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
MET = (Clock.State.MET, Clock.State.MET_LATE)
Latest = dict[str, Clock]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The nearest promise that is still open. `target_seconds`: its whole budget."""

    due_at: datetime
    target_seconds: int
    metric: str


def start_clocks(conversation_id: int, *, message: Message, now: datetime) -> Deadline | None:
    """A customer wrote: start what is not running, wake what is paused. The nearest deadline, for the queue."""
    with transaction.atomic():
        conversation = lock_for_clocks(conversation_id)
        _follow(conversation, latest_clocks(conversation), at=message.created_at, now=now)
    return nearest_due(conversation_id)


def record_reply(
    conversation_id: int, *, by_bot: bool, waited: timedelta | None, at: datetime, actor: Any, now: datetime
) -> None:
    """We answered at `at`, a customer who had `waited`: the response clock that was running then is met.

    A bot's answer counts where the channel says so. An answer faster than the clock's start still gets its clock.
    """
    with transaction.atomic():
        conversation = lock_for_clocks(conversation_id)
        latest = latest_clocks(conversation)
        if not by_bot or conversation.channel.config.get("bot_answers_count"):
            responses = [latest[metric] for metric in RESPONSES if metric in latest]
            running = [row for row in responses if row.state in OPEN]
            counted = any(row.stopped_at and row.stopped_at >= at for row in responses)  # this answer, or a later one
            if not running and not counted and waited is not None:
                running = _begin_response(conversation, latest, since=at - waited, now=at)
            for row in running:
                if row.started_at <= at:  # else it counts a message that came after this answer
                    take(row, lambda clock, calendar: clock_math.stop(clock, calendar, at=at), actor=actor, now=now)
        _follow(conversation, latest, at=at, actor=actor, now=now)


def follow_conversation(conversation_id: int, *, at: datetime, actor: Any = None, now: datetime) -> None:
    """Its status changed at `at`: pending pauses the resolution, open wakes it, resolved ends all clocks."""
    with transaction.atomic():
        conversation = lock_for_clocks(conversation_id)
        _follow(conversation, latest_clocks(conversation), at=at, actor=actor, now=now)


def end_clocks(conversation_id: int, *, at: datetime, actor: Any = None, now: datetime) -> None:
    """It was resolved at `at`, whatever it is by now: ends the clocks that ran then."""
    with transaction.atomic():
        _end(latest_clocks(lock_for_clocks(conversation_id)), at=at, actor=actor, now=now)


def follow_case(case: Case, *, at: datetime, actor: Any, now: datetime) -> None:
    """As for a conversation, for the resolution of a case whose row the caller holds locked."""
    latest = latest_clocks(case)
    if case.status in (Case.Status.SOLVED, Case.Status.CLOSED):
        _end(latest, at=case.solved_at or at, actor=actor, now=now)
        return
    paused = case.status == Case.Status.PENDING
    _follow_resolution(case, latest, cache(lambda: promise_for(case)), paused=paused, at=at, actor=actor, now=now)


def nearest_due(conversation_id: int) -> Deadline | None:
    """Among the conversation's clocks that run, breached ones included. One query."""
    running = Clock.objects.filter(conversation_id=conversation_id, running_since__isnull=False)
    found = running.filter(due_at__isnull=False).order_by("due_at").only("due_at", "budget_seconds", "metric").first()
    return Deadline(found.due_at, found.budget_seconds, found.metric) if found and found.due_at else None


def lock_for_clocks(conversation_id: int) -> Conversation:
    """The conversation with channel and customer, locked against every other change of its clocks."""
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True).select_related("channel", "customer")
    return rows.get(id=conversation_id)


def _follow(conversation: Conversation, latest: Latest, *, at: datetime, actor: Any = None, now: datetime) -> None:
    if conversation.status == Conversation.Status.RESOLVED:
        _end(latest, at=conversation.resolved_at or at, actor=actor, now=now)
        return
    promised = cache(lambda: promise_for(conversation))
    waiting = any(latest[metric].state in OPEN for metric in RESPONSES if metric in latest)
    if conversation.waiting_since is not None and not waiting:
        _begin_response(conversation, latest, promised, since=conversation.waiting_since, actor=actor, now=now)
    paused = conversation.status == Conversation.Status.PENDING
    _follow_resolution(conversation, latest, promised, paused=paused, at=at, actor=actor, now=now)


def _begin_response(
    conversation: Conversation,
    latest: Latest,
    promised: Callable[[], Promise | None] | None = None,
    *,
    since: datetime,
    actor: Any = None,
    now: datetime,
) -> list[Clock]:
    """One clock counts from the oldest unanswered message: the first response until it was given, then the next."""
    promise = promised() if promised else promise_for(conversation)
    if promise is None:
        return []
    first = latest.get(Metric.FIRST_RESPONSE)
    answered = first is not None and first.state in MET
    asked = Metric.FIRST_RESPONSE in promise.budgets and Metric.NEXT_RESPONSE not in latest
    metric = Metric.FIRST_RESPONSE if asked and not answered else Metric.NEXT_RESPONSE
    if metric not in promise.budgets:
        return []
    cycle = latest[metric].cycle + 1 if metric in latest else 1
    latest[metric] = _begin(conversation, promise, metric, cycle=cycle, at=since, actor=actor, now=now)
    return [latest[metric]]


def _follow_resolution(
    subject: Subject,
    latest: Latest,
    promised: Callable[[], Promise | None],
    *,
    paused: bool,
    at: datetime,
    actor: Any,
    now: datetime,
) -> None:
    row = latest.get(Metric.RESOLUTION)
    if row is None or row.state == Clock.State.CANCELED:
        promise = promised()
        if promise is None or Metric.RESOLUTION not in promise.budgets:
            return
        opened = subject.created_at if isinstance(subject, Conversation) else subject.opened_at
        cycle = row.cycle + 1 if row else 1
        row = _begin(subject, promise, Metric.RESOLUTION, cycle=cycle, at=opened, actor=actor, now=now)
    elif row.state in MET:
        row = _reopen(row, at=at, actor=actor, now=now)
    latest[Metric.RESOLUTION] = row
    if row.state in OPEN:
        step = clock_math.pause if paused else clock_math.resume
        take(row, lambda clock, calendar: step(clock, calendar, at=at), actor=actor, now=now)


def _begin(
    subject: Subject, promise: Promise, metric: str, *, cycle: int, at: datetime, actor: Any, now: datetime
) -> Clock:
    blank = clock_math.Clock(budget_seconds=promise.budgets[metric], cycle=cycle)
    clock = clock_math.check(clock_math.start(blank, business_calendar(promise.calendar), at=at), at=now)
    row = Clock(
        **on(subject), metric=metric, policy=promise.policy, policy_version=promise.policy.version,
        calendar=promise.calendar, created_at=now,
    )  # fmt: skip
    fill(row, clock).save()
    tell([row], [None], actor=actor, now=now)
    return row


def _reopen(row: Clock, *, at: datetime, actor: Any, now: datetime) -> Clock:
    """The next version of a clock that was met; the met one stays as history."""
    mode = ReopenMode(row.policy.reopening) if row.policy else ReopenMode.RESUME
    clock = clock_math.reopen(pure(row), business_calendar(row.calendar), at=max(at, row.stopped_at or at), mode=mode)
    again = Clock(
        conversation_id=row.conversation_id, case_id=row.case_id, metric=row.metric, policy=row.policy,
        policy_version=row.policy_version, calendar=row.calendar, created_at=now,
    )  # fmt: skip
    fill(again, clock).save()
    carried = clock.state is ClockState.BREACHED and clock.breached_at == row.breached_at
    tell([again], [pure(row) if carried else None], actor=actor, now=now)
    return again


def _end(latest: Latest, *, at: datetime, actor: Any, now: datetime) -> None:
    """Solved: what waits for a first human answer will not get one; everything else is met."""
    for row in latest.values():
        if row.state not in OPEN or row.started_at > at:
            continue
        if row.metric == Metric.FIRST_RESPONSE:
            cancel(row, at=at, actor=actor, now=now)
        else:
            take(row, lambda clock, calendar: clock_math.stop(clock, calendar, at=at), actor=actor, now=now)
