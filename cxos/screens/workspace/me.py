"""The agent's own parts of every page: offers, presence, capacity."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.models import User
from cxos.core.services.preferences import keep_preference
from cxos.screens.staff import staff, trigger
from routing.models import AgentState, Decision, Offer, Presence
from routing.services.offers import accept_offer, decline_offer
from routing.services.presence import CHOOSABLE, set_presence
from routing.snapshots import held_loads

REASONS = (_("Not my skill"), _("In the middle of something"), _("Conflict of interest"))
SOUND = "offer_sound"
# presence → tone of the dot
TONES = {Presence.AVAILABLE: "available", Presence.OFFLINE: "offline", Presence.BUSY: "busy", Presence.MISSED: "busy"}


@require_safe
@staff
def offers(request: HttpRequest) -> HttpResponse:
    pending = (
        Offer.objects.filter(agent=request.user, state=Offer.State.PENDING, expires_at__gt=timezone.now())
        .select_related("item__queue", "item__conversation__customer", "item__conversation__channel")
        .order_by("made_at")
    )
    now = timezone.now()
    decided = Decision.objects.filter(item__in=[offer.item_id for offer in pending], kind=Decision.Kind.QUEUE)
    reasons = dict(decided.order_by("id").values_list("item_id", "sentence"))
    cards = [
        {
            "offer": offer,
            "left": max(0, round((offer.expires_at - now).total_seconds())),
            "total": round((offer.expires_at - offer.made_at).total_seconds()),
            "waited": round((now - offer.item.queued_at).total_seconds()),
            "skills": [str(one.get("skill", "")) for one in offer.item.required],
            "reason": reasons.get(offer.item_id, ""),
        }
        for offer in pending
    ]
    return render(request, "workspace/offers.html", {"cards": cards, "reasons": REASONS})


@require_POST
@staff
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    item = accept_offer(pk, user=request.user, now=timezone.now())
    request.method = "GET"
    response = offers(request)
    address = reverse("workspace:conversation", args=[item.conversation_id]) if item.conversation_id else ""
    return trigger(response, **{"offer:accepted": {"url": address}})


@require_POST
@staff
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    decline_offer(pk, user=request.user, reason=request.POST.get("reason", "")[:80], now=timezone.now())
    request.method = "GET"
    return offers(request)


@require_safe
@staff
def presence(request: HttpRequest) -> HttpResponse:
    return render(request, "workspace/presence.html", presence_parts(request))


def own_state(user: User) -> AgentState:
    """The agent's state; for somebody who never signed in, what it would be. Writes nothing."""
    return AgentState.objects.filter(user=user).first() or AgentState(user=user)


def presence_parts(request: HttpRequest) -> dict[str, Any]:
    assert isinstance(request.user, User)
    state = own_state(request.user)
    return {
        "state": state,
        "tone": TONES.get(Presence(state.presence), "break"),
        "choices": [(value.value, value.label, TONES.get(value, "break")) for value in CHOOSABLE],
        "sound": request.user.preferences.get(SOUND, True),
        "missed": state.presence in {Presence.MISSED, Presence.UNREACHABLE},
    }


@require_POST
@staff
def change_presence(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    set_presence(
        request.user,
        presence=request.POST.get("presence", ""),
        reason=request.POST.get("reason", "")[:80],
        after_work=request.POST.get("after_work") == "1",
        actor=request.user,
        now=timezone.now(),
    )
    request.method = "GET"
    return presence(request)


@require_POST
@staff
def switch_sound(request: HttpRequest) -> HttpResponse:
    """Offers are heard, or only seen."""
    assert isinstance(request.user, User)
    keep_preference(request.user, name=SOUND, value=not request.user.preferences.get(SOUND, True))
    request.method = "GET"
    return presence(request)


@require_safe
@staff
def capacity(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    state = own_state(request.user)
    load = held_loads([request.user.pk])[request.user.pk]
    held = sum(cost for _count, cost, _soft in load.values())
    return render(request, "workspace/capacity.html", {"state": state, "held": held, "load": sorted(load.items())})
