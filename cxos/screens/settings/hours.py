"""Opening hours, drawn as a week, and the dates that differ from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.calendar_math import BusinessCalendar, open_spans, week_hours
from cases.hours import CalendarError, Interval, clock_text
from cases.models import Calendar, CalendarDay
from cases.services import configure
from cxos.core.errors import Invalid
from cxos.screens.settings.forms import HolidayForm
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins

DAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
DAY_MINUTES = 24 * 60
MOST_INTERVALS = 6
MOST_OPENINGS = 4
LOOKED_AHEAD = timedelta(days=14)
TICKS = [(hour * 60, f"{hour:02d}") for hour in range(0, 25, 6)]


@dataclass(frozen=True, slots=True)
class DrawnDay:
    """One day of the week: its openings as (start, length) in minutes for drawing, and as clock texts for editing."""

    number: int
    name: str | Promise
    bars: list[tuple[int, int]]
    pairs: list[tuple[str, str]]
    seconds: int

    @property
    def hours_text(self) -> str:
        return f"{self.seconds / 3600:g}"


class CalendarForm(forms.Form):
    name = forms.CharField(max_length=80)
    zone = forms.CharField(max_length=60)


@require_safe
@admins
def hours(request: HttpRequest) -> HttpResponse:
    rows = [(row, drawn(row.weekly)) for row in Calendar.objects.prefetch_related("days")]
    return show(request, "hours", "hours", rows=rows, ticks=TICKS)


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def calendar(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = loaded(pk) if pk else None
    initial = {"name": found.name, "zone": found.zone} if found else {"name": "", "zone": "UTC"}
    form = CalendarForm(request.POST) if request.method == "POST" else CalendarForm(initial=initial)
    if request.method == "POST":
        made = saved(form, lambda given: save(request, found, given))
        if made:
            messages.success(request, _("Saved. Running deadlines are reckoned again in a moment."))
            return redirect("settings:calendar", pk=made.pk)
    week = given_week(request.POST) if request.method == "POST" else drawn(found.weekly if found else office_week())
    return show(
        request, "hours", "calendar", form=form, calendar=found, week=week, ticks=TICKS,
        **(opening_parts(found.zone, found.weekly, found) if found else {}), zones=sorted(available_timezones()),
        days=coming_days(found), holiday=HolidayForm(), trail=[(found.name if found else _("New"), None)],
        status=422 if form.errors else 200,
    )  # fmt: skip


def save(request: HttpRequest, found: Calendar | None, given: dict[str, Any]) -> Calendar:
    return configure.save_calendar(
        found,
        name=given["name"],
        zone=given["zone"],
        weekly=read_week(request.POST),
        actor=request.user,
        now=timezone.now(),
    )


@require_POST
@admins
def preview_week(request: HttpRequest) -> HttpResponse:
    """The week as it would be drawn, while it is being edited."""
    try:
        read_week(request.POST)
        problem = ""
    except Invalid as refusal:
        problem = refusal.message
    shown: dict[str, Any] = {"week": given_week(request.POST), "ticks": TICKS, "problem": problem}
    if not problem:
        shown |= opening_parts(request.POST.get("zone", ""), read_week(request.POST))
    return render(request, "settings/week.html", shown)


def opening_parts(zone: str, weekly: dict[str, Any], calendar: Calendar | None = None) -> dict[str, Any]:
    """The next times the week is open, on its own clock, or that it never closes; with the days that differ of
    `calendar`. Up to one query."""
    if zone not in available_timezones():
        return {}
    days = CalendarDay.objects.filter(calendar=calendar) if calendar else []
    hours = BusinessCalendar.weekly(
        zone,
        [[Interval(*pair) for pair in weekly.get(str(number), ())] for number in range(7)],
        holidays={day.date: day.name for day in days if not day.intervals},
        special_hours={day.date: [Interval(*pair) for pair in day.intervals] for day in days if day.intervals},
    )
    now, place = timezone.now(), ZoneInfo(zone)
    spans = open_spans(hours, now, now + LOOKED_AHEAD)[:MOST_OPENINGS]
    openings = [(span.start.astimezone(place), span.end.astimezone(place)) for span in spans]
    return {"openings": openings, "always": any(end - start >= LOOKED_AHEAD for start, end in openings)}


@require_POST
@admins
def save_day(request: HttpRequest, pk: int) -> HttpResponse:
    """A holiday, or special hours on one date."""
    found, form = loaded(pk), HolidayForm(request.POST)
    done = saved(form, lambda given: add_day(request, found, given))
    if done:
        messages.success(request, _("Saved. Running deadlines are reckoned again in a moment."))
        return redirect("settings:calendar", pk=pk)
    return show(
        request, "hours", "calendar", form=CalendarForm(initial={"name": found.name, "zone": found.zone}),
        calendar=found, week=drawn(found.weekly), ticks=TICKS, zones=sorted(available_timezones()),
        days=coming_days(found), holiday=form, trail=[(found.name, None)], status=422,
    )  # fmt: skip


def add_day(request: HttpRequest, found: Calendar, given: dict[str, Any]) -> bool:
    pairs = [parsed(given["start"], given["end"], field="start")] if given["start"] or given["end"] else []
    configure.save_day(
        found, day=given["day"], name=given["name"], intervals=pairs, actor=request.user, now=timezone.now()
    )
    return True


@require_POST
@admins
def remove_day(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    configure.remove_day(loaded(pk), day=when, actor=request.user, now=timezone.now())
    messages.success(request, _("The day follows its week again."))
    return redirect("settings:calendar", pk=pk)


def read_week(post: QueryDict) -> dict[str, list[list[int]]]:
    """From fields `start_<day>` and `end_<day>`, each as often as there are intervals. Raises Invalid naming the day."""
    week: dict[str, list[list[int]]] = {}
    for number, name in enumerate(DAYS):
        pairs = list(zip(post.getlist(f"start_{number}"), post.getlist(f"end_{number}"), strict=False))
        given = [pair for pair in pairs[:MOST_INTERVALS] if any(text.strip() for text in pair)]
        try:
            found = sorted(parsed(*pair) for pair in given)
        except Invalid as refusal:
            raise Invalid("week", f"{name}: {refusal.message}") from None
        if any(before[1] > after[0] for before, after in pairwise(found)):
            raise Invalid("week", _("%(day)s: the hours overlap.") % {"day": name})
        if found:
            week[str(number)] = found
    return week


def parsed(start: str, end: str, *, field: str | None = None) -> list[int]:
    """Two clock texts as minutes; an end at or before the start is the next day."""
    try:
        return list(Interval.parse(start[:5], end[:5]))
    except CalendarError as problem:
        raise Invalid("hours", str(problem), field=field) from None


def given_week(post: QueryDict) -> list[DrawnDay]:
    """What was typed, also where it is wrong; only what can be read is drawn."""
    try:
        days = drawn(read_week(post))
    except Invalid:
        days = drawn({})
    typed = [
        [pair for pair in zip(post.getlist(f"start_{n}"), post.getlist(f"end_{n}"), strict=False) if any(pair)]
        for n in range(7)
    ]
    return [DrawnDay(day.number, day.name, day.bars, typed[day.number], day.seconds) for day in days]


def drawn(weekly: dict[str, Any]) -> list[DrawnDay]:
    """The week for drawing: what runs past midnight shows on both days."""
    week = [[Interval(*pair) for pair in weekly.get(str(number), ())] for number in range(7)]
    monday = date(2024, 1, 1)
    shown = week_hours(BusinessCalendar.weekly("UTC", week), monday)
    return [
        DrawnDay(
            number=number,
            name=DAYS[number],
            bars=[(one.start, one.end - one.start) for one in shown[number].intervals],
            pairs=[(clock_text(one.start), clock_text(one.end % DAY_MINUTES)) for one in week[number]],
            seconds=sum(one.end - one.start for one in week[number]) * 60,
        )
        for number in range(7)
    ]


def office_week() -> dict[str, list[list[int]]]:
    """What a new calendar begins with."""
    return {str(number): [[540, 1020]] for number in range(5)}


def coming_days(calendar: Calendar | None) -> list[tuple[CalendarDay, str]]:
    """The dates that differ, past ones of the last month too, each with its hours in words."""
    if calendar is None:
        return []
    since = timezone.now().date() - timedelta(days=31)
    rows = CalendarDay.objects.filter(calendar=calendar, date__gte=since)
    return [
        (row, ", ".join(f"{clock_text(start)}–{clock_text(end % DAY_MINUTES)}" for start, end in row.intervals))
        for row in rows
    ]


def loaded(pk: int) -> Calendar:
    found = Calendar.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
