"""Rings as an admin may set them: what waits is offered more widely, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from cxos.core.errors import Invalid
from cxos.core.models import Team
from routing.models import Skill

MOST_RINGS = 10
RING = {"seconds", "drops", "drops_all_soft", "min_queue_level", "hold", "groups"}
GROUP = {"team", "level", "min_expected_wait", "max_service_level", "min_waiting", "from", "until"}
DAY_MINUTES = 24 * 60


def check_rings(rings: Any) -> None:
    """Raises Invalid (field `rings`) with a sentence that names the ring."""
    if not isinstance(rings, list) or len(rings) > MOST_RINGS:
        raise Invalid("rings", _("A queue has up to %(most)s rings.") % {"most": MOST_RINGS}, field="rings")
    for number, ring in enumerate(rings, start=1):
        if not isinstance(ring, Mapping) or set(ring) - RING:
            raise _wrong(number, "knows " + ", ".join(sorted(RING)))
        _check_ring(number, ring, last=number == len(rings))
    skills = {key for ring in rings for key in ring.get("drops", ())}
    teams = {group["team"] for ring in rings for group in ring.get("groups", ())}
    if unknown := skills - set(Skill.objects.filter(key__in=skills).values_list("key", flat=True)):
        raise Invalid("rings", _("There is no skill %(name)s.") % {"name": min(unknown)}, field="rings")
    if unknown_teams := teams - set(Team.objects.filter(id__in=teams).values_list("id", flat=True)):
        raise Invalid("rings", _("There is no team %(name)s.") % {"name": min(unknown_teams)}, field="rings")


def _check_ring(number: int, ring: Mapping[str, Any], *, last: bool) -> None:
    seconds, level = ring.get("seconds"), ring.get("min_queue_level", 0)
    if not (seconds is None or _whole(seconds, 1, 86_400)) or (seconds is None and not last):
        raise _wrong(number, "lasts 1 to 86,400 seconds; only the last one may go on for good")
    if not _whole(level, 0, 5):
        raise _wrong(number, "asks for a level of 0 to 5")
    if not isinstance(ring.get("drops", []), list) or not isinstance(ring.get("groups", []), list):
        raise _wrong(number, "lists the skills it drops and the teams that help")
    for group in ring.get("groups", []):
        _check_group(number, group)


def _check_group(number: int, group: Any) -> None:
    if not isinstance(group, Mapping) or "team" not in group or set(group) - GROUP:
        raise _wrong(number, "names for each team that helps: " + ", ".join(sorted(GROUP)))
    for name, allowed in CONDITIONS.items():
        if group.get(name) is not None and not allowed(group[name]):
            raise _wrong(number, f"has no such {name}")


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


CONDITIONS: dict[str, Callable[[Any], bool]] = {
    "team": lambda value: _whole(value, 1, 2**31 - 1),
    "level": lambda value: _whole(value, 0, 5),
    "min_expected_wait": lambda value: isinstance(value, int | float) and value >= 0,
    "max_service_level": lambda value: isinstance(value, int | float) and 0 <= value <= 1,
    "min_waiting": lambda value: _whole(value, 0, 100_000),
    "from": lambda value: _whole(value, 0, DAY_MINUTES),
    "until": lambda value: _whole(value, 0, DAY_MINUTES),
}


def _wrong(number: int, words: str) -> Invalid:
    return Invalid("rings", _("Ring %(number)s %(words)s.") % {"number": number, "words": words}, field="rings")
