"""The clocks of a conversation or a case follow what happens to it: started, paused, met, begun anew.

All of it is derived from the row they hang on (waiting since, status, when it was resolved), so every function here may
be called again, late, or by two processes at once: it locks the subject first and changes only what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction

from cases import clock_math
from cases.clock_math import ClockState, ReopenMode
from cases.models import Case, Clock, Metric
from cases.services.calendars import business_calendar
from cases.services.clock_rows import OPEN, Step, Subject, cancel, fill, latest_clocks, on, pure, take, tell
from cases.services.policies import Promise, promise_for
from channels_app.models import Conversation

RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
ENDED = (Conversation.Status.RESOLVED, Case.Status.SOLVED, Case.Status.CLOSED)
MET = (Clock.State.MET, Clock.State.MET_LATE)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The nearest promise that is still open. `target_seconds`: its whole budget."""

    due_at: datetime
    target_seconds: int
    metric: str


def start_clocks(conversation: Conversation, *, fresh: bool = False, at: datetime, now: datetime) -> Deadline | None:
    """A customer wrote at `at`: start what is not running, wake what is paused. The nearest deadline, for the queue.

    The conversation is locked by the caller's transaction, and has its channel and customer. `fresh`: it was made there,
    so it has no clocks. One query when all runs already, five where none does, four for a fresh one.
    """
    clocks = _Clocks(conversation, {} if fresh else latest_clocks(conversation), None, now)
    clocks.follow(at=at)
    return clocks.nearest()


def record_reply(
    conversation_id: int, *, by_bot: bool, waited: timedelta | None, at: datetime, actor: Any, now: datetime
) -> None:
    """We answered at `at`, a customer who had `waited`: the response clock that was running then is met.

    A bot's answer counts where the channel says so. An answer faster than the clock's start still gets its clock.
    """
    with transaction.atomic():
        clocks = _locked(conversation_id, actor=actor, now=now)
        if not by_bot or clocks.bot_answers_count:
            clocks.answer(at=at, waited=waited)
        clocks.follow(at=at)


def follow_conversation(conversation_id: int, *, at: datetime, actor: Any = None, now: datetime) -> None:
    """Its status changed at `at`: pending pauses the resolution, open wakes it, resolved ends all clocks."""
    with transaction.atomic():
        _locked(conversation_id, actor=actor, now=now).follow(at=at)


def end_clocks(conversation_id: int, *, at: datetime, actor: Any = None, now: datetime) -> None:
    """It was resolved at `at`, whatever it is by now: ends the clocks that ran then."""
    with transaction.atomic():
        _locked(conversation_id, actor=actor, now=now).end(at=at)


def follow_case(case: Case, *, at: datetime, actor: Any, now: datetime) -> None:
    """As for a conversation, for the resolution of a case whose row the caller holds locked."""
    _Clocks(case, latest_clocks(case), actor, now).follow(at=at)


def nearest_due(conversation_id: int) -> Deadline | None:
    """Among the conversation's clocks that run, breached ones included. One query."""
    running = Clock.objects.filter(conversation_id=conversation_id, running_since__isnull=False)
    found = running.filter(due_at__isnull=False).order_by("due_at").only("due_at", "budget_seconds", "metric").first()
    return Deadline(found.due_at, found.budget_seconds, found.metric) if found and found.due_at else None


def lock_for_clocks(conversation_id: int) -> Conversation:
    """The conversation with channel and customer, locked against every other change of its clocks.

    Asked twice where a merge gave it another customer while we waited for the lock: the statement that waited finds no
    row then, for it has joined the customer of before."""
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True).select_related("channel", "customer")
    return rows.filter(id=conversation_id).first() or rows.get(id=conversation_id)


def _locked(conversation_id: int, *, actor: Any = None, now: datetime) -> _Clocks:
    conversation = lock_for_clocks(conversation_id)
    return _Clocks(conversation, latest_clocks(conversation), actor, now)


@dataclass
class _Clocks:
    """The newest clock of each metric of one locked subject, while something that happened is applied to them."""

    subject: Subject
    latest: dict[str, Clock]
    actor: Any
    now: datetime
    begun: list[Clock] = field(default_factory=list)

    @cached_property
    def promise(self) -> Promise | None:
        return promise_for(self.subject)

    @property
    def bot_answers_count(self) -> bool:
        return isinstance(self.subject, Conversation) and bool(self.subject.channel.config.get("bot_answers_count"))

    def follow(self, *, at: datetime) -> None:
        """Bring the clocks to where the subject is."""
        subject = self.subject
        if subject.status in ENDED:
            ended_at = subject.resolved_at if isinstance(subject, Conversation) else subject.solved_at
            self.end(at=ended_at or at)
            return
        if isinstance(subject, Conversation) and subject.waiting_since is not None and not self.waiting():
            self.begin_response(since=subject.waiting_since)
        self.follow_resolution(paused=subject.status == Conversation.Status.PENDING, at=at)
        self.save_begun()

    def waiting(self) -> list[Clock]:
        """The response clock that is open, if one is."""
        return [row for row in self.responses() if row.state in OPEN]

    def responses(self) -> list[Clock]:
        return [self.latest[metric] for metric in RESPONSES if metric in self.latest]

    def answer(self, *, at: datetime, waited: timedelta | None) -> None:
        """Meet the open response clock; one that was too slow to start is begun after the fact."""
        counted = any(row.stopped_at and row.stopped_at >= at for row in self.responses())  # this answer, or a later
        if not self.waiting() and not counted and waited is not None:
            self.begin_response(since=at - waited, now=at)
            self.save_begun()
        for row in self.waiting():
            if row.started_at <= at:  # else it counts a message that came after this answer
                self.take(row, lambda clock, calendar: clock_math.stop(clock, calendar, at=at))

    def end(self, *, at: datetime) -> None:
        """Solved: what waits for a first human answer will not get one; everything else is met."""
        for row in self.latest.values():
            if row.state not in OPEN or row.started_at > at:
                continue
            if row.metric == Metric.FIRST_RESPONSE:
                cancel(row, at=at, actor=self.actor, now=self.now)
            else:
                self.take(row, lambda clock, calendar: clock_math.stop(clock, calendar, at=at))

    def begin_response(self, *, since: datetime, now: datetime | None = None) -> None:
        """One clock counts from the oldest unanswered message: the first response until it was given, then the next."""
        budgets = self.promise.budgets if self.promise else {}
        first = self.latest.get(Metric.FIRST_RESPONSE)
        owed = (first is None or first.state not in MET) and Metric.NEXT_RESPONSE not in self.latest
        metric = Metric.FIRST_RESPONSE if owed and Metric.FIRST_RESPONSE in budgets else Metric.NEXT_RESPONSE
        self.begin(metric, at=since, now=now or self.now)

    def follow_resolution(self, *, paused: bool, at: datetime) -> None:
        row = self.latest.get(Metric.RESOLUTION)
        if row is None or row.state == Clock.State.CANCELED:
            opened_at = self.subject.created_at if isinstance(self.subject, Conversation) else self.subject.opened_at
            self.begin(Metric.RESOLUTION, at=opened_at, now=self.now, paused_at=at if paused else None)
            return
        if row.state in MET:
            row = self.latest[Metric.RESOLUTION] = self.reopen(row, at=at)
        step = clock_math.pause if paused else clock_math.resume
        self.take(row, lambda clock, calendar: step(clock, calendar, at=at))

    def begin(self, metric: str, *, at: datetime, now: datetime, paused_at: datetime | None = None) -> None:
        """The next cycle of a metric, where it is promised. Saved by `save_begun`, together with others."""
        promise = self.promise
        if promise is None or metric not in promise.budgets:
            return
        cycle = self.latest[metric].cycle + 1 if metric in self.latest else 1
        calendar = business_calendar(promise.calendar)
        clock = clock_math.Clock(budget_seconds=promise.budgets[metric], cycle=cycle)
        clock = clock_math.check(clock_math.start(clock, calendar, at=at), at=now)
        if paused_at is not None:
            clock = clock_math.pause(clock, calendar, at=paused_at)
        row = Clock(
            **on(self.subject), metric=metric, policy=promise.policy, policy_version=promise.policy.version,
            calendar=promise.calendar, created_at=self.now,
        )  # fmt: skip
        self.latest[metric] = fill(row, clock)
        self.begun.append(row)

    def save_begun(self) -> None:
        if self.begun:
            Clock.objects.bulk_create(self.begun)
            tell(self.begun, [None] * len(self.begun), actor=self.actor, now=self.now)
            self.begun = []

    def reopen(self, row: Clock, *, at: datetime) -> Clock:
        """The next version of a clock that was met; the met one stays as history."""
        mode = ReopenMode(row.policy.reopening) if row.policy else ReopenMode.RESUME
        old, calendar = pure(row), business_calendar(row.calendar)
        clock = clock_math.reopen(old, calendar, at=max(at, row.stopped_at or at), mode=mode)
        again = Clock(
            **on(self.subject), metric=row.metric, policy=row.policy, policy_version=row.policy_version,
            calendar=row.calendar, created_at=self.now,
        )  # fmt: skip
        fill(again, clock).save()
        carried = clock.state is ClockState.BREACHED and clock.breached_at == row.breached_at
        tell([again], [old if carried else None], actor=self.actor, now=self.now)
        return again

    def take(self, row: Clock, step: Step) -> None:
        take(row, step, actor=self.actor, now=self.now)

    def nearest(self) -> Deadline | None:
        """As `nearest_due`, of what is in hand: an open clock is the newest of its metric."""
        running = [
            Deadline(row.due_at, row.budget_seconds, row.metric)
            for row in self.latest.values()
            if row.running_since is not None and row.due_at is not None
        ]
        return min(running, key=lambda deadline: deadline.due_at, default=None)
