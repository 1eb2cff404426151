"""A decision as compact JSON (at most 2 kB) and the reasons why an item still waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routing.engine.floor import Floor, Group, Standing
from routing.engine.scoring import waited
from routing.engine.snapshot import Choice, Crowd, Match, Reason, Unmatched

LIMIT_BYTES = 2048
NAMED_CHARS = 1000  # of the agents told one by one; the others are counted
VERSION = 1
# Whom one asks about first is kept longest.
BY_INTEREST = (
    Reason.OUTRANKED, Reason.NO_CAPACITY, Reason.EXCLUDED, Reason.QUEUE_DELAY, Reason.RESERVED, Reason.AT_LIMIT,
    Reason.LACKS_SKILL, Reason.MEDIUM_OFF, Reason.NOT_ROUTABLE, Reason.NOT_IN_QUEUE,
)  # fmt: skip


def explain(match: Match, *, names: Sequence[str] = ()) -> dict[str, Any]:
    """The match as JSON-ready data. Keys: v, reason, ring, cost, score{}, considered, filtered{}, chosen[], alternatives[];
    who{} (reason → agents, see `who_not`); and, where `names` of the first who are offered it are given, names[] and
    offered (how many they are in all)."""
    score = match.score
    parts = {"priority": score.priority, "age": score.age, "sla": score.sla, "vip": score.vip, "total": score.total}
    data: dict[str, Any] = {
        "v": VERSION,
        "reason": match.reason.value,
        "ring": match.ring,
        "cost": match.cost,
        "score": {name: round(value, 1) for name, value in parts.items() if value or name == "total"},
        "considered": match.considered,
        "filtered": {reason.value: count for reason, count in match.filtered.items()},
        "chosen": [_choice(each) for each in match.chosen],
        "alternatives": [_choice(each) for each in match.alternatives],
    }
    if names:
        data |= {"names": list(names), "offered": len(match.agents)}
    while len(encoded(data)) > LIMIT_BYTES and (data["alternatives"] or len(data["chosen"]) > 1):
        # Only a broadcast to very many agents gets here; the offers themselves name every agent.
        (data["alternatives"] or data["chosen"]).pop()
        data["cut"] = True
    return data | who_not(match.others, room=LIMIT_BYTES - len(encoded(data)))


def who_not(others: Crowd, *, room: int = LIMIT_BYTES) -> dict[str, Any]:
    """{"who": {reason: "7-9,12"}, "unnamed": n}: agents by id, runs of ids as first-last; `unnamed` are more than `room`
    bytes allow. Both are left out when empty."""
    who: dict[str, str] = {}
    unnamed, left = 0, min(NAMED_CHARS, room - len('"who":{},"unnamed":10000,'))
    for reason in BY_INTEREST:
        runs = list(others.runs(reason))
        left -= len(f'"{reason.value}":"",') if runs else 0
        kept = []
        for first, last in runs:
            text = f"{first}" if first == last else f"{first}-{last}"
            left -= len(text) + 1
            if left < 0:
                unnamed += last - first + 1
            else:
                kept.append(text)
        if kept:
            who[reason.value] = ",".join(kept)
    return ({"who": who} if who else {}) | ({"unnamed": unnamed} if unnamed else {})


def told_of(who: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """(agent, reason) of every agent a stored `who` names."""
    for reason, runs in who.items():
        for run in runs.split(","):
            first, _, last = run.partition("-")
            for agent in range(int(first), int(last or first) + 1):
                yield agent, reason


def encoded(data: dict[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _choice(choice: Choice) -> dict[str, Any]:
    data: dict[str, Any] = {"agent": choice.agent, "level": choice.level, "skill": round(choice.proficiency, 2)}
    if abs(choice.strategy_value) != float("inf"):  # JSON has no infinity: never offered, or not idle
        data["by"] = round(choice.strategy_value, 2)
    return data


@dataclass(frozen=True, slots=True)
class GroupReport:
    """What all waiting items of one group have in common."""

    filtered: dict[Reason, int]
    out: dict[Reason, int]  # the same agents as bits
    slot_at: float | None  # when the per-minute limit lets the next agent have an offer
    delays: tuple[float, ...]  # of free agents who take the queue's items only after a wait


def unmatched(floor: Floor, *, now: float) -> list[Unmatched]:
    """Why each item left on the floor waits, and when time alone changes that. O(items + groups × agents)."""
    reports: dict[int, GroupReport] = {}
    result = []
    for standing in floor.standings.values():
        group = standing.group
        if group is None:
            reason = standing.parked or Reason.NOBODY_FREE
            instants = (standing.recheck_at, floor.rules(standing.item.queue).changes_at)
            wake_at = min((at for at in instants if at is not None), default=None)
            result.append(Unmatched(standing.item.id, reason, wake_at, standing.ring))
            continue
        report = reports.get(id(group))
        if report is None:
            report = reports[id(group)] = _report(floor, group, now)
        result.append(_unmatched(floor, standing, group, report, now))
    return result


def _report(floor: Floor, group: Group, now: float) -> GroupReport:
    need, rules = group.need, group.rules
    free = list(floor.roster.each(group.pool.bits & floor.roster.free(need.medium, need.cost)))
    allowed = [seat for seat in free if seat.allowed_by(rules, now=now)]
    busy = (group.pool.bits & floor.roster.present).bit_count() - len(allowed)
    slots = [slot for seat in free if (slot := seat.offer_slot_at(rules, now=now)) is not None]
    delays = tuple(sorted(delay for seat in allowed if (delay := seat.agent.queue_delays.get(need.queue, 0.0)) > 0))
    filtered = {**group.pool.filtered, **({Reason.NO_CAPACITY: busy} if busy else {})}
    late = floor.roster.bits_of(seat.id for seat in free) & ~floor.roster.bits_of(seat.id for seat in allowed)
    full = group.pool.bits & floor.roster.present & ~floor.roster.free(need.medium, need.cost)
    slow = floor.roster.bits_of(seat.id for seat in allowed if seat.agent.queue_delays.get(need.queue, 0.0) > 0)
    out = {**group.pool.out, Reason.NO_CAPACITY: full, Reason.AT_LIMIT: late, Reason.QUEUE_DELAY: slow}
    return GroupReport(filtered, out, min(slots, default=None), delays)


def _unmatched(floor: Floor, standing: Standing, group: Group, report: GroupReport, now: float) -> Unmatched:
    item, pool = standing.item, group.pool
    reason, held_until = floor.held.get(item.id, (Reason.NOBODY_FREE, None))
    if group.need.direct is not None:
        reason = Reason.WAITS_FOR_DIRECT
    elif not pool.bits & floor.roster.present:
        reason = Reason.NOBODY_ELIGIBLE
    possible = (standing.recheck_at, held_until, report.slot_at, group.rules.changes_at)
    instants = [at for at in possible if at is not None]
    filtered, out = report.filtered, report.out
    here = pool.bits & floor.roster.present
    cooling = {
        agent: until for agent, until in item.excluded if until > now and floor.roster.bit_of.get(agent, 0) & here
    }
    if cooling:
        filtered = {**filtered, Reason.EXCLUDED: len(cooling)}
        passed = floor.roster.bits_of(cooling)
        out = {reason: bits & ~passed for reason, bits in out.items()} | {Reason.EXCLUDED: passed}
        instants += cooling.values()
    if report.delays:
        age = waited(item, now=now)
        instants += [now + delay - age for delay in report.delays if delay > age][:1]
    others = Crowd(floor.roster.ids, out)
    return Unmatched(item.id, reason, min(instants, default=None), standing.ring, filtered, others)
