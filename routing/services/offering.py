"""Offers made: what the matching core chose is committed, each match wholly or not at all.

Several matches share a transaction, for that costs hardly more than one. Locks go agents → items; an item that somebody
else holds at this moment is left to them: it is changing, and will be looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from cxos.core.errors import DomainError
from cxos.core.outbox import emit_all
from cxos.core.phrases import in_source_language
from cxos.core.prepared import Prepared
from routing.matching import Match, explain
from routing.models import AgentState, Offer, Presence, Queue, WorkItem
from routing.sentences import LIMIT, match_sentence
from routing.services.agents import lock_agents, may_hold
from routing.services.offers import made, take
from routing.snapshots import held_loads

log = structlog.get_logger(__name__)
MOST = 25  # matches in one transaction
NAMED = 3  # of those it is offered to, in the sentence that says why
WRITE = Prepared(
    """
WITH offers AS (
    SELECT * FROM jsonb_to_recordset(%(offers)s)
        AS r(ord int, item bigint, agent bigint, broadcast boolean, expires_at timestamptz)
), reasons AS (
    SELECT * FROM jsonb_to_recordset(%(reasons)s) AS r(item bigint, sentence text, facts jsonb)
), held AS (
    UPDATE routing_workitem SET
        state = 'offered', offers_made = offers_made + 1, version = version + 1, wake_at = NULL, ring_since = NULL,
        ring_elapsed = ring_elapsed + greatest(0, extract(epoch FROM %(now)s - coalesce(ring_since, entered_at))),
        -- offered at the first look: there was nothing to wait for
        predicted_wait_seconds = coalesce(predicted_wait_seconds, 0)
    WHERE id IN (SELECT item FROM reasons) RETURNING id, conversation_id, offers_made
), busy AS (
    UPDATE routing_agentstate SET last_offer_at = %(now)s WHERE user_id IN (SELECT agent FROM offers)
), explained AS (
    INSERT INTO routing_decision (item_id, conversation_id, kind, sentence, facts, at)
    SELECT held.id, held.conversation_id, 'match', r.sentence, r.facts, %(now)s
    FROM reasons r JOIN held ON held.id = r.item ORDER BY held.id
)
INSERT INTO routing_offer (item_id, agent_id, state, attempt, broadcast, kind, made_at, expires_at, reason)
SELECT held.id, o.agent, 'pending', held.offers_made, o.broadcast, 'work', %(now)s, o.expires_at, ''
FROM offers o JOIN held ON held.id = o.item ORDER BY o.ord
RETURNING id, item_id, agent_id
""",
    offers="jsonb",
    reasons="jsonb",
    now="timestamptz",
)
# Those that still wait and nobody else holds at this moment, locked.
STILL_WAITING = Prepared(
    """
SELECT id, version FROM routing_workitem WHERE id = ANY(%(items)s) AND state = 'waiting'
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
""",
    items="bigint[]",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A match that can be had: its item and those of its agents who may still take it."""

    match: Match
    item: WorkItem
    takers: list[AgentState]
    expires_at: datetime


def make_offers(
    matches: Iterable[Match], items: Mapping[int, WorkItem], *, queues: Mapping[int, Queue], now: datetime
) -> tuple[list[Offer], int]:
    """Hold each match's item for its agent(s) until the queue's deadline: (offers, matches the world had moved on from).

    `items`: the waiting items by id, as the matching core saw them. Where queue or agent take this medium without being
    asked the offer is accepted in the same transaction.
    """
    all_of_them, offers, lost = list(matches), [], 0
    for start in range(0, len(all_of_them), MOST):
        some = all_of_them[start : start + MOST]
        done, failed = _make(some, items, queues, now)
        offers += done
        lost += failed
    return offers, lost


def _make(
    matches: Sequence[Match], items: Mapping[int, WorkItem], queues: Mapping[int, Queue], now: datetime
) -> tuple[list[Offer], int]:
    try:
        with transaction.atomic():
            return _commit(matches, items, queues, now)
    except (IntegrityError, DomainError) as problem:
        log.info("a match could not be committed", matches=len(matches), problem=str(problem))
        if len(matches) == 1:
            return [], 1
        alone = [_make([match], items, queues, now) for match in matches]
        return [offer for done, _ in alone for offer in done], sum(lost for _, lost in alone)


def _commit(
    matches: Sequence[Match], items: Mapping[int, WorkItem], queues: Mapping[int, Queue], now: datetime
) -> tuple[list[Offer], int]:
    agents = lock_agents({agent for match in matches for agent in match.agents})
    taken = _still_there(matches, items, queues, agents, now)
    if not taken:
        return [], len(matches)
    offers = _write(taken, now=now)
    emit_all([(made(offer, offer.item, now=now), f"work:{offer.item_id}") for offer in offers])
    _take_unasked(offers, agents, now=now)
    return offers, len(matches) - len(taken)


def _still_there(
    matches: Sequence[Match],
    items: Mapping[int, WorkItem],
    queues: Mapping[int, Queue],
    agents: Mapping[int, AgentState],
    now: datetime,
) -> list[Taken]:
    """What can be had, under the locks of agents and items: the matcher's picture may be a moment old."""
    versions = dict(STILL_WAITING.run({"items": [match.item for match in matches]}))
    loads, taken = held_loads(agents), []
    for match in matches:
        item = items[match.item]
        if versions.get(item.id) != item.version:
            continue
        item.queue = queues[item.queue_id]
        takers = [agents[one] for one in sorted(match.agents) if one in agents]
        takers = [agent for agent in takers if _may_take(agent, item, loads[agent.user_id])]
        for agent in takers:
            count, cost, soft = loads[agent.user_id].get(item.medium, (0, 0, 0))
            more = (count + 1, cost + item.cost, soft + item.cost * item.interruptible)
            loads[agent.user_id][item.medium] = more
        if takers:
            seconds = item.queue.offer_seconds_by.get(item.medium, item.queue.offer_seconds)
            taken.append(Taken(match, item, takers, now + timedelta(seconds=seconds)))
    return taken


def _may_take(agent: AgentState, item: WorkItem, load: Mapping[str, tuple[int, int, int]]) -> bool:
    if agent.presence != Presence.AVAILABLE or agent.pending_presence:
        return False
    if item.medium in {*agent.media_off, *agent.media_missed}:
        return False
    return may_hold(agent, load, medium=item.medium, cost=item.cost)


def _write(taken: Sequence[Taken], *, now: datetime) -> list[Offer]:
    """Hold the items, store offers and reasons: one statement."""
    offers = [
        Offer(
            item=one.item,
            agent=agent.user,
            attempt=one.item.offers_made + 1,
            broadcast=len(one.match.agents) > 1,
            made_at=now,
            expires_at=one.expires_at,
        )
        for one in taken
        for agent in one.takers
    ]
    with in_source_language():
        reasons = [_reason(one) for one in taken]
    given: dict[str, Any] = {
        "offers": json.dumps([_row(number, offer) for number, offer in enumerate(offers)]),
        "reasons": json.dumps(reasons),
        "now": now,
    }
    ids = {(item_id, agent_id): id for id, item_id, agent_id in WRITE.run(given)}
    for one in taken:
        one.item.state, one.item.version = WorkItem.State.OFFERED, one.item.version + 1
        one.item.offers_made += 1
    for offer in offers:
        offer.id = ids[offer.item_id, offer.agent_id]
    return offers


def _row(number: int, offer: Offer) -> dict[str, Any]:
    return {
        "ord": number,
        "item": offer.item_id,
        "agent": offer.agent_id,
        "broadcast": offer.broadcast,
        "expires_at": offer.expires_at.isoformat(),
    }


def _reason(one: Taken) -> dict[str, Any]:
    names = {agent.user_id: agent.user.name for agent in one.takers}
    first = [names.get(agent, f"#{agent}") for agent in one.match.agents[:NAMED]]
    facts = explain(one.match, names=first)
    return {"item": one.item.id, "sentence": match_sentence(facts)[:LIMIT], "facts": facts}


def _take_unasked(offers: Iterable[Offer], agents: Mapping[int, AgentState], *, now: datetime) -> None:
    """Where queue or agent take this medium without being asked: the first of an item's agents has it."""
    given: set[int] = set()
    for offer in offers:
        item, agent = offer.item, agents[offer.agent_id]
        unasked = offer.expires_at == now or item.medium in {*item.queue.auto_accept, *agent.auto_accept}
        if unasked and item.id not in given:
            given.add(item.id)
            take(offer, agent.user, agent, asked=False, now=now)
