"""The life of work items and offers: only these edges exist. Pure."""

from __future__ import annotations

ITEM_EDGES: dict[str, frozenset[str]] = {
    "scheduled": frozenset({"waiting", "active", "canceled", "expired"}),
    "waiting": frozenset({"waiting", "offered", "active", "scheduled", "abandoned", "canceled"}),
    "offered": frozenset({"waiting", "active", "scheduled", "abandoned", "canceled"}),
    "active": frozenset({"paused", "wrapping", "completed", "waiting", "active", "scheduled", "expired"}),
    "paused": frozenset({"active", "wrapping", "completed", "waiting", "scheduled"}),
    "wrapping": frozenset({"completed"}),
    "completed": frozenset(),
    "abandoned": frozenset(),
    "canceled": frozenset(),
    "expired": frozenset(),
}
OFFER_EDGES: dict[str, frozenset[str]] = {
    "pending": frozenset({"accepted", "declined", "expired", "withdrawn"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "expired": frozenset(),
    "withdrawn": frozenset(),
}


def from_states(target: str) -> list[str]:
    """The item states from which `target` may be entered."""
    return [state for state, targets in ITEM_EDGES.items() if target in targets]
