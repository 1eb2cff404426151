"""The bell, the centre, and the way from a notification to what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.cursors import newest_first, read_cursor
from cxos.core.models import Notification, User
from cxos.core.notices import KINDS, Kind, sentence, wants
from cxos.core.services.notifications import mark_read
from cxos.screens.frame import url_or_none
from cxos.screens.staff import staff, toast

IN_BELL = 8
PAGE = 30
MOST_COUNTED = 100
MOST_KEPT = 200  # in the part of an open page that is fetched again
GIVEN = "assigned"  # work that is mine from now on: told at the corner as well, with the way to it
PLACES = {
    "conversation": ("workspace:conversation",),
    "case": ("cases:case", "cases:detail", "cases:index"),
    "suggestion": ("customers:suggestion",),
    "trial": ("supervisor:trial",),
}


@dataclass(frozen=True, slots=True)
class Line:
    notice: Notification
    kind: Kind
    sentence: str

    @property
    def unread(self) -> bool:
        return self.notice.read_at is None

    @property
    def stamp(self) -> int:
        """When it happened (last): µs since 1970. What happens later has a larger one."""
        return round(self.notice.at.timestamp() * 1_000_000)

    def wanted(self, user: User, way: str) -> bool:
        return wants(user.preferences, self.notice.kind, way)


@require_safe
@staff
def bell(request: HttpRequest) -> HttpResponse:
    return render(request, "notices/bell.html", bell_parts(person(request)))


def bell_parts(user: User) -> dict[str, Any]:
    """The newest ones, how many are unread, the newest that asks for a sound and the newest work given to me. 2 queries."""
    unread = Notification.objects.filter(user=user, read_at=None)
    lines = lines_of(Notification.objects.filter(user=user).order_by("-at", "-id")[:IN_BELL])
    unread_lines, shown = [one for one in lines if one.unread], [one for one in lines if one.wanted(user, "app")]
    return {
        "lines": shown,
        "unread": unread[:MOST_COUNTED].count(),
        "sounding": next((one for one in unread_lines if one.wanted(user, "sound")), None),
        "given": next((one for one in unread_lines if one in shown and one.notice.kind == GIVEN), None),
    }


def lines_of(notices: Any) -> list[Line]:
    return [Line(one, KINDS[one.kind], sentence(one)) for one in notices if one.kind in KINDS]


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    """The newest first; `unread` leaves out the rest, `after` steps on."""
    rows, only_unread = asked(request)
    found, older = newest_first(rows, by="at", after=request.GET.get("after", ""), size=PAGE)
    parts = {
        "lines": lines_of(found),
        "older": older,
        "only_unread": only_unread,
        "until": found[-1].at.isoformat() if older else "",
        "crumbs": [(_("Notifications"), None)],
    }
    is_next = bool(request.GET.get("after")) and request.headers.get("HX-Request") == "true"
    return render(request, "notices/lines.html" if is_next else "notices/index.html", parts)


@require_safe
@staff
def newest(request: HttpRequest) -> HttpResponse:
    """What an open page shows, down to the moment `until`: below it stands what was loaded further."""
    rows, only_unread = asked(request)
    until = request.GET.get("until", "")
    if (place := read_cursor(f"{until}|0")) is not None:
        rows = rows.filter(at__gte=place[0])
    lines = lines_of(rows.order_by("-at", "-id")[:MOST_KEPT])
    return render(request, "notices/newest.html", {"lines": lines, "only_unread": only_unread, "until": until})


def asked(request: HttpRequest) -> tuple[QuerySet[Notification], bool]:
    """(which notifications, whether only unread ones)."""
    only_unread = request.GET.get("unread") == "1"
    rows = Notification.objects.filter(user=person(request))
    return rows.filter(read_at=None) if only_unread else rows, only_unread


@require_safe
@staff
def lead_on(request: HttpRequest, pk: int) -> HttpResponse:
    """From a browser's own notice to the thing. It stays unread: what is opened there marks it."""
    return to_the_thing(own(request, pk))


@require_POST
@staff
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    found = own(request, pk)
    mark_read(person(request), ids=[pk], now=timezone.now())
    return to_the_thing(found)


@require_POST
@staff
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    mark_read(person(request), ids=[own(request, pk).pk], now=timezone.now())
    return bell_again(request)


@require_POST
@staff
def read_all(request: HttpRequest) -> HttpResponse:
    changed = mark_read(person(request), now=timezone.now())
    if request.headers.get("HX-Request") != "true":
        return redirect("notices:index")
    return toast(bell_again(request), _("All read") if changed else _("Nothing was unread"))


def bell_again(request: HttpRequest) -> HttpResponse:
    return render(request, "notices/bell.html", bell_parts(person(request)))


def to_the_thing(found: Notification) -> HttpResponseRedirect:
    """Where it leads: the page of what it is about, or the centre when there is none (any more)."""
    name, _colon, number = found.about.partition(":")
    for view in PLACES.get(name, ()):
        if number.isdigit() and (url := url_or_none(view, args=[int(number)]) or url_or_none(view)):
            return redirect(url)
    url = str(found.details.get("url", ""))
    return redirect(url if url.startswith("/") and not url.startswith("//") else "notices:index")


def own(request: HttpRequest, pk: int) -> Notification:
    found = Notification.objects.filter(user=person(request), pk=pk).first()
    if found is None:
        raise Http404
    return found


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
