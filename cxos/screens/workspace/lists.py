"""The list pane: what it shows is read from the address; tabs with counts, rows with everything on them. A fixed number
of queries at any size."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import IntegerField, Max, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.models import Clock
from channels_app.models import Conversation, Mention, Message, ReadMarker
from cxos.core.models import SavedView, User
from cxos.screens.workspace import filters, finding, orders
from cxos.screens.workspace.filters import Asking
from routing.models import Queue

PAGE = 30
MOST_SHOWN = 300  # rows that a refetch brings back at once; who scrolled further loads them again
MOST_COUNTED = 100  # a tab says "99+": nobody needs the exact number, and counting a million costs
MOST_TAKEN_PART = 2_000  # how far back "where I took part" looks
Rows = QuerySet[Conversation]
# What a row shows, and what orders walk by.
SHOWN = (
    "status", "snoozed_until", "priority", "tags", "last_message_at", "last_message_text", "last_message_author", "waiting_since",
    "customer__name", "customer__vip", "channel__name", "channel__kind", "assignee__name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    """`shown` is the count in words, "" where nobody counts."""

    key: str
    label: Any
    icon: str = ""
    shown: str = ""
    current: bool = False


@dataclass(slots=True)
class Row:
    """One conversation as the list shows it."""

    conversation: Conversation
    unread: bool
    clock: Clock | None
    due_seconds: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    next_cursor: str


def participating(rows: Rows, user: User) -> Rows:
    """Where this user wrote or noted something lately."""
    mine = Message.objects.filter(author=user).exclude(kind=Message.Kind.EVENT).order_by("-id")
    return rows.filter(pk__in=mine.values("conversation")[:MOST_TAKEN_PART]).open()


def mentioning(rows: Rows, user: User) -> Rows:
    """Where a colleague called this user in a note lately."""
    return rows.filter(
        pk__in=Mention.objects.filter(user=user).order_by("-id").values("conversation")[:MOST_TAKEN_PART]
    )


# key → (label, icon, what of the conversations this user may see)
TABS: dict[str, tuple[Any, str, Callable[[Rows, User], Rows]]] = {
    "mine": (_("Mine"), "inbox", lambda rows, user: rows.filter(assignee=user).open()),
    "unassigned": (_("Unassigned"), "hand", lambda rows, user: rows.filter(assignee=None).open()),
    "all": (_("All"), "layers", lambda rows, user: rows.open()),
    "mentions": (_("Mentions"), "at-sign", mentioning),
    "participating": (_("Participating"), "messages-square", participating),
    "snoozed": (_("Snoozed"), "alarm-clock", lambda rows, user: rows.filter(status=Conversation.Status.SNOOZED)),
    "resolved": (_("Resolved"), "circle-check", lambda rows, user: rows.filter(status=Conversation.Status.RESOLVED)),
}
ALWAYS = ("mine", "unassigned", "all")
USUAL = "mine"


@dataclass(slots=True)
class Asked:
    """What the list is asked for. `tab`: a key of TABS, queue-<id> or view-<id>; `problem` when the filter made no sense."""

    asking: Asking
    tab: str = USUAL
    label: Any = ""
    tree: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    order: str = orders.USUAL
    view: SavedView | None = None
    shown: int = PAGE
    problem: str = ""

    def rows(self) -> Rows:
        """Everything it matches, in no order."""
        seen = Conversation.objects.visible_to(self.asking.user).standing()
        kind, _dash, number = self.tab.partition("-")
        if kind == "queue":
            rows = seen.filter(filters.queue([number], "in", self.asking)).open()
        elif kind == "view" or (self.tree and self.tab == "all"):
            rows = seen if filters.shows_resolved(self.tree) else seen.open()
        else:
            rows = TABS[self.tab][2](seen, self.asking.user)
        if self.words:
            rows = rows.filter(finding.holding(self.words, self.tab, self.asking))
        return rows.none() if self.problem else rows.filter(filters.compiled(self.tree, self.asking))

    @property
    def narrowed(self) -> bool:
        """By hand, beyond what the tab shows."""
        return bool(self.words or (self.tree and self.view is None))

    @property
    def parts(self) -> dict[str, str]:
        """What the address says, by name: only what differs from the usual."""
        return {"tab": self.tab} | {
            name: value
            for name, value, usual in (
                ("words", self.words, ""),
                ("filter", self.filter, ""),
                ("order", self.order, self.usual_order),
            )
            if value != usual
        }

    @property
    def filter(self) -> str:
        """The tree as the address carries it; a saved view carries its own."""
        return json.dumps(self.tree, separators=(",", ":")) if self.tree and self.view is None else ""

    @property
    def query(self) -> str:
        return urlencode(self.parts)

    def orders(self) -> list[tuple[Any, str, bool]]:
        """(label, query that sorts so, whether it is sorted so now)."""
        return [
            (order.label, urlencode(self.parts | {"order": key}), key == self.order)
            for key, order in orders.ORDERS.items()
        ]

    @property
    def usual_order(self) -> str:
        return (self.view.order if self.view else "") or orders.USUAL


def read_asked(given: QueryDict, asking: Asking) -> Asked:
    """From an address, or a form with the same names. A tab that is not there (any more) is "mine". At most 1 query."""
    asked = Asked(asking, words=given.get("words", "").replace("\0", "").strip()[:80])
    tab = given.get("tab", "")
    kind, _dash, number = tab.partition("-")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    if tab in TABS:
        asked.tab, asked.label = tab, TABS[tab][0]
    elif kind == "queue" and (queue := Queue.objects.filter(pk=pk).first()):
        asked.tab, asked.label = tab, queue.name
    elif kind == "view" and (view := SavedView.objects.visible_to(asking.user).filter(pk=pk).first()):
        asked.tab, asked.label, asked.view = tab, view.name, view
        asked.tree, asked.order = view.conditions, view.order or orders.USUAL
    if "filter" in given and asked.view is None:
        asked.tree = read_tree(given["filter"])
    if given.get("order", "") in orders.ORDERS:
        asked.order = given["order"]
    shown = given.get("shown", "")
    asked.shown = min(int(shown), MOST_SHOWN) if shown.isascii() and shown.isdigit() and len(shown) < 5 else PAGE
    asked.shown = asked.shown or PAGE
    problems = filters.problems_of(asked.tree)
    if problems:
        asked.problem, asked.tree = problems[0].sentence, {}
    return asked


def read_tree(text: str) -> Any:
    try:
        return json.loads(text[:20_000])
    except (ValueError, RecursionError):
        return {"": ""}  # which validation refuses with a sentence


# --- Tabs --------------------------------------------------------------------------------------------------------------


class BoundedCount(Subquery):
    """How many rows, up to the limit they are sliced to; several of them fit into one query."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts_of(user: User, lists: dict[str, Rows], *, most: int = MOST_COUNTED) -> dict[str, str]:
    """How many each list holds, in words: "12", "99+". One query for all of them."""
    asked = {
        f"n{place}": BoundedCount(rows.order_by().values("pk")[:most]) for place, rows in enumerate(lists.values())
    }
    counts = list(User.objects.filter(pk=user.pk).values_list(*asked.values()).get()) if asked else []
    return {key: f"{most - 1:,}+" if count >= most else f"{count:,}" for key, count in zip(lists, counts, strict=True)}


def tabs_for(asked: Asked) -> list[Tab]:
    """The three that everybody has, and the one that is open. One query."""
    user = asked.asking.user
    seen = Conversation.objects.visible_to(user)
    counts = counts_of(user, {key: TABS[key][2](seen, user) for key in ALWAYS})
    tabs = [Tab(key, TABS[key][0], "", counts[key], key == asked.tab) for key in ALWAYS]
    return tabs if asked.tab in ALWAYS else [*tabs, Tab(asked.tab, asked.label, "", "", current=True)]


def further_tabs(asked: Asked) -> dict[str, list[Tab]]:
    """What the menu beside the tabs offers: the lists everybody has, one's queues, saved views. 3 queries."""
    user = asked.asking.user
    seen = Conversation.objects.visible_to(user)
    queues = list(Queue.objects.filter(enabled=True, memberships__user=user).only("id", "name")[:30])
    views = SavedView.objects.visible_to(user)[:60]
    lists = {key: TABS[key][2](seen, user) for key in TABS if key not in ALWAYS and key != "resolved"}
    lists |= {f"queue-{one.pk}": seen.filter(filters.queue([str(one.pk)], "in", asked.asking)).open() for one in queues}
    counts = counts_of(user, lists)
    return {
        "lists": [Tab(key, TABS[key][0], TABS[key][1], counts.get(key, ""), key == asked.tab) for key in TABS if key not in ALWAYS],
        "queues": [Tab(key := f"queue-{one.pk}", one.name, "rows-3", counts[key], key == asked.tab) for one in queues],
        "views": [Tab(key := f"view-{one.pk}", one.name, "users" if one.shared else "bookmark", "", key == asked.tab) for one in views],
    }  # fmt: skip


# --- Rows --------------------------------------------------------------------------------------------------------------


def page(asked: Asked, *, cursor: str = "") -> Page:
    """The next rows behind `cursor`. 4 queries, by waiting 5, by deadline 6; with words in a long list 3 to 5 more."""
    rows = asked.rows().select_related("customer", "channel", "assignee").only(*SHOWN)
    found, after = orders.page_of(rows, asked.order, after=cursor, size=PAGE if cursor else asked.shown)
    return Page(decorate(found, asked.asking), after)


def decorate(conversations: list[Conversation], asking: Asking) -> list[Row]:
    """Unread marks and the nearest deadline of each. 3 queries."""
    ids = [one.pk for one in conversations]
    read = dict(
        ReadMarker.objects.filter(user=asking.user, conversation__in=ids).values_list("conversation_id", "message_id")
    )
    newest = dict(
        Message.objects.filter(conversation__in=ids, author_kind=Message.Author.CUSTOMER)
        .values_list("conversation_id")
        .annotate(newest=Max("id"))
    )
    clocks: dict[int | None, Clock] = {}
    unmet = Clock.objects.filter(conversation__in=ids, state__in=orders.UNMET, due_at__isnull=False)
    for clock in unmet.only("conversation", "metric", "budget_seconds", "due_at").order_by("-due_at"):
        clocks[clock.conversation_id] = clock  # the nearest deadline comes last
    return [
        row(one, newest.get(one.pk, 0) > read.get(one.pk, 0), clocks.get(one.pk), asking.now) for one in conversations
    ]


def row(conversation: Conversation, unread: bool, clock: Clock | None, now: datetime) -> Row:
    left = round((clock.due_at - now).total_seconds()) if clock and clock.due_at else 0
    return Row(conversation, unread, clock, left)
