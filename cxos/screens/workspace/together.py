"""Others in one's work: asked for advice, let take part, handed the work; who is in it is said under its head."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Channel, Conversation
from channels_app.permissions import get_conversation_for
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import User
from cxos.screens.staff import staff, toast
from cxos.screens.workspace.commands import loaded, reread
from cxos.screens.workspace.parts import IN_HAND
from routing.models import AgentState, Presence, WorkItem
from routing.permissions import can_move
from routing.services import parts
from routing.services.holding import open_parts
from routing.services.queue import live_item
from routing.services.work import transfer_to_agent

MOST = 40
REACHED_OUTSIDE = (Channel.Medium.VOICE, Channel.Medium.EMAIL)  # media in which somebody outside can be reached
WAYS = [
    ("consult", gettext_lazy("Ask for advice"), "message-circle-question-mark"),
    ("conference", gettext_lazy("Let take part"), "users"),
    ("offer", gettext_lazy("Offer it to"), "corner-up-right"),
]


@require_safe
@staff
def share_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """Who could be asked in now: whoever is available, of any team. Asked for when the menu opens."""
    found = get_conversation_for(request.user, pk)
    item = live_item(pk)
    colleagues = list(who_could_help(found, item)) if item is not None and item.state in IN_HAND else []
    reaches_outside = item is not None and item.state in IN_HAND and item.medium in REACHED_OUTSIDE
    parts = {"conversation": found, "colleagues": colleagues, "ways": WAYS, "reaches_outside": reaches_outside}
    return render(request, "workspace/share.html", parts)


def who_could_help(conversation: Conversation, item: WorkItem) -> QuerySet[User]:
    """Those of its team first; `teams_named` of everybody. One query."""
    available = AgentState.objects.filter(presence=Presence.AVAILABLE, pending_presence="").values("user_id")
    people = User.objects.filter(pk__in=available, is_active=True).exclude(pk=item.agent_id or 0)
    people = people.exclude(pk__in=open_parts(item.pk).values("agent_id"))
    teams = User.teams.through.objects.filter(user_id=OuterRef("pk"))
    return (
        people.annotate(
            is_near=Exists(teams.filter(team_id=conversation.team_id)),
            teams_named=ArraySubquery(teams.order_by("team__name").values("team__name")),
        )
        .only("id", "name")
        .order_by("-is_near", "name", "id")[:MOST]
    )


@require_POST
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """For advice (`kind` consult), to take part (conference), or to take it over when they accept (offer)."""
    user, item, now = in_hand(request, pk)
    colleague = named(request)
    if request.POST.get("kind") == "offer":
        transfer_to_agent(item.pk, agent=colleague, actor=user, now=now)
        return toast(reread(request, pk), _("Offered to %(name)s") % {"name": colleague.name})
    parts.ask_in(item.pk, agent=colleague, kind=request.POST.get("kind", ""), actor=user, now=now)
    return toast(reread(request, pk), _("%(name)s is being asked") % {"name": colleague.name})


@require_POST
@staff
def let_take_part(request: HttpRequest, pk: int) -> HttpResponse:
    user, item, now = in_hand(request, pk)
    parts.let_take_part(item.pk, agent=named(request), actor=user, now=now)
    return reread(request, pk)


@require_POST
@staff
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    user, item, now = in_hand(request, pk)
    colleague = named(request)
    parts.hand_over_to(item.pk, agent=colleague, actor=user, now=now)
    return toast(reread(request, pk), _("%(name)s has it now") % {"name": colleague.name})


@require_POST
@staff
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own part is over."""
    user, _found, now = loaded(request, pk)
    parts.leave(held_item(pk).pk, agent=user, now=now)
    return toast(reread(request, pk), _("You are out of it"))


def in_hand(request: HttpRequest, pk: int) -> tuple[User, WorkItem, datetime]:
    """Its holder, or a supervisor."""
    user, _found, _now = loaded(request, pk)
    item = held_item(pk)
    if not can_move(user, item):
        raise Forbidden("not_yours", _("Only its holder or a supervisor can share this conversation."))
    return user, item, timezone.now()


def held_item(pk: int) -> WorkItem:
    item = live_item(pk)
    if item is None or item.state not in IN_HAND:
        raise Conflict("not_in_hand", _("Nobody has this conversation in hand any more."))
    return item


def named(request: HttpRequest) -> User:
    given = request.POST.get("agent", "")
    found = (
        User.objects.filter(pk=int(given[:18]), is_active=True).first() if given.isascii() and given.isdigit() else None
    )
    if found is None:
        raise Invalid("no_such_colleague", _("Choose a colleague."))
    return found
