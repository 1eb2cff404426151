"""Signed JSON to an address another system gave us: replies and events alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import orjson

from channels_app.adapters import SENT, Outcome
from channels_app.signing import signed_headers
from cxos.core.outbound import AddressRefused, Unreachable, send

TRY_AGAIN = {408, 409, 423, 425, 429}


def post_signed(
    url: str, content: Any, *, message_id: str, secrets: Sequence[str], seconds: float
) -> tuple[Outcome, int | None]:
    """The outcome, and the HTTP status if there was an answer. Does not raise."""
    body = orjson.dumps(content)
    try:
        headers = signed_headers(secrets, message_id=message_id, timestamp=int(time.time()), body=body)
        answer = send("POST", url, headers=headers | {"Content-Type": "application/json"}, body=body, seconds=seconds)
    except AddressRefused as refused:
        return Outcome("failed", refused.message), None
    except Unreachable as problem:
        return Outcome("later", str(problem)), None
    except ValueError as problem:  # a secret that is none
        return Outcome("failed", str(problem)), None
    return _judge(answer.status), answer.status


def _judge(status: int) -> Outcome:
    if 200 <= status < 300:
        return SENT
    if 300 <= status < 400:
        return Outcome("failed", f"The target answered {status}, a redirect. Set the address it leads to instead.")
    if status in TRY_AGAIN or status >= 500:
        return Outcome("later", f"The target answered {status}.")
    return Outcome("failed", f"The target answered {status}, and so refused it.")
