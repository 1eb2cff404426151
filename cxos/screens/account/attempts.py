"""Guessing passwords: slowed per e-mail and address. A stranger cannot lock anybody out: only their own address waits."""

from __future__ import annotations

import time
from collections import defaultdict, deque

from django.http import HttpRequest

from cxos.core import broker

ATTEMPTS = 10
WINDOW_SECONDS = 300
_local: dict[str, deque[float]] = defaultdict(deque)  # while Redis is away, each process counts for itself


def may_try(request: HttpRequest, email: str) -> bool:
    """Count one attempt; False when this address has tried this e-mail too often within five minutes."""
    name = f"login:{request.META.get('REMOTE_ADDR', '')}:{email.strip().lower()[:254]}"

    def call() -> int:
        pipe = broker.client().pipeline(transaction=False)
        pipe.set(broker.PREFIX + name, 0, ex=WINDOW_SECONDS, nx=True)
        pipe.incr(broker.PREFIX + name)
        return int(pipe.execute()[1])

    counted = broker.best_effort(call)
    return (counted if isinstance(counted, int) else _count_here(name)) <= ATTEMPTS


def forget(request: HttpRequest, email: str) -> None:
    """A right password clears the count."""
    broker.release(f"login:{request.META.get('REMOTE_ADDR', '')}:{email.strip().lower()[:254]}")


def _count_here(name: str) -> int:
    now, times = time.monotonic(), _local[name]
    while times and times[0] < now - WINDOW_SECONDS:
        times.popleft()
    times.append(now)
    if len(_local) > 10_000:
        _local.clear()
    return len(times)
