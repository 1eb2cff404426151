from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.threads import attach
from channels_app.webchat.sayings import say
from channels_app.webchat.sessions import open_session
from channels_app.webchat.visitors import Visitor
from crm.services.identity import resolve

SECRET = "a secret of the site, long enough for HS256"


@pytest.fixture
def webchat(webchat: Channel) -> Channel:
    webchat.secrets = {"identity_secret": SECRET}
    webchat.config = {"allowed_origins": ["https://shop.example"]}
    webchat.save()
    return webchat


@pytest.fixture
def sign(webchat: Channel, now: datetime) -> Callable[..., str]:
    """What the site's server signs for a user who is signed in there."""

    def make(sub: str = "kim", *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
        body = {"sub": sub, "aud": webchat.key, "exp": int((now + timedelta(minutes=30)).timestamp())} | claims
        kept = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(kept, secret, algorithm=algorithm)

    return make


@pytest.fixture
def visitor(webchat: Channel, now: datetime) -> Visitor:
    return open_session(webchat, token=None, identity=None, now=now).visitor


@pytest.fixture
def line(webchat: Channel, now: datetime) -> Callable[..., Message]:
    """Say something and walk it down the line as far as the message: identity, then thread."""

    def walk(visitor: Visitor, text: str, *, client_id: str = "client-00000001") -> Message:
        accepted = say(visitor, webchat, client_id=client_id, text=text, now=now)
        interaction = Interaction.objects.get(pk=accepted.interaction_id)
        found = resolve(
            [tuple(one) for one in interaction.payload["identities"]],
            attributes=interaction.payload["customer"],
            verified=interaction.payload["metadata"]["verified"],
            now=now,
        )
        return attach(interaction, found.customer, now=now).message

    return walk


def only_conversation() -> Conversation:
    return Conversation.objects.get()
