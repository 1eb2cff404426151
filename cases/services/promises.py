"""What an admin does with a promise: make it, edit it, put it before or after another one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from automation.conditions import validate
from cases.models import Calendar, Metric, Reopening, SlaPolicy, SlaTarget
from cases.services.policies import POLICY_FACTS
from channels_app.models import Priority
from cxos.core.errors import Conflict, Invalid
from cxos.core.events.cases import PolicyChanged
from cxos.core.memory import forget_all
from cxos.core.outbox import emit

LONGEST_SECONDS = 366 * 24 * 3600
Budgets = Mapping[tuple[str, int | None], int]


def save_policy(
    policy: SlaPolicy | None,
    *,
    name: str,
    calendar: Calendar,
    budgets: Budgets,
    conditions: Any = None,
    rank: int = 0,
    enabled: bool = True,
    reopening: str = Reopening.RESUME,
    actor: Any,
    now: datetime,
) -> SlaPolicy:
    """A new policy, or the next version of one. `budgets`: (metric, priority or None for all others) → seconds.

    Conversations and cases whose clocks run keep the version they began with until it is applied to them.
    """
    _check(name, budgets, conditions or {}, reopening)
    try:
        with transaction.atomic():
            kept = _row(policy)
            kept.name, kept.calendar, kept.conditions = name.strip(), calendar, conditions or {}
            kept.rank, kept.enabled, kept.reopening, kept.changed_at = rank, enabled, reopening, now
            kept.save()
            kept.targets.all().delete()
            SlaTarget.objects.bulk_create(
                SlaTarget(policy=kept, metric=metric, priority=priority, budget_seconds=seconds)
                for (metric, priority), seconds in budgets.items()
            )
            emit(PolicyChanged(policy_id=kept.pk, version=kept.version), key=f"policy:{kept.pk}", actor=actor)
            transaction.on_commit(forget_all)
    except IntegrityError as error:
        raise Conflict(
            "policy_name_taken", _("There is another policy called “%(name)s”.") % {"name": name}, field="name"
        ) from error
    return kept


def _row(policy: SlaPolicy | None) -> SlaPolicy:
    """A blank first version, or the locked row as its next version."""
    if policy is None:
        return SlaPolicy()
    kept = SlaPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    kept.version += 1
    return kept


def _check(name: str, budgets: Budgets, conditions: Any, reopening: str) -> None:
    if not 0 < len(name.strip()) <= 80:
        raise Invalid("policy_name", _("A policy needs a name of up to 80 characters."), field="name")
    if reopening not in Reopening.values:
        raise Invalid(
            "policy_reopening",
            _("Reopening is one of %(choices)s.") % {"choices": ", ".join(Reopening.values)},
            field="reopening",
        )
    if not budgets:
        raise Invalid("policy_empty", _("A policy promises at least one thing: add a target."), field="targets")
    for (metric, priority), seconds in budgets.items():
        if metric not in Metric.values or (priority is not None and priority not in Priority.values):
            raise Invalid(
                "target_unknown",
                _("There is no target for %(metric)s at priority %(priority)s.")
                % {"metric": metric, "priority": priority},
                field="targets",
            )
        if not 0 < seconds <= LONGEST_SECONDS:
            raise Invalid("target_length", _("A target lasts at least a second and at most a year."), field="targets")
    problems = validate(conditions, POLICY_FACTS)
    if problems:
        raise Invalid("policy_conditions", problems[0].sentence, field="conditions")
