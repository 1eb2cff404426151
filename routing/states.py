"""The life of work items and offers: only these edges exist. Pure."""

from __future__ import annotations

ITEM_EDGES: dict[str, frozenset[str]] = {
    "waiting": frozenset({"offered", "active", "abandoned", "canceled", "completed"}),
    "offered": frozenset({"waiting", "active", "abandoned", "canceled", "completed"}),
    "active": frozenset({"paused", "wrapping", "completed", "waiting", "active"}),
    "paused": frozenset({"active", "wrapping", "completed", "waiting"}),
    "wrapping": frozenset({"completed"}),
    "completed": frozenset(),
    "abandoned": frozenset(),
    "canceled": frozenset(),
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
