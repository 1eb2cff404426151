"""A plan carried out: each action is done wholly or not at all, with the row that keeps a rerun from repeating it.

Whatever goes wrong in one is recorded and stops neither the others nor the way to a person.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from automation.plan import PlannedAction
from cxos.core.away import database_is_away
from cxos.core.errors import DomainError
from cxos.core.events.automation import RuleApplied
from cxos.core.outbox import MAX_DEPTH, cause_of, emit
from routing.actions import ACTIONS, Subject, actor_of
from routing.models import ActionRun

log = structlog.get_logger(__name__)
PLACING = "enqueue"  # done last, when clocks and priority are known; of what comes in by the journey


def perform(subject: Subject, *, now: datetime) -> None:
    """Everything but the placing. An action that is refused is recorded and does not stop the others."""
    if chain_is_cut(subject.conversation.pk):
        return
    for planned in subject.plan.actions:
        if planned.kind != PLACING:
            perform_once(planned, subject, now=now)


def chain_is_cut(conversation_id: int) -> bool:
    """Whether too many events have led to this one: what rules did calls rules no more."""
    cause = cause_of()
    if cause is None or cause.depth <= MAX_DEPTH:
        return False
    log.warning("automation chain cut", depth=cause.depth, conversation_id=conversation_id)
    return True


def perform_once(planned: PlannedAction, subject: Subject, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            run, new = ActionRun.objects.get_or_create(
                **subject.once,
                rule_id=planned.rule_id,
                position=planned.position,
                defaults={"action": {"kind": planned.kind, **planned.args}, "at": now},
            )
            if not new:
                return
            run.outcome = ACTIONS[planned.kind](subject, planned, now)[:300]
            run.save(update_fields=["outcome"])
            emit(
                RuleApplied(rule_id=planned.rule_id, conversation_id=subject.conversation.pk, action=planned.kind),
                key=f"conversation:{subject.conversation.pk}",
                actor=actor_of(planned),
            )
    except Exception as problem:
        if database_is_away(problem):  # the whole journey is tried again
            raise
        foreseen = isinstance(problem, DomainError)
        log.warning(
            "action refused", kind=planned.kind, rule_id=planned.rule_id, problem=str(problem), exc_info=not foreseen
        )
        record_refusal(planned, subject, problem=str(problem), now=now)


def record_refusal(planned: PlannedAction, subject: Subject, *, problem: str, now: datetime) -> None:
    ActionRun.objects.get_or_create(
        **subject.once,
        rule_id=planned.rule_id,
        position=planned.position,
        defaults={
            "action": {"kind": planned.kind, **planned.args},
            "at": now,
            "outcome": f"refused: {problem}"[:300],
        },
    )
