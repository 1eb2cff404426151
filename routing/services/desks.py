"""What an admin sets up for agents' desks: reasons to be away, and how much each takes at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from channels_app.models import Channel
from cxos.core.errors import Conflict, Invalid
from cxos.core.events.routing import AgentChanged
from cxos.core.keys import free_key
from cxos.core.models import User
from cxos.core.outbox import emit, emit_all
from cxos.core.services.audit import record
from routing.models import AgentState, CapacityProfile, Presence, PresenceReason
from routing.services.agents import lock_agent
from routing.services.presence import set_presence

Thing = TypeVar("Thing", PresenceReason, CapacityProfile)
REASON_FIELDS = ("name", "presence", "productive", "paid", "enabled", "position")
PROFILE_FIELDS = ("name", "budget", "caps", "auto_accept")
BUDGET = (1, 1000)
MOST_AT_A_TIME = 100


def save_reason(reason: PresenceReason | None, *, changes: Mapping[str, Any], actor: Any) -> PresenceReason:
    """A new reason, or other values of REASON_FIELDS for one. Who is in it now stays as they are."""
    if changes.get("presence", Presence.BREAK) not in PresenceReason.PRESENCES:
        raise Invalid("presence", _("Choose the state it belongs to."), field="presence")
    return save_named(PresenceReason, reason, fields=REASON_FIELDS, longest=60, changes=changes, actor=actor)


def remove_reason(reason: PresenceReason, *, actor: Any) -> None:
    with transaction.atomic():
        record(actor, "removed", reason, before=state_of_thing(reason, REASON_FIELDS))
        reason.delete()


def choose_reason(
    user: User, *, reason: PresenceReason, after_work: bool = False, actor: Any, now: datetime
) -> AgentState:
    """The agent is in the reason's presence, under its name."""
    if not reason.enabled:
        raise Conflict("reason_off", _("“%(name)s” is not in use any more. Choose another.") % {"name": reason.name})
    return set_presence(user, presence=reason.presence, reason=reason.name, after_work=after_work, actor=actor, now=now)


def save_profile(profile: CapacityProfile | None, *, changes: Mapping[str, Any], actor: Any) -> CapacityProfile:
    """A new profile, or other values of PROFILE_FIELDS for one; its agents have them at once."""
    check_profile(changes)
    with transaction.atomic():
        kept = save_named(CapacityProfile, profile, fields=PROFILE_FIELDS, longest=80, changes=changes, actor=actor)
        # One statement locks the agents' rows in one pass; nobody waits for another agent's row in here.
        AgentState.objects.filter(profile=kept).update(budget=kept.budget, caps=kept.caps, auto_accept=kept.auto_accept)
        held_by = AgentState.objects.filter(profile=kept).order_by("user_id").values_list("user_id", flat=True)
        if changed := [(AgentChanged(agent_id=id, what="capacity"), f"agent:{id}") for id in held_by]:
            emit_all(changed, actor=actor)
    return kept


def check_profile(changes: Mapping[str, Any]) -> None:
    media = set(Channel.Medium.values)
    if not BUDGET[0] <= changes.get("budget", 100) <= BUDGET[1]:
        raise Invalid(
            "budget",
            _("Choose %(least)s to %(most)s points.") % {"least": BUDGET[0], "most": BUDGET[1]},
            field="budget",
        )
    caps = changes.get("caps", {})
    if set(caps) - media or any(not 0 <= most <= MOST_AT_A_TIME for most in caps.values()):
        raise Invalid(
            "caps", _("Of each medium, choose 0 to %(most)s at a time.") % {"most": MOST_AT_A_TIME}, field="caps"
        )
    if set(changes.get("auto_accept", ())) - media:
        raise Invalid("auto_accept", _("There is no such medium."), field="auto_accept")


def remove_profile(profile: CapacityProfile, *, actor: Any) -> None:
    """Raises Conflict while somebody has it."""
    if count := AgentState.objects.filter(profile=profile, user__is_active=True).count():
        raise Conflict(
            "profile_held",
            _("%(count)s people have the profile %(name)s. Give them another first.")
            % {"count": count, "name": profile.name},
        )
    with transaction.atomic():
        record(actor, "removed", profile, before=state_of_thing(profile, PROFILE_FIELDS))
        profile.delete()


def give_profile(user: User, *, profile: CapacityProfile | None, actor: Any) -> None:
    """From the next offer on the agent takes what the profile says; None = the usual 100 points without limits."""
    with transaction.atomic():
        state = lock_agent(user.pk)
        before = state.profile.name if state.profile else None
        if state.profile_id == (profile.pk if profile else None):
            return
        state.profile = profile
        state.budget, state.caps, state.auto_accept = (
            (profile.budget, profile.caps, profile.auto_accept) if profile else (100, {}, [])
        )
        state.save(update_fields=["profile", "budget", "caps", "auto_accept"])
        emit(AgentChanged(agent_id=user.pk, what="capacity"), key=f"agent:{user.pk}", actor=actor)
        record(
            actor, "changed the capacity of", user,
            before={"profile": before}, after={"profile": profile.name if profile else None},
        )  # fmt: skip


def save_named(
    model: type[Thing],
    thing: Thing | None,
    *,
    fields: tuple[str, ...],
    longest: int,
    changes: Mapping[str, Any],
    actor: Any,
) -> Thing:
    """A new row with a key from its name, or other values for one; with its audit entry. Raises Invalid."""
    if unknown := set(changes) - set(fields):
        raise Invalid("unknown_field", _("There is no field %(name)s.") % {"name": min(unknown)})
    if (thing is None or "name" in changes) and not 0 < len(str(changes.get("name", "")).strip()) <= longest:
        raise Invalid("name", _("Give it a name of up to %(most)s characters.") % {"most": longest}, field="name")
    with transaction.atomic():
        if thing is None:
            made = model(key=free_key(model, changes["name"]), **changes)
            made.save(force_insert=True)
            record(actor, "made", made, after=dict(changes))
            return made
        kept = model._default_manager.select_for_update(no_key=True).get(pk=thing.pk)
        before = state_of_thing(kept, fields)
        if changed := {name: value for name, value in changes.items() if before[name] != value}:
            for name, value in changed.items():
                setattr(kept, name, value)
            kept.save(update_fields=list(changed))
            record(actor, "changed", kept, before={name: before[name] for name in changed}, after=changed)
    return kept


def state_of_thing(thing: models.Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in fields}
