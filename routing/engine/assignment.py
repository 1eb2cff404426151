"""The globally best pairs, for queues that ask for it, when several items and several agents wait for each other.

Greedy matching decides how many of the queue's items are served now; this chooses which agent serves which, so that the
sum of pair values is largest (rectangular assignment, modified Jonker–Volgenant as in SciPy). Bounds on fairness: never
fewer items than greedy serves, and none of those is passed over by an item whose score is more than
`batch_fairness_seconds` smaller. Both hold because greedy's own pairing is one of the candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.engine.capacity import Seat
from routing.engine.floor import Floor, Group
from routing.engine.pools import proficiency
from routing.engine.scoring import score_parts, strategy_value
from routing.engine.snapshot import Choice, Crowd, Item, Match, Reason, SkillMode

LEVEL_VALUE = 10.0  # one queue level weighs as much as ten points of weight × proficiency


class Shape(NamedTuple):
    """Items of one shape can take each other's place at an agent without changing the load."""

    queue: int
    medium: str
    cost: int
    interruptible: bool


class Pair(NamedTuple):
    worth: float
    choice: Choice


@dataclass(frozen=True, slots=True)
class Row:
    """An item that takes part, and what each agent with room is worth to it; agents who may not have it are absent."""

    item: Item
    group: Group
    score: float
    served: bool  # by greedy matching
    pairs: dict[int, Pair]


def improve(floor: Floor, matches: Sequence[Match], *, taken: Mapping[int, Item], now: float, only: int) -> list[Match]:
    """Re-pair the batch queues' matches of one run. `floor` is as the run left it, `taken` holds its matched items.

    Sticky, direct and broadcast matches stay as they are.
    """
    kept: list[Match] = []
    shapes: dict[Shape, list[Match]] = {}
    for match in matches:
        item = taken[match.item]
        if match.reason is Reason.RANKED and len(match.agents) == 1 and floor.rules(item.queue).batch:
            shape = Shape(item.queue, item.medium, match.cost, item.interruptible)
            shapes.setdefault(shape, []).append(match)
        else:
            kept.append(match)
    for shape, members in sorted(shapes.items()):
        kept += _reassign(floor, shape, members, taken, now=now, only=only)
    return kept


def _reassign(
    floor: Floor, shape: Shape, matches: list[Match], taken: Mapping[int, Item], *, now: float, only: int
) -> list[Match]:
    served = {match.item for match in matches}
    for match in matches:
        seat = floor.seat(match.agent)
        floor.withdraw(seat, shape.medium, shape.cost, interruptible=shape.interruptible)
        floor.add(taken[match.item], now=now)
    rooms = _rooms(floor, shape, Counter(match.agent for match in matches), now=now, only=only)
    rows = _rows(floor, shape, served, rooms, now)
    columns = sorted(Counter({agent: min(room, len(rows)) for agent, room in rooms.items()}).elements())
    result = []
    for row, agent in _solve(rows, columns, floor.rules(shape.queue).batch_fairness_seconds):
        seat = floor.seat(agent)
        floor.take(seat, shape.medium, shape.cost, interruptible=shape.interruptible, now=now)
        floor.discard(row.item.id)
        result.append(_match(floor, row, agent, now))
    return result


def _rooms(floor: Floor, shape: Shape, given: Counter[int], *, now: float, only: int) -> dict[int, int]:
    """agent → how many of these items they may have. `given` = how many greedy matching gave each.

    Blended work beside a reserve stays with whom greedy gave it: only how the agents of one run are loaded together
    tells whether the reserve holds, and that stays the same when they swap items of one shape.
    """
    rules = floor.rules(shape.queue)
    if rules.blended and floor.keeps_reserves:
        return dict(given)
    rooms = {}
    for seat in floor.roster.each(floor.roster.present & only):
        # A call may since have come on top of work it interrupts: what greedy gave an agent fits them in any case.
        room = max(seat.room(shape.medium, shape.cost), given[seat.id])
        rooms[seat.id] = int(min(room, max(0, seat.offers_left(rules, now=now)))) if rules.limits_agents else room
    return rooms


def _rows(floor: Floor, shape: Shape, served: set[int], rooms: dict[int, int], now: float) -> list[Row]:
    """The served items, and those waiting closely enough behind the last of them to take a place."""
    rows = []
    for standing in floor.standings.values():
        item, group = standing.item, standing.group
        if group is None or Shape(*group.need[:4]) != shape or group.need.direct is not None:
            continue
        score = score_parts(item, group.rules, now=now).total
        rows.append(Row(item, group, score, item.id in served, {}))
    last = min((row.score for row in rows if row.served), default=0.0)
    within = last - floor.rules(shape.queue).batch_fairness_seconds / 2
    rows = [row for row in rows if row.served or row.score >= within]
    rows.sort(key=lambda row: (-row.score, row.item.queued_at, row.item.id))
    shares: dict[int, dict[int, Pair]] = {}
    for row in rows:
        worths = shares.get(id(row.group))
        if worths is None or row.group.need.own is not None:
            worths = shares[id(row.group)] = _worths(floor, row.group, row.item, rooms)
        for agent, pair in worths.items():
            if floor.refusal(row.item, row.group, floor.seat(agent), now=now) is None:
                row.pairs[agent] = pair
    return rows


def _worths(floor: Floor, group: Group, item: Item, rooms: dict[int, int]) -> dict[int, Pair]:
    """agent → worth of a pair: level, proficiency, predicted score, then the place by strategy as a share below one."""
    seats = [seat for seat in floor.roster.each(group.pool.bits) if rooms.get(seat.id, 0) > 0]
    ranked = sorted(seats, key=lambda seat: (_value(group, item, seat), seat.id))
    worths = {}
    for place, seat in enumerate(ranked):
        level = group.pool.top_level(floor.roster.bit_of[seat.id])
        skill = proficiency(seat.agent.skills, group.need) if group.rules.skill_mode is SkillMode.BEST else 0.0
        predicted = (item.agent_scores or {}).get(seat.id, 0.0)
        worth = LEVEL_VALUE * level + skill + predicted + 1.0 - (place + 1) / (len(ranked) + 1)
        worths[seat.id] = Pair(worth, Choice(seat.id, level, skill, _value(group, item, seat)))
    return worths


def _value(group: Group, item: Item, seat: Seat) -> float:
    predicted = (item.agent_scores or {}).get(seat.id, 0.0)
    return strategy_value(group.rules.strategy, seat, predicted)


def _solve(rows: list[Row], columns: list[int], fairness: float) -> list[tuple[Row, int]]:
    import numpy as np  # only queues in batch mode pay for loading these
    from scipy.optimize import linear_sum_assignment

    worth = np.array([[row.pairs[agent].worth if agent in row.pairs else np.nan for agent in columns] for row in rows])
    allowed = ~np.isnan(worth)
    low, high = np.nanmin(worth), np.nanmax(worth)
    value = np.where(allowed, (worth - low) / ((high - low) or 1.0), 0.0)
    most = min(worth.shape) + 1
    last = min(row.score for row in rows if row.served)
    protected = np.array([row.served and row.score > last + fairness / 2 for row in rows])
    # Serving a protected item outweighs every gain in value; serving one more item at all outweighs both.
    value += allowed * (most * protected[:, None] + most * most)
    chosen = zip(*linear_sum_assignment(value, maximize=True), strict=True)
    return [(rows[row], columns[column]) for row, column in chosen if allowed[row, column]]


def _match(floor: Floor, row: Row, agent: int, now: float) -> Match:
    pool = row.group.pool
    others = sorted(
        (pair for pair in row.pairs.items() if pair[0] != agent), key=lambda pair: (-pair[1].worth, pair[0])
    )
    busy = (pool.bits & floor.roster.present).bit_count() - len(row.pairs)
    roster, paired = floor.roster, floor.roster.bits_of(row.pairs)
    out = {
        **pool.out,
        Reason.NO_CAPACITY: pool.bits
        & roster.present
        & ~roster.free(row.group.need.medium, row.group.need.cost)
        & ~paired,
        Reason.OUTRANKED: paired & ~roster.bit_of[agent],
    }
    return Match(
        item=row.item.id,
        agents=(agent,),
        score=score_parts(row.item, row.group.rules, now=now),
        ring=row.group.need.ring,
        reason=Reason.BATCH,
        cost=row.group.need.cost,
        chosen=(row.pairs[agent].choice,),
        alternatives=tuple(pair.choice for _, pair in others[: floor.alternatives]),
        considered=len(floor.roster.seats),
        filtered={**pool.filtered, **({Reason.NO_CAPACITY: busy} if busy else {})},
        others=Crowd(roster.ids, out),
    )
