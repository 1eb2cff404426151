"""One case: its promises with how each deadline came about, its conversations, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.models import Case, Metric
from cases.permissions import can_solve
from cases.queries import ClockExplained, clocks_of_case, explain_clock
from channels_app.models import Conversation, Priority
from cxos.core.actor import actor_user_id
from cxos.core.models import Event, User

MOST_TOLD = 60
MARKS = {
    "CaseOpened": "folder-plus", "CaseSolved": "circle-check", "CaseReopened": "rotate-ccw", "CaseChanged": "pencil",
    "ClockBreached": "alarm-clock", "ClockMet": "check", "ClockPaused": "pause", "ClockResumed": "play",
    "ClockStarted": "clock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the history."""

    at: datetime
    icon: str
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class Detail:
    case: Case
    clocks: list[ClockExplained]
    conversations: list[Conversation]
    history: list[Told]
    may_change: bool
    is_solved: bool


def read_detail(case: Case, user: User, *, now: datetime) -> Detail:
    """5 queries at most, whatever happened."""
    linked = (
        Conversation.objects.visible_to(user).standing().filter(pk__in=[one.pk for one in case.conversations.all()])
    )
    return Detail(
        case=case,
        clocks=[explain_clock(clock, at=now) for clock in clocks_of_case(case.pk)],
        conversations=list(linked.select_related("channel", "assignee").order_by("-last_message_at")),
        history=history_of(case.pk),
        may_change=can_solve(user, case),
        is_solved=case.status in (Case.Status.SOLVED, Case.Status.CLOSED),
    )


def history_of(case_id: int) -> list[Told]:
    """The newest first, with the names of who did it. 2 queries."""
    events = list(Event.objects.filter(key=f"case:{case_id}", name__in=MARKS).order_by("-id")[:MOST_TOLD])
    ids = {actor_user_id(event.actor) for event in events} - {None}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Told(
            event.at,
            MARKS[event.name],
            words_of(event.name, event.payload),
            names.get(actor_user_id(event.actor) or 0, ""),
        )
        for event in events
    ]


def words_of(name: str, payload: dict[str, Any]) -> str:
    value, metric = value_of(payload), label_of(payload.get("metric"))
    if name == "CaseChanged":
        return {
            "status": _("Now: %(value)s"), "priority": _("Priority: %(value)s"),
            "assigned": _("Looked after by %(value)s") if value else _("Looked after by nobody"),
            "linked": _("Linked conversation %(value)s"), "unlinked": _("Unlinked conversation %(value)s"),
            "merged": _("Conversations merged: %(value)s"),
        }.get(str(payload.get("what")), "%(value)s") % {"value": value}  # fmt: skip
    if name == "CaseReopened" and payload.get("reason"):
        return _("Reopened: %(reason)s") % {"reason": payload["reason"]}
    plain = {
        "CaseOpened": _("Opened"), "CaseSolved": _("Solved"), "CaseReopened": _("Reopened"),
        "ClockStarted": _("%(metric)s promised"), "ClockBreached": _("%(metric)s overdue"),
        "ClockMet": _("%(metric)s kept late") if payload.get("late") else _("%(metric)s kept"),
        "ClockPaused": _("%(metric)s rests"), "ClockResumed": _("%(metric)s runs again"),
    }  # fmt: skip
    return plain[name] % {"metric": metric}


def value_of(payload: dict[str, Any]) -> str:
    """What a case was changed to, in words; older events say it themselves."""
    value = str(payload.get("value", ""))
    if payload.get("what") == "status" and value in Case.Status.values:
        return str(Case.Status(value).label)
    if payload.get("what") == "priority" and value.isdecimal() and int(value) in Priority.values:
        return str(Priority(int(value)).label)
    return value


def label_of(metric: Any) -> str:
    return str(Metric(metric).label) if metric in Metric.values else ""
