"""Redis as a signal, never as a store: every call is best effort, fails fast, and backs off while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)
PREFIX = "cxos:"
REST_SECONDS = 1.0
_away_until = 0.0


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, health_check_interval=30
    )


def best_effort(call: Callable[[], object]) -> object | None:
    """The call's result, or None when Redis is away; after a failure nothing is tried for a second."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        return call()
    except Exception as problem:  # noqa: BLE001  kombu and redis raise families of their own, and sockets theirs
        _away_until = time.monotonic() + REST_SECONDS
        log.warning("redis is away", problem=str(problem)[:200])
        return None


def claim_once(name: str, *, seconds: float) -> bool:
    """True for the first caller within `seconds`, or until `release`; False for others and while Redis is away."""
    return bool(best_effort(lambda: client().set(PREFIX + name, 1, nx=True, px=int(seconds * 1000))))


def release(name: str) -> None:
    best_effort(lambda: client().delete(PREFIX + name))


def publish(channel: str, message: bytes | str) -> None:
    best_effort(lambda: client().publish(PREFIX + channel, message))
