"""Work follows when two conversations become one: one piece of work stays, with whoever holds it; and when that is taken
back, what was freed waits again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _, gettext_noop

from cases.services.clocks import nearest_due
from channels_app.models import Conversation, ConversationMerge
from channels_app.permissions import can_merge
from channels_app.services import joining
from channels_app.services.assignment import assign, let_in, let_out
from cxos.core.actor import actor_name, actor_user_id
from cxos.core.errors import Conflict, Forbidden
from cxos.core.models import User
from cxos.core.phrases import Phrase, in_source_language
from routing.models import Callback, Decision, Queue, WorkItem
from routing.sentences import LIMIT
from routing.services.follow import follow_conversation
from routing.services.holding import lock_item, open_parts
from routing.services.queue import enqueue, live_item
from routing.services.wrap_up import complete

State = WorkItem.State
IN_HAND = (State.ACTIVE, State.PAUSED)
MERGED = gettext_noop("%(who)s merged #%(merged)s into #%(survivor)s.")
PARTED = gettext_noop("%(who)s took the merge of #%(merged)s into #%(survivor)s back.")
WORK_STAYS = gettext_noop("The work of #%(survivor)s goes on.")
WORK_MOVES = gettext_noop("The work of #%(merged)s goes on in #%(survivor)s.")
AUTOMATION = gettext_noop("Automation")


def merge_conversations(
    conversation: Conversation, *, into: Conversation, actor: User, now: datetime
) -> ConversationMerge:
    """`conversation` becomes part of `into`; the actor may see both. Raises Forbidden for who may not, Conflict where it
    cannot be (see joining.merge), is in a call, or is to be called back."""
    if not can_merge(actor, conversation):
        raise Forbidden("not_yours", _("Only its holder or a supervisor can merge this conversation into another."))
    with transaction.atomic():
        item = live_item(conversation.pk)
        if item is not None and item.medium == "voice" and item.state in WorkItem.HELD:
            raise Conflict("in_call", _("Somebody is in a call with the customer: it stays with them."))
        if item is not None and Callback.objects.filter(item=item, state__in=Callback.LIVE).exists():
            raise Conflict(
                "callback_promised",
                _("A callback is promised in conversation #%(number)s. Merge the other one into it instead.")
                % {"number": conversation.pk},
            )
        return joining.merge(conversation.pk, into=into.pk, actor=actor, now=now)


def unmerge_conversation(made: ConversationMerge, *, actor: User, now: datetime) -> Conversation:
    """Two conversations again. Raises Forbidden for who may not, Conflict with the reason where it is too late."""
    if not can_merge(actor, made.survivor):
        raise Forbidden("not_yours", _("Only its holder or a supervisor can take this merge back."))
    return joining.take_apart(made.pk, actor=actor, now=now)


def follow_merge(merge_id: int, *, actor: Any, now: datetime) -> None:
    """Of two pieces of work one stays: what is in hand before what waits, else the survivor's. Safe to repeat."""
    with transaction.atomic():
        made = ConversationMerge.objects.get(pk=merge_id)
        if made.undone_at is not None:
            return
        merged, survivor = _locked_work(made)
        moves = merged is not None and (
            survivor is None or (merged.state in IN_HAND and survivor.state in (State.WAITING, State.OFFERED))
        )
        _tell(
            made, MERGED, (WORK_MOVES if moves else WORK_STAYS) if merged else None, item=merged, actor=actor, now=now
        )
        if merged is None:
            return
        if moves and survivor is not None:
            _end(survivor, actor=actor, now=now)
        if moves:
            _hand_on(merged, made, actor=actor, now=now)
        else:
            _end(merged, actor=actor, now=now)
    follow_conversation(made.survivor_id, now=now)


def follow_parting(merge_id: int, *, actor: Any, now: datetime) -> None:
    """What was set free waits in the queue its work was in, if it had any, as long as it has waited."""
    with transaction.atomic():
        made = ConversationMerge.objects.select_related("merged__channel", "merged__customer").get(pk=merge_id)
        _tell(made, PARTED, None, item=None, actor=actor, now=now)
        told = Decision.objects.filter(conversation_id=made.merged_id, kind=Decision.Kind.MERGED, facts__merge=merge_id)
        facts: Any = told.order_by("id").values_list("facts", flat=True).first() or {}
        queue = Queue.objects.filter(pk=facts.get("queue"), enabled=True).first()
        if queue is None or made.merged.status == Conversation.Status.RESOLVED:
            return
        deadline = nearest_due(made.merged_id)
        why = Phrase(PARTED, _words(made, actor))
        item = enqueue(
            made.merged, queue=queue, priority=made.merged.priority, why=why, actor=actor, now=now,
            due_at=deadline.due_at if deadline else None, target_seconds=deadline.target_seconds if deadline else None,
        )  # fmt: skip
        since = made.merged.waiting_since
        if since is not None and item.queued_at == now:
            WorkItem.objects.filter(pk=item.pk).update(age_credit=max(0.0, (now - since).total_seconds()))


def _locked_work(made: ConversationMerge) -> tuple[WorkItem | None, WorkItem | None]:
    """The live work of both, locked: first all their agents, then the items, each in the order of their ids. Raises
    Conflict when it changes hands just now; the handler comes again then."""
    live = {one.conversation_id: one for one in WorkItem.objects.live().filter(conversation__in=_both(made))}
    ids = sorted(one.pk for one in live.values())
    holders = {one.agent_id for one in live.values() if one.agent_id}
    agents = {*holders, *(pk for one in ids for pk in open_parts(one).values_list("agent_id", flat=True))}
    locked = {item.conversation_id: item for item, _holder in (lock_item(pk, also=agents) for pk in ids)}
    found = [locked.get(pk) for pk in _both(made)]
    gone_on = [None if one is None or one.state not in WorkItem.LIVE else one for one in found]
    return gone_on[0], gone_on[1]


def _both(made: ConversationMerge) -> tuple[int, int]:
    return made.merged_id, made.survivor_id


def _hand_on(item: WorkItem, made: ConversationMerge, *, actor: Any, now: datetime) -> None:
    """The item, its parts and why it is where it is are the survivor's; its holder holds that."""
    for agent_id in open_parts(item.pk).values_list("agent_id", flat=True):
        let_out(made.merged_id, user_id=agent_id)
        let_in(made.survivor_id, user_id=agent_id)
    item.conversation_id, item.version = made.survivor_id, item.version + 1
    item.save(update_fields=["conversation", "version"])
    Decision.objects.filter(item=item, conversation=made.merged_id).exclude(kind=Decision.Kind.MERGED).update(
        conversation=made.survivor_id
    )
    if item.state in WorkItem.HELD:
        assign(made.survivor_id, assignee_id=item.agent_id, team_id=item.queue.team_id, actor=actor, now=now)


def _end(item: WorkItem, *, actor: Any, now: datetime) -> None:
    """Without a wrap-up: the contact goes on in the other one."""
    held = item.state in WorkItem.HELD
    _item, holder = lock_item(item.pk)
    complete(item, holder, state=State.COMPLETED if held else State.CANCELED, disposition=None, actor=actor, now=now)


def _words(made: ConversationMerge, actor: Any) -> dict[str, Any]:
    user_id = actor_user_id(actor_name(actor))
    name = User.objects.filter(pk=user_id).values_list("name", flat=True).first() if user_id else None
    return {"who": name or Phrase(AUTOMATION), "merged": made.merged_id, "survivor": made.survivor_id}


def _tell(
    made: ConversationMerge, what: str, work: str | None, *, item: WorkItem | None, actor: Any, now: datetime
) -> None:
    """Both conversations say why: for /why and the column beside the thread."""
    words = _words(made, actor)
    said = [Phrase(what, words), *([Phrase(work, words)] if work else [])]
    with in_source_language():
        sentence = " ".join(map(str, said))[:LIMIT]
    facts = {
        "merge": made.pk, "merged": made.merged_id, "survivor": made.survivor_id,
        "queue": item.queue_id if item else None, "said": [one.kept for one in said],
    }  # fmt: skip
    for conversation_id in _both(made):
        Decision.objects.create(
            conversation_id=conversation_id, kind=Decision.Kind.MERGED, sentence=sentence, facts=facts, at=now
        )
