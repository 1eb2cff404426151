"""Holidays from a calendar file: shown day by day, and only the chosen ones are taken."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Calendar, CalendarDay
from cases.services import configure
from cxos.core.errors import Invalid
from cxos.screens.settings.holiday_file import MOST_DAYS, HolidayFile, read_holidays
from cxos.screens.settings.hours import loaded
from cxos.screens.settings.pages import show
from cxos.screens.staff import admins

MOST_BYTES = 2_000_000


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def import_holidays(request: HttpRequest, pk: int) -> HttpResponse:
    """A calendar file is shown day by day; the days chosen are closed only then."""
    found = loaded(pk)
    if request.method == "POST" and request.POST.get("apply"):
        count = close_days(request, found)
        messages.success(request, _("Closed on %(n)s more days. Running deadlines are reckoned again.") % {"n": count})
        return redirect("settings:calendar", pk=pk)
    read = HolidayFile()
    if request.method == "POST":
        upload = request.FILES.get("file")
        content = upload.read(MOST_BYTES) if upload else b""
        read = read_holidays(content, today=timezone.now().astimezone(ZoneInfo(found.zone)).date())
    held = set(CalendarDay.objects.filter(calendar=found).values_list("date", flat=True))
    return show(
        request, "hours", "holidays_import", calendar=found, read=read,
        rows=[(one, one.day in held) for one in read.days],
        trail=[(found.name, None), (_("Holidays"), None)], status=422 if read.problem else 200,
    )  # fmt: skip


def close_days(request: HttpRequest, calendar: Calendar) -> int:
    """From fields `day` (dates) and `name-<date>`; all or none."""
    texts = request.POST.getlist("day")[:MOST_DAYS]
    try:
        days = sorted({date.fromisoformat(text) for text in texts})
    except ValueError:
        raise Invalid("day", _("One of these is no date.")) from None
    with transaction.atomic():
        for day in days:
            name = request.POST.get(f"name-{day.isoformat()}", "")[:80]
            configure.save_day(calendar, day=day, name=name, intervals=[], actor=request.user, now=timezone.now())
    return len(days)
