"""Who does something, as one short text: `user:7`, `key:3`, `rule:12`, `customer:5`, `system`."""

from __future__ import annotations

from typing import Any

SYSTEM = "system"


def actor_name(who: Any) -> str:
    """The text for a user, an API key, a customer, or a text that already is one; `system` for None."""
    if who is None:
        return SYSTEM
    if isinstance(who, str):
        return who
    # `__class__`, not `type()`: a request's user is a proxy.
    kind = {"User": "user", "ApiKey": "key", "Customer": "customer", "Rule": "rule"}[who.__class__.__name__]
    return f"{kind}:{who.pk}"


def actor_user_id(actor: str) -> int | None:
    kind, _, number = actor.partition(":")
    return int(number) if kind == "user" and number.isdigit() else None
