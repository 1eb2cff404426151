"""Giving a conversation to somebody: its work goes along, whatever state it is in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from channels_app.models import Conversation
from channels_app.services.assignment import KEEP, assign
from cxos.core.errors import Forbidden
from cxos.core.models import Team, User
from routing.models import WorkItem
from routing.permissions import can_assign, can_move
from routing.services.queue import live_item
from routing.services.work import assign_by_hand, requeue

NOBODY = None


def hand_over(
    conversation: Conversation,
    *,
    agent: User | object | None = KEEP,
    team: Team | object | None = KEEP,
    actor: User,
    now: datetime,
) -> Conversation:
    """Set holder and team, as far as given; `agent` None puts held work back into its queue. One transaction.

    Agents take what nobody holds and hand on what they hold; supervisors give anything to anybody.
    """
    with transaction.atomic():
        item = live_item(conversation.pk)
        if item is None:
            _refuse_others(actor, conversation)
        elif isinstance(agent, User):
            if not can_assign(actor, item, to=agent):
                raise Forbidden("not_yours", "Only its holder or a supervisor may give this work to somebody else.")
            assign_by_hand(item.pk, agent=agent, actor=actor, now=now)
        elif not can_move(actor, item):
            raise Forbidden("not_yours", "Only its holder or a supervisor may move this work.")
        elif agent is NOBODY and item.state in WorkItem.HELD:
            requeue(item.pk, reason="handed back", actor=actor, now=now)
        return assign(
            conversation.pk,
            assignee_id=agent.pk if isinstance(agent, User) else agent,
            team_id=team.pk if isinstance(team, Team) else team,
            actor=actor,
            now=now,
        )


def _refuse_others(actor: User, conversation: Conversation) -> None:
    if not actor.supervises and conversation.assignee_id not in {None, actor.pk}:
        raise Forbidden("not_yours", f"{conversation.assignee} holds this conversation. Ask them, or a supervisor.")
