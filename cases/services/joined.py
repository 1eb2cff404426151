"""Clocks and cases follow when two conversations become one, and when that is taken back.

Of two promises of a kind the one that ends first is kept: a merge gives nobody more time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from cases.models import Case, Clock, Metric
from cases.services.cases import tell_change
from cases.services.clock_rows import OPEN, cancel, fill, latest_clocks, pure, tell
from cases.services.clocks import RESPONSES, follow_conversation
from channels_app.models import Conversation
from cxos.core.models import Event

KINDS = (RESPONSES, (Metric.RESOLUTION,))
NEVER = datetime.max.replace(tzinfo=UTC)


def follow_merge(merged_id: int, *, survivor_id: int, actor: Any, now: datetime) -> None:
    """What the merged one was promised, the survivor is; its cases are about the survivor. Safe to repeat."""
    with transaction.atomic():
        merged, survivor = _locked(merged_id, survivor_id)
        if merged.merged_into_id != survivor_id:  # taken back meanwhile
            return
        for metrics in KINDS:
            _keep_first(merged, survivor, metrics, actor=actor, now=now)
        link_cases(merged, survivor, actor=actor)
        follow_conversation(survivor_id, at=now, actor=actor, now=now)


def follow_parting(merged_id: int, *, survivor_id: int, actor: Any, now: datetime) -> None:
    """Each has clocks of its own again, from where its customer waits; cases that were linked by the merge are not."""
    with transaction.atomic():
        merged, survivor = _locked(merged_id, survivor_id)
        unlink_cases(merged, survivor, actor=actor)
        for conversation in (merged, survivor):
            _end_answered(conversation, actor=actor, now=now)
            follow_conversation(conversation.pk, at=now, actor=actor, now=now)


def link_cases(merged: Conversation, survivor: Conversation, *, actor: Any) -> None:
    """The link to the merged one stays: taken apart, it is right again."""
    for case in Case.objects.select_for_update(no_key=True).filter(conversations=merged).order_by("id"):
        if not case.conversations.filter(pk=survivor.pk).exists():
            case.conversations.add(survivor)
            tell_change(case, "merged", _pair(merged, survivor), actor=actor)


def unlink_cases(merged: Conversation, survivor: Conversation, *, actor: Any) -> None:
    """Only those that the merge has linked: the case's own history says which."""
    cases = {f"case:{one.pk}": one for one in Case.objects.filter(conversations=survivor.pk).order_by("id")}
    linked = Event.objects.filter(
        name="CaseChanged", key__in=list(cases), payload__what="merged", payload__value=_pair(merged, survivor)
    )
    for key in sorted(set(linked.values_list("key", flat=True))):
        cases[key].conversations.remove(survivor)
        tell_change(cases[key], "unlinked", str(survivor), actor=actor)


def _pair(merged: Conversation, survivor: Conversation) -> str:
    return f"{merged} → {survivor}"


def _locked(first: int, second: int) -> tuple[Conversation, Conversation]:
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[first, second])
    found = {row.pk: row for row in rows.order_by("pk")}
    return found[first], found[second]


def _keep_first(
    merged: Conversation, survivor: Conversation, metrics: Iterable[str], *, actor: Any, now: datetime
) -> None:
    """One open clock of these metrics stays, on the survivor."""
    theirs, ours = _open(merged, metrics), _open(survivor, metrics)
    if not theirs:
        return
    first = min([*theirs, *ours], key=lambda row: (row.due_at or NEVER, row.started_at, row.pk))
    if first in theirs:
        _begin_on(survivor, first, actor=actor, now=now)
        for row in ours:
            cancel(row, at=now, actor=actor, now=now)
    for row in theirs:
        cancel(row, at=now, actor=actor, now=now)


def _open(conversation: Conversation, metrics: Iterable[str]) -> list[Clock]:
    latest = latest_clocks(conversation)
    return [latest[metric] for metric in metrics if metric in latest and latest[metric].state in OPEN]


def _begin_on(survivor: Conversation, row: Clock, *, actor: Any, now: datetime) -> None:
    """The same promise with its whole history as the survivor's next cycle. A breach that was told is not told again."""
    cycles = Clock.objects.filter(conversation=survivor, metric=row.metric).order_by("-cycle")
    clock = pure(row)
    again = fill(
        Clock(
            conversation=survivor, metric=row.metric, policy=row.policy, policy_version=row.policy_version,
            calendar=row.calendar, warned_at=row.warned_at, created_at=now,
        ),
        clock,
    )  # fmt: skip
    again.cycle, again.version = (cycles.values_list("cycle", flat=True).first() or 0) + 1, 1
    again.save()
    tell([again], [clock if clock.breached_at is not None else None], actor=actor, now=now)


def _end_answered(conversation: Conversation, *, actor: Any, now: datetime) -> None:
    """A response clock of somebody who does not wait here any more."""
    if conversation.waiting_since is None:
        for row in _open(conversation, RESPONSES):
            cancel(row, at=now, actor=actor, now=now)
