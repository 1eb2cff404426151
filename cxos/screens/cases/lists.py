"""The table and the board. Each page is a fixed number of queries, walked by the order of opening."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Clock
from cases.queries import CASE_WORDS
from channels_app.models import Priority
from cxos.core.cursors import newest_first
from cxos.core.models import User
from cxos.core.search.dictionary import understand
from cxos.core.search.vectors import Wanted, newest

PAGE = 40
IN_A_COLUMN = 30
MOST_FOUND = 1_000  # cases that hold the words
SOLVED_FOR = timedelta(days=14)  # how long a solved case stays on the board
Status = Case.Status
UNSOLVED = (Status.OPEN, Status.PENDING)
STATUSES = [
    ("", _("Not solved")), (Status.OPEN.value, _("Open")), (Status.PENDING.value, _("Waiting for customer")),
    (Status.SOLVED.value, _("Solved")), ("all", _("All")),
]  # fmt: skip
HOLDERS = [("", _("Anybody's")), ("me", _("Mine")), ("none", _("Nobody's"))]
PRIORITIES = [("", _("Any priority")), *((str(value), label) for value, label in reversed(Priority.choices))]
# What a row and a card show, and what the pages walk by.
SHOWN = ("reference", "subject", "status", "priority", "opened_at", "customer__name", "assignee__name")
COLUMNS = (Status.OPEN, Status.PENDING, Status.SOLVED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    user: User
    words: str = ""
    # The newest cases that hold the words.
    found: list[int] = field(default_factory=list)
    status: str = ""
    holder: str = ""
    priority: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.status or self.holder or self.priority)

    @property
    def query(self) -> str:
        parts = {"words": self.words, "status": self.status, "holder": self.holder, "priority": self.priority}
        return urlencode({name: value for name, value in parts.items() if value})

    def rows(self) -> QuerySet[Case]:
        """Everything but the status, which table and board treat each in their way."""
        rows = Case.objects.visible_to(self.user)
        if self.words:
            rows = rows.filter(Q(reference=self.words.upper()) | Q(pk__in=self.found))
        if self.holder:
            rows = rows.filter(assignee=self.user if self.holder == "me" else None)
        return rows.filter(priority=int(self.priority)) if self.priority else rows


@dataclass(slots=True)
class Row:
    """A case with its nearest running deadline. `seconds`: until then, negative when overdue."""

    case: Case
    clock: Clock | None = None
    seconds: int = 0


@dataclass(slots=True)
class Column:
    status: str
    label: Any
    rows: list[Row] = field(default_factory=list)
    more: bool = False


def read_asked(given: QueryDict, user: User) -> Asked:
    """From the address. 4 queries at most where words are looked for, else none."""

    def one_of(name: str, choices: list[tuple[str, Any]]) -> str:
        value = given.get(name, "")
        return value if value in dict(choices) else ""

    words = given.get("words", "").replace("\0", "").strip()[:120]
    return Asked(
        user,
        words=words,
        found=newest(understand(words), [Wanted(CASE_WORDS, MOST_FOUND)])[0] if words else [],
        status=one_of("status", STATUSES),
        holder=one_of("holder", HOLDERS),
        priority=one_of("priority", PRIORITIES),
    )


def page(asked: Asked, *, after: str, now: datetime) -> tuple[list[Row], str]:
    """(one page, newest first, and the cursor of the next or ""). 2 queries."""
    rows = asked.rows()
    if asked.status != "all":
        rows = rows.filter(status__in=[asked.status] if asked.status else UNSOLVED)
    shown, cursor = newest_first(with_names(rows), by="opened_at", after=after, size=PAGE)
    return with_clocks(shown, now), cursor


def board(asked: Asked, *, now: datetime) -> list[Column]:
    """The newest of each status; the solved ones of the last two weeks. A query a column, and one for the clocks."""
    found: dict[str, list[Case]] = {}
    for status in COLUMNS:
        rows = asked.rows().filter(status=status)
        if status == Status.SOLVED:
            rows = rows.filter(solved_at__gte=now - SOLVED_FOR)
        found[status] = list(with_names(rows)[: IN_A_COLUMN + 1])
    shown = {row.case.pk: row for row in with_clocks([case for cases in found.values() for case in cases], now)}
    return [
        Column(
            status,
            Status(status).label,
            [shown[case.pk] for case in cases[:IN_A_COLUMN]],
            more=len(cases) > IN_A_COLUMN,
        )
        for status, cases in found.items()
    ]


def with_names(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.select_related("customer", "assignee").only(*SHOWN).order_by("-opened_at", "-id")


def with_clocks(cases: list[Case], now: datetime) -> list[Row]:
    clocks: dict[int | None, Clock] = {}
    unmet = Clock.objects.filter(
        case__in=[case.pk for case in cases],
        state__in=[Clock.State.RUNNING, Clock.State.BREACHED],
        due_at__isnull=False,
    )
    for clock in unmet.only("case", "metric", "budget_seconds", "due_at").order_by("-due_at"):
        clocks[clock.case_id] = clock  # the nearest comes last
    return [row_of(case, clocks.get(case.pk), now) for case in cases]


def row_of(case: Case, clock: Clock | None, now: datetime) -> Row:
    return Row(case, clock, round((clock.due_at - now).total_seconds()) if clock and clock.due_at else 0)
