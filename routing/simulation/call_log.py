"""Reading a recorded call-centre log: one row per call, tab-separated with a header, plain or gzipped.

Columns used: date, type, priority, vru_exit, q_start, q_exit, q_time, outcome (AGENT, HANG, PHANTOM), ser_start, ser_time,
server. Clock times are h:mm:ss of the day, durations seconds.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

NOBODY = "NO_SERVER"
COLUMNS = (
    "date",
    "type",
    "priority",
    "vru_exit",
    "q_start",
    "q_exit",
    "q_time",
    "outcome",
    "ser_start",
    "ser_time",
    "server",
)


class UnreadableLog(ValueError):
    """The file is no call log we know."""


@dataclass(frozen=True, slots=True)
class Call:
    """A caller who reached an agent or waited for one. Times are seconds of the day."""

    day: str
    kind: str
    priority: int
    entered: float
    waited: float
    served: bool  # False: hung up after `waited`
    started: float = 0.0
    ended: float = 0.0
    agent: str = NOBODY  # may be unknown though the call was served
    shared: float = 0.0  # seconds of it in which the agent had an earlier call besides

    @property
    def left_queue(self) -> float:
        return self.entered + self.waited

    @property
    def handle_seconds(self) -> float:
        """What the call cost the agent: two calls held at the same time cost that time once."""
        return self.ended - self.started - self.shared

    @property
    def hour(self) -> int:
        return int(self.entered // 3600)


def read_calls(path: Path) -> list[Call]:
    """Every real call of the file in order of entry. Left out are phantoms, callers who hung up before queueing, and those
    who came through at once and reached nobody (seconds long: the floor had no work of them)."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise UnreadableLog(f"{path.name} has no column {', '.join(missing)}: it is not a call log we can read.")
        return sorted(_shared(_calls(rows)), key=lambda call: (call.day, call.entered))


def _calls(rows: Iterable[Mapping[str, str]]) -> Iterator[Call]:
    for row in rows:
        waited = float(row["q_time"])
        if row["outcome"] == "AGENT" and not (waited == 0 and row["server"] == NOBODY):  # no agent ever had those
            yield _served(row, waited)
        elif row["outcome"] == "HANG" and waited > 0:
            yield Call(row["date"], row["type"], int(row["priority"]), _seconds(row["q_start"]), waited, served=False)


def _served(row: Mapping[str, str], waited: float) -> Call:
    """A few rows lack the start of service: it is then the moment the caller left the queue or the menu."""
    started = _seconds(row["ser_start"]) or _seconds(row["q_exit"]) or _seconds(row["vru_exit"])
    ended = started + float(row["ser_time"])
    entered = _seconds(row["q_start"]) if waited > 0 else started
    return Call(row["date"], row["type"], int(row["priority"]), entered, waited, True, started, ended, row["server"])


def _shared(calls: Iterable[Call]) -> Iterator[Call]:
    """The calls with what each shares with earlier ones of the same agent."""
    held_until: dict[tuple[str, str], float] = {}
    for call in sorted(calls, key=lambda call: call.started):
        if call.served and call.agent != NOBODY:
            until = held_until.get((call.day, call.agent), call.started)
            held_until[call.day, call.agent] = max(until, call.ended)
            yield replace(call, shared=max(0.0, min(until, call.ended) - call.started))
        else:
            yield call


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def by_day(calls: Iterable[Call]) -> dict[str, list[Call]]:
    days: dict[str, list[Call]] = {}
    for call in calls:
        days.setdefault(call.day, []).append(call)
    return days
