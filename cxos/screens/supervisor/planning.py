"""The page of the schedule and what is changed on it: shifts, exceptions, a file, and what presences mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.screens.staff import supervisors, toast, trigger
from cxos.screens.supervisor.schedule import chosen_day, deviations, read_row, read_sheet
from intelligence.models import Activity, PresenceMeaning
from intelligence.permissions import get_exception_for, get_shift_for
from intelligence.services import schedule_file, schedules
from routing.models import Presence, PresenceReason
from routing.permissions import get_agent_for

# Presences that can mean an activity; in all others nobody is there.
MEANT = (Presence.AVAILABLE, Presence.BUSY, Presence.BREAK, Presence.MEAL, Presence.MEETING, Presence.TRAINING)
MOST_BYTES = 2_000_000


@require_safe
@supervisors
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "supervisor/schedule.html", sheet_parts(request))


@require_safe
@supervisors
def rows_region(request: HttpRequest) -> HttpResponse:
    return render(request, "supervisor/schedule_rows.html", sheet_parts(request))


def sheet_parts(request: HttpRequest) -> dict[str, Any]:
    day, outside = chosen_day(request), bool(request.GET.get("outside"))
    return {
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "outside": outside,
        "sheet": read_sheet(day, now=timezone.now(), outside_counts=outside),
        "kinds": Activity.Kind.choices,
    }


@require_safe
@supervisors
def day_drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """One agent's day in words, with everything that can be done about it."""
    agent, day = get_agent_for(who(request), pk), chosen_day(request)
    found = read_row(agent, day, now=timezone.now(), outside_counts=bool(request.GET.get("outside")))
    parts = {"agent": agent, "day": day, "found": found, "deviations": deviations(found)}
    return render(request, "supervisor/schedule_day.html", parts)


@require_http_methods(["GET", "HEAD", "POST"])
@supervisors
def shift(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The dialog for a new shift (of `agent` on `day`) or to change one; sent, it is saved."""
    found = get_shift_for(who(request), pk) if pk else None
    if request.method != "POST":
        parts = {"one": found, "day": chosen_day(request), "agent": request.GET.get("agent", "")[:18]}
        choices = {
            "activities": Activity.objects.all(),
            "people": User.objects.filter(is_active=True).only("id", "name"),
        }
        return render(request, "supervisor/shift_form.html", parts | choices)
    starts_at, ends_at = moment_of(request, "starts"), moment_of(request, "ends")
    activity = Activity.objects.filter(pk=number_of(request, "activity")).first()
    if activity is None:
        raise Invalid("activity", _("Choose an activity."), field="activity")
    agent = get_agent_for(who(request), number_of(request, "agent"))
    undo = again(request.path, found, activity=str(found.activity_id)) if found else ""
    saved = schedules.save_shift(
        found, agent=agent, activity=activity, starts_at=starts_at, ends_at=ends_at, actor=request.user
    )
    return changed(_("Planned"), undo=undo or reverse("supervisor:remove_shift", args=[saved.pk]))


@require_POST
@supervisors
def remove_shift(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_shift_for(who(request), pk)
    schedules.remove_shift(found, actor=request.user)
    undo = again(reverse("supervisor:new_shift"), found, activity=str(found.activity_id))
    return changed(_("Removed"), undo=undo)


def again(url: str, found: Any, **more: str) -> str:
    """An address that, posted to, saves this shift or exception as it is now; `more` of its form."""
    values = {
        "agent": str(found.agent_id),
        "starts": found.starts_at.isoformat(),
        "ends": found.ends_at.isoformat(),
    }
    return f"{url}?{urlencode(values | more)}"


@require_http_methods(["GET", "HEAD", "POST"])
@supervisors
def excuse(request: HttpRequest) -> HttpResponse:
    """Say why the plan did not hold for a while."""
    if request.method != "POST":
        people = User.objects.filter(is_active=True).only("id", "name")
        parts = {name: request.GET.get(name, "")[:40] for name in ("agent", "starts", "ends")}
        return render(request, "supervisor/excuse_form.html", parts | {"people": people, "day": chosen_day(request)})
    made = schedules.excuse(
        agent=get_agent_for(who(request), number_of(request, "agent")),
        starts_at=moment_of(request, "starts"),
        ends_at=moment_of(request, "ends"),
        cause=given_of(request, "cause", most=121),
        approved=given_of(request, "approved") == "1",
        actor=request.user,
    )
    words = _("Excused") if made.approved else _("Noted")
    return changed(words, undo=reverse("supervisor:remove_exception", args=[made.pk]))


@require_POST
@supervisors
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve an exception, or take the approval back; the undo is the same again."""
    found = get_exception_for(who(request), pk)
    schedules.approve(found, approved=not found.approved, actor=request.user)
    words = _("Approval taken back") if found.approved else _("Approved")
    return changed(words, undo=reverse("supervisor:approve_exception", args=[pk]))


@require_POST
@supervisors
def remove_exception(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_exception_for(who(request), pk)
    schedules.remove_exception(found, actor=request.user)
    approved = "1" if found.approved else ""
    undo = again(reverse("supervisor:excuse"), found, cause=found.cause, approved=approved)
    return changed(_("Removed"), undo=undo)


@require_http_methods(["GET", "HEAD", "POST"])
@supervisors
def import_file(request: HttpRequest) -> HttpResponse:
    """A schedule from CSV: all of it, or the lines that are wrong."""
    if request.method != "POST":
        return render(request, "supervisor/schedule_import.html", {"activities": Activity.objects.all()})
    given = request.FILES.get("file")
    if given is not None and (given.size or 0) > MOST_BYTES:
        raise Invalid("file", _("The file is larger than 2 MB. Import it in parts."), field="file")
    text = given.read().decode("utf-8", "replace") if given else request.POST.get("text", "")
    zone = timezone.get_current_timezone()
    read = schedule_file.import_schedule(text.replace("\0", ""), zone=zone, actor=request.user)
    if read.problems:
        parts = {"problems": read.problems, "text": text, "activities": Activity.objects.all()}
        return render(request, "supervisor/schedule_import_form.html", parts, status=422)
    words = _("%(shifts)s shifts planned, for %(people)s people") % {"shifts": len(read.shifts), "people": read.people}
    return changed(words)


@require_http_methods(["GET", "HEAD", "POST"])
@supervisors
def activities(request: HttpRequest) -> HttpResponse:
    """Grace and strictness of each activity, a new one, and which presence or reason is which."""
    known = list(Activity.objects.all())
    reasons = PresenceReason.objects.filter(enabled=True)
    meant = [(one.value, "", str(one.label)) for one in MEANT]
    meant += [(one.presence, one.name, f"{one.name} · {one.get_presence_display()}") for one in reasons]
    if request.method != "POST":
        held = {(one.presence, one.reason): one.activity_id for one in PresenceMeaning.objects.all()}
        rows = [
            (place, label, held.get((presence, reason)), bool(reason))
            for place, (presence, reason, label) in enumerate(meant)
        ]
        parts = {"activities": known, "rows": rows, "kinds": Activity.Kind.choices}
        return render(request, "supervisor/activities.html", parts)
    keys = {str(one.pk): one.key for one in known}
    meanings = {
        (presence, reason): keys.get(request.POST.get(f"means-{place}", ""), "")
        for place, (presence, reason, _label) in enumerate(meant)
    }
    rules = {
        one.key: (minutes_of(request, f"grace-{one.pk}"), request.POST.get(f"strict-{one.pk}") == "1") for one in known
    }
    with transaction.atomic():
        schedules.change_activities(rules, meanings=meanings, actor=request.user)
        if name := given_of(request, "new-name", most=61).strip():
            schedules.add_activity(name=name, kind=given_of(request, "new-kind"), actor=request.user)
    return changed(_("Saved. Every day counts by it from now on."))


def changed(words: str, *, undo: str = "") -> HttpResponse:
    """What every change answers with: the dialog closes, and the sheet is read again."""
    more = {"undo": undo} if undo else {}
    response = trigger(HttpResponse(status=204), **{"dialog:close": True, "schedule:changed": True})
    return toast(response, words, **more)


def who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def given_of(request: HttpRequest, name: str, *, most: int = 40) -> str:
    """From the form, or from the address an undo posts to."""
    return str(request.POST.get(name) or request.GET.get(name, ""))[:most]


def number_of(request: HttpRequest, name: str) -> int:
    given = given_of(request, name)[:18]
    return int(given) if given.isascii() and given.isdigit() else 0


def minutes_of(request: HttpRequest, name: str) -> int:
    """Minutes as the form has them, in seconds."""
    given = request.POST.get(name, "")[:6].replace(",", ".")
    try:
        return round(float(given) * 60)
    except (ValueError, OverflowError):
        raise Invalid("grace", _("The grace is a number of minutes."), field="grace") from None


def moment_of(request: HttpRequest, name: str) -> datetime:
    """A local time of a form, or one with its zone. Raises Invalid for what is none."""
    try:
        at = datetime.fromisoformat(given_of(request, name))
    except ValueError:
        raise Invalid(name, _("Choose when it begins and when it ends."), field=name) from None
    return at if at.tzinfo else timezone.make_aware(at)
