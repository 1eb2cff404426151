"""How much an agent can take, and of what: budget, most at once, media switched off or taken without being asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from channels_app.models import Channel
from cxos.core.errors import Invalid
from cxos.core.events.routing import AgentChanged
from cxos.core.models import User
from cxos.core.outbox import emit
from cxos.core.services.audit import record
from routing.models import AgentState
from routing.services.agents import lock_agent

MOST_BUDGET = 1000
MOST_AT_ONCE = 100
FIELDS = ("budget", "caps", "media_off", "auto_accept")


def set_capacity(user: User, *, changes: Mapping[str, Any], actor: Any, now: datetime) -> AgentState:
    """Other values of FIELDS. Less room than is held takes nothing away; more is filled at once. Raises Invalid."""
    _check(changes)
    with transaction.atomic():
        state = lock_agent(user.pk)
        before = {name: getattr(state, name) for name in changes}
        changed = {name: value for name, value in changes.items() if before[name] != value}
        if not changed:
            return state
        for name, value in changed.items():
            setattr(state, name, value)
        state.save(update_fields=list(changed))
        record(actor, "changed the capacity of", user, before={name: before[name] for name in changed}, after=changed)
        emit(AgentChanged(agent_id=user.pk, what="capacity", at=now.isoformat()), key=f"agent:{user.pk}", actor=actor)
    return state


def _check(changes: Mapping[str, Any]) -> None:
    media = set(Channel.Medium.values)
    if unknown := set(changes) - set(FIELDS):
        raise Invalid("unknown_field", f"A capacity has no {min(unknown)}.")
    if "budget" in changes and not 0 <= changes["budget"] <= MOST_BUDGET:
        raise Invalid("budget", f"Choose 0 to {MOST_BUDGET} points.", field="budget")
    caps = changes.get("caps", {})
    if set(caps) - media or any(not isinstance(most, int) or not 0 <= most <= MOST_AT_ONCE for most in caps.values()):
        raise Invalid("caps", f"Give a medium 0 to {MOST_AT_ONCE} items at once.", field="caps")
    for name in ("media_off", "auto_accept"):
        if set(changes.get(name, ())) - media:
            raise Invalid(name, "There is no such medium.", field=name)
