"""Why this queue, this agent, this deadline? The stored decisions of a conversation as sentences and data."""

from __future__ import annotations

from typing import Any

from cases.models import Clock
from routing.models import Decision, WorkItem


def explain(conversation_id: int, *, deadlines: bool = True) -> dict[str, Any]:
    """{queue, agent, waiting, deadlines, history}; each part a sentence with the facts behind it. 4 queries, 3 without
    the deadlines."""
    decisions = list(Decision.objects.filter(conversation_id=conversation_id).order_by("-id")[:40])
    item = (
        WorkItem.objects.filter(conversation_id=conversation_id)
        .select_related("queue", "agent")
        .order_by("-id")
        .first()
    )
    clocks = Clock.objects.filter(conversation_id=conversation_id)
    latest = {decision.kind: decision for decision in reversed(decisions)}
    return {
        "queue": part(latest.get(Decision.Kind.QUEUE)),
        "agent": part(latest.get(Decision.Kind.ASSIGN) or latest.get(Decision.Kind.MATCH)),
        "waiting": part(latest.get(Decision.Kind.NO_MATCH)) if item and item.state == WorkItem.State.WAITING else None,
        "deadlines": list(clocks.values("metric", "state", "due_at")) if deadlines else [],
        "history": [{"at": one.at, "kind": one.kind, "sentence": one.spoken} for one in reversed(decisions)],
    }


def part(decision: Decision | None) -> dict[str, Any] | None:
    return {"sentence": decision.spoken, "at": decision.at, "facts": decision.facts} if decision else None
