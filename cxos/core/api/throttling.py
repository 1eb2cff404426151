"""Requests per minute and principal, counted in Redis; open while Redis is away (reads and posts must go on)."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cxos.core import broker
from cxos.core.actor import actor_name


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


class RateLimit(BaseThrottle):
    """Puts the figures on the request; the response header middleware of the API shows them."""

    def allow_request(self, request: Request, view: Any) -> bool:
        principal = actor_name(request.auth or request.user) if request.user else f"ip:{self.get_ident(request)}"
        self.limit, self.remaining, self.reset = count_request(principal)
        request._request.rate = (self.limit, max(self.remaining, 0), self.reset)  # type: ignore[attr-defined]
        return self.remaining >= 0

    def wait(self) -> float:
        return float(self.reset)
