"""The page and its parts. Each part has an address of its own, so that a hint can fetch it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cxos.core.models import User
from cxos.screens.staff import supervisors
from cxos.screens.supervisor import board, floor, forecast, people, rows
from cxos.screens.supervisor.schedule import read_row
from cxos.screens.templatetags.supervisor import PRESENCE_TONES
from intelligence import queries
from intelligence.queries import outlook
from intelligence.queries.occupancy import WINDOW
from routing.models import Queue, Skill
from routing.permissions import get_agent_for, get_work_for
from routing.services.alerts import span_of_shares
from routing.services.presence import CHOOSABLE
from routing.services.why import explain

SHOWN_AGENTS, SHOWN_AWAY, SHOWN_CHOICES = 48, 60, 60
DAYS_BACK = {"yesterday": (1, 0), "week": (7, 0), "month": (28, 0)}  # so many days back from, and up to, midnight


@require_safe
@supervisors
def index(request: HttpRequest) -> HttpResponse:
    """The frame of the page; its parts come by their own addresses, side by side. `tv` = without anything around."""
    queue = chosen_queue(request)
    parts = board_parts(request) | {"queue": queue, "chart_url": address(request, "chart")}
    return render(request, "supervisor/tv.html" if request.GET.get("tv") else "supervisor/index.html", parts)


@require_safe
@supervisors
def board_region(request: HttpRequest) -> HttpResponse:
    template = "supervisor/wall.html" if request.GET.get("tv") else "supervisor/board.html"
    return render(request, template, board_parts(request))


@require_safe
@supervisors
def agents_region(request: HttpRequest) -> HttpResponse:
    """The agents, as many as fit a screen; `all` = everybody."""
    queue, now = chosen_queue(request), timezone.now()
    choice = people.Choice(
        words=request.GET.get("words", "").strip()[:80],
        presence=request.GET.get("presence", "")[:12],
        skill=number_of(request, "skill"),
        sort=request.GET.get("sort", "")[:12],
    )
    everybody = people.roster(queue_id=queue.pk if queue else None)
    found = choice.find(everybody)
    here = [one for one in found if choice.presence or not one.is_offline]
    away = [] if choice.presence else [one for one in found if one.is_offline]
    shown = choice.shown(here, most=None if request.GET.get("all") else SHOWN_AGENTS, now=now)
    parts = {
        "here": shown,
        "more": len(here) - len(shown),
        "away": away[:SHOWN_AWAY],
        "away_count": len(away),
        "counts": people.by_presence(everybody),
        "queue": queue,
        "choice": choice,
        "sorts": people.SORTS,
        "skills": Skill.objects.values_list("pk", "name"),
    }
    return render(request, "supervisor/agents.html", parts)


@require_safe
@supervisors
def waiting_region(request: HttpRequest) -> HttpResponse:
    queue = chosen_queue(request)
    items = floor.waiting(now=timezone.now(), queue_id=queue.pk if queue else None)
    return render(request, "supervisor/waiting.html", {"rows": items, "queue": queue, "most": floor.MOST_WAITING})


@require_safe
@supervisors
def risk_region(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    queue = chosen_queue(request)
    found = floor.risks(request.user, queue_id=queue.pk if queue else None, now=timezone.now())
    return render(request, "supervisor/risk.html", {"risks": found, "queue": queue})


@require_safe
@supervisors
def chart(request: HttpRequest) -> HttpResponse:
    queue = chosen_queue(request)
    drawn = forecast.day_chart(queue_id=queue.pk if queue else None, now=timezone.localtime())
    parts = {"chart": drawn, "queue": queue, "url": address(request, "chart")}
    return render(request, "supervisor/chart.html", parts)


@require_safe
@supervisors
def assign_dialog(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to give a work item to, and which queues it could wait in."""
    assert isinstance(request.user, User)
    item = get_work_for(request.user, pk)
    now = timezone.now()
    words = request.GET.get("words", "").strip()[:80]
    return render(
        request,
        "supervisor/assign.html",
        {
            "item": item,
            "waited": floor.since(item.queued_at, now),
            "words": words,
            "choices": people.best_for(item, words=words, most=SHOWN_CHOICES),
            "queues": Queue.objects.filter(enabled=True).exclude(pk=item.queue_id),
            "why": explain(item.conversation_id, deadlines=False) if item.conversation_id else {},
        },
    )


@require_safe
@supervisors
def agent_drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """One agent: presence, what they hold, what they can, and their day."""
    assert isinstance(request.user, User)
    agent = get_agent_for(request.user, pk)
    now = timezone.localtime()
    (card,) = people.cards_of(people.roster(only=agent.pk), now=now)
    figures = queries.figures("agent", *queries.today(now), ids=[pk]).get(pk, queries.NOTHING)
    choices = [(one.value, one.label, PRESENCE_TONES[one]) for one in CHOOSABLE]
    queues = Queue.objects.filter(memberships__user=agent)
    planned = read_row(agent, now.date(), now=now)
    parts = {"card": card, "figures": figures, "choices": choices, "queues": queues, "planned": planned}
    return render(request, "supervisor/agent.html", parts)


@require_safe
@supervisors
def behind(request: HttpRequest, figure: str) -> HttpResponse:
    """The rows a number was counted from, page by page."""
    queue, agent, now = chosen_queue(request), chosen_agent(request), timezone.localtime()
    span, start, end = chosen_span(request, now)
    found = rows.rows_behind(
        figure,
        rows.Scope(
            start=start,
            end=end,
            now=now,
            queue_id=queue.pk if queue else None,
            agent_id=agent.pk if agent else None,
            after=request.GET.get("after", "")[:60],
        ),
    )
    if found is None:
        raise Http404
    return render(
        request,
        "supervisor/behind.html",
        {
            "found": found,
            "figure": figure,
            "queue": queue,
            "agent": agent,
            "queues": Queue.objects.all(),
            "span": span,
            "known_spans": list(DAYS_BACK),
            "took": figure in rows.TAKING,
            "start": start,
            "end": end,
            "counted": figure in rows.SPANNED,
            "now": now,
        },
    )


@require_safe
@supervisors
def forecast_page(request: HttpRequest) -> HttpResponse:
    """What the forecast and the risk are made of: today per quarter-hour, the days like it, the staffing."""
    queue, now = chosen_queue(request), timezone.localtime()
    queue_id = queue.pk if queue else None
    subject = forecast.subject_of(queue_id)
    day = outlook.outlooks([subject], now=now).get(subject)
    lines = board.read_board(now=now).lines if queue else []
    quarters = forecast.quarters(day) if day else []
    return render(
        request,
        "supervisor/forecast.html",
        {
            "queue": queue,
            "queues": Queue.objects.filter(enabled=True),
            "day": day,
            "quarters": quarters,
            "chart": forecast.chart_of(quarters, now=now),
            "past": forecast.past_days(queue_id=queue_id, now=now),
            "line": next((line for line in lines if line.queue.pk == queue_id), None),
            "now": now,
        },
    )


def board_parts(request: HttpRequest) -> dict[str, Any]:
    now = timezone.localtime()
    return {"board": board.read_board(now=now), "now": now}


def chosen_queue(request: HttpRequest) -> Queue | None:
    """The queue the page is narrowed to; none for an id that is not there (any more)."""
    asked = number_of(request, "queue")
    return Queue.objects.filter(pk=asked).first() if asked else None


def chosen_agent(request: HttpRequest) -> User | None:
    asked = number_of(request, "agent")
    return User.objects.filter(pk=asked).first() if asked else None


def number_of(request: HttpRequest, name: str) -> int:
    """0 for anything that is no id."""
    asked = request.GET.get(name, "")
    return int(asked[:18]) if asked.isascii() and asked.isdigit() else 0


def chosen_span(request: HttpRequest, now: datetime) -> tuple[str, datetime, datetime]:
    """Today, a whole day or days before it (DAYS_BACK), the last quarter-hour ("last"), the hour up to now ("hour"), what an alert's share looks at ("alert"), or the
    quarter-hour that begins at a given moment."""
    asked = request.GET.get("span", "")
    if asked == "last":
        return asked, *queries.last_interval(now)
    if asked in DAYS_BACK:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        first, last = DAYS_BACK[asked]
        return (
            asked,
            (midnight - timedelta(days=first)).astimezone(UTC),
            (midnight - timedelta(days=last)).astimezone(UTC),
        )
    if asked == "hour":
        return asked, now - WINDOW, queries.today(now)[1]
    if asked == "alert":
        return asked, *span_of_shares(now)
    if (start := rows.moment(asked)) is not None:
        return asked, start, start + queries.INTERVAL
    return "", *queries.today(now)


def address(request: HttpRequest, name: str) -> str:
    asked = number_of(request, "queue")
    return reverse(f"supervisor:{name}") + (f"?queue={asked}" if asked else "")
