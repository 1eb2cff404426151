"""Promises: how fast we answer, by priority, and what that means on a given day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.deadline_words import sentence
from cases.hours import CalendarError
from cases.models import Calendar, Metric, Reopening, SlaPolicy
from cases.queries import preview_deadline
from cases.services import configure
from cases.services.policies import POLICY_FACTS
from channels_app.models import Priority
from cxos.core.errors import Invalid
from cxos.core.phrases import in_source_language
from cxos.core.spans import span
from cxos.screens.settings.conditions import Builder, builder_of, read_builder
from cxos.screens.settings.forms import PolicyForm, PreviewForm
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins

# Columns of the targets, the most urgent first; None = all others.
COLUMNS: tuple[int | None, ...] = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW, None)
UNITS = {"d": 86_400, "h": 3600, "m": 60, "min": 60, "s": 1}
PART = re.compile(r"(\d{1,6})\s*(min|d|h|m|s)?", re.ASCII)
Targets = dict[tuple[str, int | None], str]


@require_safe
@admins
def policies(request: HttpRequest) -> HttpResponse:
    rows = SlaPolicy.objects.select_related("calendar").prefetch_related("targets")
    return show(request, "policies", "policies", rows=[(row, summary(row)) for row in rows], columns=column_names())


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def policy(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = loaded(pk) if pk else None
    if request.method != "POST":
        builder = builder_of(found.conditions if found else {}, POLICY_FACTS)
        return page(request, found, PolicyForm(initial=initial(found)), builder, targets_of(found))
    builder = read_builder(request.POST, POLICY_FACTS)
    if button := request.POST.get("do", ""):
        builder.press(button)
        if request.headers.get("HX-Request"):
            return render(request, "settings/builder.html", {"builder": builder})
        return page(request, found, PolicyForm(initial=request.POST.dict()), builder, targets_given(request.POST))
    form = PolicyForm(request.POST)
    done = saved(form, lambda given: save(request, found, given, builder))
    if done:
        messages.success(request, _("Saved. It counts for what is opened from now on."))
        return redirect("settings:policy", pk=done.pk)
    return page(request, found, form, builder, targets_given(request.POST))


def save(request: HttpRequest, found: SlaPolicy | None, given: dict[str, Any], builder: Builder) -> SlaPolicy:
    try:
        conditions = builder.tree()
    except ValueError as problem:
        raise Invalid("conditions", str(problem)) from None
    return configure.save_promise(
        found, budgets=budgets(targets_given(request.POST)), conditions=conditions, actor=request.user,
        now=timezone.now(), **given,
    )  # fmt: skip


def page(
    request: HttpRequest, found: SlaPolicy | None, form: PolicyForm, builder: Builder, targets: Targets
) -> HttpResponse:
    calendars = [(row.pk, row.name) for row in Calendar.objects.all()]
    grid = [
        (
            metric.value,
            metric.label,
            [(f"{metric.value}.{name(column)}", targets.get((metric.value, column), "")) for column in COLUMNS],
        )
        for metric in Metric
    ]
    return show(
        request, "policies", "policy", form=form, policy=found, builder=builder, calendars=calendars, grid=grid,
        columns=column_names(), reopenings=Reopening.choices, opened=next_friday(),
        trail=[(found.name if found else _("New"), None)], status=422 if form.errors else 200,
    )  # fmt: skip


@require_POST
@admins
def preview(request: HttpRequest) -> HttpResponse:
    """ "Opened Fri 17:30 → due Mon 11:30, because …", for every target in the form."""
    form = PreviewForm(request.POST)
    rows: list[tuple[str, str, str]] = []
    problem = "" if form.is_valid() else _("Choose a calendar and a time.")
    if not problem:
        calendar = form.cleaned_data["calendar"]
        opened = form.cleaned_data["opened"].replace(tzinfo=ZoneInfo(calendar.zone))
        try:
            rows = previews(calendar, opened, budgets(targets_given(request.POST)))
        except (Invalid, CalendarError) as refusal:
            problem = getattr(refusal, "message", str(refusal))
    return render(request, "settings/policy_preview.html", {"rows": rows, "problem": problem})


def previews(
    calendar: Calendar, opened: datetime, wanted: dict[tuple[str, int | None], int]
) -> list[tuple[str, str, str]]:
    """(metric and priority, length, sentence) of each target."""
    names = dict(zip(COLUMNS, column_names(), strict=True))
    return [
        (
            f"{Metric(metric).label}, {names[column]}",
            span(seconds),
            sentence(preview_deadline(calendar, budget_seconds=seconds, opened_at=opened)),
        )
        for (metric, column), seconds in wanted.items()
    ]


def budgets(targets: Targets) -> dict[tuple[str, int | None], int]:
    """Seconds of each target that was given; raises Invalid for one that cannot be read."""
    return {place: seconds_of(text) for place, text in targets.items() if text.strip()}


def seconds_of(text: str) -> int:
    """ "15 min", "4h 30m", "2d" or a number of minutes, in seconds; raises Invalid."""
    parts = PART.findall(text.strip().lower())
    if not parts or PART.sub("", text.strip().lower()).strip():
        raise Invalid(
            "target",
            _("“%(text)s” is no length of time. Write it like 15 min, 4 h 30 min or 2 d.") % {"text": text[:20]},
        )
    return sum(int(number) * UNITS[unit or "m"] for number, unit in parts)


def targets_given(post: QueryDict) -> Targets:
    """From fields `target.<metric>.<priority or others>`, as typed."""
    return {
        (metric, column): post.get(f"target.{metric}.{name(column)}", "")[:20]
        for metric in Metric.values
        for column in COLUMNS
    }


def targets_of(found: SlaPolicy | None) -> Targets:
    rows = found.targets.all() if found else []
    with in_source_language():  # whose units `seconds_of` reads
        return {(row.metric, row.priority): span(row.budget_seconds) for row in rows}


def summary(policy: SlaPolicy) -> list[tuple[str, list[str]]]:
    """(metric, the length at each priority) of what it promises."""
    held = {(row.metric, row.priority): span(row.budget_seconds) for row in policy.targets.all()}
    return [
        (metric.label, [held.get((metric.value, column), "") for column in COLUMNS])
        for metric in Metric
        if any((metric.value, column) in held for column in COLUMNS)
    ]


def initial(found: SlaPolicy | None) -> dict[str, Any]:
    if found is None:
        return {"rank": 10, "enabled": True, "reopening": Reopening.RESUME.value}
    names = ("name", "rank", "enabled", "reopening")
    return {name: getattr(found, name) for name in names} | {"calendar": found.calendar_id}


def column_names() -> list[str]:
    return [str(_("All others")) if column is None else str(Priority(column).label) for column in COLUMNS]


def name(column: int | None) -> str:
    return "others" if column is None else str(column)


def next_friday() -> str:
    """Friday 17:30, the classic case, as a browser's field wants it."""
    today = timezone.localdate()
    return f"{today + timedelta(days=(4 - today.weekday()) % 7)}T17:30"


def loaded(pk: int) -> SlaPolicy:
    found = SlaPolicy.objects.select_related("calendar").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
