"""Promises change in the middle of it: another priority, an edited policy, other hours.

A clock keeps its start and all its stretches, pauses included; budget and calendar are replaced and the deadline is
reckoned again over what happened. Ended clocks are history. Batches commit on their own, so that a long run holds no
locks; each may be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from cases import clock_math
from cases.models import Calendar, Case, Clock, SlaPolicy
from cases.services.calendars import business_calendar
from cases.services.clock_rows import OPEN, Subject, cancel, lock_subjects, open_clocks, pure, reckon
from cases.services.clocks import follow_case, follow_conversation, lock_for_clocks
from cases.services.policies import Promise, budgets_at, promise_for

BATCH = 500
DECIDING = frozenset({"priority", "tags", "customer"})  # what policies' conditions look at


def reselect_conversation(conversation_id: int, *, changed: Collection[str], actor: Any, now: datetime) -> None:
    """Its priority, tags or customer changed: another policy, or another of its targets, may apply from now on."""
    if DECIDING.isdisjoint(changed):
        return
    with transaction.atomic():
        _reselect(lock_for_clocks(conversation_id), changed=changed, actor=actor, now=now)
        follow_conversation(conversation_id, at=now, actor=actor, now=now)


def reselect_customer(customer_id: int, *, changed: Collection[str], actor: Any, now: datetime) -> None:
    """They became a VIP, or speak another language: look again at their conversations and cases that have open clocks."""
    if {"vip", "tags", "language"}.isdisjoint(changed):
        return
    open_ones = Clock.objects.filter(state__in=OPEN)
    theirs = open_ones.filter(conversation__customer_id=customer_id).order_by("conversation_id")
    for conversation_id in set(theirs.values_list("conversation_id", flat=True)):
        reselect_conversation(conversation_id, changed={"customer"}, actor=actor, now=now)
    with transaction.atomic():
        cases = Case.objects.select_for_update(of=("self",), no_key=True).select_related("customer")
        for case in cases.filter(customer_id=customer_id, clocks__state__in=OPEN).order_by("id"):
            reselect_case(case, changed={"customer"}, actor=actor, now=now)


def reselect_case(case: Case, *, changed: Collection[str], actor: Any, now: datetime) -> None:
    """As for a conversation; the caller holds the case's row locked."""
    if not DECIDING.isdisjoint(changed):
        _reselect(case, changed=changed, actor=actor, now=now)
        follow_case(case, at=now, actor=actor, now=now)


def apply_policy(policy: SlaPolicy, *, actor: Any, now: datetime) -> int:
    """Put the policy's open clocks under its present version; returns how many."""
    rows = Clock.objects.filter(policy=policy, state__in=OPEN).exclude(policy_version=policy.version)
    rows = rows.select_related("calendar", "policy", "conversation", "case")

    def each(batch: list[Clock]) -> None:
        for row in batch:
            _replace(row, _promised(policy, row), actor=actor, now=now)

    return _in_batches(rows, each)


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a policy would do to one clock. `due_at` None: it would be canceled."""

    clock_id: int
    was_due_at: datetime | None
    due_at: datetime | None
    would_breach: bool


def preview_policy(policy: SlaPolicy, *, now: datetime, limit: int = 200) -> list[Change]:
    """The open clocks that `apply_policy` would move, nearest deadline first. Writes nothing."""
    rows = Clock.objects.filter(policy=policy, state__in=OPEN).exclude(policy_version=policy.version)
    rows = rows.select_related("conversation", "case").order_by("due_at", "id")[:limit]
    calendar, changes = business_calendar(policy.calendar), []
    for row in rows:
        budget = _promised(policy, row).budgets.get(row.metric)
        before = pure(row)
        after = budget and clock_math.recompute(before, calendar, budget_seconds=budget, at=now)
        breaches = bool(after and after.breached_at and not before.breached_at)
        changes.append(Change(row.pk, before.due_at, after.due_at if after else None, breaches))
    return changes


def recompute_calendar(calendar: Calendar, *, actor: Any, now: datetime) -> int:
    """Its hours changed: reckon the open clocks on it again; returns how many."""
    rows = Clock.objects.filter(calendar=calendar, state__in=(Clock.State.RUNNING, Clock.State.PAUSED))

    def each(batch: list[Clock]) -> None:
        for row in batch:
            row.calendar = calendar
        reckon(batch, [row.budget_seconds for row in batch], actor=actor, now=now, cause="calendar_change")

    return _in_batches(rows, each)


def _reselect(subject: Subject, *, changed: Collection[str], actor: Any, now: datetime) -> None:
    promise = promise_for(subject)
    for row in open_clocks(subject):
        same = promise is not None and row.policy_id == promise.policy.pk
        if same and "priority" not in changed:
            continue  # the clock keeps the version of the policy it began with
        _replace(row, promise, actor=actor, now=now)


def _replace(row: Clock, promise: Promise | None, *, actor: Any, now: datetime) -> None:
    if promise is None or row.metric not in promise.budgets:
        cancel(row, at=now, actor=actor, now=now)
        return
    row.policy, row.policy_version, row.calendar = promise.policy, promise.policy.version, promise.calendar
    row.save(update_fields=["policy", "policy_version", "calendar"])
    reckon([row], [promise.budgets[row.metric]], actor=actor, now=now, cause="policy_change")


def _promised(policy: SlaPolicy, row: Clock) -> Promise:
    subject = row.conversation or row.case
    return Promise(policy, policy.calendar, budgets_at(policy, subject.priority if subject else 1))


def _in_batches(rows: QuerySet[Clock], each: Callable[[list[Clock]], None]) -> int:
    """Locked rows in order of id, a transaction a batch; returns how many. What changed meanwhile is left out."""
    count = last = 0
    locked = rows.select_for_update(of=("self",))
    while True:
        with transaction.atomic():
            ids = list(rows.filter(id__gt=last).order_by("id").values_list("id", flat=True)[:BATCH])
            if not ids:
                return count
            lock_subjects(ids)
            batch = list(locked.filter(id__in=ids).order_by("id"))
            each(batch)
        count, last = count + len(batch), ids[-1]
