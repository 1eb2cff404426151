"""The events rules run on; for each the facts a rule may ask about and the actions it may ask for: what editors offer and
validation allows. Pure."""

from __future__ import annotations

from automation.fact_values import Fact, FactType, Schema

MESSAGE, BREACH = "MessageReceived", "ClockBreached"  # the names of the events in the catalogue

ABOUT_CHANNEL: Schema = {
    "channel.key": Fact(FactType.TEXT, "Channel"),
    "channel.kind": Fact(FactType.TEXT, "Kind of channel"),
    "channel.medium": Fact(FactType.TEXT, "Medium"),
}
ABOUT_MESSAGE: Schema = {
    "message.text": Fact(FactType.TEXT, "What the customer wrote"),
    "message.first": Fact(FactType.BOOL, "First message of the conversation"),
    "message.reopened": Fact(FactType.BOOL, "Brought a resolved conversation back"),
    "message.language": Fact(FactType.TEXT, "Language"),
    "message.sentiment": Fact(FactType.TEXT, "Sentiment"),
    "message.intent": Fact(FactType.TEXT, "Intent"),
    "message.intent_confidence": Fact(FactType.NUMBER, "How sure the intent is (0–1)"),
    "message.attachments": Fact(FactType.NUMBER, "Number of attachments"),
}
ABOUT_PROMISE: Schema = {
    "promise.metric": Fact(FactType.TEXT, "Which promise", ("first_response", "next_response", "resolution")),
    "promise.policy": Fact(FactType.TEXT, "Policy"),
    "promise.budget_minutes": Fact(FactType.NUMBER, "Minutes promised"),
    "promise.late_minutes": Fact(FactType.NUMBER, "Minutes late when it was noticed"),
    "promise.cause": Fact(FactType.TEXT, "What broke it", ("time", "policy_change", "calendar_change")),
    "promise.kept_since": Fact(FactType.BOOL, "Kept since, too late"),
    "queue.key": Fact(FactType.TEXT, "Queue"),
    "case.open": Fact(FactType.BOOL, "Has an open case"),
}
ABOUT_CUSTOMER: Schema = {
    "customer.known": Fact(FactType.BOOL, "Has written before"),
    "customer.vip": Fact(FactType.BOOL, "VIP"),
    "customer.tags": Fact(FactType.LIST, "Customer's tags"),
    "customer.language": Fact(FactType.TEXT, "Customer's language"),
}
ABOUT_CONVERSATION: Schema = {
    "conversation.priority": Fact(FactType.NUMBER, "Priority (0 low – 3 urgent)"),
    "conversation.tags": Fact(FactType.LIST, "Conversation's tags"),
    "conversation.status": Fact(FactType.TEXT, "Status"),
    "conversation.assigned": Fact(FactType.BOOL, "An agent holds it"),
    "hours.open": Fact(FactType.BOOL, "Inside business hours"),
}
FACTS: dict[str, Schema] = {
    MESSAGE: {**ABOUT_CHANNEL, **ABOUT_MESSAGE, **ABOUT_CUSTOMER, **ABOUT_CONVERSATION},
    BREACH: {**ABOUT_PROMISE, **ABOUT_CHANNEL, **ABOUT_CUSTOMER, **ABOUT_CONVERSATION},
}

# kind → its arguments; text arguments may hold {{customer.name}} and other facts, filled in as plain text
ACTIONS: dict[str, tuple[str, ...]] = {
    "add_tags": ("tags",),
    "set_priority": ("priority",),
    "reply": ("text",),
    "add_note": ("text",),
    "open_case": ("subject",),
    "enqueue": ("queue", "skills", "priority"),
    "resolve": (),
}
# Nothing is resolved because we are late with it.
ACTIONS_ON: dict[str, tuple[str, ...]] = {
    MESSAGE: tuple(ACTIONS),
    BREACH: tuple(kind for kind in ACTIONS if kind != "resolve"),
}
