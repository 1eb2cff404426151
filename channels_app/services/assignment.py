"""Who holds a conversation, whose team, and who else is in it. Routing writes these columns through here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Func, Value
from django.utils.translation import gettext as _

from channels_app.models import Conversation
from channels_app.services.lines import add_line, lock_conversation
from cxos.core.errors import Invalid
from cxos.core.events.channels import ConversationAssigned
from cxos.core.models import Team, User
from cxos.core.outbox import emit

KEEP: Any = object()


def assign(
    conversation_id: int,
    *,
    assignee_id: int | Any | None = KEEP,
    team_id: int | Any | None = KEEP,
    actor: Any,
    now: datetime,
) -> Conversation:
    """Set holder and team; None empties, leaving one out keeps it. The same again changes nothing and tells nobody.

    Raises NotFound; Invalid for a user who does not work here (any more) or an unknown team.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id, merged_too=True)  # its work may still be on its way out
        before = (conversation.assignee_id, conversation.team_id)
        after = (before[0] if assignee_id is KEEP else assignee_id, before[1] if team_id is KEEP else team_id)
        if after == before:
            return conversation
        changes = _changes(before, after, actor)
        conversation.assignee_id, conversation.team_id = after
        conversation.save(update_fields=["assignee", "team"])
        add_line(
            conversation, what="assigned", text=_sentence(changes), actor=actor, now=now, changes=changes,
            assignee_id=after[0], team_id=after[1],
        )  # fmt: skip
        emit(
            ConversationAssigned(
                conversation_id=conversation.id,
                agent_id=after[0],
                previous_agent_id=before[0],
                team_id=after[1],
            ),
            key=f"conversation:{conversation.id}",
            actor=actor,
        )
    return conversation


def give_to_team(conversation: Conversation, *, team_id: int) -> None:
    """The team whose queue it enters may see it. Tells nobody: the queue does."""
    Conversation.objects.filter(pk=conversation.pk).update(team=team_id)
    conversation.team_id = team_id


def let_in(conversation_id: int, *, user_id: int) -> None:
    """This user sees the conversation, whatever their team, until `let_out`. Tells nobody: routing does."""
    Conversation.objects.filter(pk=conversation_id).exclude(guest_ids__contains=[user_id]).update(
        guest_ids=Func(F("guest_ids"), Value(user_id), function="array_append")
    )


def let_out(conversation_id: int, *, user_id: int) -> None:
    Conversation.objects.filter(pk=conversation_id, guest_ids__contains=[user_id]).update(
        guest_ids=Func(F("guest_ids"), Value(user_id), function="array_remove")
    )


def _changes(before: tuple[int | None, int | None], after: tuple[int | None, int | None], actor: Any) -> dict[str, str]:
    """Whose it is now, of what changed: {"holder": name, "team": name}, "" for nobody's. Looks up only the names it
    needs, and so checks that they exist."""
    changes = {}
    if after[0] != before[0]:
        changes["holder"] = _agent(after[0], actor) if after[0] is not None else ""
    if after[1] != before[1]:
        changes["team"] = _team(after[1]) if after[1] is not None else ""
    return changes


def _sentence(changes: dict[str, str]) -> str:
    said = []
    if "holder" in changes:
        said.append(f"assigned to {changes['holder']}" if changes["holder"] else "nobody holds it now")
    if "team" in changes:
        said.append(f"given to team {changes['team']}" if changes["team"] else "belongs to no team now")
    words = ", ".join(said)
    return f"{words[0].upper()}{words[1:]}."


def _agent(user_id: int, actor: Any) -> str:
    if isinstance(actor, User) and actor.pk == user_id and actor.is_active:  # accepted: who it is, is known
        return actor.name
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise Invalid(
            "assignee",
            _("User %(number)s does not exist or does not work here any more.") % {"number": user_id},
            field="assignee_id",
        )
    return user.name


def _team(team_id: int) -> str:
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        raise Invalid("team", _("Team %(number)s does not exist.") % {"number": team_id}, field="team_id")
    return team.name
