"""Queues and who serves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Calendar
from cxos.core.errors import Invalid
from cxos.core.models import Team, User
from cxos.screens.settings import queue_outlook as outlook, rings as ring_form
from cxos.screens.settings.pages import saved, show
from cxos.screens.settings.queue_form import MEDIA, QueueForm
from cxos.screens.staff import admins
from routing.models import Queue, Skill, WorkItem
from routing.services import configure, removal
from routing.services.members import Terms, set_members, terms_in

LEVELS = [str(level) for level in configure.LEVELS]


@require_safe
@admins
def queues(request: HttpRequest) -> HttpResponse:
    rows = Queue.objects.select_related("team", "calendar").annotate(members=Count("memberships")).order_by("name")
    live = (
        WorkItem.objects.filter(state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
        .values_list("queue_id")
        .annotate(Count("id"))
        .order_by()
    )
    return show(request, "queues", "queues", rows=rows, waiting=dict(live))


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def queue(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A queue with its members: one form, one save. A button of the form (`do`) changes the rings and saves nothing."""
    found = loaded(pk) if pk else None
    if request.method != "POST":
        kept = found or Queue()
        return page(request, found, QueueForm(initial=QueueForm.values_of(kept)), ring_form.rows_of(kept.rings))
    rows = ring_form.read_rings(request.POST)
    if button := request.POST.get("do", ""):
        rows = ring_form.press(rows, button)
        if request.headers.get("HX-Request"):
            return render(request, "settings/rings.html", ring_parts(rows))
        return page(request, found, QueueForm(initial=request.POST.dict()), rows)
    form = QueueForm(request.POST)
    made = saved(form, lambda given: save(request, found, form, rows))
    if made:
        messages.success(request, _("Saved"))
        return redirect("settings:queue", pk=made.pk)
    return page(request, found, form, rows)


def save(request: HttpRequest, found: Queue | None, form: QueueForm, rows: list[ring_form.Row]) -> Queue:
    now, changes = timezone.now(), {**form.changes, "rings": ring_form.rings_of(rows)}
    with transaction.atomic():
        made = configure.save_queue(found, changes=changes, actor=request.user, now=now)
        set_members(made, levels=terms_given(request), actor=request.user, now=now)
    return made


def page(request: HttpRequest, found: Queue | None, form: QueueForm, rows: list[ring_form.Row]) -> HttpResponse:
    others = Queue.objects.exclude(pk=found.pk if found else 0)
    times = form.offer_times() if form.is_bound else form.initial.get("offer_by") or {}
    following = {queue.pk: queue for queue in others}
    return show(
        request, "queues", "queue", form=form, queue=found, people=people_with_levels(request, found),
        calendars=options(Calendar.objects.all()), others=options(following.values()),
        chain=chain_of(found, following) if found else [],
        offer_by=[(medium, label, times.get(medium, "")) for medium, label in MEDIA],
        auto_accept=form["auto_accept"].value() or [],
        open={"overflow": bool(found and (found.overflow_to_id or found.max_size or found.max_wait_seconds)),
              "wrap_up": bool(found and found.wrap_up_seconds)},
        trail=[(found.name if found else _("New"), None)], status=422 if form.errors else 200, **ring_parts(rows),
    )  # fmt: skip


def ring_parts(rows: list[ring_form.Row]) -> dict[str, Any]:
    """What the rings are drawn with. 2 queries."""
    return {
        "rings": rows,
        "levels": LEVELS,
        "teams": options(Team.objects.order_by("name")),
        "skill_keys": ", ".join(Skill.objects.values_list("key", flat=True)[:20]),
    }


def chain_of(queue: Queue, others: Mapping[int, Queue]) -> list[str]:
    """The names of the queues work flows through from here on."""
    names, at = [queue.name], queue.overflow_to_id
    while at is not None and at in others and len(names) <= len(others):
        names.append(others[at].name)
        at = others[at].overflow_to_id
    return names


@require_POST
@admins
def queue_outlook(request: HttpRequest, pk: int) -> HttpResponse:
    """Who could serve the queue as it stands in the form, and what it would have done lately. Nothing is saved."""
    found, form = loaded(pk), QueueForm(request.POST)
    if not form.is_valid():
        return render(request, "settings/queue_outlook.html", {"problem": _("Some fields are not right yet.")})
    try:
        levels, changes = {pk: terms.level for pk, terms in terms_given(request).items()}, form.changes
    except Invalid as refusal:
        return render(request, "settings/queue_outlook.html", {"problem": refusal.message})
    people = outlook.seats(levels)
    shown = {
        "seats": people,
        "named": people[: outlook.SERVING],
        "able": sum(seat.available for seat in people),
        "lately": outlook.lately(
            found,
            levels=levels,
            target_seconds=changes.get("service_level_seconds", found.service_level_seconds),
            max_wait_seconds=changes.get("max_wait_seconds", found.max_wait_seconds),
        ),
    }
    return render(request, "settings/queue_outlook.html", shown)


@require_POST
@admins
def remove_queue(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    removal.remove_queue(found, actor=request.user)
    messages.success(request, _("Removed “%(name)s”") % {"name": found.name})
    return redirect("settings:queues")


def terms_given(request: HttpRequest) -> dict[int, Terms]:
    """From fields `member_<id>` = "" or 0–5, `delay_<id>` in seconds and `score_<id>`, both of which may be left out."""
    found = {}
    for name, value in request.POST.items():
        number = name.removeprefix("member_")
        if name.startswith("member_") and number.isascii() and number.isdigit() and value != "":
            if value not in LEVELS:
                raise Invalid("level", _("A level is 0 to 5."))
            found[int(number[:18])] = Terms(
                level=int(value),
                delay_seconds=int(number_given(request, f"delay_{number}") or 0),
                score=number_given(request, f"score_{number}"),
            )
    return found


def number_given(request: HttpRequest, name: str) -> float | None:
    """None where it was left empty or out."""
    text = request.POST.get(name, "").strip()[:12]
    try:
        number = float(text) if text else None
    except ValueError:
        number = inf
    if number is not None and not isfinite(number):
        raise Invalid("members", _("“%(text)s” is no number.") % {"text": text})
    return number


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who may serve the queue, with what stands in the form."""

    user: User
    level: str
    delay: str
    score: str


def people_with_levels(request: HttpRequest, queue: Queue | None) -> list[Row]:
    """Everybody active with what they have here, or were just given in a form that was refused. 2 queries."""
    people = User.objects.filter(is_active=True).order_by("name")
    if request.method == "POST":
        given = request.POST
        return [
            Row(one, *(given.get(f"{name}_{one.pk}", "") for name in ("member", "delay", "score"))) for one in people
        ]
    held = terms_in(queue) if queue else {}
    return [row_of(one, held.get(one.pk)) for one in people]


def row_of(user: User, terms: Terms | None) -> Row:
    if terms is None:
        return Row(user, "", "", "")
    score = "" if terms.score is None else f"{terms.score:g}"
    return Row(user, str(terms.level), str(terms.delay_seconds or ""), score)


def loaded(pk: int) -> Queue:
    found = Queue.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def options(rows: Any) -> list[tuple[int, str]]:
    return [(row.pk, row.name) for row in rows]
