"""Figures about what became of conversations later: re-opening, first contact resolution, backlog. From facts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max, Min, Q

from intelligence import formulas
from intelligence.formulas import Contact, Ratio
from intelligence.models import Fact, Insight
from intelligence.queries.outlook import paces
from intelligence.services.facts import to_ms

FIRST_CONTACT_WINDOW = timedelta(days=7)
RESOLVED, REOPENED, STARTED = "ConversationResolved", "ConversationReopened", "ConversationStarted"
OPENING = (STARTED, REOPENED)


def reopened_share(start: datetime, end: datetime) -> Ratio:
    """Of the conversations resolved in [start, end), how many were re-opened since at least once. Two queries."""
    in_period = Fact.objects.filter(name=RESOLVED, at__gte=start, at__lt=end, conversation_id__isnull=False)
    resolved = dict(
        in_period.values("conversation_id").annotate(first=Min("at")).values_list("conversation_id", "first")
    )
    again = Fact.objects.filter(name=REOPENED, at__gte=start, conversation_id__in=resolved)
    reopened = [row for row, at in again.values_list("conversation_id", "at") if row and at >= resolved[row]]
    return formulas.reopen_rate((row for row in resolved if row), reopened)


def first_contact_share(start: datetime, end: datetime, *, now: datetime, net: bool = False) -> tuple[Ratio, int]:
    """FCR of the conversations resolved in [start, end), and how many of them are provisional. Three queries, net four.

    Another contact counts against it when the same customer opens or re-opens a conversation on the same topic, the
    first intent recognised in it, on any channel within seven days. Conversations without one share the empty topic.
    `net`: without what the first agent could not resolve, that is, what was passed on to another queue, agent or outside.
    """
    resolved = list(
        Fact.objects.filter(name=RESOLVED, at__gte=start, at__lt=end, customer_id__isnull=False).values_list(
            "conversation_id", "customer_id", "at"
        )
    )
    if net:
        passed_on = _passed_on({row for row, _, _ in resolved if row}, before=end)
        resolved = [one for one in resolved if one[0] not in passed_on]
    later = list(
        Fact.objects.filter(
            name__in=OPENING, at__gte=start, at__lt=end + FIRST_CONTACT_WINDOW,
            customer_id__in={customer for _, customer, _ in resolved},
        ).values_list("conversation_id", "customer_id", "at")
    )  # fmt: skip
    topics = topics_of({row for row, _, _ in [*resolved, *later] if row})
    return formulas.first_contact_resolution(
        _contacts(resolved, topics),
        _contacts(later, topics),
        now_ms=to_ms(now),
        window_ms=FIRST_CONTACT_WINDOW // timedelta(milliseconds=1),
    )


def _passed_on(conversation_ids: Iterable[int], *, before: datetime) -> set[int]:
    kinds = ["transferred", "handed_over", "external"]
    found = Fact.objects.filter(
        name="WorkReleased", conversation_id__in=list(conversation_ids), at__lt=before, data__kind__in=kinds
    )
    return {row for row in found.values_list("conversation_id", flat=True) if row}


def _contacts(rows: Iterable[tuple[int | None, int | None, datetime]], topics: dict[int, str]) -> list[Contact]:
    return [Contact(int(customer or 0), topics.get(row or 0, ""), to_ms(at)) for row, customer, at in rows]


def topics_of(conversation_ids: Iterable[int]) -> dict[int, str]:
    """The first intent recognised in each conversation; absent where there is none. One query."""
    found = (
        Insight.objects.filter(message__conversation_id__in=list(conversation_ids))
        .exclude(intent="")
        .order_by("message__conversation_id", "message_id")
        .distinct("message__conversation_id")
    )
    return dict(found.values_list("message__conversation_id", "intent"))


def backlog(at: datetime, *, bands: Sequence[timedelta]) -> list[int]:
    """Conversations open at this moment by age since they were (re-)opened: one count a band, last the older ones.

    One query; an age exactly at a band's limit falls into the next band.
    """
    opened = (
        Fact.objects.filter(name__in=[*OPENING, RESOLVED], at__lte=at, conversation_id__isnull=False)
        .values("conversation_id")
        .annotate(opened=Max("at", filter=Q(name__in=OPENING)), resolved=Max("at", filter=Q(name=RESOLVED)))
        .values_list("opened", "resolved")
    )
    still = [to_ms(begun) for begun, ended in opened if begun and (ended is None or ended < begun)]
    limits = [band // timedelta(milliseconds=1) for band in bands]
    return formulas.backlog_by_age(still, now_ms=to_ms(at), bands_ms=limits)


OPEN_WORK = """
SELECT queue_id, count(*) FROM (
    SELECT DISTINCT ON (work_item_id) name, queue_id FROM intelligence_fact
    WHERE name IN ('WorkQueued', 'WorkCompleted', 'WorkAbandoned') AND at > %(since)s AND at <= %(at)s
      AND work_item_id IS NOT NULL
    ORDER BY work_item_id, at DESC, event_id DESC) newest
WHERE name = 'WorkQueued' GROUP BY queue_id ORDER BY queue_id
"""
LONGEST_OPEN = timedelta(days=90)


def backlog_hours(at: datetime) -> dict[int, float]:
    """Queue → hours of handling that its open work will take: items × the handle time of the week before.

    A queue whose handle time is unknown is reckoned with that of all of them; empty when none is known. Work queued more
    than ninety days ago is left out. Three queries at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(OPEN_WORK, {"since": at - LONGEST_OPEN, "at": at})
        held: dict[int, int] = dict(cursor.fetchall())
    hour = at.replace(minute=0, second=0, microsecond=0)
    pace = {queue: one.handle_seconds for queue, one in paces(tuple(sorted(held)), hour).items()} if held else {}
    known = [seconds for seconds in pace.values() if seconds is not None]
    if not known:
        return {}
    usual = sum(known) / len(known)
    return {queue: formulas.backlog_hours([(items, pace.get(queue) or usual)]) for queue, items in held.items()}
