"""The board: each queue as it is now, as the day has been, and as the next half hour will be. Set-wise queries only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from intelligence import formulas, queries
from intelligence.formulas import Ratio
from intelligence.intervals import Tally
from intelligence.queries import Figures, outlook
from intelligence.queries.counts import counts_of_day
from intelligence.queries.outlook import DayOutlook
from routing import soon, standing
from routing.models import Presence, Queue
from routing.soon import GOAL, Soon
from routing.standing import Live

WARN = 0.6  # a service level below it is red; below GOAL amber
HIGH_RISK, SOME_RISK = 0.5, 0.2
# The sums a line of the board is made of.
COUNTED = ("offered", "answered", "answered_within", "answered_wait_ms", "abandoned")
# In which order presences stand.
SHOWN_PRESENCES = [one for one in Presence if one != Presence.OFFLINE]


@dataclass(frozen=True, slots=True)
class Counted:
    """What happened in one queue in a span."""

    offered: int
    abandoned: int
    service_level: Ratio
    answer_seconds: float | None

    @classmethod
    def of(cls, tally: Tally) -> Counted:
        mean = formulas.average_speed_of_answer(tally).value
        return cls(
            offered=tally.sums["offered"],
            abandoned=tally.sums["abandoned"],
            service_level=formulas.service_level_offered(tally),
            answer_seconds=None if mean is None else mean / 1000,
        )


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue on the board. `present`: members by presence."""

    queue: Queue
    live: Live
    day: Counted
    last: Counted
    present: Counter[str]
    outlook: DayOutlook | None
    soon: Soon

    @property
    def available(self) -> int:
        return self.present[Presence.AVAILABLE]

    @property
    def members(self) -> int:
        return self.present.total()

    @property
    def on_duty(self) -> int:
        return self.members - self.present[Presence.OFFLINE]

    @property
    def presences(self) -> list[tuple[Presence, int]]:
        """Who is signed in, by state."""
        return [(one, self.present[one]) for one in SHOWN_PRESENCES if self.present[one]]

    @property
    def level_tone(self) -> str:
        return tone_of(self.day.service_level.value)

    @property
    def risk_tone(self) -> str:
        if self.soon.risk is None:
            return ""
        chance = self.soon.risk.chance
        return "late" if chance >= HIGH_RISK else "waiting" if chance >= SOME_RISK else "live"

    @property
    def expected(self) -> float | None:
        """What had usually come in by now."""
        return None if self.outlook is None else self.outlook.expected_so_far

    @property
    def at_risk(self) -> bool:
        """Somebody has waited longer than we promise, or waits where nobody is available."""
        late = self.live.longest is not None and self.live.longest > self.queue.service_level_seconds
        return late or bool(self.live.unanswered and not self.available)


@dataclass(frozen=True, slots=True)
class Board:
    lines: list[QueueLine]
    live: Live
    day: Figures
    last: Figures
    agents: Counter[str]
    outlook: DayOutlook | None

    @property
    def available(self) -> int:
        return self.agents[Presence.AVAILABLE]

    @property
    def serving(self) -> int:
        """How many people serve any queue, signed in or not."""
        return self.agents.total()

    @property
    def level_tone(self) -> str:
        return tone_of(self.day.service_level.value)

    @property
    def whole_day(self) -> int | None:
        """What the day will probably have brought when it is over."""
        if self.outlook is None:
            return None
        return round(sum(self.outlook.actual) + self.outlook.next(self.outlook.slots[-1] - self.outlook.now).mean)


def tone_of(level: float | None) -> str:
    if level is None:
        return ""
    return "live" if level >= GOAL else "waiting" if level >= WARN else "late"


def read_board(*, now: datetime) -> Board:
    """The whole board, `now` in the zone whose days count. 7 queries, 3 more every ten minutes, for any floor."""
    start, end = queries.today(now)
    last_start, _ = queries.last_interval(now)
    day, last = counts_of_day("queue", start, end, last=last_start, names=COUNTED)
    whole_day, whole_last = queries.figures_of_day("all", 0, start, end, last=last_start)
    live, crew = standing.live_by_queue(now=now), standing.read_crew()
    present = crew.by_queue()
    queues = list(Queue.objects.select_related("team").filter(enabled=True))
    days = outlook.outlooks([outlook.ALL, *(("queue", queue.pk) for queue in queues)], now=now)
    coming = soon.next_half_hour(queues, days=days, crew=crew, live=live, now=now)
    lines = [
        QueueLine(
            queue=queue,
            live=live.get(queue.pk, Live()),
            day=Counted.of(day[queue.pk]),
            last=Counted.of(last[queue.pk]),
            present=present[queue.pk],
            outlook=days.get(("queue", queue.pk)),
            soon=coming[queue.pk],
        )
        for queue in queues
    ]
    return Board(
        lines=lines,
        live=standing.add_up(live.values()),
        day=whole_day,
        last=whole_last,
        agents=present[0],
        outlook=days.get(outlook.ALL),
    )
