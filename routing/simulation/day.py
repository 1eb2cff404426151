"""One simulated day: an event loop around the standing floor of the matching engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from math import isfinite
from random import Random
from typing import Any

from routing.engine.assignment import improve
from routing.engine.capacity import cost_of
from routing.engine.floor import EVERYONE, Floor, Standing, with_its_ring
from routing.engine.overflow import overflow_target
from routing.engine.snapshot import Agent, Diversion, Item, Match
from routing.simulation.arrivals import Arrival
from routing.simulation.live import Figures
from routing.simulation.scenario import Scenario, Shut
from routing.simulation.tally import Contact, Fate, Post, Tally

WATCHED_EVENTS = 2048
LOOK_AGAIN = 60.0  # for work of a closed queue that is to overflow, while nothing of its chain is open and has room
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
        self._outside: set[int] = set()  # waiting at a closed queue
        self._figures = Figures(scenario, self._rules)
        self._on_shift: set[int] = set()
        self._owed: dict[int, float] = {}  # agent → seconds of break that are due
        self._away: set[int] = set()
        self._paces = {worker.agent.id: worker.pace for worker in scenario.crew}
        crew = [_at_the_start(worker.agent) for worker in scenario.crew]
        self._floor = Floor(
            now=0.0, agents=crew, queues=self._rules, level_seconds=scenario.level_seconds, alternatives=0
        )
        self._rings_matter = any(rules.rings for rules in self._rules.values())
        self._batches = any(rules.batch for rules in self._rules.values())
        self._ends_at = 0.0

    def run(self) -> Tally:
        self._plan()
        events = self._events
        while events:
            now, number, happen, subject = heappop(events)
            happen(subject, now)
            while self._figures.changed:
                self._figures.changed = False
                self._rebuild(now)
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
            for span in spans:
                self._at(span.start, self._close, (queue, span))
                if span.end < self.scenario.until:
                    self._at(span.end, self._open, queue)
        if self._figures.are_asked_for:
            self._at(0.0, self._refresh_figures, None)
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
        """Into the queue, or where a full one overflows to; with nowhere to go it takes them in all the same."""
        item = visit.item
        rules = self._floor.rules(item.queue)
        if rules.max_size is not None and self._figures.lengths.get(item.queue, 0) >= rules.max_size:
            target = overflow_target(item.queue, self._floor.queues, visited=item.overflow_path)
            visit = visit if target is None else _moved(visit, target, now)
            item = visit.item
        self._visits[item.id] = visit
        self._figures.entered(item.queue, visit.arrival.kind, now=now)
        self._settle(item.id, self._floor.add(item, now=now), now)

    def _settle(self, item_id: int, outcome: Standing | Diversion | None, now: float) -> None:
        """An item has a (new) place on the floor: match it, and plan when to look again."""
        if isinstance(outcome, Diversion):
            if outcome.to_queue is None:
                self._wait_outside(item_id, now)
            else:
                visit = self._leave(item_id, now)
                self._let_in(_moved(visit, outcome.to_queue, now), now)
        elif outcome is not None:
            self._stand(outcome)
            self._serve(self._matches(now, item=item_id), now)

    def _stand(self, standing: Standing) -> None:
        """Look again when time changes its case; its ring stays with it, as the running floor stores it."""
        if standing.recheck_at is not None:
            self._at(standing.recheck_at, self._recheck, (standing.item.id, standing.serial))
        if self._batches:
            self._visits[standing.item.id].item = with_its_ring(standing)

    def _wait_outside(self, item_id: int, now: float) -> None:
        """Their queue is closed: they wait for its opening; when that is not today they are turned away."""
        rules = self._floor.rules(self._visits[item_id].item.queue)
        if rules.opens_at is None or rules.opens_at >= self.scenario.until:
            visit = self._leave(item_id, now)
            self._record(visit, now - visit.item.queued_at, Fate.TURNED_AWAY)
            return
        self._outside.add(item_id)
        if rules.closed_overflows:
            self._at(now + LOOK_AGAIN, self._come_in, item_id)

    def _come_in(self, item_id: int, now: float) -> None:
        if item_id in self._outside:
            self._outside.discard(item_id)
            self._settle(item_id, self._floor.add(self._visits[item_id].item, now=now), now)

    def _recheck(self, subject: tuple[int, int], now: float) -> None:
        item_id, serial = subject
        standing = self._floor.standings.get(item_id)
        if standing is not None and standing.serial == serial:
            self._settle(item_id, self._floor.refresh(item_id, now=now), now)

    def _abandon(self, item_id: int, now: float) -> None:
        if item_id in self._visits:
            visit = self._leave(item_id, now)
            self._floor.discard(item_id)
            self._waited(visit, now, answered=False)
            self._record(visit, now - visit.item.queued_at, Fate.ABANDONED)

    def _leave(self, item_id: int, now: float) -> Visit:
        visit = self._visits.pop(item_id)
        self._outside.discard(item_id)
        self._figures.left(visit.item.queue)
        return visit

    def _waited(self, visit: Visit, until: float, *, answered: bool) -> None:
        entered = visit.arrival.at if visit.item.entered_at is None else visit.item.entered_at
        self._figures.waited(visit.item.queue, until - entered, answered=answered, now=until)

    def _record(self, visit: Visit, waited: float, fate: Fate, *, agent: int = 0, worked: float = 0.0) -> None:
        arrived = visit.arrival.at
        if arrived >= self.scenario.warm_up:
            self.tally.contacts.append(Contact(visit.arrival.kind.queue, arrived, waited, fate, agent, worked))

    # agents

    def _matches(self, now: float, *, item: int | None = None, only: int = EVERYONE) -> list[Match]:
        """What the engine matches now; queues that ask for it then get their best pairs, as in `matching.match`."""
        matches = self._floor.run(now=now, item=item, only=only)
        if not self._batches or not matches:
            return matches
        taken = {match.item: self._visits[match.item].item for match in matches}
        better = improve(self._floor, matches, taken=taken, now=now, only=only)
        for left in set(taken) - {match.item for match in better}:  # others took their place: they wait on
            standing = self._floor.standings[left]
            self._stand(standing)
        return better + self._floor.run(now=now, only=only)

    def _serve(self, matches: Iterable[Match], now: float) -> None:
        for item_id, (_, wake_at) in self._floor.held.items():
            if wake_at is not None:
                self._at(wake_at, self._recheck, (item_id, self._floor.standings[item_id].serial))
        for match in matches:
            visit = self._leave(match.item, now)
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
        self._waited(visit, now + answer, answered=True)
        self._figures.worked(visit.item.queue, agent, worked)
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
            self._serve(self._matches(now, only=self._floor.roster.bit_of[agent]), now)

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

    def _close(self, subject: tuple[int, Shut], now: float) -> None:
        queue, span = subject
        rules = self._floor.rules(queue)
        self._rules[queue] = replace(rules, open=False, opens_at=span.end, closed_overflows=span.overflows)
        self._rebuild(now)

    def _open(self, queue: int, now: float) -> None:
        """Who waits for it comes in, and who waits elsewhere to overflow to it."""
        self._rules[queue] = replace(self._floor.rules(queue), open=True, opens_at=None, closed_overflows=False)
        self._rebuild(now)
        for item_id in sorted(self._outside):
            self._come_in(item_id, now)

    def _refresh_figures(self, _: None, now: float) -> None:
        self._figures.refresh(self._floor, (visit.item for visit in self._visits.values()), now=now)
        if now < self.scenario.until or (self._visits and self._events):
            self._at(now + self.scenario.figures_every, self._refresh_figures, None)

    def _rebuild(self, now: float) -> None:
        outcomes = self._floor.rebuild(self._rules, now=now)
        for outcome in outcomes:
            if isinstance(outcome, Diversion):
                self._settle(outcome.item, outcome, now)
            else:
                self._stand(outcome)
        self._serve(self._matches(now), now)


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
