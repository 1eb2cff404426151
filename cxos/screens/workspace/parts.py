"""Who is in a piece of work beside its holder, and who was asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, Value

from cxos.core.models import User
from routing.models import Callback, Offer, Segment, WorkItem
from routing.permissions import can_move
from routing.services.holding import open_parts

IN_HAND = (WorkItem.State.ACTIVE, WorkItem.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody in the work beside its holder, or asked to be (`since` None). `kind`: consult or conference."""

    agent_id: int
    name: str
    kind: str
    since: datetime | None

    @property
    def advises(self) -> bool:
        return self.kind == Segment.Kind.CONSULT


@dataclass(frozen=True, slots=True)
class Together:
    """`leads`: this user may ask others in and hand the work over. `mine`: they have a part of their own to leave."""

    parts: list[Part]
    leads: bool
    mine: bool


def read_together(item: WorkItem | None, user: User) -> Together | None:
    """None where nobody holds it. One query where somebody does."""
    if item is None or item.state not in IN_HAND:
        return None
    asked = Offer.objects.filter(item=item, state=Offer.State.PENDING).exclude(kind=Offer.Kind.WORK).order_by()
    never = Value(None, output_field=DateTimeField())
    rows = (
        open_parts(item.pk)
        .values_list("agent_id", "agent__name", "kind", "started_at")
        .union(asked.values_list("agent_id", "agent__name", "kind", never))
    )
    found = sorted((Part(*row) for row in rows), key=lambda one: (one.since is None, one.since or 0, one.agent_id))
    here = [one for one in found if one.since]
    stays = any(not one.advises for one in here)
    mine = any(one.agent_id == user.pk for one in here) or (item.agent_id == user.pk and stays)
    return Together(found, leads=can_move(user, item), mine=mine)


def callback_in_hand(item: WorkItem | None, user: User) -> Callback | None:
    """What this user is to call back in the work, if anything. No query where the item was read with its callback."""
    found = getattr(item, "callback", None)
    mine = item is not None and item.state in IN_HAND and item.agent_id == user.pk
    return found if mine and found is not None and found.state in Callback.LIVE else None
