"""How much one visitor, or one address, may do. Counted in Redis; open while Redis is away."""

from __future__ import annotations

import time

from django.utils.translation import gettext as _

from cxos.core import broker
from cxos.core.errors import DomainError


class TooMuch(DomainError):
    status = 429


# What is done: (how often, in how many seconds). Addresses get more: a whole office may share one.
VISITOR_LIMITS = {"message": (30, 60), "look": (240, 60), "signal": (120, 60), "upload": (20, 60), "callback": (6, 60)}
ADDRESS_LIMITS = {
    "session": (120, 60),
    "message": (300, 60),
    "look": (2_400, 60),
    "upload": (120, 60),
    "help": (600, 60),
    "rating": (30, 60),
    "callback": (30, 60),
}


def check_limits(action: str, *, visitor: str = "", address: str = "") -> None:
    """Count one; raises TooMuch."""
    for who, limits in ((visitor, VISITOR_LIMITS), (address, ADDRESS_LIMITS)):
        if who and action in limits:
            often, seconds = limits[action]
            if _count(f"chat:{action}:{who}", seconds=seconds) > often:
                raise TooMuch("too_much", _("That was too much at once. Wait a minute, then go on."))


def _count(name: str, *, seconds: int) -> int:
    key = f"{broker.PREFIX}{name}:{int(time.time() // seconds)}"

    def call() -> int:
        pipe = broker.client().pipeline(transaction=False)
        pipe.incr(key)
        pipe.expire(key, seconds * 2)
        return int(pipe.execute()[0])

    used = broker.best_effort(call)
    return used if isinstance(used, int) else 0
