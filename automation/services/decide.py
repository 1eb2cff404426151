"""Facts in, plan out. Reads rules, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automation.conditions import evaluate
from automation.models import Rule
from automation.plan import Considered, Plan, PlannedAction
from cxos.core.memory import remembered


def decide(event_name: str, facts: Mapping[str, Any], *, without: int | None = None) -> Plan:
    """The plan of all enabled rules for this event, in their order. One query every two seconds a process.

    `without`: the rule whose own doing the event is; it is not asked."""
    return plan_of([rule for rule in enabled_rules(event_name) if rule.pk != without], facts)


def plan_of(rules: Sequence[Rule], facts: Mapping[str, Any]) -> Plan:
    """What these rules ask for, given these facts. Used as it is for dry runs."""
    actions: list[PlannedAction] = []
    considered: list[Considered] = []
    for rule in rules:
        verdict = evaluate(rule.conditions, facts)
        considered.append(
            Considered(rule.pk, rule.name, verdict.result, tuple(leaf._asdict() for leaf in verdict.trace))
        )
        if not verdict.result:
            continue
        for position, action in enumerate(rule.actions):
            args = {name: value for name, value in action.items() if name != "kind"}
            actions.append(PlannedAction(rule.pk, position, str(action.get("kind", "")), args, rule.name))
        if rule.stops:
            break
    return Plan(tuple(actions), tuple(considered))


@remembered
def enabled_rules(event_name: str) -> list[Rule]:
    return list(Rule.objects.filter(event=event_name, enabled=True).order_by("position", "id"))
