"""The rows behind each number: facts that were counted, live work, people. One page at a time, by keyset.

A number and its rows come from the same definition: facts from `intelligence.queries.facts_behind`, live work from
`routing.standing.COUNTED_STATES`, people from their presence. A test walks every page and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Metric
from channels_app.models import Conversation
from cxos.core.models import User
from intelligence import queries
from intelligence.formulas import SHRINKING
from intelligence.models import Fact
from routing.models import AgentState, Offer, Presence, QueueMember, Segment, WorkItem
from routing.standing import COUNTED_STATES

PAGE = 50
# Figures counted from facts, each with the sum that is the number of its rows.
FACT_FIGURES: dict[str, tuple[str | Promise, str]] = {
    "offered": (_("Came in"), "offered"),
    "answered": (_("Answered"), "answered"),
    "service_level": (_("Answered in time"), "answered_within"),
    "speed_of_answer": (_("Speed of answer"), "answered"),
    "abandoned": (_("Abandoned"), "abandoned"),
    "handled": (_("Handled"), "handled"),
    "handle_time": (_("Handle time"), "handled"),
    "missed_offers": (_("Missed offers"), "offers_expired"),
    "resolved": (_("Resolved"), "conversations_resolved"),
}
# What a share of time is made of: no sum counts it, its rows are as many as they are.
TIME_FIGURES: dict[str, str | Promise] = {"occupancy": _("Occupancy")}
# What metrics are made of that are no sums of their own: as many rows as they are.
MORE_FIGURES: dict[str, str | Promise] = {
    "answered_or_left_in_time": _("Answered or gone in time"),
    "gone_in_time": _("Out of the queue in time"),
    "flowed_out": _("Flowed out"),
    "completed": _("Completed"),
    "wrapped_up": _("With a wrap-up"),
    "transferred": _("Passed on"),
    "items_transferred": _("Passed on at least once"),
    "away": _("Time away"),
    **{f"away_{cause}": Presence(cause).label for cause in SHRINKING},
    "first_response": _("First response"),
    "next_response": _("Next response"),
    "bot_response": _("Answered by bots"),
    "first_resolved": _("Resolved for the first time"),
    "reopened": _("Reopened"),
    "satisfaction": _("Satisfaction"),
    **{f"promises_{one.value}": one.label for one in Metric},
}
# Those of whose rows it is told how long they took, not how long somebody had waited.
TAKING = {"handle_time", "occupancy", "completed", "wrapped_up", "away", *(f"away_{cause}" for cause in SHRINKING)}
TIMED = {*TIME_FIGURES, *MORE_FIGURES}
SPANNED = {*FACT_FIGURES, *TIMED}  # what is counted over a span; the others are as of now
LIVE_FIGURES: dict[str, str | Promise] = {
    "unanswered": _("Waiting"),
    "ringing": _("Being offered"),
    "in_hand": _("In progress"),
    "wrapping": _("In wrap-up"),
    "load": _("Load"),
}
PEOPLE_FIGURES: dict[str, str | Promise] = {
    "serving": _("Agents"),
    "on_duty": _("Signed in"),
    **{one.value: one.label for one in Presence},
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose number it is, and over which span."""

    start: datetime
    end: datetime
    now: datetime
    queue_id: int | None = None
    agent_id: int | None = None
    after: str = ""  # where the page before ended


@dataclass(frozen=True, slots=True)
class Rows:
    """One page. `kind` names the table that shows it; `total` is the number itself."""

    kind: str
    title: str | Promise
    rows: list[Any]
    total: int | None
    next: str = ""
    figure: queries.Figures | None = field(default=None)


def rows_behind(figure: str, scope: Scope) -> Rows | None:
    """None for a figure that does not exist."""
    for names, read in READERS:
        if figure in names:
            return read(figure, scope)
    return None


# --- Facts -------------------------------------------------------------------------------------------------------------


def facts(figure: str, scope: Scope) -> Rows:
    """4 queries, 5 for a share of time."""
    subject, subject_id = subject_of(scope)
    counted = queries.figures(subject, scope.start, scope.end, ids=[subject_id]).get(subject_id, queries.NOTHING)
    every = found = queries.facts_behind(figure, scope.start, scope.end, subject=subject, subject_id=subject_id)
    at, _, fact_id = scope.after.partition("~")
    if fact_id.isdigit() and (before := moment(at)):
        found = found.filter(Q(at__lt=before) | Q(at=before, event_id__lt=int(fact_id[:18])))
    page = list(found[: PAGE + 1])
    title, counts = FACT_FIGURES.get(figure) or ({**TIME_FIGURES, **MORE_FIGURES}[figure], "")
    last = page[PAGE - 1] if len(page) > PAGE else None
    return Rows(
        kind="facts",
        title=title,
        rows=told(page[:PAGE]),
        total=counted.tally.sums[counts] if counts else every.count(),
        next=f"{last.at.isoformat()}~{last.event_id}" if last else "",
        figure=counted,
    )


def subject_of(scope: Scope) -> tuple[str, int]:
    if scope.agent_id:
        return "agent", scope.agent_id
    return ("queue", scope.queue_id) if scope.queue_id else ("all", 0)


def told(facts: list[Fact]) -> list[tuple[Fact, Conversation | None, User | None]]:
    """Each fact with its conversation and agent, where it has them."""
    conversations = Conversation.objects.select_related("customer", "channel").in_bulk(
        {fact.conversation_id for fact in facts if fact.conversation_id}
    )
    people = User.objects.in_bulk({fact.agent_id for fact in facts if fact.agent_id})
    return [(fact, conversations.get(fact.conversation_id or 0), people.get(fact.agent_id or 0)) for fact in facts]


def moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


# --- Live work ---------------------------------------------------------------------------------------------------------


def work(figure: str, scope: Scope) -> Rows:
    """Who came first stands first, so that the longest wait leads. 2 queries; what is live is never much."""
    items = WorkItem.objects.filter(taking(scope.agent_id) if figure == "load" else Q(state__in=COUNTED_STATES[figure]))
    if scope.queue_id:
        items = items.filter(queue=scope.queue_id)
    total = items.count()
    at, _, number = scope.after.partition("~")
    found = items.select_related("queue", "agent", "conversation__customer", "conversation__channel")
    if number.isdigit() and (before := moment(at)):
        found = found.filter(Q(queued_at__gt=before) | Q(queued_at=before, pk__gt=int(number[:18])))
    page = list(found.order_by("queued_at", "pk")[: PAGE + 1])
    rows = [(item, seconds_since(item, scope.now)) for item in page[:PAGE]]
    last = page[PAGE - 1] if len(page) > PAGE else None
    return Rows("work", LIVE_FIGURES[figure], rows, total, f"{last.queued_at.isoformat()}~{last.pk}" if last else "")


def taking(agent_id: int | None) -> Q:
    """What takes this agent's capacity, as routing.snapshots.loads adds it up; without one, what anybody holds."""
    held = Q(state__in=WorkItem.HELD)
    if not agent_id:
        return held
    ringing = Offer.objects.filter(agent=agent_id, state=Offer.State.PENDING)
    parts = Segment.objects.filter(agent=agent_id, ended_at=None).exclude(kind=Segment.Kind.LEAD)
    others = Q(pk__in=ringing.values("item_id")) | Q(pk__in=parts.values("item_id"))
    return Q(agent=agent_id) & held | others


def seconds_since(item: WorkItem, now: datetime) -> int:
    began = item.accepted_at if item.state in WorkItem.HELD and item.accepted_at else item.queued_at
    return max(0, round((now - began).total_seconds()))


# --- People ------------------------------------------------------------------------------------------------------------


def people(figure: str, scope: Scope) -> Rows:
    """2 queries; everybody who serves the queue (any queue), by presence."""
    members = QueueMember.objects.filter(user__is_active=True)
    if scope.queue_id:
        members = members.filter(queue=scope.queue_id)
    users = User.objects.filter(pk__in=members.values("user_id")).order_by("name", "pk")
    states = AgentState.objects.in_bulk()
    found = [(user, states.get(user.pk) or AgentState(user=user, presence_since=user.created_at)) for user in users]
    rows = [
        (user, state, max(0, round((scope.now - state.presence_since).total_seconds())))
        for user, state in found
        if is_counted(figure, state.presence)
    ]
    start = int(scope.after[:9]) if scope.after.isdigit() else 0
    more = str(start + PAGE) if len(rows) > start + PAGE else ""
    return Rows("people", PEOPLE_FIGURES[figure], rows[start : start + PAGE], len(rows), more)


def is_counted(figure: str, presence: str) -> bool:
    if figure == "serving":
        return True
    return presence != Presence.OFFLINE if figure == "on_duty" else presence == figure


READERS: tuple[tuple[Mapping[str, Any], Callable[[str, Scope], Rows]], ...] = (
    ({**FACT_FIGURES, **TIME_FIGURES, **MORE_FIGURES}, facts),
    (LIVE_FIGURES, work),
    (PEOPLE_FIGURES, people),
)
