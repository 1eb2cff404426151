"""One finder a kind of thing: what this user may see that holds the words, as lines to show.

Each reads at most CANDIDATES of the newest matches, so that its cost does not grow with what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from automation.models import Article
from automation.queries import ARTICLE_WORDS, ordered
from cases.models import Case
from cases.queries import CASE_WORDS
from channels_app.models import Conversation, Message
from channels_app.queries import CONVERSATION_WORDS, MESSAGE_WORDS
from crm.models import Customer, Identity
from crm.normalise import normalise
from crm.queries import CUSTOMER_WORDS, IDENTITY_WORDS, TYPED_KINDS
from cxos.core.models import User
from cxos.core.search.dictionary import Asked
from cxos.core.search.vectors import Wanted, newest
from cxos.core.search.words import Segments
from cxos.screens.frame import url_or_none

T = TypeVar("T")
M = TypeVar("M", bound=Model)
CANDIDATES = 200
MESSAGES_PER_CANDIDATE = 5  # of which one may see those of one's own conversations
MIN_DIGITS = 5
OF_CUSTOMERS = 20  # whose conversations and cases are found by their name


@dataclass(frozen=True, slots=True)
class Hit:
    """One line. `title` and `detail` are in pieces, those to highlight told apart."""

    key: str
    url: str
    icon: str
    title: Segments
    detail: Segments
    about: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: where the next page begins, "" at the end. `cut`: there are more, but only these were looked at."""

    hits: list[Hit]
    next: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks for what, and the rows of each kind in which the words stand."""

    user: User
    asked: Asked
    customers: list[int] = field(default_factory=list)
    conversations: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)


Finder = Callable[[Look, int, str], Page]


@dataclass(frozen=True, slots=True)
class Kind:
    key: str
    label: str | Promise
    icon: str
    find: Finder


def look_for(
    user: User, asked: Asked, kinds: Collection[str], *, after: str = "", candidates: int = CANDIDATES
) -> Look:
    """Read the indexes that these kinds need, all at once: 2–5 queries. `candidates`: the newest so many of each."""
    before = int(after[:18]) if after.isascii() and after.isdigit() else None
    named = {"customers", "conversations", "cases"} & {*kinds}
    wanted = {
        "named": (named, Wanted(CUSTOMER_WORDS, candidates, forgiving=True)),
        "reached": (named, Wanted(IDENTITY_WORDS, candidates, forgiving=True)),
        "conversations": ("conversations" in kinds, Wanted(CONVERSATION_WORDS, candidates)),
        "messages": ("messages" in kinds, Wanted(MESSAGE_WORDS, MESSAGES_PER_CANDIDATE * candidates, before=before)),
        "cases": ("cases" in kinds, Wanted(CASE_WORDS, candidates)),
        "articles": ("articles" in kinds, Wanted(ARTICLE_WORDS, candidates, forgiving=True)),
    }
    asked_for = {name: one for name, (needed, one) in wanted.items() if needed}
    found = dict(zip(asked_for, newest(asked, list(asked_for.values())), strict=True)) if asked_for else {}
    owners = owners_of(asked.text) if named else []
    customers = owners or [*found.pop("named", []), *found.pop("reached", [])]
    found = {name: ids for name, ids in found.items() if name not in {"named", "reached"}}
    return Look(user, asked, customers=list(dict.fromkeys(customers))[:candidates], **found)


def owners_of(text: str) -> list[int]:
    """Who has this very phone number or other number. No query for words, which the indexes know; else one."""
    if sum(letter.isdigit() for letter in text) < MIN_DIGITS:
        return []
    exact = Q(pk__in=[])
    for kind in TYPED_KINDS:
        if value := normalise(kind, text):
            exact |= Q(kind=kind, value=value)
    return list(Identity.objects.filter(exact).values_list("customer_id", flat=True)[:CANDIDATES])


def find_customers(look: Look, limit: int, after: str) -> Page:
    """By name, address or number; whole words first, then beginnings, then corrections; then who was seen last. 2 queries."""
    asked, ids = look.asked, look.customers
    shown = Identity.objects.exclude(kind=Identity.Kind.DEVICE).order_by("kind", "id")
    rows = Customer.objects.visible_to(look.user).current().filter(pk__in=ids).select_related("account")
    found = list(rows.prefetch_related(Prefetch("identities", queryset=shown, to_attr="ways")))

    def order(one: Customer) -> tuple[int, float]:
        held = " ".join([one.name, *(way.value for way in one.ways)])
        return asked.distance(held), -(one.last_seen_at or one.created_at).timestamp()

    return sliced(sorted(found, key=order), limit, after, len(ids), lambda one: customer_hit(one, asked))


def customer_hit(one: Customer, asked: Asked) -> Hit:
    ways = " · ".join(way.shown or way.value for way in one.ways[:3])  # type: ignore[attr-defined]
    return Hit(
        key=f"customer-{one.pk}", url=reverse("customers:customer", args=[one.pk]), icon="user",
        title=asked.mark(one.label), detail=asked.mark(ways), about=one.account.name if one.account else "",
        at=one.last_seen_at,
    )  # fmt: skip


def find_conversations(look: Look, limit: int, after: str) -> Page:
    """By number, subject, tag, or the customer's name or address; the newest first. 1 query."""
    asked = look.asked
    meant = Q(pk__in=look.conversations)
    if asked.number is not None:
        meant |= Q(pk=asked.number)
    if asked.terms:
        meant |= Q(customer__in=look.customers[:OF_CUSTOMERS])
    rows = Conversation.objects.visible_to(look.user).filter(meant).select_related("customer", "channel", "assignee")
    rows = rows.defer("channel__secrets", "channel__config", "metadata").order_by("-last_message_at", "-id")
    return page_of(rows, limit, after, lambda one: conversation_hit(one, asked))


def conversation_hit(one: Conversation, asked: Asked) -> Hit:
    holder = one.assignee.name if one.assignee else _("unassigned")
    return Hit(
        key=f"conversation-{one.pk}", url=reverse("workspace:conversation", args=[one.pk]), icon="inbox",
        title=asked.mark(f"{one.customer.label} · {one.subject}" if one.subject else one.customer.label),
        detail=asked.excerpt(one.last_message_text), about=f"#{one.pk} · {one.get_status_display()} · {holder}",
        at=one.last_message_at,
    )  # fmt: skip


def find_messages(look: Look, limit: int, after: str) -> Page:
    """What was said and noted, the newest first. 1 query. `after` is the id of the last one shown."""
    ids = look.messages
    rows = Message.objects.filter(pk__in=ids).exclude(kind=Message.Kind.EVENT)
    rows = (
        rows.visible_to(look.user)
        .select_related("conversation__customer", "author")
        .defer("html", "attachments", "metadata")
    )
    found = list(rows.order_by("-id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    unread = ids[-1:] if len(ids) == MESSAGES_PER_CANDIDATE * CANDIDATES else []  # older ones were not looked at yet
    last = [found[-1].pk] if more else unread
    return Page([message_hit(one, look.asked) for one in found], str(last[0]) if last else "")


def message_hit(one: Message, asked: Asked) -> Hit:
    customer = one.conversation.customer.label
    said = customer if one.author_kind == Message.Author.CUSTOMER else one.author.name if one.author else _("Bot")
    url = f"{reverse('workspace:conversation', args=[one.conversation_id])}?message={one.pk}"
    return Hit(
        key=f"message-{one.pk}", url=url, icon="sticky-note" if one.kind == Message.Kind.NOTE else "message-square",
        title=asked.excerpt(one.text), detail=[], at=one.created_at,
        about=f"{said} · #{one.conversation_id}" if said == customer else f"{said} → {customer} · #{one.conversation_id}",
    )  # fmt: skip


def find_cases(look: Look, limit: int, after: str) -> Page:
    """By reference, subject, or the customer's name or address; the newest first. 1 query."""
    asked = look.asked
    meant = Q(pk__in=look.cases)
    if asked.terms:
        meant |= Q(customer__in=look.customers[:OF_CUSTOMERS])
    rows = Case.objects.visible_to(look.user).filter(meant).select_related("customer", "assignee")
    return page_of(rows.order_by("-opened_at", "-id"), limit, after, lambda one: case_hit(one, asked))


def case_hit(one: Case, asked: Asked) -> Hit:
    url = url_or_none("cases:case", args=[one.pk]) or reverse("customers:customer", args=[one.customer_id])
    return Hit(
        key=f"case-{one.pk}", url=url, icon="briefcase", title=asked.mark(f"{one.reference} · {one.subject}"),
        detail=asked.mark(one.customer.label), about=one.get_status_display(), at=one.opened_at,
    )  # fmt: skip


def find_articles(look: Look, limit: int, after: str) -> Page:
    """What is not archived; words of the title first. 1 query."""
    asked, ids = look.asked, look.articles
    rows = Article.objects.visible_to(look.user).filter(pk__in=ids).exclude(state=Article.State.ARCHIVED)
    return sliced(ordered(rows, asked), limit, after, len(ids), lambda one: article_hit(one, asked))


def article_hit(one: Article, asked: Asked) -> Hit:
    said = [one.collection, one.get_audience_display(), "" if one.live else one.get_state_display()]
    return Hit(
        key=f"article-{one.pk}", url=reverse("knowledge:article", args=[one.pk]), icon="book-open",
        title=asked.mark(one.title), detail=asked.excerpt(one.text), about=" · ".join(filter(None, said)),
        at=one.changed_at,
    )  # fmt: skip


def find_people(look: Look, limit: int, after: str) -> Page:
    """Who works here, by any part of name and address. 1 query."""
    asked, user = look.asked, look.user
    rows = User.objects.filter(is_active=True) if user.is_active else User.objects.none()
    for term in asked.terms:
        meant = Q()
        for word in {term.typed, *term.words, *term.near}:
            meant |= Q(name__icontains=word) | Q(email__icontains=word)
        rows = rows.filter(meant)
    found = sorted(rows.order_by(Length("name"), "name")[:CANDIDATES], key=lambda one: asked.distance(one.name))
    return sliced(found, limit, after, len(found), lambda one: person_hit(one, asked, user))


def person_hit(one: User, asked: Asked, viewer: User) -> Hit:
    page = url_or_none("settings:person", args=[one.pk]) if viewer.administers else None
    return Hit(
        key=f"person-{one.pk}", url=page or f"mailto:{one.email}", icon="id-card", title=asked.mark(one.name),
        detail=asked.mark(one.email), about=one.get_role_display(),
    )  # fmt: skip


def page_of(rows: QuerySet[M], limit: int, after: str, hit: Callable[[M], Hit]) -> Page:
    """One page of what the database has put in order. 1 query."""
    start = int(after[:4]) if after.isascii() and after.isdigit() else 0
    end = min(start + limit, CANDIDATES)
    found = list(rows[start : end + 1])
    more = len(found) > end - start
    return Page([hit(one) for one in found[: end - start]], str(end) if more and end < CANDIDATES else "", cut=more)


def sliced(rows: list[T], limit: int, after: str, looked_at: int, hit: Callable[[T], Hit]) -> Page:
    """One page of what was read; `after` counts the lines before it."""
    start = int(after[:4]) if after.isascii() and after.isdigit() else 0
    end = start + limit
    return Page([hit(one) for one in rows[start:end]], str(end) if len(rows) > end else "", cut=looked_at >= CANDIDATES)


KINDS = (
    Kind("customers", gettext_lazy("Customers"), "users", find_customers),
    Kind("conversations", gettext_lazy("Conversations"), "inbox", find_conversations),
    Kind("messages", gettext_lazy("Messages"), "message-square", find_messages),
    Kind("cases", gettext_lazy("Cases"), "briefcase", find_cases),
    Kind("articles", gettext_lazy("Articles"), "book-open", find_articles),
    Kind("people", gettext_lazy("People"), "id-card", find_people),
)
