"""Reads of routing that join apps: the answer to "why?", and who works here with what in hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from automation.models import Rule
from cases.models import Clock
from cases.queries import clocks_of_conversation, explain_clock
from cxos.core.models import User
from routing.models import ActionRun, AgentSkill, AgentState, QueueMember
from routing.services.why import explain
from routing.snapshots import held_loads

MOST_ACTIONS = 100


def why(conversation_id: int, *, now: datetime) -> dict[str, Any]:
    """Every stored reason about a conversation: customer, queue, agent, deadlines, what rules did, in words with their facts.

    {conversation, customer, queue, agent, waiting, deadline, deadlines, actions, history}; `deadline` is the nearest one that
    runs. 6 queries, one more per calendar not met before.
    """
    clocks = [explain_clock(clock, at=now) for clock in clocks_of_conversation(conversation_id)]
    running = [
        (due_at, one.clock.pk, one)
        for one in clocks
        if one.clock.state == Clock.State.RUNNING and (due_at := one.clock.due_at)
    ]
    return {
        **explain(conversation_id),
        "conversation": conversation_id,
        "deadline": min(running)[2] if running else None,
        "deadlines": clocks,
        "actions": actions_of(conversation_id),
    }


def actions_of(conversation_id: int) -> list[ActionRun]:
    """What rules did on the conversation's messages and broken promises, oldest first, each with `rule_name`. 2 queries."""
    on_messages = ActionRun.objects.filter(interaction__conversation_id=conversation_id)
    on_events = ActionRun.objects.filter(conversation_id=conversation_id)
    actions = list(on_messages.union(on_events, all=True).order_by("-id")[:MOST_ACTIONS])[::-1]
    names = dict(Rule.objects.filter(id__in={run.rule_id for run in actions}).values_list("id", "name"))
    for run in actions:
        run.rule_name = names.get(run.rule_id, "")  # type: ignore[attr-defined]
    return actions


def with_presence(agents: list[User]) -> list[User]:
    """The agents, each with `state`, `load` (points held), `skills` and `queues` (ids). 4 queries."""
    ids = [agent.pk for agent in agents]
    states = AgentState.objects.in_bulk(ids)
    loads = held_loads(ids)
    skills: dict[int, list[AgentSkill]] = defaultdict(list)
    queues: dict[int, list[int]] = defaultdict(list)
    for skill in AgentSkill.objects.filter(user__in=ids).select_related("skill").order_by("skill__name"):
        skills[skill.user_id].append(skill)
    members = QueueMember.objects.filter(user__in=ids).order_by("queue_id")
    for user_id, queue_id in members.values_list("user_id", "queue_id"):
        queues[user_id].append(queue_id)
    for agent in agents:
        more = {
            "state": states.get(agent.pk) or AgentState(user=agent, presence_since=agent.created_at),
            "load": sum(cost for _, cost, _ in loads.get(agent.pk, {}).values()),
            "skills": skills[agent.pk],
            "queues": queues[agent.pk],
        }
        vars(agent).update(more)
    return agents
