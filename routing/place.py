"""Who should see this now? The last step of the journey, and of a rule that sends on what waits already. Automation first,
but a person can always be reached."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _, gettext_noop

from automation.plan import Plan, PlannedAction
from cases.services.clocks import Deadline, nearest_due
from channels_app.models import Channel, Conversation, Interaction
from cxos.core.errors import Conflict, Invalid
from cxos.core.phrases import Phrase
from routing.facts import default_queue, enabled_queue
from routing.models import Decision, Queue, WorkItem
from routing.services.follow import change_demands
from routing.services.notes import note
from routing.services.queue import enqueue, live_item
from routing.services.work import resume, transfer

BY_RULE = gettext_noop("The rule “%(rule)s” sent it to %(queue)s.")
BY_RULE_IN_VAIN = gettext_noop("The rule “%(rule)s” names a queue that is missing or switched off; %(queue)s took it.")
SENT_ON = gettext_noop("A promise was broken: the rule “%(rule)s” sent it to %(queue)s.")
OF_CHANNEL = gettext_noop("No rule chose a queue; %(queue)s is the one of the channel %(channel)s.")


def place(
    plan: Plan,
    interaction: Interaction,
    conversation: Conversation,
    *,
    is_new: bool,
    deadline: Deadline | None,
    now: datetime,
) -> WorkItem | None:
    """Wake the work that is already held, or put the conversation into the queue the plan names, else the default one.

    `is_new`: this interaction has started it, so nobody can hold it yet.
    """
    if conversation.status == Conversation.Status.RESOLVED:  # a rule has answered and closed it
        return None
    live = None if is_new else live_item(conversation.pk)
    if live is not None:
        if deadline is not None and live.due_at != deadline.due_at:
            WorkItem.objects.filter(id=live.id).update(
                due_at=deadline.due_at, sla_target_seconds=deadline.target_seconds
            )
        return resume(live.id, now=now) if live.state == WorkItem.State.PAUSED else live
    wish = plan.first("enqueue")
    queue, why = choose_queue(wish, interaction)
    if queue is None:
        return None
    return enqueue(
        conversation,
        queue=queue,
        required=wished_skills(wish),
        priority=int(wish.args.get("priority", conversation.priority)) if wish else conversation.priority,
        due_at=deadline.due_at if deadline else None,
        target_seconds=deadline.target_seconds if deadline else None,
        why=why,
        facts=explanation(plan, queue),
        now=now,
    )


def choose_queue(wish: PlannedAction | None, interaction: Interaction) -> tuple[Queue | None, Phrase]:
    """The queue, and the sentence that says why."""
    if wish is not None:
        queue = enabled_queue(str(wish.args.get("queue") or ""))
        if queue is not None:
            return queue, Phrase(BY_RULE, {"rule": wish.why, "queue": queue.name})
        fallback = default_queue(interaction.channel)
        return fallback, Phrase(BY_RULE_IN_VAIN, {"rule": wish.why, "queue": str(fallback)})
    queue = default_queue(interaction.channel)
    return queue, Phrase(OF_CHANNEL, {"queue": str(queue), "channel": interaction.channel.name})


def send_on(conversation: Conversation, wish: PlannedAction, plan: Plan, *, actor: str, now: datetime) -> WorkItem:
    """Into the queue the rule names, from wherever it waits or whoever holds it, with the age it has.

    What is there already stays, also with who holds it. Raises Invalid for a queue that is missing or switched off,
    Conflict for what is resolved, and for a call somebody is in."""
    queue = enabled_queue(str(wish.args.get("queue") or ""))
    if queue is None:
        raise Invalid("no_such_queue", _("The queue the rule names is missing or switched off."), field="queue")
    if Conversation.objects.filter(pk=conversation.pk, status=Conversation.Status.RESOLVED).exists():
        raise Conflict("resolved", _("It is resolved: it waits in no queue."))
    item = live_item(conversation.pk)
    if item is None:
        deadline = nearest_due(conversation.pk)
        return enqueue(
            conversation,
            queue=queue,
            required=wished_skills(wish),
            priority=int(wish.args.get("priority", conversation.priority)),
            due_at=deadline.due_at if deadline else None,
            target_seconds=deadline.target_seconds if deadline else None,
            why=Phrase(SENT_ON, {"rule": wish.why, "queue": queue.name}),
            facts=explanation(plan, queue),
            actor=actor,
            now=now,
        )
    if item.queue_id == queue.pk:
        return item
    if item.medium == Channel.Medium.VOICE and item.state in WorkItem.HELD:
        raise Conflict("in_call", _("Somebody is in a call with the customer: it stays with them."))
    item = transfer(item.pk, queue=queue, actor=actor, now=now)
    if skills := wished_skills(wish):
        change_demands(item.pk, required=skills, actor=actor, now=now)
    why = Phrase(SENT_ON, {"rule": wish.why, "queue": item.queue.name})  # another one where that is full
    note(item, Decision.Kind.QUEUE, why, facts=explanation(plan, item.queue), now=now)
    return item


def wished_skills(wish: PlannedAction | None) -> list[dict[str, Any]]:
    return (
        [skill for skill in (wish.args.get("skills") or []) if isinstance(skill, dict) and skill.get("skill")]
        if wish
        else []
    )


def explanation(plan: Plan, queue: Queue) -> dict[str, Any]:
    """Which rules were looked at, for “why this queue?”. Kept short: the comparisons of applied rules only."""
    return {
        "queue": queue.key,
        "rules": [
            {
                "id": rule.rule_id,
                "name": rule.name[:60],
                "applied": rule.applied,
                "because": rule.trace[:4] if rule.applied else (),
            }
            for rule in plan.considered[:12]
        ],
    }
