"""Agents as the matching core knows them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from channels_app.models import Channel
from cxos.core.prepared import Prepared
from routing import matching as engine
from routing.models import Offer, Segment
from routing.snapshots.loads import agent_rows, held_loads
from routing.snapshots.pace import handle_seconds
from routing.snapshots.setup import Setup

HOUR = timedelta(hours=1)
MEDIA = frozenset(Channel.Medium.values)
# Those signed in. What most agents leave empty is not sent, so that it need not be read: no caps, no medium silenced.
SIGNED_IN = Prepared(
    """
SELECT s.user_id, s.presence = 'available' AND s.pending_presence = '', s.budget,
    CASE WHEN s.caps <> '{}' THEN s.caps END,
    CASE WHEN s.media_off <> '[]' OR s.media_missed <> '[]' THEN s.media_off || s.media_missed END,
    extract(epoch FROM s.idle_since)::float8,
    extract(epoch FROM s.last_offer_at)::float8
FROM routing_agentstate s JOIN core_user u ON u.id = s.user_id
WHERE s.user_id = ANY(%(agents)s) AND u.is_active AND s.presence NOT IN ('offline', 'unreachable')
ORDER BY s.user_id
""",
    agents="bigint[]",
)
# Seconds of the last hour in which the agent had at least one thing in hand: overlapping parts count once, and what waited
# for its customer does not count, as in the metrics.
BUSY = Prepared(
    """
SELECT agent_id, sum(extract(epoch FROM upper(part) - lower(part))) FROM (
    SELECT s.agent_id, unnest(range_agg(
        tstzmultirange(tstzrange(greatest(s.started_at, %(start)s), least(coalesce(s.ended_at, %(now)s), %(now)s)))
        - coalesce(waited.spans, '{}')
        - coalesce(tstzmultirange(tstzrange(least(i.paused_at, %(now)s), %(now)s)), '{}')
    )) AS part
    FROM routing_segment s
        LEFT JOIN routing_workitem i ON i.id = s.item_id AND s.ended_at IS NULL AND s.kind = 'lead' AND i.paused_at IS NOT NULL
        LEFT JOIN LATERAL (
            SELECT range_agg(tstzrange((span->>0)::timestamptz, (span->>1)::timestamptz)) AS spans
            FROM jsonb_array_elements(s.pauses) span) waited ON s.pauses <> '[]'
    WHERE s.agent_id = ANY(%(agents)s) AND s.started_at < %(now)s AND (s.ended_at IS NULL OR s.ended_at > %(start)s)
      AND s.started_at > %(long_ago)s
    GROUP BY s.agent_id) parts
GROUP BY agent_id
""",
    agents="bigint[]",
    now="timestamptz",
    start="timestamptz",
    long_ago="timestamptz",
)
# When each held item was taken, for when it may be done.
IN_HAND = Prepared(
    """
SELECT agent_id, queue_id, accepted_at FROM routing_workitem
WHERE state IN ('active', 'paused', 'wrapping') AND accepted_at IS NOT NULL AND agent_id = ANY(%(agents)s)
""",
    agents="bigint[]",
)


def load_agents(
    agent_ids: Collection[int],
    setup: Setup,
    *,
    rules: Iterable[engine.QueueRules],
    known: Collection[int] = (),
    loaded: Collection[engine.Agent] = (),
    now: datetime,
) -> list[engine.Agent]:
    """Those of these agents who are signed in. 2 queries; more where `rules` rank by them: occupancy, offers, handled.

    `known`: agents somebody may wait for; only theirs is it worked out when they will be free.
    `loaded`: some of these agents as they were loaded just now without rules; where no rule asks for more they stand.
    """
    rules = list(rules)
    by_occupancy, by_handled = _ask_occupancy(rules), _ask(rules, engine.Strategy.FEWEST_HANDLED)
    by_offers = any(one.max_offers_per_minute for one in rules)
    stands = () if by_occupancy or by_handled or by_offers else loaded
    have = [one for one in stands if one.id in agent_ids and one.id not in known]
    rows = agent_rows(SIGNED_IN, set(agent_ids).difference(one.id for one in have))
    ids = [row[0] for row in rows]
    figures = Figures(
        loads=held_loads(ids),
        busy=occupancies(ids, now=now) if by_occupancy else {},
        handled=_handled_today(ids, now=now) if by_handled else {},
        offers=_recent_offers(ids, now=now) if by_offers else {},
        free_at=_free_at(set(ids) & set(known), now=now),
    )
    return sorted([*have, *(_as_agent(row, setup, figures) for row in rows)], key=lambda one: one.id)


@dataclass(frozen=True, slots=True)
class Figures:
    """By agent; whoever is left out has none."""

    loads: Mapping[int, Mapping[str, tuple[int, int, int]]]
    busy: Mapping[int, float]
    handled: Mapping[int, int]
    offers: Mapping[int, tuple[float, ...]]
    free_at: Mapping[int, float]


def _as_agent(row: tuple[Any, ...], setup: Setup, figures: Figures) -> engine.Agent:
    id, routable, budget, caps, silent, idle_since, last_offer_at = row
    load = figures.loads.get(id) or {}
    total = sum([cost for _, cost, _ in load.values()])
    return engine.Agent(
        id=id,
        skills=setup.skills.get(id, {}),
        queues=setup.levels.get(id, {}),
        groups=setup.teams.get(id, frozenset()),
        routable=routable,
        media=MEDIA.difference(json.loads(silent)) if silent else None,
        budget=budget,
        load=total,
        interruptible_load=sum([soft for _, _, soft in load.values()]),
        counts={medium: count for medium, (count, _, _) in load.items()},
        caps=json.loads(caps) if caps else {},
        idle_since=None if total else idle_since,
        occupancy=figures.busy.get(id, 0.0),
        handled=figures.handled.get(id, 0),
        last_offer_at=last_offer_at,
        recent_offers=figures.offers.get(id, ()),
        queue_delays=setup.delays.get(id, {}),
        predicted_free_at=figures.free_at.get(id),
    )


def _ask(rules: Iterable[engine.QueueRules], strategy: engine.Strategy) -> bool:
    return any(one.strategy == strategy for one in rules)


def _ask_occupancy(rules: Iterable[engine.QueueRules]) -> bool:
    return any(one.max_occupancy is not None or one.strategy == engine.Strategy.LEAST_OCCUPIED for one in rules)


def occupancies(agent_ids: Collection[int], *, now: datetime) -> dict[int, float]:
    """Share of the last hour with work in hand, 0–1. 1 query."""
    more = {"now": now, "start": now - HOUR, "long_ago": now - 24 * HOUR}
    return {agent: min(1.0, float(busy or 0) / 3600) for agent, busy in agent_rows(BUSY, agent_ids, **more)}


def _handled_today(agent_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Segment.objects.filter(agent__in=agent_ids, started_at__gte=midnight)
    return dict(rows.values_list("agent_id").annotate(Count("id")).order_by())


def _recent_offers(agent_ids: Collection[int], *, now: datetime) -> dict[int, tuple[float, ...]]:
    rows = Offer.objects.filter(agent__in=agent_ids, made_at__gt=now - timedelta(seconds=60), kind=Offer.Kind.WORK)
    found: dict[int, list[float]] = defaultdict(list)
    for agent_id, made_at in rows.order_by("made_at").values_list("agent_id", "made_at"):
        found[agent_id].append(made_at.timestamp())
    return {agent: tuple(times) for agent, times in found.items()}


def _free_at(agent_ids: Collection[int], *, now: datetime) -> Mapping[int, float]:
    """When the first thing in hand is likely to be done, by the usual handle time of its queue; a minute at least."""
    rows = agent_rows(IN_HAND, agent_ids)
    usual = handle_seconds({queue for _, queue, _ in rows}, now=now)
    found: dict[int, float] = {}
    for agent, queue, accepted_at in rows:
        if usual.get(queue):
            ends = max(accepted_at.timestamp() + usual[queue], now.timestamp() + 1.0)
            found[agent] = min(found.get(agent, ends), ends)
    return found
