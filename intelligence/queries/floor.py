"""The figures of a span of time for queues, agents, channels, or all: for screens, reports and the API.

Each figure comes with the rows behind it: `facts_behind` gives the facts that were counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from intelligence import formulas
from intelligence.counting import EXTERNAL, ROUTABLE, TRANSFERS
from intelligence.formulas import Ratio
from intelligence.intervals import INTERVAL_MS, MARKED, Tally, roll_up
from intelligence.models import Fact, Interval
from intelligence.queries.counts import total
from intelligence.sketch import Sketch

INTERVAL = timedelta(milliseconds=INTERVAL_MS)

PROMISED = ("first_response", "next_response", "resolution")  # what a clock is of
# Which events a figure counts: what to open when somebody clicks on it.
COUNTED_IN = {
    "offered": ("WorkQueued",),
    "answered": ("OfferAccepted", "WorkAssigned"),
    "answered_within": ("OfferAccepted", "WorkAssigned"),
    "service_level": ("OfferAccepted", "WorkAssigned"),
    "speed_of_answer": ("OfferAccepted", "WorkAssigned"),
    "abandoned": ("WorkAbandoned",),
    "handled": ("WorkCompleted", "WorkReleased"),
    "handle_time": ("WorkCompleted", "WorkReleased"),
    "completed": ("WorkCompleted",),
    "transferred": ("WorkReleased",),
    "missed_offers": ("OfferExpired",),
    "declined_offers": ("OfferDeclined",),
    "first_response": ("MessageSent",),
    "next_response": ("MessageSent",),
    "bot_response": ("MessageSent",),
    "flowed_out": ("WorkMoved", "CallbackRequested"),
    "answered_or_left_in_time": ("OfferAccepted", "WorkAssigned", "WorkAbandoned"),
    "gone_in_time": ("OfferAccepted", "WorkAssigned", "WorkAbandoned", "WorkMoved", "CallbackRequested"),
    "wrapped_up": ("WorkCompleted",),
    "items_transferred": ("WorkCompleted",),
    "away": ("PresenceChanged",),
    **{f"away_{cause}": ("PresenceChanged",) for cause in formulas.SHRINKING},
    "resolved": ("ConversationResolved",),
    "first_resolved": ("ConversationResolved",),
    "satisfaction": ("SurveyAnswered",),
    **{f"promises_{metric}": ("ClockMet", "ClockBreached") for metric in PROMISED},
    "reopened": ("ConversationReopened",),
    "breached": ("ClockBreached",),
    "occupancy": (
        "OfferAccepted", "OfferDeclined", "OfferExpired", "OfferWithdrawn", "WorkCompleted", "WorkReleased", "PartLeft",
        "PresenceChanged",
    ),
}  # fmt: skip

# Giving somebody work that was in hand already answers nobody.
_ANSWERS = ~Q(name="WorkAssigned", data__from_queue=False) & ~Q(data__contains={"called_back": True})
_IN_TIME = _ANSWERS & Q(data__within_service_level=True)
_FLOWED_OUT = ~Q(data__contains={"from_queue": False}) & ~Q(data__contains={"called_back": True})
_SOON = Q(data__within_service_level=True)
_LEFT_IN_TIME = Q(name="WorkAbandoned") & _SOON
_ANSWERED_IN_TIME = Q(name__in=["OfferAccepted", "WorkAssigned"]) & _IN_TIME
_TOLD = Q(name="MessageSent") & Q(data__waiting_ms__gte=0)
_BY_AGENT = Q(data__author_kind="agent")
_BY_SOMEBODY = Q(agent_id__isnull=False)
_HANDLED = _BY_SOMEBODY & ~Q(name="WorkReleased", data__kind=EXTERNAL)
# Which of those events count.
NARROWED = {
    "offered": ~Q(data__contains={"entered": False}),
    "answered": _ANSWERS,
    "speed_of_answer": _ANSWERS,
    "answered_within": _IN_TIME,
    "service_level": _IN_TIME,
    "handled": _HANDLED,
    "handle_time": _HANDLED,
    "completed": _BY_SOMEBODY,
    "transferred": Q(data__kind__in=sorted(TRANSFERS)),
    "occupancy": (_HANDLED | ~Q(name__in=["WorkCompleted", "WorkReleased"]))
    & (~Q(name="PresenceChanged") | Q(data__previous__in=sorted(ROUTABLE))),
    "flowed_out": _FLOWED_OUT,
    "answered_or_left_in_time": _ANSWERED_IN_TIME | _LEFT_IN_TIME,
    "gone_in_time": _ANSWERED_IN_TIME
    | _LEFT_IN_TIME
    | Q(name__in=["WorkMoved", "CallbackRequested"]) & _SOON & _FLOWED_OUT,
    "wrapped_up": _BY_SOMEBODY & Q(data__wrap_up_ms__gt=0),
    "items_transferred": _BY_SOMEBODY & Q(data__transfers__gt=0),
    "away": ~Q(data__previous__in=["offline", *sorted(ROUTABLE)]),
    **{f"away_{cause}": Q(data__previous=cause) for cause in formulas.SHRINKING},
    "first_response": _TOLD & _BY_AGENT & Q(data__first_response=True),
    "next_response": _TOLD & _BY_AGENT & ~Q(data__contains={"first_response": True}),
    "bot_response": _TOLD & ~_BY_AGENT,
    "first_resolved": ~Q(data__contains={"again": True}),
    **{
        f"promises_{metric}": Q(data__metric=metric) & (Q(name="ClockBreached") | ~Q(data__contains={"late": True}))
        for metric in PROMISED
    },
}


@dataclass(frozen=True, slots=True)
class Waits:
    """Mean, median, ninetieth percentile and longest, in seconds; None where there was nothing."""

    mean: float | None
    median: float | None
    p90: float | None
    longest: float | None

    @classmethod
    def of(cls, sketch: Sketch) -> Waits:
        if not sketch.buckets:
            return cls(None, None, None, None)
        shares = [sketch.percentile(share) or 0 for share in (0.5, 0.9, 1.0)]
        return cls((sketch.mean or 0.0) / 1000, *(value / 1000 for value in shares))


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened to one subject in a span. Times in seconds; shares as ratios, which may be undefined."""

    tally: Tally
    offered: int
    answered: int
    abandoned: int
    handled: int
    completed: int
    service_level: Ratio  # SL_offered, the default variant
    service_levels: dict[str, Ratio]  # every variant, by its published name
    speed_of_answer: Waits
    abandon_rate: Ratio
    abandon_time: Waits
    handle_seconds: float | None
    wrap_up_seconds: float | None
    occupancy: Ratio
    missed_offers: Ratio
    transfers: Ratio
    transfers_blind: Ratio
    transfers_warm: Ratio
    items_transferred: Ratio
    flow_outs: Ratio
    utilisation: Ratio
    shrinkage: Ratio
    first_response: Waits
    next_response: Waits
    resolution: Waits
    resolution_unpaused: Waits
    resolution_in_business_time: Waits
    first_resolution: Waits

    @classmethod
    def of(cls, tally: Tally) -> Figures:
        sums = tally.sums
        return cls(
            tally=tally,
            offered=sums["offered"],
            answered=sums["answered"],
            abandoned=sums["abandoned"],
            handled=sums["handled"],
            completed=sums["items_completed"],
            service_level=formulas.service_level_offered(tally),
            service_levels={name: formula(tally) for name, formula in formulas.SERVICE_LEVELS.items()},
            speed_of_answer=_waits(tally, "answered_wait"),
            abandon_rate=formulas.abandon_rate(tally),
            abandon_time=_waits(tally, "abandoned_wait"),
            handle_seconds=_seconds(formulas.average_handle_time(tally)),
            wrap_up_seconds=_seconds(formulas.average_wrap_up(tally)),
            occupancy=formulas.occupancy(tally),
            missed_offers=formulas.missed_offer_rate(tally),
            transfers=formulas.transfer_rate(tally),
            transfers_blind=formulas.transfer_rate(tally, how="blind"),
            transfers_warm=formulas.transfer_rate(tally, how="warm"),
            items_transferred=formulas.item_transfer_rate(tally),
            flow_outs=formulas.flow_out_rate(tally),
            utilisation=formulas.utilisation(tally),
            shrinkage=formulas.shrinkage(tally),
            first_response=_waits(tally, "human_first_response"),
            next_response=_waits(tally, "human_next_response"),
            resolution=_waits(tally, "resolution"),
            resolution_unpaused=_waits(tally, "resolution_unpaused"),
            resolution_in_business_time=_waits(tally, "clock_resolution"),
            first_resolution=_waits(tally, "first_resolution"),
        )


def figures(subject: str, start: datetime, end: datetime, *, ids: Iterable[int] | None = None) -> dict[int, Figures]:
    """Figures of each queue, agent or channel (`subject`) over [start, end), by id; one query.

    Quarter-hours count whole when they begin in the span. A subject nothing happened to is absent: use `NOTHING`.
    """
    held: dict[int, list[Tally]] = defaultdict(list)
    for row in _intervals(subject, start, end, ids):
        held[row.subject_id].append(Tally.from_json(row.sums, row.sketches))
    return {subject_id: Figures.of(roll_up(tallies)) for subject_id, tallies in held.items()}


def figures_of_day(
    subject: str, subject_id: int, start: datetime, end: datetime, *, last: datetime
) -> tuple[Figures, Figures]:
    """Figures over [start, end), and of the quarter-hour that begins at `last`, inside or not. One query."""
    rows = _intervals(subject, min(start, last), end, [subject_id])
    held = [(row.start, Tally.from_json(row.sums, row.sketches)) for row in rows]
    day = roll_up(tally for at, tally in held if at >= start)
    return Figures.of(day), Figures.of(roll_up(tally for at, tally in held if at == last))


def figures_of_all(start: datetime, end: datetime) -> Figures:
    """Figures of the whole floor over [start, end). Two queries: occupancy is added up from the agents."""
    whole = roll_up(Tally.from_json(row.sums, row.sketches) for row in _intervals("all", start, end, [0]))
    whole.sums.update(total("agent", start, end, names=MARKED))
    return Figures.of(whole)


def figures_by_interval(
    subject: str, subject_id: int, start: datetime, end: datetime, *, quarters: int = 1
) -> list[tuple[datetime, Figures]]:
    """A row for each interval of [start, end), also those where nothing happened; one query.

    `quarters` = quarter-hours an interval: 1 is 15 minutes, 2 is 30. `start` must be the start of one. The starts told
    are in UTC.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    held: dict[datetime, list[Tally]] = defaultdict(list)
    step = INTERVAL * quarters
    for row in _intervals(subject, start, end, [subject_id]):
        held[start + step * ((row.start - start) // step)].append(Tally.from_json(row.sums, row.sketches))
    intervals = [start + step * number for number in range(-((start - end) // step))]
    return [(at, Figures.of(roll_up(held[at])) if at in held else NOTHING) for at in intervals]


def today(now: datetime) -> tuple[datetime, datetime]:
    """From midnight in the zone of `now` up to the end of the current quarter-hour, as moments in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight.astimezone(UTC), last_interval(now)[1] + INTERVAL


def last_interval(now: datetime) -> tuple[datetime, datetime]:
    """The newest quarter-hour that is over, as moments in UTC: in an hour that comes twice, local times add up wrong."""
    now = now.astimezone(UTC)
    end = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return end - INTERVAL, end


def facts_behind(
    figure: str, start: datetime, end: datetime, *, subject: str = "all", subject_id: int = 0
) -> QuerySet[Fact]:
    """The facts a figure counted, newest first. Raises KeyError for a figure that is not in COUNTED_IN."""
    facts = Fact.objects.filter(name__in=COUNTED_IN[figure], at__gte=start, at__lt=end)
    if figure in NARROWED:
        facts = facts.filter(NARROWED[figure])
    if subject != "all":
        facts = facts.filter(**{f"{subject}_id": subject_id})
    return facts.order_by("-at", "-event_id")


def _intervals(subject: str, start: datetime, end: datetime, ids: Iterable[int] | None) -> QuerySet[Interval]:
    rows = Interval.objects.filter(subject=subject, start__gte=start, start__lt=end)
    return rows if ids is None else rows.filter(subject_id__in=list(ids))


def _waits(tally: Tally, name: str) -> Waits:
    return Waits.of(tally.sketches.get(name) or Sketch())


def _seconds(mean_ms: Ratio) -> float | None:
    return None if mean_ms.value is None else mean_ms.value / 1000


NOTHING = Figures.of(Tally())
