"""Every metric of docs/reference/metrics.md with its value over a span, its definition, and the rows it was counted from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import Metric as Promised
from cxos.screens.staff import supervisors
from cxos.screens.supervisor import forecast
from cxos.screens.supervisor.views import chosen_agent, chosen_queue, chosen_span
from cxos.screens.templatetags.supervisor import NONE, duration, percent, volume
from intelligence import formulas, queries
from intelligence.formulas import PLANNED, SERVICE_LEVELS, SHRINKING, Ratio
from intelligence.queries import Figures, outlook, surveys
from intelligence.queries.floor import Waits
from routing.models import Presence, Queue


@dataclass(frozen=True, slots=True)
class Span:
    """Whose metrics, and over which time."""

    start: datetime
    end: datetime
    now: datetime
    figures: Figures
    queue_id: int | None = None
    agent_id: int | None = None

    @property
    def whole(self) -> bool:
        """Of the whole floor: what follows conversations has no queue and no agent."""
        return self.queue_id is None and self.agent_id is None


@dataclass(frozen=True, slots=True)
class Metric:
    """`key` is its first column in the reference, `rows` the figure whose rows open, or the name of a page that shows them."""

    key: str
    label: str | Promise
    formula: str
    rows: str
    told: Callable[[Span], str]


def ratio(read: Callable[[Figures], Ratio]) -> Callable[[Span], str]:
    """ "87 % (26 of 30)"."""
    return lambda span: counted(read(span.figures))


def counted(found: Ratio) -> str:
    if found.value is None:
        return NONE
    told = {"share": percent(found), "n": volume(found.numerator), "of": volume(found.denominator)}
    return _("%(share)s (%(n)s of %(of)s)") % told


def share(read: Callable[[Figures], Ratio]) -> Callable[[Span], str]:
    """Of two times: their seconds say nothing."""
    return lambda span: percent(read(span.figures))


def waits(read: Callable[[Figures], Waits]) -> Callable[[Span], str]:
    def told(span: Span) -> str:
        found = read(span.figures)
        if found.mean is None:
            return NONE
        parts = {"mean": duration(found.mean), "half": duration(found.median), "p90": duration(found.p90)}
        return _("%(mean)s (half within %(half)s, 90 %% within %(p90)s)") % parts

    return told


def mean_time(read: Callable[[Any], Ratio]) -> Callable[[Span], str]:
    def told(span: Span) -> str:
        value = read(span.figures.tally).value
        return NONE if value is None else duration(value / 1000)

    return told


def reopened(span: Span) -> str:
    return counted(queries.reopened_share(span.start, span.end)) if span.whole else NONE


def first_contact(net: bool) -> Callable[[Span], str]:
    def told(span: Span) -> str:
        if not span.whole:
            return NONE
        found, provisional = queries.first_contact_share(span.start, span.end, now=span.now, net=net)
        if not provisional:
            return counted(found)
        return _("%(share)s, %(n)s of them provisional") % {"share": counted(found), "n": volume(provisional)}

    return told


def satisfied(span: Span) -> str:
    """With how many answered, or it says little."""
    if span.queue_id is not None:
        return NONE
    found, mean, answers = surveys.satisfaction(span.start, span.end, agent_id=span.agent_id)
    if mean is None:
        return NONE
    asked = Ratio(answers, span.figures.tally.sums["conversations_resolved"]) if span.whole else Ratio(0, 0)
    told = {"share": counted(found), "mean": f"{mean:.1f}", "answered": percent(asked)}
    return _("%(share)s, mean %(mean)s, answered by %(answered)s") % told


def open_now(span: Span) -> str:
    return volume(sum(queries.backlog(span.now, bands=[]))) if span.whole else NONE


def open_hours(span: Span) -> str:
    if span.agent_id is not None:
        return NONE
    hours = queries.backlog_hours(span.now)
    found = hours.get(span.queue_id) if span.queue_id else sum(hours.values()) if hours else None
    return NONE if found is None else _("%(n)s h") % {"n": f"{found:.1f}"}


def forecast_error(span: Span) -> str:
    """Of the quarter-hours of today that are over."""
    if span.agent_id is not None:
        return NONE
    subject = forecast.subject_of(span.queue_id)
    day = outlook.outlooks([subject], now=span.now).get(subject)
    over = [one for one in forecast.quarters(day) if one.is_over] if day else []
    found = formulas.forecast_error((one.actual or 0, one.usual) for one in over)
    if found is None:
        return NONE
    return _("%(wape)s, bias %(bias)s") % {"wape": f"{found.wape:.0%}", "bias": f"{found.bias:+.0%}"}


def promise(metric: str) -> Callable[[Span], str]:
    return lambda span: counted(formulas.clock_attainment(span.figures.tally, metric))


IN_TIME = {"SL_ab_good": "answered_or_left_in_time", "SL_Connect": "gone_in_time"}
DEFINED = {
    "SL_offered": "A_T / O",
    "SL_answered": "A_T / A",
    "SL_ex_short": "A_T / (O − B_s)",
    "SL_ab_good": "(A_T + B_T) / O",
    "SL_ab_excl_T": "A_T / (O − B_T)",
    "SL_Genesys": "A_T / (A + B)",
    "SL_Connect": "(A_T + B_T + F_T) / O",
}


LEVELS = {
    "SL_offered": gettext_lazy("Service level of all who came"),
    "SL_answered": gettext_lazy("Service level of those answered"),
    "SL_ex_short": gettext_lazy("Service level without those who left at once"),
    "SL_ab_good": gettext_lazy("Service level, leaving in time counted as served"),
    "SL_ab_excl_T": gettext_lazy("Service level without those who left in time"),
    "SL_Genesys": gettext_lazy("Service level of those answered or gone"),
    "SL_Connect": gettext_lazy("Service level of all whose wait ended in time"),
}


def level(name: str) -> Callable[[Span], str]:
    return ratio(lambda figures: figures.service_levels[name])


def cause(name: str) -> Callable[[Span], str]:
    return share(lambda figures: formulas.shrinkage_by_cause(figures.tally)[name])


GROUPS: tuple[tuple[str | Promise, tuple[Metric, ...]], ...] = (
    (
        gettext_lazy("Waiting"),
        (
            *(Metric(one, LEVELS[one], DEFINED[one], IN_TIME.get(one, "service_level"), level(one)) for one in SERVICE_LEVELS),
            Metric("speed of answer", gettext_lazy("ASA"), "Σ wait / A", "speed_of_answer", waits(lambda f: f.speed_of_answer)),
            Metric("abandon rate", gettext_lazy("Abandoned"), "(B − B_s) / (O − B_s)", "abandoned", ratio(lambda f: f.abandon_rate)),
            Metric("abandon rate", gettext_lazy("Abandoned, raw"), "B / O", "abandoned", ratio(lambda f: formulas.raw_abandon_rate(f.tally))),
            Metric("time to abandon", gettext_lazy("Time to abandon"), "Σ wait / B", "abandoned", waits(lambda f: f.abandon_time)),
            Metric("flow-outs", gettext_lazy("Flowed out"), "F / O", "flowed_out", ratio(lambda f: f.flow_outs)),
            Metric("missed offers", gettext_lazy("Missed offers"), "timed out / made", "missed_offers", ratio(lambda f: f.missed_offers)),
        ),
    ),
    (
        gettext_lazy("Handling"),
        (
            Metric("handle time", gettext_lazy("Handle time"), "(Σ handling + Σ wrap-up) / segments", "handle_time", mean_time(formulas.average_handle_time)),
            Metric("handle time", gettext_lazy("Handle time of an item"), "(Σ handling + Σ wrap-up) / items", "completed", mean_time(formulas.average_handle_time_of_items)),
            Metric("wrap-up", gettext_lazy("Wrap-up"), "Σ wrap-up / segments with one", "wrapped_up", mean_time(formulas.average_wrap_up)),
            Metric("wrap-up", gettext_lazy("Wrap-up of all"), "Σ wrap-up / segments", "handle_time", mean_time(lambda tally: formulas.average_wrap_up(tally, of_all=True))),
            Metric("transfer rate", gettext_lazy("Passed on"), "transferred / segments", "transferred", ratio(lambda f: f.transfers)),
            Metric("transfer rate", gettext_lazy("Passed on blind"), "blind / segments", "transferred", ratio(lambda f: f.transfers_blind)),
            Metric("transfer rate", gettext_lazy("Passed on warm"), "warm / segments", "transferred", ratio(lambda f: f.transfers_warm)),
            Metric("transfer rate", gettext_lazy("Passed on at least once"), "≥ 1 / items", "items_transferred", ratio(lambda f: f.items_transferred)),
        ),
    ),
    (
        gettext_lazy("People"),
        (
            Metric("occupancy", gettext_lazy("Occupancy"), "in hand / (in hand + available)", "occupancy", share(lambda f: f.occupancy)),
            Metric("utilisation", gettext_lazy("Utilisation"), "in hand / paid", "occupancy", share(lambda f: f.utilisation)),
            Metric("shrinkage, gross-up", gettext_lazy("Shrinkage"), "1 − productive / paid", "away", share(lambda f: f.shrinkage)),
            *(Metric("shrinkage, gross-up", Presence(one).label, f"{one} / paid", f"away_{one}", cause(one)) for one in SHRINKING),
        ),
    ),
    (
        gettext_lazy("Customers"),
        (
            Metric("satisfaction, net promoter, effort", gettext_lazy("Satisfaction"), "4–5 of 5 / answers", "satisfaction", satisfied),
            Metric("first contact resolution", gettext_lazy("Resolved at the first contact"), "no contact in 7 days / resolved", "resolved", first_contact(net=False)),
            Metric("first contact resolution", gettext_lazy("The same, without what was passed on"), "no contact in 7 days / resolved", "resolved", first_contact(net=True)),
            Metric("first and next response, resolution", gettext_lazy("First response"), "Σ wait / answers", "first_response", waits(lambda f: f.first_response)),
            Metric("first and next response, resolution", gettext_lazy("Next response"), "Σ wait / answers", "next_response", waits(lambda f: f.next_response)),
            Metric("resolution", gettext_lazy("Resolution"), "resolved − started", "resolved", waits(lambda f: f.resolution)),
            Metric("resolution", gettext_lazy("Resolved for the first time"), "first resolved − started", "first_resolved", waits(lambda f: f.first_resolution)),
            Metric("resolution", gettext_lazy("Resolution without pauses"), "resolved − started − paused", "resolved", waits(lambda f: f.resolution_unpaused)),
            Metric("re-open rate", gettext_lazy("Reopened"), "reopened since / resolved", "resolved", reopened),
        ),
    ),
    (
        gettext_lazy("Promises"),
        (
            *(Metric("promises kept", one.label, "met / (met + breached)", f"promises_{one.value}", promise(one.value)) for one in Promised),
            Metric("backlog", gettext_lazy("Open now"), "started − resolved", "list", open_now),
            Metric("backlog", gettext_lazy("Open work in hours"), "Σ open × handle time / 3600", "unanswered", open_hours),
            Metric("forecast error", gettext_lazy("Forecast error of today"), "Σ|a − f| / Σa", "forecast", forecast_error),
        ),
    ),
)  # fmt: skip
METRICS = [metric for _label, metrics in GROUPS for metric in metrics]
PAGES = {"forecast": "supervisor:forecast", "list": "workspace:index"}


@require_safe
@supervisors
def page(request: HttpRequest) -> HttpResponse:
    queue, agent, now = chosen_queue(request), chosen_agent(request), timezone.localtime()
    span, start, end = chosen_span(request, now)
    if queue:
        found = queries.figures("queue", start, end, ids=[queue.pk]).get(queue.pk, queries.NOTHING)
    elif agent:
        found = queries.figures("agent", start, end, ids=[agent.pk]).get(agent.pk, queries.NOTHING)
    else:
        found = queries.figures_of_all(start, end)
    shown = Span(start, end, now, found, queue.pk if queue else None, agent.pk if agent else None)
    narrowed = {"queue": shown.queue_id, "agent": shown.agent_id, "span": span}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    groups = [(label, [(one, one.told(shown), address(one, query)) for one in metrics]) for label, metrics in GROUPS]
    parts = {
        "groups": groups, "queue": queue, "agent": agent, "queues": Queue.objects.all(), "span": span, "start": start,
        "end": end, "chart": away_chart(found),
    }  # fmt: skip
    return render(request, "supervisor/metrics.html", parts)


def away_chart(found: Figures) -> dict[str, Any] | None:
    """What the paid time went into, cause by cause, in percent of it; None where nobody was there."""
    causes = formulas.shrinkage_by_cause(found.tally)
    if not any(ratio.denominator for ratio in causes.values()):
        return None
    return {
        "x": [str(Presence(name).label) for name in causes],
        "series": [
            {"label": _("Planned"), "kind": "bar", "unit": "%", "values": [_of(causes, name, PLANNED) for name in causes]},
            {
                "label": _("Unplanned"), "kind": "bar", "unit": "%", "tone": "late",
                "values": [_of(causes, name, formulas.UNPLANNED) for name in causes],
            },
        ],
    }  # fmt: skip


def _of(causes: dict[str, Ratio], name: str, among: tuple[str, ...]) -> float | None:
    return causes[name].percent if name in among else None


def address(metric: Metric, query: str) -> str:
    if metric.rows in PAGES:
        return reverse(PAGES[metric.rows])
    return reverse("supervisor:behind", args=[metric.rows]) + (f"?{query}" if query else "")
