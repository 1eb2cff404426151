"""One simulated day: an event loop around the standing floor of the matching engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from math import isfinite
from random import Random
from typing import Any

from routing.engine.capacity import cost_of
from routing.engine.floor import Floor, Standing
from routing.engine.overflow import overflow_target
from routing.engine.snapshot import Agent, Diversion, Item, Match, Reason
from routing.simulation.arrivals import Arrival
from routing.simulation.scenario import Scenario
from routing.simulation.tally import Contact, Fate, Post, Tally

WATCHED_EVENTS = 2048
Watch = Callable[[float, int], None]


@dataclass(slots=True)
class Visit:
    """A customer in the building: what they bring, and since when."""

    arrival: Arrival
    item: Item
    handle_seconds: float
    answer_seconds: float
    wrap_up_seconds: float


class Day:
    """Everything chance decides about a customer is drawn as they arrive, by their moment and the seed alone: two
    configurations meet the same customers, and one more of them changes nothing about the others."""

    def __init__(self, scenario: Scenario, *, seed: int, watch: Watch | None = None) -> None:
        self.scenario = scenario
        self.tally = Tally()
        self._seed, self._customer, self._latest = seed, Random(), (-1.0, 0)
        self._watch = watch
        self._arrivals = scenario.arrivals.day(Random(f"{seed} arrivals"), until=scenario.until)
        self._rules = dict(scenario.queues)
        self._events: list[tuple[float, int, Callable[[Any, float], None], Any]] = []
        self._serial = count()
        self._ids = count(1)
        self._visits: dict[int, Visit] = {}  # waiting
        self._lengths: dict[int, int] = {}
        self._on_shift: set[int] = set()
        self._owed: dict[int, float] = {}  # agent → seconds of break that are due
        self._away: set[int] = set()
        self._paces = {worker.agent.id: worker.pace for worker in scenario.crew}
        crew = [_at_the_start(worker.agent) for worker in scenario.crew]
        self._floor = Floor(
            now=0.0, agents=crew, queues=self._rules, level_seconds=scenario.level_seconds, alternatives=0
        )
        self._rings_matter = any(rules.rings for rules in self._rules.values())
        self._ends_at = 0.0

    def run(self) -> Tally:
        self._plan()
        events = self._events
        while events:
            now, number, happen, subject = heappop(events)
            happen(subject, now)
            self._ends_at = now
            if self._watch is not None and not number % WATCHED_EVENTS:
                self._watch(now, len(self.tally.contacts))
        for visit in self._visits.values():
            self._record(visit, self._ends_at - visit.item.queued_at, Fate.LEFT_WAITING)
        for agent, post in self.tally.posts.items():
            self._book(agent, self._ends_at, present=post.is_present)
        return self.tally

    def _plan(self) -> None:
        for worker in self.scenario.crew:
            self.tally.posts[worker.agent.id] = Post(worker.agent.id)
            self._floor.set_present(worker.agent.id, False, now=0.0)
            for start, end in worker.on_duty:
                self._at(start, self._turn, (worker.agent.id, True))
                if isfinite(end):
                    self._at(end, self._turn, (worker.agent.id, False))
            for due, seconds in worker.breaks:
                self._at(due, self._break_due, (worker.agent.id, seconds))
        for queue, spans in self.scenario.closed.items():
            for start, end in spans:
                self._at(start, self._open, (queue, False))
                if isfinite(end):
                    self._at(end, self._open, (queue, True))
        if any(group.has_conditions for rules in self._rules.values() for ring in rules.rings for group in ring.groups):
            self._at(self.scenario.figures_every, self._refresh_figures, None)
        self._next_arrival()

    def _at(self, when: float, happen: Callable[[Any, float], None], subject: Any) -> None:
        heappush(self._events, (when, next(self._serial), happen, subject))

    # customers

    def _next_arrival(self) -> None:
        arrival = next(self._arrivals, None)
        if arrival is not None:
            self._at(arrival.at, self._arrive, arrival)

    def _arrive(self, arrival: Arrival, now: float) -> None:
        kind, chance = arrival.kind, self._chance_of(now)
        handle = kind.handle.draw(chance) if arrival.handle_seconds is None else arrival.handle_seconds
        patience = kind.patience.draw(chance) if arrival.patience_seconds is None else arrival.patience_seconds
        wrap_up = (kind.wrap_up or self.scenario.wrap_up).draw(chance)
        item = _item(next(self._ids), arrival, now)
        self._let_in(Visit(arrival, item, handle, self.scenario.answer.draw(chance), wrap_up), now)
        if item.id in self._visits and isfinite(patience):
            self._at(now + patience, self._abandon, item.id)
        self._next_arrival()

    def _chance_of(self, now: float) -> Random:
        """What decides about the customer who comes now; of several at the same moment each has their own."""
        at, number = self._latest
        self._latest = now, (number + 1 if at == now else 0)
        self._customer.seed(hash((self._seed, *self._latest)))
        return self._customer

    def _let_in(self, visit: Visit, now: float) -> None:
        """Into the queue, or where a full one overflows to."""
        item = visit.item
        rules = self._floor.rules(item.queue)
        if rules.max_size is not None and self._lengths.get(item.queue, 0) >= rules.max_size:
            self._overflow(visit, now)
            return
        self._visits[item.id] = visit
        self._lengths[item.queue] = self._lengths.get(item.queue, 0) + 1
        self._settle(item.id, self._floor.add(item, now=now), now)

    def _settle(self, item_id: int, outcome: Standing | Diversion | None, now: float) -> None:
        """An item has a (new) place on the floor: match it, and plan when to look again."""
        if isinstance(outcome, Diversion):
            visit = self._leave(item_id)
            if outcome.reason is Reason.CLOSED or outcome.to_queue is None:
                self._record(visit, now - visit.item.queued_at, Fate.TURNED_AWAY)
            else:
                self._let_in(_moved(visit, outcome.to_queue, now), now)
        elif outcome is not None:
            if outcome.recheck_at is not None:
                self._at(outcome.recheck_at, self._recheck, (item_id, outcome.serial))
            self._serve(self._floor.run(now=now, item=item_id), now)

    def _recheck(self, subject: tuple[int, int], now: float) -> None:
        item_id, serial = subject
        standing = self._floor.standings.get(item_id)
        if standing is not None and standing.serial == serial:
            self._settle(item_id, self._floor.refresh(item_id, now=now), now)

    def _abandon(self, item_id: int, now: float) -> None:
        if item_id in self._visits:
            visit = self._leave(item_id)
            self._floor.discard(item_id)
            self._record(visit, now - visit.item.queued_at, Fate.ABANDONED)

    def _overflow(self, visit: Visit, now: float) -> None:
        queues = {
            queue: replace(rules, waiting=self._lengths.get(queue, 0)) for queue, rules in self._floor.queues.items()
        }
        target = overflow_target(visit.item.queue, queues, visited=visit.item.overflow_path)
        if target is None:
            self._record(visit, now - visit.item.queued_at, Fate.TURNED_AWAY)
        else:
            self._let_in(_moved(visit, target, now), now)

    def _leave(self, item_id: int) -> Visit:
        visit = self._visits.pop(item_id)
        self._lengths[visit.item.queue] -= 1
        return visit

    def _record(self, visit: Visit, waited: float, fate: Fate, *, agent: int = 0, worked: float = 0.0) -> None:
        arrived = visit.arrival.at
        if arrived >= self.scenario.warm_up:
            self.tally.contacts.append(Contact(visit.arrival.kind.queue, arrived, waited, fate, agent, worked))

    # agents

    def _serve(self, matches: Iterable[Match], now: float) -> None:
        for item_id, (_, wake_at) in self._floor.held.items():
            if wake_at is not None:
                self._at(wake_at, self._recheck, (item_id, self._floor.standings[item_id].serial))
        for match in matches:
            visit = self._leave(match.item)
            self._start(visit, match.agent, now)
            for loser in match.agents[1:]:  # a broadcast: the best answers first, the others are free again
                self._floor.withdraw(
                    self._floor.seat(loser), visit.item.medium, match.cost, interruptible=visit.item.interruptible
                )
                self._freed(loser, now)

    def _start(self, visit: Visit, agent: int, now: float) -> None:
        kind, answer = visit.arrival.kind, visit.answer_seconds
        worked = visit.handle_seconds * self._paces[agent] + visit.wrap_up_seconds
        self._record(visit, now + answer - visit.item.queued_at, Fate.ANSWERED, agent=agent, worked=worked)
        self._floor.seat(agent).predicted_free_at = now + answer + kind.handle.mean * self._paces[agent]
        self._book(agent, now)
        self.tally.posts[agent].handled += 1
        self._at(now + answer + worked, self._finish, (agent, visit.item))

    def _finish(self, subject: tuple[int, Item], now: float) -> None:
        agent, item = subject
        seat = self._floor.seat(agent)
        self._floor.release(seat, item.medium, cost_of(item), interruptible=item.interruptible, now=now)
        if seat.load == 0:
            seat.predicted_free_at = None
        self._book(agent, now)
        if seat.load == 0 and agent in self._owed:
            self._go(agent, now)
        else:
            self._freed(agent, now)

    def _freed(self, agent: int, now: float) -> None:
        if self._visits and self.tally.posts[agent].is_present:
            self._serve(self._floor.run(now=now, only=self._floor.roster.bit_of[agent]), now)

    def _turn(self, subject: tuple[int, bool], now: float) -> None:
        """An agent comes on duty or goes off it."""
        agent, present = subject
        (self._on_shift.add if present else self._on_shift.discard)(agent)
        if not (present and (agent in self._owed or agent in self._away)):
            self._set_present(agent, present, now)

    def _break_due(self, subject: tuple[int, float], now: float) -> None:
        agent, seconds = subject
        self._owed[agent] = self._owed.get(agent, 0.0) + seconds
        if agent in self._on_shift:
            self._set_present(agent, False, now)
        if agent not in self._away and self._floor.seat(agent).load == 0:
            self._go(agent, now)

    def _go(self, agent: int, now: float) -> None:
        self._away.add(agent)
        self._at(now + self._owed.pop(agent), self._back, agent)

    def _back(self, agent: int, now: float) -> None:
        if agent in self._owed:
            self._go(agent, now)
            return
        self._away.discard(agent)
        if agent in self._on_shift:
            self._set_present(agent, True, now)

    def _set_present(self, agent: int, present: bool, now: float) -> None:
        self._floor.set_present(agent, present, now=now)
        self._book(agent, now, present=present)
        if self._rings_matter and self._visits:
            self._rebuild(now)
        elif present:
            self._freed(agent, now)

    def _book(self, agent: int, now: float, *, present: bool | None = None) -> None:
        post, seat = self.tally.posts[agent], self._floor.seat(agent)
        present = post.is_present if present is None else present
        # After the last arrivals the floor empties: that is no time anybody asks about.
        counted = self.scenario.warm_up, self.scenario.until
        post.turn_to(now, holds=seat.load, is_present=present, counted=counted)
        seat.occupancy = post.occupancy

    # rules that change through the day

    def _open(self, subject: tuple[int, bool], now: float) -> None:
        queue, is_open = subject
        self._rules[queue] = replace(self._floor.rules(queue), open=is_open)
        self._rebuild(now)

    def _refresh_figures(self, _: None, now: float) -> None:
        for queue, rules in self._rules.items():
            self._rules[queue] = replace(rules, waiting=self._lengths.get(queue, 0))
        self._rebuild(now)
        if now < self.scenario.until or self._visits:
            self._at(now + self.scenario.figures_every, self._refresh_figures, None)

    def _rebuild(self, now: float) -> None:
        outcomes = self._floor.rebuild(dict(self._rules), now=now)
        for outcome in outcomes:
            if isinstance(outcome, Diversion):
                self._settle(outcome.item, outcome, now)
            elif outcome.recheck_at is not None:
                self._at(outcome.recheck_at, self._recheck, (outcome.item.id, outcome.serial))
        self._serve(self._floor.run(now=now), now)


def simulate(scenario: Scenario, *, seed: int, watch: Watch | None = None) -> Tally:
    """Run the day once. The same seed gives the same day, and the same customers to any other configuration.

    `watch` is told (simulated second, interactions done) every so often; what it raises ends the run.
    """
    return Day(scenario, seed=seed, watch=watch).run()


def _at_the_start(agent: Agent) -> Agent:
    """The same person with nothing done yet."""
    return replace(
        agent, load=0, interruptible_load=0, counts={}, idle_since=0.0, occupancy=0.0, handled=0, last_offer_at=None
    )


def _item(number: int, arrival: Arrival, now: float) -> Item:
    kind = arrival.kind
    return Item(
        id=number,
        queue=kind.queue,
        medium=kind.medium,
        queued_at=now,
        priority=kind.priority,
        age_credit=kind.age_credit,
        cost=kind.cost,
        interruptible=kind.interruptible,
        required=kind.required,
        preferred=kind.preferred,
        vip_boost=kind.vip_boost,
        sticky_agent=arrival.sticky_agent,
        sticky_until=now + arrival.sticky_seconds if arrival.sticky_agent is not None else None,
        sla_due=None if kind.sla_seconds is None else now + kind.sla_seconds,
        sla_target=kind.sla_seconds,
    )


def _moved(visit: Visit, queue: int, now: float) -> Visit:
    item = visit.item
    path = (*item.overflow_path, item.queue)
    return replace(visit, item=replace(item, queue=queue, entered_at=now, overflow_path=path))
