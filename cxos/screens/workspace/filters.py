"""What a list of conversations can be narrowed by. The tree is the one rules use (automation.conditions), but it is asked
of the database: every leaf becomes a condition on an indexed column, or on a small set of rows found by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from automation.condition_words import told
from automation.conditions import Problem, facts_used, validate
from automation.fact_values import Fact, FactType, Schema
from cases.models import Clock
from channels_app.models import Channel, Conversation, Priority
from cxos.core.errors import Invalid
from cxos.core.models import Team, User
from routing.models import Queue, WorkItem

ME, NOBODY = "me", "none"
SOON = timedelta(hours=1)
SLA_STATES = (
    ("overdue", _("overdue")), ("soon", _("due within an hour")), ("running", _("running")), ("paused", _("paused")),
    ("none", _("without a promise")),
)  # fmt: skip
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and when."""

    user: User
    now: datetime


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: choice (several of a list), tags, words, minutes (how long something lasts), flag. `find` turns what was
    chosen into a condition; for tags, words and minutes it is told the operator as well. `choices` may query."""

    label: Any
    kind: str
    find: Callable[[Any, str, Asking], Q]
    choices: Callable[[], Choices] | None = None


# What can be asked, by the kind of field: operator → words. The names are those of automation.conditions.
OPERATORS: Mapping[str, Mapping[str, Any]] = {
    "choice": {"in": _("is one of"), "not_in": _("is none of")},
    "tags": {"in": _("has one of"), "not_in": _("has none of")},
    "words": {"contains": _("contains"), "not_contains": _("does not contain")},
    "minutes": {"gte": _("for at least"), "lte": _("for at most")},
    "flag": {"is": _("is")},
}
TYPES = {
    "choice": FactType.TEXT, "tags": FactType.LIST, "words": FactType.TEXT, "minutes": FactType.NUMBER,
    "flag": FactType.BOOL,
}  # fmt: skip


def column(name: str) -> Callable[[Any, str, Asking], Q]:
    return lambda values, op, asking: Q((f"{name}__in", values))


def number(name: str) -> Callable[[Any, str, Asking], Q]:
    return lambda values, op, asking: Q((f"{name}__in", ids(values)))


def person(values: list[str], op: str, asking: Asking) -> Q:
    who = Q(assignee__in=[*ids(values), *([asking.user.pk] if ME in values else [])])
    return who | Q(assignee=None) if NOBODY in values else who


def team(values: list[str], op: str, asking: Asking) -> Q:
    mine = [*asking.user.teams.values_list("pk", flat=True)] if ME in values else []
    found = Q(team__in=[*ids(values), *mine])
    return found | Q(team=None) if NOBODY in values else found


def queue(values: list[str], op: str, asking: Asking) -> Q:
    """The conversations whose live work is in the queue: as many as the floor holds, however many there ever were."""
    work = WorkItem.objects.live().filter(queue__in=ids(values), conversation__isnull=False)
    return Q(pk__in=work.values("conversation"))


def sla(values: list[str], op: str, asking: Asking) -> Q:
    return any_of([clock_state(value, asking.now) for value in values])


def clock_state(state: str, now: datetime) -> Q:
    clocks = Clock.objects.filter(conversation=OuterRef("pk"))
    unmet = clocks.filter(state__in=[Clock.State.RUNNING, Clock.State.BREACHED])
    if state == "overdue":
        return Q(Exists(unmet.filter(due_at__lte=now)))
    if state == "soon":
        return Q(Exists(unmet.filter(due_at__gt=now, due_at__lte=now + SOON)))
    if state == "running":
        return Q(Exists(unmet.filter(due_at__gt=now)))
    if state == "paused":
        return Q(Exists(clocks.filter(state=Clock.State.PAUSED)))
    return ~Q(Exists(clocks.exclude(state=Clock.State.CANCELED)))


def tagged(values: list[str], op: str, asking: Asking) -> Q:
    return Q(tags__overlap=[value.strip().lower() for value in values])


def words(value: str, op: str, asking: Asking) -> Q:
    return Q(subject__icontains=value) | Q(last_message_text__icontains=value) | Q(customer__name__icontains=value)


def lasting(name: str) -> Callable[[Any, str, Asking], Q]:
    """How long since the time in that column, in minutes. Rows without one never meet it."""

    def find(minutes: Any, op: str, asking: Asking) -> Q:
        moment = asking.now - timedelta(minutes=min(float(minutes), 5_000_000))
        return Q((f"{name}__lte" if op == "gte" else f"{name}__gte", moment))

    return find


def flag(name: str) -> Callable[[Any, str, Asking], Q]:
    return lambda value, op, asking: Q((name, bool(value)))


def rows_of(rows: Any) -> Choices:
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:200]]


def people() -> Choices:
    return [(ME, _("me")), (NOBODY, _("nobody")), *rows_of(User.objects.filter(is_active=True))]


FIELDS: Mapping[str, Field] = {
    "status": Field(_("Status"), "choice", column("status"), lambda: [*Conversation.Status.choices]),
    "assignee": Field(_("Assignee"), "choice", person, people),
    "queue": Field(_("Queue"), "choice", queue, lambda: rows_of(Queue.objects.filter(enabled=True))),
    "team": Field(_("Team"), "choice", team, lambda: [(ME, _("my teams")), (NOBODY, _("no team")), *rows_of(Team.objects.order_by("name"))]),
    "channel": Field(_("Channel"), "choice", number("channel"), lambda: rows_of(Channel.objects.order_by("name"))),
    "priority": Field(_("Priority"), "choice", number("priority"), lambda: [(str(v), w) for v, w in Priority.choices]),
    "sla": Field(_("Promise"), "choice", sla, lambda: [*SLA_STATES]),
    "tags": Field(_("Tags"), "tags", tagged),
    "waiting": Field(_("Waiting"), "minutes", lasting("waiting_since")),
    "quiet": Field(_("Without a message"), "minutes", lasting("last_message_at")),
    "age": Field(_("Open since"), "minutes", lasting("created_at")),
    "words": Field(_("Words"), "words", words),
    "language": Field(_("Customer's language"), "tags", lambda values, op, asking: Q(customer__language__in=values)),
    "vip": Field(_("VIP customer"), "flag", flag("customer__vip")),
    "customer_tags": Field(_("Customer's tags"), "tags", lambda values, op, asking: Q(customer__tags__overlap=values)),
}  # fmt: skip


def schema() -> Schema:
    """What validation knows of the fields. Choices from the database are left out: who is gone is simply never found."""
    fixed = {"status", "priority", "sla"}
    return {
        name: Fact(TYPES[field.kind], str(field.label), tuple(value for value, _label in field.choices()) if name in fixed and field.choices else ())
        for name, field in FIELDS.items()
    }  # fmt: skip


def problems_of(tree: Any) -> list[Problem]:
    """What is wrong with a tree, in sentences; empty when it can be asked."""
    return validate(tree, schema()) or [*unfit(tree, "")]


def unfit(tree: Any, path: str) -> list[Problem]:
    """Operators that rules know, but a list cannot be narrowed by."""
    if "fact" in tree:
        kind = FIELDS[tree["fact"]].kind
        if tree["op"] in OPERATORS[kind]:
            return []
        values = {"op": tree["op"], "label": str(FIELDS[tree["fact"]].label)}
        return [Problem(path, "“%(op)s” cannot be asked of “%(label)s”.", values)]
    branches = [tree["not"]] if "not" in tree else tree.get("and") or tree.get("or") or []
    return [problem for branch in branches for problem in unfit(branch, path)]


def condition_of(tree: Any, asking: Asking) -> Q:
    """The tree as a condition. Raises Invalid with the first problem's sentence."""
    problems = problems_of(tree)
    if problems:
        raise Invalid("filter", told(problems[0]), field="filter")
    return compiled(tree, asking)


def compiled(tree: Any, asking: Asking) -> Q:
    if not tree:
        return Q()
    if "not" in tree:
        return ~compiled(tree["not"], asking)
    if "and" in tree:
        found = Q()
        for branch in tree["and"]:
            found &= compiled(branch, asking)
        return found
    if "or" in tree:
        return any_of([compiled(branch, asking) for branch in tree["or"]])
    field, op = FIELDS[tree["fact"]], tree["op"]
    found = field.find(tree["value"], op, asking)
    return ~found if op.startswith("not_") else found


def shows_resolved(tree: Any) -> bool:
    """Resolved conversations are left out unless the tree speaks of the status: the open ones have indexes of their own."""
    return "status" in facts_used(tree)


def any_of(conditions: list[Q]) -> Q:
    found = conditions[0]
    for condition in conditions[1:]:
        found |= condition
    return found


def ids(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
