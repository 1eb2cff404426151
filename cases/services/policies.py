"""Which promise applies: the first enabled policy, by rank, whose conditions hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.conditions import LeafTrace, evaluate
from automation.fact_values import Fact, FactType, Schema
from cases.models import Calendar, Case, SlaPolicy
from channels_app.models import Conversation
from cxos.core.memory import remembered

POLICY_FACTS: Schema = {
    "channel.key": Fact(FactType.TEXT, "Channel"),
    "channel.kind": Fact(FactType.TEXT, "Kind of channel"),
    "channel.medium": Fact(FactType.TEXT, "Medium"),
    "customer.vip": Fact(FactType.BOOL, "VIP"),
    "customer.tags": Fact(FactType.LIST, "Customer's tags"),
    "customer.language": Fact(FactType.TEXT, "Customer's language"),
    "conversation.priority": Fact(FactType.NUMBER, "Conversation's priority (0 low – 3 urgent)"),
    "conversation.tags": Fact(FactType.LIST, "Conversation's tags"),
    "case.priority": Fact(FactType.NUMBER, "Case's priority (0 low – 3 urgent)"),
    "case.tags": Fact(FactType.LIST, "Case's tags"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """The policy that applies and the seconds it gives each metric at the present priority. `because`: its conditions."""

    policy: SlaPolicy
    calendar: Calendar
    budgets: Mapping[str, int]
    because: tuple[LeafTrace, ...] = ()


def conversation_facts(conversation: Conversation) -> dict[str, Any]:
    """Needs channel and customer loaded, else two queries."""
    channel, customer = conversation.channel, conversation.customer
    return {
        "channel.key": channel.key,
        "channel.kind": channel.kind,
        "channel.medium": channel.medium,
        "customer.vip": customer.vip,
        "customer.tags": customer.tags,
        "customer.language": customer.language,
        "conversation.priority": conversation.priority,
        "conversation.tags": conversation.tags,
    }


def case_facts(case: Case) -> dict[str, Any]:
    """The case's own facts beside those of its oldest conversation, if it has one. Up to two queries."""
    first = case.conversations.select_related("channel", "customer").order_by("id").first()
    customer = case.customer
    return {
        "customer.vip": customer.vip,
        "customer.tags": customer.tags,
        "customer.language": customer.language,
        **(conversation_facts(first) if first else {}),
        "case.priority": case.priority,
        "case.tags": case.tags,
    }


def promise_for(subject: Conversation | Case) -> Promise | None:
    """The promise that applies to it now. Two queries, for a case up to four."""
    facts = conversation_facts(subject) if isinstance(subject, Conversation) else case_facts(subject)
    return select_promise(facts, priority=subject.priority)


def select_promise(facts: Mapping[str, Any], *, priority: int) -> Promise | None:
    """The promise for these facts; None when no policy holds. Two queries, remembered for a moment."""
    for policy in enabled_policies():
        verdict = evaluate(policy.conditions, facts)
        if verdict.result:
            return Promise(policy, policy.calendar, budgets_at(policy, priority), verdict.trace)
    return None


@remembered
def enabled_policies() -> list[SlaPolicy]:
    policies = SlaPolicy.objects.filter(enabled=True).select_related("calendar").prefetch_related("targets")
    return list(policies.order_by("rank", "id"))


def budgets_at(policy: SlaPolicy, priority: int) -> dict[str, int]:
    """Metric → seconds: the target of this very priority, else the one for all others."""
    targets = sorted(policy.targets.all(), key=lambda target: target.priority is not None)
    return {
        target.metric: target.budget_seconds
        for target in targets
        if target.priority is None or target.priority == priority
    }
