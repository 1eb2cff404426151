"""The bulk bar: what is selected, or everything the list matches, changed at once; watched, stopped and undone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Priority
from cxos.core.models import User
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.lists import BoundedCount, read_asked
from cxos.screens.workspace.views import asking_of
from routing.models import BulkChange, Queue
from routing.services import bulk

MOST_COUNTED = 1_000
STATE = BulkChange.State


@require_safe
@staff
def count(request: HttpRequest) -> HttpResponse:
    """How many the list matches, in words: "312", "1,000+". One bounded query."""
    asking = asking_of(request)
    rows = read_asked(request.GET, asking).rows().order_by().values("pk")[:MOST_COUNTED]
    found: int = User.objects.filter(pk=asking.user.pk).values_list(BoundedCount(rows), flat=True).get()
    return render(request, "workspace/bulk_count.html", {"found": found, "most": MOST_COUNTED})


@require_safe
@staff
def menu(request: HttpRequest) -> HttpResponse:
    """Who, and which queue, could have them: asked for when that menu opens."""
    parts = {
        "queues": Queue.objects.filter(enabled=True).only("id", "name"),
        "colleagues": User.objects.filter(is_active=True)
        .exclude(pk=asking_of(request).user.pk)
        .only("id", "name")[:200],
        "priorities": Priority.choices,
    }
    return render(request, "workspace/bulk_menu.html", parts)


@require_POST
@staff
def start(request: HttpRequest) -> HttpResponse:
    """`ids` with commas, or `all` = 1 and the list's `query`; `action` with its arguments, `to` an id or "me"."""
    asking = asking_of(request)
    names = ("to", "queue", "status", "priority", "tag", "for", "until", "macro")
    arguments = {name: request.POST.get(name, "")[:80] for name in names}
    if arguments["to"] == "me":
        arguments["to"] = str(asking.user.pk)
    change = bulk.ask_for_all(
        chosen(request),
        action=request.POST.get("action", ""),
        arguments=arguments,
        actor=asking.user,
        now=asking.now,
    )
    return trigger(told(request, change), **{"dialog:close": True})


def chosen(request: HttpRequest) -> list[int]:
    if request.POST.get("all") == "1":
        asked = read_asked(QueryDict(request.POST.get("query", "")[:20_000]), asking_of(request))
        return list(asked.rows().order_by("-pk").values_list("pk", flat=True)[: bulk.MOST_AT_ONCE])
    given = request.POST.get("ids", "")[:200_000].split(",")
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19][: bulk.MOST_AT_ONCE]


@require_safe
@staff
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    return told(request, bulk.get_change_for(asking_of(request).user, pk))


@require_POST
@staff
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    asking = asking_of(request)
    return told(request, bulk.stop(pk, actor=asking.user, now=timezone.now()))


@require_POST
@staff
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    asking = asking_of(request)
    return told(request, bulk.undo(pk, actor=asking.user, now=timezone.now()))


def told(request: HttpRequest, change: BulkChange) -> HttpResponse:
    """How far it is, asked again until it is over; then what came of it, with the way back."""
    parts: dict[str, Any] = {"change": change, "of": len(change.ids)}
    response = render(request, "workspace/bulk_progress.html", parts)
    response["HX-Retarget"], response["HX-Reswap"] = "#ws-progress", "innerHTML"
    if change.state == STATE.RUNNING:
        return trigger(response, **{"bulk:taken": True})
    done = ngettext("%(n)s conversation changed", "%(n)s conversations changed", change.changed) % {"n": change.changed}
    if change.state == STATE.UNDONE or change.action == "undo":
        done = _("Taken back")
    why = "; ".join(f"{number} × {sentence}" for sentence, number in change.problems.items())
    may_undo = change.changed and bulk.can_undo(change) and change.state in {STATE.DONE, STATE.STOPPED}
    more = {"undo": reverse("workspace:bulk_undo", args=[change.pk])} if may_undo else {}
    response = toast(response, f"{done}. {why}" if why else done, tone="warning" if why else "success", **more)
    return trigger(response, **{"bulk:done": True})
