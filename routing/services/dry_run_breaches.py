"""What rules would have done to promises that were broken: nothing is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from automation.models import Rule
from automation.services.decide import plan_of
from cases.models import Calendar, Case, Clock
from cxos.core.models import Event
from routing.facts import OPEN_CASE, breach_facts
from routing.models import WorkItem
from routing.services.dry_run import Tried, calendar_of, opened, tried_on

MOST_BREACHES = 500


def try_on_breaches(rules: Sequence[Rule], *, days: int, now: datetime) -> list[Tried]:
    """The promises to conversations broken in the last `days`, newest first, at most 500. 4 queries, and one or two a
    channel.

    Priority, tags, status, queue and case are those of today: what they were then is not kept.
    """
    clocks = list(
        Clock.objects.filter(breached_at__gt=now - timedelta(days=days), conversation__isnull=False)
        .select_related("policy", "conversation__customer", "conversation__channel")
        .order_by("-breached_at", "-id")[:MOST_BREACHES]
    )
    ids = {clock.conversation_id for clock in clocks}
    told = told_of(ids)
    items = WorkItem.objects.filter(conversation__in=ids, state__in=WorkItem.LIVE)
    queues: dict[int | None, str] = dict(items.values_list("conversation_id", "queue__key"))
    joined = Case.conversations.through.objects.filter(conversation__in=ids, case__status__in=OPEN_CASE)
    with_case = set(joined.values_list("conversation_id", flat=True))
    calendars: dict[int, Calendar | None] = {}
    tried = []
    for clock in clocks:
        conversation, broken_at = clock.conversation, clock.breached_at
        assert conversation is not None and broken_at is not None
        channel, notice = conversation.channel, told.get(clock.pk, {})
        if channel.pk not in calendars:
            calendars[channel.pk] = calendar_of(channel)
        late_ms = int(notice.get("late_ms", 0))
        noticed_at = broken_at + timedelta(milliseconds=late_ms)
        facts = breach_facts(
            clock,
            late_ms=late_ms,
            cause=str(notice.get("cause", "time")),
            queue=queues.get(conversation.pk, ""),
            has_case=conversation.pk in with_case,
            at=noticed_at,
        ) | {"hours.open": opened(calendars[channel.pk], at=noticed_at)}
        label = clock.get_metric_display()
        text = f"{label} – {clock.policy.name}" if clock.policy else label
        tried.append(tried_on(plan_of(rules, facts), facts, conversation=conversation, text=text, at=broken_at))
    return tried


def told_of(conversation_ids: set[int | None]) -> dict[int, dict[str, Any]]:
    """Clock id → how late its breach was noticed, and what broke it."""
    events = Event.objects.filter(name="ClockBreached", key__in=[f"conversation:{pk}" for pk in conversation_ids])
    return {payload["clock_id"]: payload for payload in events.values_list("payload", flat=True)}
