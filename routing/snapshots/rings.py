"""Rings as the matching core knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing import matching as engine


def as_ring(ring: Mapping[str, Any], skill_ids: Mapping[str, int]) -> engine.Ring:
    """As Queue.rings keeps it."""
    return engine.Ring(
        seconds=ring.get("seconds"),
        drops=frozenset(skill_ids.get(key, -1) for key in ring.get("drops", ())),
        drops_all_soft=bool(ring.get("drops_all_soft", False)),
        min_queue_level=int(ring.get("min_queue_level", 0)),
        hold=bool(ring.get("hold", False)),
        groups=tuple(as_group(group) for group in ring.get("groups", ())),
    )


def as_group(group: Mapping[str, Any]) -> engine.RingGroup:
    return engine.RingGroup(
        group=int(group["team"]),
        level=int(group.get("level", 0)),
        min_expected_wait=group.get("min_expected_wait"),
        max_service_level=group.get("max_service_level"),
        min_waiting=group.get("min_waiting"),
        from_second=None if group.get("from") is None else int(group["from"]) * 60,
        to_second=None if group.get("until") is None else int(group["until"]) * 60,
    )
