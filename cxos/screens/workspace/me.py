"""The agent's own parts of every page: offers, presence, capacity."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Channel
from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.core.services.preferences import keep_preference
from cxos.core.services.profile import away_after_minutes
from cxos.screens.staff import staff, trigger
from routing.models import AgentState, Callback, Decision, Offer, Presence, PresenceReason, WorkItem
from routing.services.desks import choose_reason
from routing.services.media import switch_media
from routing.services.offers import accept_offer, decline_offer
from routing.services.presence import CHOOSABLE, set_presence
from routing.snapshots import held_loads

REASONS = (
    gettext_noop("Not my skill"),
    gettext_noop("In the middle of something"),
    gettext_noop("Conflict of interest"),
)
SOUND = "offer_sound"
AWAY = gettext_noop("Away")  # the reason of a break nobody chose: the page was not touched for so long
# presence → tone of the dot
TONES = {Presence.AVAILABLE: "available", Presence.OFFLINE: "offline", Presence.BUSY: "busy", Presence.MISSED: "busy"}


@require_safe
@staff
def offers(request: HttpRequest) -> HttpResponse:
    pending = (
        Offer.objects.filter(agent=request.user, state=Offer.State.PENDING, expires_at__gt=timezone.now())
        .select_related(
            "item__queue", "item__conversation__customer", "item__conversation__channel", "item__callback", "asked_by"
        )
        .order_by("made_at")
    )
    now = timezone.now()
    decided = Decision.objects.filter(item__in=[offer.item_id for offer in pending], kind=Decision.Kind.QUEUE)
    reasons = {one.item_id: one.spoken for one in decided.order_by("id")}
    cards = [
        {
            "offer": offer,
            "left": max(0, round((offer.expires_at - now).total_seconds())),
            "total": round((offer.expires_at - offer.made_at).total_seconds()),
            "waited": round((now - offer.item.queued_at).total_seconds()),
            "skills": [str(one.get("skill", "")) for one in offer.item.required],
            "reason": reasons.get(offer.item_id, ""),
            **callback_parts(offer.item),
        }
        for offer in pending
    ]
    return render(
        request, "workspace/offers.html", {"cards": cards, "reasons": [(one, gettext(one)) for one in REASONS]}
    )


def callback_parts(item: WorkItem) -> dict[str, Any]:
    """Whom to call, and which attempt it is; nothing for work that is no callback."""
    callback = getattr(item, "callback", None)
    if callback is None or callback.state not in Callback.LIVE:
        return {}
    return {"callback": callback, "attempt": callback.attempts + 1}


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
    """The control as it is now: state, why, what is to follow, reasons to choose, media to switch. 3 queries."""
    assert isinstance(request.user, User)
    state = own_state(request.user)
    away = state.presence == Presence.BREAK and state.reason == AWAY
    lost = state.presence == Presence.UNREACHABLE  # its reason is that of the state to come back to
    return {
        "state": state,
        "since": None if state._state.adding else state.presence_since,
        "shown": (not lost and state.reason_label) or state.get_presence_display(),
        "tone": TONES.get(Presence(state.presence), "break"),
        "choices": [(value.value, value.label, TONES.get(value, "break")) for value in CHOOSABLE],
        "sound": request.user.preferences.get(SOUND, True),
        "reasons": [
            (one, TONES.get(Presence(one.presence), "break")) for one in PresenceReason.objects.filter(enabled=True)
        ],
        "media": media_switches(state),
        "back": away or lost or state.presence == Presence.MISSED,
        "away_after": away_after_minutes(request.user),
        "away": AWAY,
    }


def media_switches(state: AgentState) -> list[tuple[str, Any, bool, bool]]:
    """(medium, label, whether it is on, whether an offer of it was missed) of the media there are channels for."""
    in_use = set(Channel.objects.filter(enabled=True).values_list("medium", flat=True).distinct())
    off, missed = {*state.media_off}, {*state.media_missed}
    return [(key, label, key not in off, key in missed) for key, label in Channel.Medium.choices if key in in_use | off]


@require_POST
@staff
def change_presence(request: HttpRequest) -> HttpResponse:
    """A presence, or a reason (`reason_id`), which has one of its own."""
    assert isinstance(request.user, User)
    later, now = request.POST.get("after_work") == "1", timezone.now()
    number = request.POST.get("reason_id", "")
    if number:
        reason = PresenceReason.objects.filter(pk=int(number[:18])).first() if number.isdigit() else None
        if reason is None:
            raise Invalid("no_such_reason", str(_("This reason does not exist any more. Choose another.")))
        choose_reason(request.user, reason=reason, after_work=later, actor=request.user, now=now)
    else:
        chosen, why = request.POST.get("presence", ""), request.POST.get("reason", "")[:80]
        set_presence(request.user, presence=chosen, reason=why, after_work=later, actor=request.user, now=now)
    request.method = "GET"
    return presence(request)


@require_POST
@staff
def switch_medium(request: HttpRequest) -> HttpResponse:
    """One medium on or off; the others stay."""
    assert isinstance(request.user, User)
    medium, on = request.POST.get("medium", ""), request.POST.get("on") == "1"
    off = {*own_state(request.user).media_off}
    switch_media(request.user, off=off - {medium} if on else off | {medium}, actor=request.user)
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
    labels = dict(Channel.Medium.choices)
    media = [
        (
            labels.get(medium, medium),
            load.get(medium, (0, 0, 0))[0],
            None if medium in state.media_off else state.caps.get(medium),
        )
        for medium in sorted({*load, *state.caps} - {*state.media_off} | {*load})
    ]
    return render(request, "workspace/capacity.html", {"state": state, "held": held, "media": media})
