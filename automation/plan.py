"""A plan: what automation asks for, as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing to do. (rule_id, position) names it, so that it is done once; `why` is the rule's name."""

    rule_id: int
    position: int
    kind: str
    args: dict[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule and how its conditions came out, for the explanation."""

    rule_id: int
    name: str
    applied: bool
    trace: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """In the order to be carried out."""

    actions: tuple[PlannedAction, ...] = ()
    considered: tuple[Considered, ...] = ()

    def first(self, kind: str) -> PlannedAction | None:
        return next((action for action in self.actions if action.kind == kind), None)
