"""The live figures that rings and limits read, kept as the running floor keeps them: lengths, expected waits, service levels."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace

from routing.engine.floor import Floor
from routing.engine.rings import holds
from routing.engine.serving import Demand, Kinds, Pace, Service, Waiting
from routing.engine.snapshot import Item, QueueRules, RingGroup
from routing.estimate import HandleTime, share_of_time
from routing.simulation.arrivals import Kind
from routing.simulation.scenario import Scenario

INTERVAL = 900  # seconds: the service level is that of this quarter-hour and the last one
SAMPLES = 200  # of the newest finished items of a queue
DAY_SECONDS = 86_400
TARGET_SECONDS = 20.0


class Figures:
    """Only what some rule asks for is kept; a queue whose rules ask for nothing costs a look-up an event."""

    def __init__(self, scenario: Scenario, rules: dict[int, QueueRules]) -> None:
        self.lengths: dict[int, int] = {}
        self._rules, self._targets = rules, scenario.targets
        asked = {queue: _conditional(each) for queue, each in rules.items()}
        self._asked = {queue: groups for queue, groups in asked.items() if groups}
        self._sized = {queue for queue, each in rules.items() if each.max_size is not None} | set(self._asked)
        self._judged = self._who_asks("max_service_level")
        self._foretold = self._who_asks("min_expected_wait")
        self._seconds = {queue: rules[queue].second_of_day for queue in self._asked}
        self._helping = {queue: self._helps(queue) for queue in self._asked}
        self._offered: Counter[tuple[int, int]] = Counter()
        self._within: Counter[tuple[int, int]] = Counter()
        self._handle: dict[int, HandleTime] = defaultdict(HandleTime)
        self._waits: dict[int, deque[tuple[float, bool]]] = defaultdict(lambda: deque(maxlen=SAMPLES))
        self._usual: dict[int, Kind] = {}
        self._worked: dict[int, Counter[int]] = defaultdict(Counter)  # agent → queue → seconds
        self.changed = False  # other teams help than did before

    @property
    def are_asked_for(self) -> bool:
        """Whether some team helps on a condition."""
        return bool(self._asked)

    def _who_asks(self, condition: str) -> set[int]:
        return {
            queue
            for queue, groups in self._asked.items()
            if any(getattr(group, condition) is not None for group in groups)
        }

    # what happens

    def entered(self, queue: int, kind: Kind, *, now: float) -> None:
        self.lengths[queue] = self.lengths.get(queue, 0) + 1
        if queue in self._judged:
            self._offered[queue, int(now // INTERVAL)] += 1
        if queue in self._foretold:
            self._usual.setdefault(queue, kind)
        if queue in self._sized:
            self._note_length(queue)

    def left(self, queue: int) -> None:
        self.lengths[queue] -= 1
        if queue in self._sized:
            self._note_length(queue)

    def waited(self, queue: int, seconds: float, *, answered: bool, now: float) -> None:
        """How long somebody's wait in this queue was in the end."""
        if queue in self._judged and answered and seconds <= self._targets.get(queue, TARGET_SECONDS):
            self._within[queue, int(now // INTERVAL)] += 1
        if queue in self._foretold:
            self._waits[queue].append((seconds, answered))

    def worked(self, queue: int, agent: int, seconds: float) -> None:
        if self._foretold:
            self._worked[agent][queue] += round(seconds)
            if queue in self._foretold:
                self._handle[queue] = self._handle[queue].after(seconds)

    def _note_length(self, queue: int) -> None:
        self._rules[queue] = replace(self._rules[queue], waiting=self.lengths[queue])
        if queue in self._asked:
            self._look(queue)

    # who helps

    def refresh(self, floor: Floor, waiting: Iterable[Item], *, now: float) -> None:
        """Read expected waits, service levels and the time of day anew."""
        expected = self._expected_waits(floor, waiting, now) if self._foretold else {}
        for queue in self._asked:
            self._rules[queue] = replace(
                self._rules[queue],
                expected_wait=expected.get(queue),
                service_level=self._service_level(queue, now),
                second_of_day=int(self._seconds[queue] + now) % DAY_SECONDS,
            )
            self._look(queue)

    def _look(self, queue: int) -> None:
        helping = self._helps(queue)
        if helping != self._helping[queue]:
            self._helping[queue] = helping
            self.changed = True

    def _helps(self, queue: int) -> list[bool]:
        rules = self._rules[queue]
        return [holds(group, rules) for group in self._asked[queue]]

    def _service_level(self, queue: int, now: float) -> float | None:
        intervals = (int(now // INTERVAL), int(now // INTERVAL) - 1)
        offered = sum(self._offered[queue, one] for one in intervals)
        return sum(self._within[queue, one] for one in intervals) / offered if offered else None

    def _expected_waits(self, floor: Floor, waiting: Iterable[Item], now: float) -> dict[int, float]:
        kinds: dict[int, dict[Demand, list[float]]] = defaultdict(lambda: defaultdict(list))
        for item in waiting:
            if item.queue in self._foretold:
                entered = item.queued_at if item.entered_at is None else item.entered_at
                kinds[item.queue][Demand(item.medium, item.required, item.preferred)].append(now - entered)
        service = Service(
            {queue: self._pace(queue, floor) for queue in self._foretold}, Kinds(floor.roster, self._rules)
        )
        return {
            queue: service.joining(queue, [Waiting(one, len(waits), max(waits)) for one, waits in kinds[queue].items()])
            for queue in sorted(self._foretold)
        }

    def _pace(self, queue: int, floor: Floor) -> Pace:
        usual, waits = self._usual.get(queue), self._waits[queue]
        seconds = sum(each for each, _ in waits)
        members = [self._worked[seat.id] for seat in floor.roster.each(floor.roster.members(queue))]
        return Pace(
            handle_seconds=self._handle[queue].or_usual(usual.handle.mean if usual else 0.0),
            abandons_per_second=sum(not answered for _, answered in waits) / seconds if seconds > 0 else 0.0,
            share=share_of_time(
                on_queue_seconds=sum(one[queue] for one in members),
                on_all_seconds=sum(sum(one.values()) for one in members),
            ),
            medium=usual.medium if usual else "messaging",
        )


def _conditional(rules: QueueRules) -> list[RingGroup]:
    return [group for ring in rules.rings for group in ring.groups if group.has_conditions]
