"""Errands to Redis that a request must not wait for, gathered and run by one thread of this process.

Waking the relay and counting requests each cost a round trip, more than the rest of a lean request together. Here many
become one; a nudge goes at once where none went just before, for somebody's message waits for it. What is lost when
the process dies is a hint (a sweep follows within a second) or a few counted requests.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from functools import partial

from django.conf import settings

from cxos.core import broker, outbox

PAUSE_SECONDS = 0.01
RATE_SECONDS = 60


class Tally:
    """Requests of one principal in one window: `known` to Redis from all processes, and `unsent` of ours."""

    __slots__ = ("known", "unsent", "window")

    def __init__(self, window: int) -> None:
        self.window, self.known, self.unsent = window, 0, 0


class Errands:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.nudged = threading.Event()
        self.lanes: set[str] = set()
        self.tallies: dict[str, Tally] = {}
        self.thread: threading.Thread | None = None

    def nudge(self, lanes: Iterable[str]) -> None:
        with self.lock:
            self.lanes.update(lanes)
        self.nudged.set()
        self._wake()

    def count(self, principal: str, cost: int, now: float) -> tuple[int, int, int]:
        window = int(now // RATE_SECONDS)
        with self.lock:
            tally = self.tallies.get(principal)
            if tally is None or tally.window != window:
                tally = self.tallies[principal] = Tally(window)
            tally.unsent += cost
            used = tally.known + tally.unsent
        self._wake()
        limit = settings.API_REQUESTS_PER_MINUTE
        return limit, limit - used, int((window + 1) * RATE_SECONDS - now) + 1

    def _wake(self) -> None:
        if self.wake.is_set():
            return
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    self.thread = threading.Thread(target=self._work, name="errands", daemon=True)
                    self.thread.start()
        self.wake.set()

    def _work(self) -> None:
        while True:
            self.wake.wait()
            self.nudged.wait(PAUSE_SECONDS)  # a count waits for company
            self.wake.clear()
            self.nudged.clear()
            self.run()
            time.sleep(PAUSE_SECONDS)

    def run(self) -> None:
        """Do what has gathered."""
        with self.lock:
            lanes, self.lanes = self.lanes, set()
            unsent = [(name, tally, tally.unsent) for name, tally in self.tallies.items() if tally.unsent]
        for lane in lanes:
            outbox.nudge(lane)
        for name, tally, count in unsent:
            total = broker.best_effort(partial(_add, name, tally.window, count))
            if total is not None:
                with self.lock:
                    tally.known, tally.unsent = int(total), tally.unsent - count  # type: ignore[call-overload]
        if len(self.tallies) > 1000:
            newest = int(time.time() // RATE_SECONDS)
            with self.lock:
                self.tallies = {name: tally for name, tally in self.tallies.items() if tally.window == newest}


def _add(principal: str, window: int, count: int) -> int:
    """The same counter that every other request uses (see api.throttling)."""
    name = f"{broker.PREFIX}rate:{principal}:{window}"
    pipe = broker.client().pipeline(transaction=False)
    pipe.incrby(name, count)
    pipe.expire(name, 2 * RATE_SECONDS)
    return int(pipe.execute()[0])


_errands = Errands()


def _start_over() -> None:
    global _errands
    _errands = Errands()


os.register_at_fork(after_in_child=_start_over)


def nudge_soon(lanes: Iterable[str]) -> None:
    """Wake the relay on these lanes within moments."""
    _errands.nudge(lanes)


def count_soon(principal: str, *, cost: int = 1) -> tuple[int, int, int]:
    """Count a request; returns (limit, remaining, seconds until the window ends). Remaining < 0 = refuse.

    Exact for this process; what other processes counted in the last moments comes with the next round trip.
    """
    return _errands.count(principal, cost, time.time())
