"""The facts a rule may ask about, and the actions it may ask for: what editors offer and validation allows. Pure."""

from __future__ import annotations

from automation.fact_values import Fact, FactType, Schema

MESSAGE_FACTS: Schema = {
    "channel.key": Fact(FactType.TEXT, "Channel"),
    "channel.kind": Fact(FactType.TEXT, "Kind of channel"),
    "channel.medium": Fact(FactType.TEXT, "Medium"),
    "message.text": Fact(FactType.TEXT, "What the customer wrote"),
    "message.first": Fact(FactType.BOOL, "First message of the conversation"),
    "message.reopened": Fact(FactType.BOOL, "Brought a resolved conversation back"),
    "message.language": Fact(FactType.TEXT, "Language"),
    "message.sentiment": Fact(FactType.TEXT, "Sentiment"),
    "message.intent": Fact(FactType.TEXT, "Intent"),
    "message.intent_confidence": Fact(FactType.NUMBER, "How sure the intent is (0–1)"),
    "message.attachments": Fact(FactType.NUMBER, "Number of attachments"),
    "customer.known": Fact(FactType.BOOL, "Has written before"),
    "customer.vip": Fact(FactType.BOOL, "VIP"),
    "customer.tags": Fact(FactType.LIST, "Customer's tags"),
    "customer.language": Fact(FactType.TEXT, "Customer's language"),
    "conversation.priority": Fact(FactType.NUMBER, "Priority (0 low – 3 urgent)"),
    "conversation.tags": Fact(FactType.LIST, "Conversation's tags"),
    "conversation.status": Fact(FactType.TEXT, "Status"),
    "conversation.assigned": Fact(FactType.BOOL, "An agent holds it"),
    "hours.open": Fact(FactType.BOOL, "Inside business hours"),
}
FACTS: dict[str, Schema] = {"MessageReceived": MESSAGE_FACTS}

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
