"""Web chat: the visitor's page fetches what we say when a notice tells it to look, so sending is having stored it.

That it arrived and was seen is told by the page's receipts.
"""

from __future__ import annotations

from channels_app.adapters import SENT, Outcome, Send
from channels_app.models import Message


def prepare(message: Message) -> Send:
    return _send


def _send(seconds: float) -> Outcome:
    return SENT
