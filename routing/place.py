"""The last step of the journey: who should see this now? Automation first, but a person can always be reached."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from automation.plan import Plan, PlannedAction
from cases.services.clocks import Deadline
from channels_app.models import Conversation, Interaction
from cxos.core.phrases import Phrase
from routing.facts import default_queue, enabled_queue
from routing.models import Queue, WorkItem
from routing.services.queue import enqueue, live_item
from routing.services.work import resume

BY_RULE = gettext_noop("The rule “%(rule)s” sent it to %(queue)s.")
BY_RULE_IN_VAIN = gettext_noop("The rule “%(rule)s” names a queue that is missing or switched off; %(queue)s took it.")
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
