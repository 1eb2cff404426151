"""Figures about what became of conversations later: re-opening, first contact resolution, backlog. From facts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Min, Q

from intelligence import formulas
from intelligence.formulas import Contact, Ratio
from intelligence.models import Fact, Insight
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


def first_contact_share(start: datetime, end: datetime, *, now: datetime) -> tuple[Ratio, int]:
    """FCR of the conversations resolved in [start, end), and how many of them are provisional. Three queries.

    Another contact counts against it when the same customer opens or re-opens a conversation on the same topic, the
    first intent recognised in it, on any channel within seven days. Conversations without one share the empty topic.
    """
    resolved = list(
        Fact.objects.filter(name=RESOLVED, at__gte=start, at__lt=end, customer_id__isnull=False).values_list(
            "conversation_id", "customer_id", "at"
        )
    )
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
