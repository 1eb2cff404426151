"""The page and its parts. Each part has an address of its own, so that a hint can fetch it again."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from channels_app.models import Conversation
from cxos.core.models import User
from cxos.screens.staff import supervisors
from cxos.screens.supervisor import board, floor
from intelligence import queries
from routing.models import Presence, Queue
from routing.permissions import get_agent_for, get_work_for
from routing.services.presence import CHOOSABLE
from routing.services.why import explain

MOST_FACTS = 100
FIGURES = {
    "offered": gettext_lazy("Came in"),
    "answered": gettext_lazy("Answered"),
    "service_level": gettext_lazy("Service level"),
    "speed_of_answer": gettext_lazy("Speed of answer"),
    "abandoned": gettext_lazy("Abandoned"),
    "handled": gettext_lazy("Handled"),
    "missed_offers": gettext_lazy("Missed offers"),
    "resolved": gettext_lazy("Resolved"),
    "breached": gettext_lazy("Broken promises"),
}


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
    queue = chosen_queue(request)
    cards = floor.agent_cards(floor.agents(queue_id=queue.pk if queue else None), now=timezone.now())
    return render(
        request,
        "supervisor/agents.html",
        {
            "here": [card for card in cards if card.state.presence != Presence.OFFLINE],
            "away": [card for card in cards if card.state.presence == Presence.OFFLINE],
            "counts": floor.by_presence(cards),
            "queue": queue,
        },
    )


@require_safe
@supervisors
def waiting_region(request: HttpRequest) -> HttpResponse:
    queue = chosen_queue(request)
    rows = floor.waiting(now=timezone.now(), queue_id=queue.pk if queue else None)
    return render(request, "supervisor/waiting.html", {"rows": rows, "queue": queue, "most": floor.MOST_WAITING})


@require_safe
@supervisors
def risk_region(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return render(request, "supervisor/risk.html", {"risks": floor.risks(request.user, now=timezone.now())})


@require_safe
@supervisors
def chart(request: HttpRequest) -> HttpResponse:
    queue = chosen_queue(request)
    drawn = board.day_chart(
        queue_id=queue.pk if queue else None,
        now=timezone.localtime(),
        labels=(_("Came in"), _("Answered")),
    )
    return render(request, "supervisor/chart.html", {"chart": drawn, "queue": queue, "url": address(request, "chart")})


@require_safe
@supervisors
def assign_dialog(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to give a work item to, and which queues it could wait in."""
    assert isinstance(request.user, User)
    item = get_work_for(request.user, pk)
    now = timezone.now()
    cards = floor.agent_cards(floor.agents(), now=now)
    return render(
        request,
        "supervisor/assign.html",
        {
            "item": item,
            "waited": floor.since(item.queued_at, now),
            "choices": floor.best_for(item, cards),
            "queues": Queue.objects.filter(enabled=True).exclude(pk=item.queue_id),
            "why": explain(item.conversation_id) if item.conversation_id else {},
        },
    )


@require_safe
@supervisors
def agent_drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """One agent: presence, what they hold, what they can, and their day."""
    assert isinstance(request.user, User)
    agent = get_agent_for(request.user, pk)
    now = timezone.localtime()
    (card,) = floor.agent_cards([agent], now=now)
    figures = queries.figures("agent", *queries.today(now), ids=[pk]).get(pk, queries.NOTHING)
    choices = [(one.value, one.label, floor.TONES[one]) for one in CHOOSABLE]
    return render(request, "supervisor/agent.html", {"card": card, "figures": figures, "choices": choices})


@require_safe
@supervisors
def behind(request: HttpRequest, figure: str) -> HttpResponse:
    """The rows a number was counted from, newest first."""
    if figure not in FIGURES:
        raise Http404
    queue, now = chosen_queue(request), timezone.localtime()
    last = request.GET.get("span") == "last"
    start, end = queries.last_interval(now) if last else queries.today(now)
    subject = {"subject": "queue", "subject_id": queue.pk} if queue else {}
    facts = list(queries.facts_behind(figure, start, end, **subject)[: MOST_FACTS + 1])
    conversations = Conversation.objects.select_related("customer").in_bulk(
        {fact.conversation_id for fact in facts if fact.conversation_id}
    )
    people = User.objects.in_bulk({fact.agent_id for fact in facts if fact.agent_id})
    rows = [
        (fact, conversations.get(fact.conversation_id or 0), people.get(fact.agent_id or 0))
        for fact in facts[:MOST_FACTS]
    ]
    return render(
        request,
        "supervisor/behind.html",
        {
            "title": FIGURES[figure],
            "figure": figure,
            "figures": FIGURES,
            "queue": queue,
            "queues": Queue.objects.all(),
            "rows": rows,
            "more": len(facts) > MOST_FACTS,
            "last": last,
            "start": start,
            "end": end,
        },
    )


def board_parts(request: HttpRequest) -> dict[str, Any]:
    return {"board": board.read_board(now=timezone.localtime()), "now": timezone.now()}


def chosen_queue(request: HttpRequest) -> Queue | None:
    """The queue the page is narrowed to; none for an id that is not there (any more)."""
    asked = request.GET.get("queue", "")
    return Queue.objects.filter(pk=int(asked[:18])).first() if asked.isascii() and asked.isdigit() else None


def address(request: HttpRequest, name: str) -> str:
    asked = request.GET.get("queue", "")
    return reverse(f"supervisor:{name}") + (f"?queue={asked}" if asked.isascii() and asked.isdigit() else "")
