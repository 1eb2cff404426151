"""The agent's own switches: of which media they take anything now."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.models import Channel
from cxos.core.errors import Invalid
from cxos.core.events.routing import AgentChanged
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.models import AgentState
from routing.services.agents import lock_agent


def switch_media(user: User, *, off: Collection[str], actor: Any) -> AgentState:
    """Nothing new of these media from now on; all others are on, also those whose offer the agent missed."""
    if set(off) - set(Channel.Medium.values):
        raise Invalid("off", _("There is no such medium."), field="off")
    with transaction.atomic():
        state = lock_agent(user.pk)
        if sorted(off) == state.media_off and not state.media_missed:
            return state
        state.media_off, state.media_missed = sorted(off), []
        state.save(update_fields=["media_off", "media_missed"])
        emit(AgentChanged(agent_id=user.pk, what="media"), key=f"agent:{user.pk}", actor=actor)
    return state
