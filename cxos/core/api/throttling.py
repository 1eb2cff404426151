"""Requests per minute and principal, counted in Redis; open while Redis is away (reads and posts must go on)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cxos.core import broker
from cxos.core.actor import actor_name


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a principal stands in this minute. `remaining` below 0: refuse. `reset`: seconds until the next minute."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.remaining, 0)),
            "RateLimit-Reset": str(self.reset),
        }


def count_request(principal: str, *, cost: int = 1) -> tuple[int, int, int]:
    """Count one request; returns (limit, remaining, seconds until the window ends). Remaining < 0 = refuse."""
    limit, now = settings.API_REQUESTS_PER_MINUTE, time.time()
    window = int(now // 60)
    name = f"{broker.PREFIX}rate:{principal}:{window}"

    def call() -> int:
        pipe = broker.client().pipeline(transaction=False)
        pipe.incrby(name, cost)
        pipe.expire(name, 120)
        return int(pipe.execute()[0])

    used = broker.best_effort(call)
    remaining = limit if used is None else limit - int(used)  # type: ignore[call-overload]
    return limit, remaining, int((window + 1) * 60 - now) + 1


def principal_of(request: Request) -> str:
    """Whose budget a request uses: the key's, the person's, else the peer address (a header could be forged)."""
    who = request.auth or request.user
    return actor_name(who) if who else f"ip:{request.META.get('REMOTE_ADDR', '')}"


def count(request: HttpRequest, principal: str) -> Rate:
    """Count once; the figures stay on the request for the answer's headers."""
    rate = Rate(*count_request(principal))
    request.rate = rate  # type: ignore[attr-defined]
    return rate


class RateLimit(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        self.rate = count(request._request, principal_of(request))
        return self.rate.remaining >= 0

    def wait(self) -> float:
        return float(self.rate.reset - 1)
