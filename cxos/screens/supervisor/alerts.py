"""Alerts on the board, and the page where supervisors say what should raise one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.errors import Invalid, NotFound
from cxos.screens.staff import supervisors, toast, trigger
from cxos.screens.supervisor.floor import since
from routing.models import Alert, Queue, Threshold
from routing.services.alerts import open_alerts, read, remove_threshold, save_threshold

PAGE = 40
Measure = Threshold.Measure
# What a measure looks at: (figure, span).
SEEN = {
    Measure.WAITING: ("unanswered", ""),
    Measure.LONGEST_WAIT: ("unanswered", ""),
    Measure.AVAILABLE: ("available", ""),
    Measure.SERVICE_LEVEL: ("service_level", "alert"),
    Measure.ABANDON_RATE: ("abandoned", "alert"),
}


@require_safe
@supervisors
def now_region(request: HttpRequest) -> HttpResponse:
    """The alerts that stand, as banners. 1 query."""
    now = timezone.now()
    alerts = [(alert, since(alert.raised_at, now)) for alert in open_alerts()]
    return render(request, "supervisor/alerts_now.html", {"alerts": alerts})


@require_safe
@supervisors
def page(request: HttpRequest) -> HttpResponse:
    """What raises alerts, with the value each would see now, and what was raised lately."""
    return render(request, "supervisor/alerts.html", parts() | raised(request))


@require_safe
@supervisors
def raised_region(request: HttpRequest) -> HttpResponse:
    return render(request, "supervisor/raised.html", raised(request))


def raised(request: HttpRequest) -> dict[str, Any]:
    """The newest first; `before` steps on. 1 query."""
    before = request.GET.get("before", "")
    past = Alert.objects.select_related("threshold__queue").order_by("-id")
    if before.isascii() and before.isdigit():
        past = past.filter(pk__lt=int(before[:18]))
    history = list(past[: PAGE + 1])
    older = history[PAGE - 1].pk if len(history) > PAGE else None
    return {"history": history[:PAGE], "older": older}


@require_safe
@supervisors
def thresholds_region(request: HttpRequest) -> HttpResponse:
    return render(request, "supervisor/thresholds.html", parts())


def parts() -> dict[str, Any]:
    """Each threshold, the value it sees now, the rows behind that, and whether its alert stands. 7 queries."""
    readings = read(now=timezone.localtime())
    standing = {alert.threshold_id for alert in open_alerts()}
    thresholds = Threshold.objects.select_related("queue").order_by("queue__name", "measure", "pk")
    rows = [
        (one, readings.value(one.measure, one.queue_id or 0), behind(one), one.pk in standing) for one in thresholds
    ]
    return {"thresholds": rows}


def behind(threshold: Threshold) -> str:
    """The address of what its value is made of."""
    figure, span = SEEN[Measure(threshold.measure)]
    given = {"queue": threshold.queue_id, "span": span}
    query = urlencode({name: value for name, value in given.items() if value})
    return reverse("supervisor:behind", args=[figure]) + (f"?{query}" if query else "")


@require_safe
@supervisors
def form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The dialog for a new threshold, or to change one."""
    choices = {"queues": Queue.objects.filter(enabled=True), "measures": Threshold.Measure.choices}
    return render(request, "supervisor/threshold_form.html", choices | {"one": get_threshold(pk) if pk else None})


@require_POST
@supervisors
def save(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new threshold, or a changed one."""
    threshold = written(request.POST, get_threshold(pk) if pk else Threshold())
    save_threshold(threshold, actor=request.user)
    return changed(_("Saved. It is looked at every ten seconds."))


def written(post: QueryDict, threshold: Threshold) -> Threshold:
    """The threshold as the form says. Raises Invalid for what is no number."""
    queue = post.get("queue", "")
    threshold.queue = Queue.objects.filter(pk=int(queue[:18])).first() if queue.isascii() and queue.isdigit() else None
    threshold.measure = post.get("measure", "")[:16]
    threshold.sound = post.get("sound") == "1"
    try:
        threshold.limit = float(post.get("limit", "").replace(",", ".")[:12])
        threshold.minutes = int(post.get("minutes") or 0)
    except ValueError:
        raise Invalid("limit", _("Limit and minutes must be numbers."), field="limit") from None
    return threshold


@require_POST
@supervisors
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    threshold = get_threshold(pk)
    threshold.enabled = not threshold.enabled
    save_threshold(threshold, actor=request.user)
    words = _("Switched on") if threshold.enabled else _("Switched off")
    return changed(words, undo=reverse("supervisor:switch_threshold", args=[pk]))


@require_POST
@supervisors
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """The undo makes one like it; what it raised before stays in the event log."""
    threshold = get_threshold(pk)
    again = QueryDict(mutable=True)
    again.update(
        {
            "queue": str(threshold.queue_id or ""),
            "measure": threshold.measure,
            "limit": f"{threshold.limit:g}",
            "minutes": str(threshold.minutes),
            "sound": "1" if threshold.sound else "",
        }
    )
    remove_threshold(threshold, actor=request.user)
    return changed(_("Removed"), undo=f"{reverse('supervisor:restore_threshold')}?{again.urlencode()}")


@require_POST
@supervisors
def restore(request: HttpRequest) -> HttpResponse:
    """A threshold like the one that was removed, from the undo's address."""
    save_threshold(written(request.GET, Threshold()), actor=request.user)
    return changed(_("It is back"))


def get_threshold(pk: int) -> Threshold:
    found = Threshold.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(
            "no_such_threshold", _("There is no threshold %(number)s, or it has been removed.") % {"number": pk}
        )
    return found


def changed(words: str, *, undo: str = "") -> HttpResponse:
    response = toast(HttpResponse(status=204), words, **({"undo": undo} if undo else {}))
    return trigger(response, **{"dialog:close": True, "board:changed": True})
