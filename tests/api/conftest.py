"""Callers of the API: the cast with their sessions or keys, and a small world to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.api import throttling
from cxos.core.models import Scope, User
from cxos.core.services import api_keys

# One for all: a new client loads all middleware anew. It keeps no cookies, as no API answer sets any.
CLIENT = Client()


@dataclass
class Caller:
    """Somebody with an API key, and the two things one does: get and post."""

    key: str

    def get(self, path: str, **query: Any) -> Any:
        return CLIENT.get(f"/api/v1/{path}", query, headers={"Authorization": f"Bearer {self.key}"})

    def post(self, path: str, body: Any = None, *, once: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": once} if once else {})
        return CLIENT.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    """Keys found are remembered for seconds; users of one test are not those of the next."""
    api_keys._found.clear()


COUNT_IN_REDIS = throttling.count_request


@pytest.fixture
def counted_in_redis(no_shared_budget: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real count, for a test about it."""
    monkeypatch.setattr(throttling, "count_request", COUNT_IN_REDIS)


@pytest.fixture(autouse=True)
def no_shared_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates are counted in Redis, which outlives a test; each test begins with a whole budget."""
    used: dict[str, int] = {}

    def count_here(principal: str, *, cost: int = 1) -> tuple[int, int, int]:
        used[principal] = used.get(principal, 0) + cost
        return 6_000, 6_000 - used[principal], 60

    monkeypatch.setattr(throttling, "count_request", count_here)


@pytest.fixture
def caller(db: None) -> Callable[..., Caller]:
    def make(user: User, *scopes: str) -> Caller:
        _, key = api_keys.make_key(
            name="test", user=user, scopes=list(scopes or Scope.values), expires_at=None, actor=user
        )
        return Caller(key)

    return make


@pytest.fixture
def as_ana(ana: User, caller: Callable[..., Caller]) -> Caller:
    return caller(ana)


@pytest.fixture
def as_sam(sam: User, caller: Callable[..., Caller]) -> Caller:
    return caller(sam)


@pytest.fixture
def as_adi(adi: User, caller: Callable[..., Caller]) -> Caller:
    return caller(adi)


@pytest.fixture
def talk(kim: Customer, api: Channel, now: datetime) -> Conversation:
    """Kim asked something; nobody holds it."""
    conversation = Conversation.objects.create(
        customer=kim, channel=api, thread_key="kim", created_at=now, last_message_at=now, waiting_since=now
    )
    Message.objects.create(
        conversation=conversation, author_kind="customer", text="Where is my order?", state="received", created_at=now
    )
    return conversation
