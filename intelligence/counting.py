"""What each event counts as. One small function an event; each sees that event alone, so order cannot matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from intelligence.intervals import Recorder, Subjects, Tallies

# Presences in which an agent may be given work; time in them that is not spent on work is idle time.
ROUTABLE = frozenset({"available"})
# Releases by which the work went to somebody else → how it was passed on.
TRANSFERS = {"transferred": "blind", "external": "blind", "handed_over": "warm", "reassigned": "by_hand"}
EXTERNAL = "external"
OFFLINE = "offline"  # not working: nights and holidays are no metric


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fact: an event's name, its moment (Unix time, milliseconds), whom it concerns, and its payload."""

    name: str
    at_ms: int
    subjects: Subjects = field(default_factory=Subjects)
    payload: Mapping[str, Any] = field(default_factory=dict)

    def ms(self, name: str) -> int:
        """A duration of the payload; none, or one below zero by clocks that disagree, is 0."""
        return max(int(self.payload.get(name) or 0), 0)

    @property
    def reach_ms(self) -> int:
        """How far back from its moment the event tells of: intervals before that are untouched by it."""
        handled = self.ms("handled_ms") + self.ms("wrap_up_ms")
        return max(self.ms("ring_ms"), handled, self.ms("previous_ms"), self.ms("joined_ms"))


Count = Callable[[Occurrence, Recorder], None]
COUNTS: dict[str, Count] = {}


def tally(occurrences: Iterable[Occurrence]) -> Tallies:
    """All these facts, added up. Tallies of parts, merged in any order, equal the tally of the whole."""
    tallies = Tallies()
    for one in occurrences:
        count = COUNTS.get(one.name)
        if count:
            count(one, Recorder(tallies, one.subjects, one.at_ms))
    return tallies


def counts(name: str) -> Callable[[Count], Count]:
    def register(count: Count) -> Count:
        COUNTS[name] = count
        return count

    return register


@counts("WorkQueued")
def _queued(one: Occurrence, to: Recorder) -> None:
    """Each entry into a queue is one to be answered; those of work that was in hand before also count apart."""
    if not one.payload.get("entered", True):
        return
    to.count("offered")
    to.count("offered_again", int(bool(one.payload.get("again"))))


@counts("OfferMade")
def _offer_made(one: Occurrence, to: Recorder) -> None:
    to.count("offers_made")


@counts("OfferAccepted")
def _accepted(one: Occurrence, to: Recorder) -> None:
    to.count("offers_accepted")
    _answered(one, to, within=bool(one.payload.get("within_service_level")))
    _rang(one, to)


@counts("WorkAssigned")
def _assigned(one: Occurrence, to: Recorder) -> None:
    to.count("assigned_by_hand")
    if one.payload.get("from_queue", True):
        _answered(one, to, within=bool(one.payload.get("within_service_level")))


def _answered(one: Occurrence, to: Recorder, *, within: bool) -> None:
    """Who asked to be called back has left the line already, and is not counted a second time."""
    waited = one.ms("waited_ms")
    if one.payload.get("called_back"):
        to.count("callbacks_answered")
        to.measure("callback_wait", waited)
        return
    to.count("answered")
    to.count("answered_within", int(within))
    to.count("answered_wait_ms", waited)
    to.measure("answered_wait", waited)


@counts("OfferDeclined")
def _declined(one: Occurrence, to: Recorder) -> None:
    to.count("offers_declined")
    _rang(one, to)


@counts("OfferExpired")
def _expired(one: Occurrence, to: Recorder) -> None:
    to.count("offers_expired")
    _rang(one, to)


@counts("OfferWithdrawn")
def _withdrawn(one: Occurrence, to: Recorder) -> None:
    to.count("offers_withdrawn")
    _rang(one, to)


def _rang(one: Occurrence, to: Recorder) -> None:
    start = one.at_ms - one.ms("ring_ms")
    to.span("ring", start, one.at_ms)
    to.presence("in_hand", start, one.at_ms)


@counts("WorkAbandoned")
def _abandoned(one: Occurrence, to: Recorder) -> None:
    waited, short = one.ms("waited_ms"), bool(one.payload.get("short"))
    to.count("abandoned")
    to.count("abandoned_short", int(short))
    to.count("abandoned_within", int(bool(one.payload.get("within_service_level", short))))
    to.count("abandoned_wait_ms", waited)
    to.measure("abandoned_wait", waited)


@counts("WorkMoved")
def _moved(one: Occurrence, to: Recorder) -> None:
    """Work that nobody had answered went on to another queue; counted for the queue it left."""
    to.count("overflowed" if one.payload.get("kind") == "overflow" else "transferred_waiting")
    if not one.payload.get("called_back"):
        _flowed_out(one, to)


@counts("CallbackRequested")
def _callback(one: Occurrence, to: Recorder) -> None:
    to.count("callbacks_requested")
    if one.payload.get("from_queue", True):
        _flowed_out(one, to)


def _flowed_out(one: Occurrence, to: Recorder) -> None:
    to.count("flowed_out")
    to.count("flowed_out_within", int(bool(one.payload.get("within_service_level"))))


@counts("WorkReleased")
def _released(one: Occurrence, to: Recorder) -> None:
    """What went to somebody outside is completed in the same moment, and handled by that."""
    how = TRANSFERS.get(str(one.payload.get("kind", "")))
    to.count("segments_transferred" if how else "segments_returned")
    if how:
        to.count(f"segments_transferred_{how}")
    if one.payload.get("kind") != EXTERNAL:
        _handled(one, to, wrap_up=0)


@counts("WorkCompleted")
def _completed(one: Occurrence, to: Recorder) -> None:
    if one.subjects.agent_id is None:
        to.count("canceled", int(bool(one.payload.get("from_queue", True))))  # closed while it still waited
        return
    to.count("items_completed")
    to.count("items_transferred", int(one.ms("transfers") > 0))
    _handled(one, to, wrap_up=one.ms("wrap_up_ms"))


def _handled(one: Occurrence, to: Recorder, *, wrap_up: int) -> None:
    """One agent's part of an item: handling up to the wrap-up, but for the time it waited for the customer; the wrap-up up
    to now."""
    wrapping_from = one.at_ms - wrap_up
    started = wrapping_from - one.ms("handled_ms")
    to.count("handled")
    to.count("wrapped_up", int(wrap_up > 0))
    worked = list(_worked(started, wrapping_from, one))
    for start, end in worked:
        to.span("handling", start, end)
        to.presence("in_hand", start, end)
    to.span("wrap_up", wrapping_from, one.at_ms)
    to.presence("in_hand", wrapping_from, one.at_ms)
    to.measure("handle", sum(end - start for start, end in worked) + wrap_up)


def _worked(start_ms: int, end_ms: int, one: Occurrence) -> Iterator[tuple[int, int]]:
    """What the event's pauses leave of [start, end)."""
    at = start_ms
    for began, ended in sorted(
        (one.at_ms - began, one.at_ms - ended) for began, ended in one.payload.get("pauses", ())
    ):
        if at < began < end_ms:
            yield at, began
        at = max(at, ended)
    if at < end_ms:
        yield at, end_ms


@counts("PartLeft")
def _part_left(one: Occurrence, to: Recorder) -> None:
    """Who advised or took part had work in hand; the segment handled is its holder's."""
    start = one.at_ms - one.ms("joined_ms")
    to.count("parts")
    to.span("part", start, one.at_ms)
    to.presence("in_hand", start, one.at_ms)


@counts("PresenceChanged")
def _presence(one: Occurrence, to: Recorder) -> None:
    previous, start = str(one.payload.get("previous", "")), one.at_ms - one.ms("previous_ms")
    if previous == OFFLINE:
        return
    to.span(f"presence_{previous}", start, one.at_ms)
    for name in ("paid", "productive"):
        if one.payload.get(f"previous_{name}", name == "paid"):
            to.span(name, start, one.at_ms)
    if previous in ROUTABLE:
        to.presence("routable", start, one.at_ms)


@counts("MessageReceived")
def _message_received(one: Occurrence, to: Recorder) -> None:
    to.count("messages_received")


@counts("MessageSent")
def _message_sent(one: Occurrence, to: Recorder) -> None:
    author = "human" if one.payload.get("author_kind") == "agent" else "bot"
    to.count(f"messages_sent_by_{author}")
    if one.payload.get("waiting_ms") is None:
        return
    kind = "first_response" if one.payload.get("first_response") else "next_response"
    to.measure(f"{author}_{kind}", one.ms("waiting_ms"))


@counts("ConversationStarted")
def _started(one: Occurrence, to: Recorder) -> None:
    to.count("conversations_started")


@counts("ConversationResolved")
def _resolved(one: Occurrence, to: Recorder) -> None:
    to.count("conversations_resolved")
    to.measure("resolution", one.ms("open_ms"))
    to.measure("resolution_unpaused", max(0, one.ms("open_ms") - one.ms("paused_ms")))
    if not one.payload.get("again"):
        to.count("conversations_first_resolved")
        to.measure("first_resolution", one.ms("open_ms"))


@counts("ConversationReopened")
def _reopened(one: Occurrence, to: Recorder) -> None:
    to.count("conversations_reopened")


@counts("ClockMet")
def _clock_met(one: Occurrence, to: Recorder) -> None:
    late = "_late" if one.payload.get("late") else ""
    to.count(f"clock_{one.payload.get('metric')}_met{late}")
    to.measure(f"clock_{one.payload.get('metric')}", int(one.payload.get("consumed_seconds") or 0) * 1000)


@counts("ClockBreached")
def _clock_breached(one: Occurrence, to: Recorder) -> None:
    to.count(f"clock_{one.payload.get('metric')}_breached")
