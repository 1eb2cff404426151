"""Notices: "region X is now version N", sent to every process that serves sockets, which pass it on to open pages.

A region is a short text such as `conversation.5` or `offers.7`; its version only grows (an event id). The page asks
for the region again through the ordinary, permission-checked view. Losing a notice loses nothing: pages ask again
when their socket reconnects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from cxos.core import broker

CHANNEL = "live"


def notify(regions: Iterable[str], *, version: int) -> None:
    """Tell open pages. Call it from a `@hint` (which runs after commit)."""
    names = sorted(set(regions))
    if names:
        broker.publish(CHANNEL, json.dumps({"regions": names, "version": version}))


def signal(region: str, body: dict[str, object]) -> None:
    """Something that is never stored: who types, who looks. Best effort."""
    broker.publish(CHANNEL, json.dumps({"regions": [region], "signal": body}))
