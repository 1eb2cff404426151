"""Reads about clocks: what runs, what is nearest, and why it is due when it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from cases import clock_math, deadline_math, deadline_words
from cases.deadline_math import Explanation
from cases.models import Calendar, Case, Clock
from cases.permissions import clocks_visible_to
from cases.services.calendars import business_calendar
from cases.services.clock_rows import pure
from channels_app.models import Conversation, Message
from cxos.core.models import User
from cxos.core.search.vectors import TextIndex
from cxos.core.spans import span
from intelligence.health import Known
from intelligence.models import Insight

RECENT = 20  # conversations whose mood counts
CASE_WORDS = TextIndex("cases_case", "reference || ' ' || subject")


@dataclass(frozen=True, slots=True)
class ClockExplained:
    """A clock with all a screen says of it. Seconds are business seconds; `remaining_seconds` is negative when overdue."""

    clock: Clock
    explanation: Explanation
    sentence: str
    promise: str
    consumed_seconds: float
    remaining_seconds: float


def clocks_of_conversation(conversation_id: int) -> QuerySet[Clock]:
    """In the order they began, with policy and calendar."""
    rows = Clock.objects.filter(conversation_id=conversation_id)
    return rows.select_related("policy", "calendar").order_by("started_at", "id")


def clocks_of_case(case_id: int) -> QuerySet[Clock]:
    return Clock.objects.filter(case_id=case_id).select_related("policy", "calendar").order_by("started_at", "id")


def explain_clock(clock: Clock, *, at: datetime) -> ClockExplained:
    """Why it is due when it is. No query where policy and calendar are loaded and the calendar is known."""
    calendar, state = business_calendar(clock.calendar), pure(clock)
    explanation = deadline_math.explain(state, calendar)
    return ClockExplained(
        clock=clock,
        explanation=explanation,
        sentence=deadline_words.sentence(explanation),
        promise=_promise(clock),
        consumed_seconds=clock_math.consumed_at(state, calendar, at=at),
        remaining_seconds=clock_math.remaining_at(state, calendar, at=at),
    )


def preview_deadline(calendar: Calendar, *, budget_seconds: int, opened_at: datetime) -> Explanation:
    """What a target would mean for something opened then: "opened Fri 17:30 → due Mon 11:30". For editors.

    Raises CalendarError, with a sentence, for a calendar that never opens long enough.
    """
    hours = business_calendar(calendar)
    clock = clock_math.start(clock_math.Clock(budget_seconds), hours, at=opened_at)
    return deadline_math.explain(clock, hours)


def at_risk(user: User, *, limit: int = 50, conversations: QuerySet[Any, Any] | None = None) -> QuerySet[Clock]:
    """The running clocks this user may see that breach next; with `conversations` (a query of ids) only theirs."""
    rows = clocks_visible_to(user).filter(state=Clock.State.RUNNING, due_at__isnull=False)
    if conversations is not None:
        rows = rows.filter(conversation__in=conversations)
    return rows.select_related("policy", "calendar", "conversation__customer", "case").order_by("due_at", "id")[:limit]


def oldest_overdue_seconds(*, now: datetime) -> float:
    """How late the sweep is: the age of the oldest deadline it has not noticed. For the metrics; one index look-up."""
    rows = Clock.objects.filter(state=Clock.State.RUNNING, due_at__lt=now).order_by("due_at")
    due_at = rows.values_list("due_at", flat=True).first()
    return (now - due_at).total_seconds() if due_at else 0.0


def known_of(customer_id: int, *, now: datetime) -> Known:
    """What the record says about how the customer stands, for `health_of`: facts of all teams. 5 queries."""
    month, quarter = now - timedelta(days=30), now - timedelta(days=90)
    talks = Conversation.objects.filter(customer=customer_id).standing()
    week = Count("pk", filter=Q(created_at__gt=now - timedelta(days=7)))
    met = talks.aggregate(week=week, quarter=Count("pk", filter=Q(last_message_at__gt=quarter)))
    clocks = Clock.objects.filter(breached_at__gt=month, breached_at__lte=now).exclude(state=Clock.State.CANCELED)
    lately = talks.filter(last_message_at__gt=month).order_by("-last_message_at").values("pk")[:RECENT]
    said = Message.objects.filter(conversation__in=lately, author_kind=Message.Author.CUSTOMER, created_at__gt=month)
    moods = Insight.objects.filter(message__in=said).exclude(sentiment="")
    mood = moods.aggregate(heard=Count("pk"), unhappy=Count("pk", filter=Q(sentiment="negative")))
    surveys = talks.filter(metadata__has_key="survey", last_message_at__gt=quarter).order_by("-last_message_at")
    survey: Any = surveys.values_list("metadata__survey", flat=True).first() or {}
    open_cases = Count("pk", filter=~Q(status__in=[Case.Status.SOLVED, Case.Status.CLOSED]), distinct=True)
    cases = Case.objects.filter(customer=customer_id).aggregate(open=open_cases)
    broken = clocks.filter(Q(conversation__in=talks.values("pk")) | Q(case__customer=customer_id)).count()
    return Known(
        open_cases=cases["open"], breached=broken, contacts=met["week"], heard=mood["heard"], unhappy=mood["unhappy"],
        score=survey.get("score"), spoke=met["quarter"] > 0,
    )  # fmt: skip


def _promise(clock: Clock) -> str:
    """ "First response within 15 min of Office hours, promised by “Everything else” (version 2)." """
    words = {
        "metric": clock.get_metric_display(),
        "length": span(clock.budget_seconds),
        "calendar": clock.calendar.name,
    }
    if not clock.policy:
        return _("%(metric)s within %(length)s of %(calendar)s.") % words
    words |= {"policy": clock.policy.name, "version": str(clock.policy_version)}
    return _("%(metric)s within %(length)s of %(calendar)s, promised by “%(policy)s” (version %(version)s).") % words
