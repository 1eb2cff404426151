"""The simulator: a day's forecast, or a day as it was, played with the present configuration and with another, side by side."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from cxos.core.errors import Invalid, NotFound
from cxos.core.models import User
from cxos.screens.staff import supervisors, toast
from routing.models import Queue, Trial
from routing.services.trials import MOST_DAYS, ask_for_trial, stop_trial

SOURCES = [("forecast", gettext_lazy("A forecast")), ("recorded", gettext_lazy("A recorded day"))]
MOST_JSON = 20_000
SHOWN = 10
# figure → (its name, how it is written, whether more is better; None = neither)
FIGURES: dict[str, tuple[Any, str, bool | None]] = {
    "service_level": (gettext_lazy("Service level"), "share", True),
    "asa": (gettext_lazy("Speed of answer"), "seconds", False),
    "p90_wait": (gettext_lazy("Nine of ten wait at most"), "seconds", False),
    "longest_wait": (gettext_lazy("Longest wait"), "seconds", False),
    "abandon_rate": (gettext_lazy("Abandoned"), "share", False),
    "occupancy": (gettext_lazy("Occupancy"), "share", None),
    "fairness": (gettext_lazy("Fairness (1 = all equally busy)"), "share", True),
    "offered": (gettext_lazy("Came in"), "number", None),
    "handled": (gettext_lazy("Handled"), "number", None),
}
OF_QUEUES = ("service_level", "asa", "p90_wait", "abandon_rate", "offered")
OF_AGENTS = ("occupancy", "handled")
# slider → (its name, least, most, what it is at first): per cent of now
SLIDERS = {
    "volume": (gettext_lazy("Volume"), 25, 300, 100),
    "handle_time": (gettext_lazy("Handle time"), 50, 200, 100),
    "patience": (gettext_lazy("Patience"), 25, 300, 100),
}


@require_safe
@supervisors
def index(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    parts = {
        "day": timezone.localdate() + timedelta(days=1),
        "sliders": [(key, *slider) for key, slider in SLIDERS.items()],
        "queues": Queue.objects.filter(enabled=True),
        "sources": SOURCES,
        "trials": Trial.objects.filter(author=request.user).select_related("queue").order_by("-id")[:SHOWN],
        "most": MOST_DAYS,
    }
    return render(request, "supervisor/simulator.html", parts)


@require_POST
@supervisors
def start(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    post = request.POST
    trial = ask_for_trial(
        day=written_day(post),
        days=whole(post, "days", usual=10),
        changes=changes_of(post),
        source=post.get("source", "") or Trial.Source.FORECAST,
        queue=chosen_queue(post),
        shift=(clock(post, "from", time(8)), clock(post, "until", time(18))),
        author=request.user,
        now=timezone.now(),
    )
    address = reverse("supervisor:trial", args=[trial.pk])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@require_safe
@supervisors
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "supervisor/trial.html", parts_of(get_trial(pk)))


@require_safe
@supervisors
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; when it is over, the page comes anew with what came out."""
    found = get_trial(pk)
    if found.state not in Trial.OPEN:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "supervisor/trial_progress.html", {"trial": found})


@require_POST
@supervisors
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    stop_trial(get_trial(pk), now=timezone.now())
    return toast(HttpResponse(status=204, headers={"HX-Refresh": "true"}), _("Stopped"))


def get_trial(pk: int) -> Trial:
    """Supervisors see each other's: what was tried is nobody's secret."""
    found = Trial.objects.select_related("author", "queue").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_trial", _("There is no trial %(number)s.") % {"number": pk})
    return found


# --- The form ------------------------------------------------------------------------------------------------------------


def changes_of(post: QueryDict) -> dict[str, Any]:
    """Sliders, agents of a queue, and what else is written as JSON. Raises Invalid for what cannot be read."""
    more = post.get("more", "").strip()
    try:
        changes = json.loads(more[:MOST_JSON]) if more else {}
    except ValueError as wrong:
        raise Invalid("more", _("Further changes must be JSON: %(why)s") % {"why": wrong}, field="more") from None
    if not isinstance(changes, dict):
        raise Invalid("more", _("Further changes must be a JSON object."), field="more")
    for key, (_name, least, most, usual) in SLIDERS.items():
        share = whole(post, key, usual=usual)
        if not least <= share <= most:
            raise Invalid(
                key, _("%(key)s must be from %(least)s to %(most)s %%.") % vars_of(key, least, most), field=key
            )
        if share != usual:
            changes.setdefault(key, share / 100)
    extra, queue = whole(post, "agents", usual=0), post.get("agents_of", "")[:40]
    if extra and queue:
        agents = changes.setdefault("agents", {})
        if not isinstance(agents, dict):
            raise Invalid("more", _("Further changes must be a JSON object."), field="more")
        agents["more"] = {queue: extra}
    return changes


def chosen_queue(post: QueryDict) -> Queue | None:
    """None = all. Raises Invalid for one that is not there."""
    key = post.get("only", "")[:40]
    if not key:
        return None
    found = Queue.objects.filter(key=key, enabled=True).first()
    if found is None:
        raise Invalid("queue", _("There is no such queue."), field="only")
    return found


def vars_of(key: str, least: int, most: int) -> dict[str, Any]:
    return {"key": key, "least": least, "most": most}


def whole(post: QueryDict, name: str, *, usual: int) -> int:
    text = post.get(name, "").strip()
    try:
        return int(text[:6]) if text else usual
    except ValueError:
        raise Invalid(name, _("Write a whole number."), field=name) from None


def clock(post: QueryDict, name: str, usual: time) -> time:
    try:
        return time.fromisoformat(post.get(name) or usual.isoformat())
    except ValueError:
        raise Invalid(name, _("Write a time such as 08:00."), field=name) from None


def written_day(post: QueryDict) -> date:
    try:
        return date.fromisoformat(post.get("day", ""))
    except ValueError:
        raise Invalid("day", _("Choose a day."), field="day") from None


# --- What came out -------------------------------------------------------------------------------------------------------


def parts_of(trial: Trial) -> dict[str, Any]:
    result = trial.result
    changes = {key: value for key, value in trial.changes.items() if key != "shift"}
    parts = {"trial": trial, "changes": json.dumps(changes, indent=1, ensure_ascii=False), "changed": bool(changes)}
    if not result:
        return parts
    queues, people = names_of(result)
    return parts | {
        "rows": rows_of(result["all"], tuple(FIGURES)),
        "queues": [
            (queues.get(one["name"], one["name"]), rows_of(one["figures"], OF_QUEUES)) for one in result["queues"]
        ],
        "agents": [
            (people.get(one["name"], one["name"]), rows_of(one["figures"], OF_AGENTS)) for one in result["agents"]
        ],
        "chart": hours_chart(result["hours"]),
        "days": result["days"],
        "interactions": result["interactions"],
    }


def names_of(result: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Queues by their keys and people by their addresses, as the result holds them. What is gone keeps those. 2 queries."""
    keys, emails = ([one["name"] for one in result[of]] for of in ("queues", "agents"))
    return (
        dict(Queue.objects.filter(key__in=keys).values_list("key", "name")),
        dict(User.objects.filter(email__in=emails).values_list("email", "name")),
    )


def rows_of(figures: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each figure with before, after, change, and whether the change is good, bad or chance."""
    rows = []
    for name in names:
        if name not in figures:
            continue
        label, kind, more_is_better = FIGURES[name]
        one = figures[name]
        change = one["change"][0]
        tone = ""
        if one["clear"] and more_is_better is not None and change:
            tone = "live" if (change > 0) == more_is_better else "late"
        rows.append({"label": label, "kind": kind, "tone": tone, **one})
    return rows


def hours_chart(hours: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The service level of each hour, in per cent, before and after."""
    shown = [one for one in hours if "service_level" in one["figures"]]
    if not shown:
        return None

    def values(side: str) -> list[float]:
        return [round(one["figures"]["service_level"][side][0] * 100, 1) for one in shown]

    return {
        "x": [f"{int(one['name']):02d}:00" for one in shown],
        "series": [
            {"label": _("Now"), "values": values("before"), "unit": "%", "tone": "neutral"},
            {"label": pgettext("simulator", "Changed"), "values": values("after"), "unit": "%"},
        ],
    }
