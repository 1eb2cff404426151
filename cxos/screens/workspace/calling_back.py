"""Asking that a customer be called back: from the head of a conversation, or from the page of the customer."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.hours import clock_text
from channels_app.models import Conversation
from channels_app.services.snoozes import morning
from cxos.core.errors import DomainError, Invalid
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.commands import loaded, reread
from routing.calling import zone_or_utc
from routing.facts import default_queue
from routing.models import Queue, WorkItem
from routing.services.asking import ask_as_agent
from routing.services.callbacks import phone_of
from routing.services.queue import live_item

NOW, LATER = "now", "later"


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog; refused, it says why and keeps what was typed. `?beside` = asked from elsewhere: nothing is swapped."""
    user, found, now = loaded(request, pk)
    if request.method != "POST":
        return render(request, "workspace/call_back.html", parts_of(request, found, live_item(pk), now=now))
    number = request.POST.get("number", "").strip()[:60]
    try:
        slot_at = slot_of(request, found)
        made = ask_as_agent(found, number=number, slot_at=slot_at, actor=user, now=now)
    except DomainError as refused:
        parts = parts_of(request, found, live_item(pk), now=now) | {"problem": refused.message, "field": refused.field}
        return render(request, "workspace/call_back_form.html", parts, status=422)
    said = (
        _("They keep their place: whoever has it next calls %(number)s.")
        if slot_at is None
        else _("%(number)s is called back at the time agreed on.")
    )
    return toast(closed(request, pk), said % {"number": made.address})


def closed(request: HttpRequest, pk: int) -> HttpResponse:
    if "beside" in request.GET:
        return trigger(HttpResponse(status=204), **{"dialog:close": True})
    response = trigger(reread(request, pk), **{"dialog:close": True})
    response["HX-Retarget"], response["HX-Reswap"] = "#head", "morph"
    return response


def slot_of(request: HttpRequest, found: Conversation) -> datetime | None:
    """None for their place in the line; else the time, by the customer's clock where it is known."""
    if request.POST.get("way") != LATER:
        return None
    try:
        at = parse_datetime(request.POST.get("at", "")[:40])
    except ValueError:
        at = None
    if at is None:
        raise Invalid("slot_at", _("Give a day and a time."), field="slot_at")
    return at if timezone.is_aware(at) else timezone.make_aware(at, clock_of(found))


def clock_of(found: Conversation) -> tzinfo:
    """The customer's, else ours."""
    known = found.customer.time_zone
    return zone_or_utc(known) if known else timezone.get_current_timezone()


def parts_of(request: HttpRequest, found: Conversation, item: WorkItem | None, *, now: datetime) -> dict[str, Any]:
    """What the dialog shows. Who holds the work cannot let it keep its place: they call, or agree on a time."""
    here = now.astimezone(clock_of(found))
    held = item is not None and item.state in WorkItem.HELD
    queue = item.queue if item else default_queue(found.channel)
    return {
        "conversation": found,
        "number": request.POST.get("number", phone_of(found.customer_id)),
        "held": held,
        "way": LATER if held else request.POST.get("way", NOW),
        "at": request.POST.get("at", f"{morning(here, days=1):%Y-%m-%dT%H:%M}"),
        "first": f"{here:%Y-%m-%dT%H:%M}",
        "zone": here.tzname(),
        "queue": queue,
        "hours": hours_said(queue) if queue else "",
        "beside": "beside" in request.GET,
    }


def hours_said(queue: Queue) -> str:
    """ "08:00–21:00"; "" where customers may be called at every hour."""
    if queue.callback_from == queue.callback_until:
        return ""
    return f"{clock_text(queue.callback_from)}–{clock_text(queue.callback_until)}"
