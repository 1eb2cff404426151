"""Whose is it, why this queue, this agent, this deadline? The stored decisions of a conversation as sentences and data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from cases.models import Clock
from channels_app.models import Interaction
from cxos.core.models import User
from cxos.core.phrases import Phrase, told
from routing.matching import told_of
from routing.models import Decision, WorkItem
from routing.sentences import WHY_NOT

MOST_DECISIONS = 20  # of one work item, for whom it was not given to
SINCE = gettext_noop("That was #%(customer)s, who has been merged into this customer since.")


def explain(conversation_id: int, *, deadlines: bool = True) -> dict[str, Any]:
    """{customer, queue, agent, waiting, deadlines, history}; each part a sentence with the facts behind it. 3 queries, 2
    without the deadlines."""
    rows = Decision.objects.filter(conversation_id=conversation_id).annotate(item_state=F("item__state"))
    decisions = list(rows.order_by("-id")[:40])
    clocks = Clock.objects.filter(conversation_id=conversation_id)
    latest = {decision.kind: decision for decision in reversed(decisions)}
    nobody = latest.get(Decision.Kind.NO_MATCH)
    return {
        "customer": recognised(conversation_id),
        "queue": part(latest.get(Decision.Kind.QUEUE)),
        "agent": part(latest.get(Decision.Kind.ASSIGN) or latest.get(Decision.Kind.MATCH)),
        "waiting": part(nobody) if nobody and nobody.item_state == WorkItem.State.WAITING else None,
        "deadlines": list(clocks.values("metric", "state", "due_at")) if deadlines else [],
        "history": [{"at": one.at, "kind": one.kind, "sentence": one.spoken} for one in reversed(decisions)],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """Why not this agent: in words, and when that was decided."""

    agent_id: int
    name: str
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Everybody the newest decisions tell of, by name. `unnamed`: how many more were looked at than are told one by one."""

    answers: list[Answer]
    unnamed: int = 0


def why_not(conversation_id: int, *, words: str = "") -> WhyNot:
    """Why the conversation's newest work is with nobody else, agent by agent; of each what was decided last. `words`: only
    those whose name has them. 2 queries."""
    newest = WorkItem.objects.filter(conversation_id=conversation_id).order_by("-id").values("id")[:1]
    kinds = (Decision.Kind.MATCH, Decision.Kind.NO_MATCH)
    decisions = Decision.objects.filter(conversation_id=conversation_id, item__in=newest, kind__in=kinds)
    last: dict[int, tuple[str, datetime]] = {}
    unnamed: list[int] = []
    for one in decisions.order_by("-id")[:MOST_DECISIONS]:
        for choice in one.facts.get("chosen", ()):
            last.setdefault(choice["agent"], ("offered", one.at))
        for agent, reason in told_of(one.facts.get("who", {})):
            last.setdefault(agent, (reason, one.at))
        unnamed.append(one.facts.get("unnamed", 0))
    people = User.objects.filter(pk__in=last, name__icontains=words).order_by("name", "pk")
    answers = [
        Answer(pk, name, str(WHY_NOT.get(last[pk][0], last[pk][0])), last[pk][1])
        for pk, name in people.values_list("pk", "name")
    ]
    return WhyNot(answers, max(unnamed, default=0))


def recognised(conversation_id: int) -> dict[str, Any] | None:
    """Why the newest interaction was taken for its customer's; None when that is not kept (any more). One query."""
    kept = Interaction.objects.filter(conversation_id=conversation_id, evidence__isnull=False).order_by("-id")
    row = kept.values("evidence", "handled_at", "customer_id").first()
    if row is None:
        return None
    facts: Any = row["evidence"]
    then = facts["customer"]
    since = [str(Phrase(SINCE, {"customer": then}))] if row["customer_id"] != then else []
    return {"sentence": " ".join([*map(told, facts["said"]), *since]), "at": row["handled_at"], "facts": facts}


def part(decision: Decision | None) -> dict[str, Any] | None:
    return {"sentence": decision.spoken, "at": decision.at, "facts": decision.facts} if decision else None
