"""What a supervisor does on the floor: one view a verb, each one service call."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cxos.core.errors import Forbidden, Invalid
from cxos.core.models import User
from cxos.screens.staff import supervisors, toast, trigger
from cxos.screens.supervisor.views import agent_drawer
from routing.models import WorkItem
from routing.permissions import can_change_presence, get_agent_for, get_queue_for, get_work_for
from routing.services.hand_over import give, give_to_queue
from routing.services.presence import set_presence
from routing.services.work import assign_by_hand, requeue, transfer


@require_POST
@supervisors
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a work item to `agent`, past its queue and whatever the agent's capacity."""
    assert isinstance(request.user, User)
    item, agent, now = (
        get_work_for(request.user, pk),
        get_agent_for(request.user, number(request, "agent")),
        timezone.now(),
    )
    undo = undo_of(item)
    if item.conversation is not None:
        give(item.conversation, to=agent, actor=request.user, now=now)
    else:
        assign_by_hand(item.pk, agent=agent, actor=request.user, now=now)
    return done(_("Given to %(name)s") % {"name": agent.name}, undo=undo)


@require_POST
@supervisors
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a work item wait in `queue`, with the age it has."""
    assert isinstance(request.user, User)
    item, queue, now = (
        get_work_for(request.user, pk),
        get_queue_for(request.user, number(request, "queue")),
        timezone.now(),
    )
    undo = undo_of(item)
    if item.conversation is not None:
        give_to_queue(item.conversation, queue=queue, actor=request.user, now=now)
    else:
        transfer(item.pk, queue=queue, actor=request.user, now=now)
    return done(_("Moved to %(queue)s") % {"queue": queue.name}, undo=undo)


@require_POST
@supervisors
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """As it was before a command: in `queue`, and with `agent` where somebody held it."""
    assert isinstance(request.user, User)
    item, now = get_work_for(request.user, pk), timezone.now()
    queue = get_queue_for(request.user, number(request, "queue"))
    holder = get_agent_for(request.user, number(request, "agent")) if request.GET.get("agent") else None
    if item.queue_id != queue.pk:
        transfer(item.pk, queue=queue, actor=request.user, now=now)
    elif holder is None and item.state in WorkItem.HELD:
        requeue(item.pk, reason="put back by a supervisor", actor=request.user, now=now)
    if holder is not None:
        assign_by_hand(item.pk, agent=holder, actor=request.user, now=now)
    return done(_("It is as it was"))


def undo_of(item: WorkItem) -> str:
    """The address that brings this back, once the command is done."""
    holder = f"&agent={item.agent_id}" if item.agent_id and item.state in WorkItem.HELD else ""
    return f"{reverse('supervisor:restore', args=[item.pk])}?queue={item.queue_id}{holder}"


@require_POST
@supervisors
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Back into its queue, with the age it has."""
    assert isinstance(request.user, User)
    item = get_work_for(request.user, pk)
    requeue(item.pk, reason="put back by a supervisor", actor=request.user, now=timezone.now())
    return done(_("Back in %(queue)s") % {"queue": item.queue.name})


@require_POST
@supervisors
def change_presence(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    agent = get_agent_for(request.user, pk)
    if not can_change_presence(request.user, of=agent):
        raise Forbidden("not_allowed", _("Only a supervisor can change somebody else's presence."))
    set_presence(
        agent,
        presence=request.POST.get("presence", "")[:12],
        reason=request.POST.get("reason", "")[:80],
        after_work=request.POST.get("after_work") == "1",
        actor=request.user,
        now=timezone.now(),
    )
    request.method = "GET"
    words = _("%(name)s's presence has changed") % {"name": agent.name}
    return trigger(toast(agent_drawer(request, pk=pk), words), **{"board:changed": True})


def number(request: HttpRequest, name: str) -> int:
    """An id from the form, or where an undo carries it in its address; raises Invalid."""
    given = request.POST.get(name) or request.GET.get(name, "")
    if not (given.isascii() and given.isdigit()) or len(given) > 18:
        raise Invalid(name, _("Choose one from the list."), field=name)
    return int(given)


def done(words: str, *, undo: str = "") -> HttpResponse:
    """Nothing to swap: every part of the board that changed asks again by itself."""
    response = toast(HttpResponse(status=204), words, **({"undo": undo} if undo else {}))
    return trigger(response, **{"dialog:close": True, "board:changed": True})
