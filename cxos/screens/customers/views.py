"""The list, the page of one customer and its parts, and two records side by side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases.models import Case
from channels_app.models import Conversation
from channels_app.permissions import can_reply
from crm.models import Customer, Identity, MergeSuggestion
from crm.permissions import can_merge, get_customer_for, get_merge_suggestion_for
from crm.queries import find_customers, open_suggestions, suggestions_about
from cxos.core.models import User
from cxos.screens.customers.timeline import read_timeline
from cxos.screens.staff import staff
from cxos.screens.ways import ways
from cxos.screens.wishes import wishes_of

PAGE = 50
WAYS = 2
IDENTITY_ICONS = {"email": "mail", "phone": "phone", "external_id": "hash", "handle": "at-sign", "device": "smartphone"}
KINDS = [(kind.value, kind.label) for kind in Identity.Kind if kind != Identity.Kind.DEVICE]


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    """Who was seen last stands first; `after` steps through the pages."""
    words, tag, vip = (request.GET.get(name, "").strip()[:120] for name in ("words", "tag", "vip"))
    rows = narrowed(find_customers(request.user, words.replace("\0", "")), tag=tag, vip=bool(vip))
    page, older = paged(rows, request.GET.get("after", ""))
    return render(
        request,
        "customers/index.html",
        {
            "rows": page,
            "older": older,
            "words": words,
            "tag": tag,
            "vip": vip,
            "filtered": bool(words or tag or vip),
            "suggestions": open_suggestions()[:100].count() if can_merge(person(request)) else 0,
            "crumbs": [(_("Customers"), None)],
        },
    )


def narrowed(rows: QuerySet[Customer], *, tag: str, vip: bool) -> QuerySet[Customer]:
    if tag:
        rows = rows.filter(tags__contains=[tag])
    return rows.filter(vip=True) if vip else rows


def paged(rows: QuerySet[Customer], after: str) -> tuple[list[Customer], str]:
    """One page by when they were last seen, those never seen at the end; and the cursor of the next one. 2–3 queries."""
    shown = Prefetch(
        "identities",
        queryset=Identity.objects.exclude(kind=Identity.Kind.DEVICE).order_by("kind", "id"),
        to_attr="ways",
    )
    rows = rows.select_related("account").prefetch_related(shown)
    at, last = read_cursor(after)
    found: list[Customer] = []
    if at or not last:
        seen = rows.filter(last_seen_at__isnull=False).order_by("-last_seen_at", "-id")
        if at:
            seen = seen.filter(Q(last_seen_at__lt=at) | Q(last_seen_at=at, pk__lt=last))
        found = list(seen[: PAGE + 1])
    if len(found) <= PAGE:
        never = rows.filter(last_seen_at=None).order_by("-id")
        found += never.filter(pk__lt=last)[: PAGE + 1] if last and not at else never[: PAGE + 1 - len(found)]
    page = found[:PAGE]
    for row in page:
        row.ways = ways(row.ways)[:WAYS]
    return page, cursor_of(page[-1]) if len(found) > PAGE else ""


def cursor_of(last: Customer) -> str:
    return f"{last.last_seen_at.isoformat() if last.last_seen_at else ''}|{last.pk}"


def read_cursor(text: str) -> tuple[datetime | None, int]:
    """(last seen or None, id); (None, 0) for the first page and for what is no cursor."""
    at, _bar, number = text.partition("|")
    if not (number.isascii() and number.isdigit()):
        return None, 0
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        return None, 0
    return (moment if moment is None or moment.tzinfo else None), int(number[:18])


@require_safe
@staff
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer. A record that was merged leads to the one that has it now."""
    found = get_customer_for(person(request), pk)
    if found.merged_into_id:
        return redirect("customers:customer", pk=found.merged_into_id)
    parts = customer_parts(request, found) | {"crumbs": [(_("Customers"), "/customers/"), (found.label, None)]}
    return render(request, "customers/customer.html", parts)


@require_safe
@staff
def head(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "customers/head.html", record_parts(request, get_customer_for(person(request), pk)))


@require_safe
@staff
def record(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "customers/record.html", record_parts(request, get_customer_for(person(request), pk)))


@require_safe
@staff
def happened(request: HttpRequest, pk: int) -> HttpResponse:
    """What an open page shows, down to `until`: below it stands what was loaded further."""
    found = get_customer_for(person(request), pk)
    read = read_timeline(person(request), [found.pk], until=request.GET.get("until", ""))
    return render(request, "customers/happened.html", {"timeline": read, "customer": found})


@require_safe
@staff
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The next older part of the timeline."""
    found = get_customer_for(person(request), pk)
    read = read_timeline(person(request), [found.pk], before=request.GET.get("before", ""))
    return render(request, "customers/timeline.html", {"timeline": read, "customer": found})


@require_safe
@staff
def edit_dialog(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "customers/edit.html", {"customer": get_customer_for(person(request), pk)})


@require_safe
@staff
def suggestions(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "customers/suggestions.html",
        {
            "rows": open_suggestions()[:100],
            "decided": MergeSuggestion.objects.exclude(state="open")
            .select_related("first", "second")
            .order_by("-decided_at")[:20],
            "may_merge": can_merge(person(request)),
            "crumbs": [(_("Customers"), "/customers/"), (_("Same person?"), None)],
        },
    )


@require_safe
@staff
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """Two records side by side, with what speaks for one person."""
    found = get_merge_suggestion_for(person(request), pk)
    sides = [side(request, record) for record in (found.first, found.second)]
    return render(
        request,
        "customers/suggestion.html",
        {
            "suggestion": found,
            "sides": sides,
            "lines": compared(*(one["customer"] for one in sides)),
            "may_merge": can_merge(person(request)),
            "crumbs": [
                (_("Customers"), "/customers/"),
                (_("Same person?"), "/customers/suggestions/"),
                (f"#{pk}", None),
            ],
        },
    )


def side(request: HttpRequest, record: Customer) -> dict[str, Any]:
    """One of the two with what it has. 4 queries."""
    user = person(request)
    return {
        "customer": get_customer_for(user, record.pk),
        "conversations": Conversation.objects.visible_to(user).filter(customer=record).count(),
        "cases": Case.objects.visible_to(user).filter(customer=record).count(),
    }


def compared(first: Customer, second: Customer) -> list[tuple[Any, str, str, bool]]:
    """(what, first's, second's, whether they are alike) of what both or one of them have."""
    pairs: list[tuple[Any, Any, Any]] = [
        (_("Name"), first.name, second.name),
        (_("Account"), first.account or "", second.account or ""),
        (_("Language"), first.language, second.language),
        (_("Time zone"), first.time_zone, second.time_zone),
        (_("Tags"), ", ".join(first.tags), ", ".join(second.tags)),
        (_("Notes"), first.notes[:200], second.notes[:200]),
    ]
    names = sorted({*first.attributes, *second.attributes})
    pairs += [(name, first.attributes.get(name, ""), second.attributes.get(name, "")) for name in names]
    return [(what, str(one), str(other), one == other) for what, one, other in pairs if one or other]


def customer_parts(request: HttpRequest, found: Customer) -> dict[str, Any]:
    """What the page and its parts show. About 8 queries."""
    return {"timeline": read_timeline(person(request), [found.pk]), **record_parts(request, found)}


def record_parts(request: HttpRequest, found: Customer) -> dict[str, Any]:
    return {
        "customer": found,
        "identities": [(one, IDENTITY_ICONS[one.kind]) for one in found.identities.all()],
        "kinds": KINDS,
        "wishes": wishes_of(found),
        "suggestions": [
            (one, one.second if one.first_id == found.pk else one.first) for one in suggestions_about(found.pk)[:5]
        ],
        "merged": Customer.objects.filter(merged_into=found)[:20],
        "undoable": MergeSuggestion.objects.filter(state="merged", undo__survivor=found.pk).order_by("-decided_at")[:5],
        "may_merge": can_merge(person(request)),
        "newest": newest_conversation(person(request), found),
    }


def newest_conversation(user: User, found: Customer) -> Conversation | None:
    """Of those this user may answer: where a callback is agreed on. 1 query."""
    theirs = Conversation.objects.visible_to(user).filter(customer=found).order_by("-id").first()
    return theirs if theirs is not None and can_reply(user, theirs) else None


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
