"""Posting to the API as another system does."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.test import Client

from cxos.core.models import Scope, User
from cxos.core.services.api_keys import make_key

SINGLE, BULK = "/api/v1/interactions", "/api/v1/interactions/bulk"


def new_key(user: User, *scopes: str) -> str:
    return make_key(name="Shop", user=user, scopes=list(scopes or [Scope.INGEST]), expires_at=None, actor=user)[1]


def item(external_id: str = "a1", **more: Any) -> dict[str, Any]:
    identity = {"kind": "email", "value": "Kim@Example.com"}
    return {"channel": "shop", "external_id": external_id, "identities": [identity], "text": "Hello", **more}


def post(key: str, body: Any, url: str = SINGLE, **headers: str) -> HttpResponse:
    """Post JSON (bytes as they are) with the key; returns the answer, whose body is in `.body`."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    given = {"Authorization": f"Bearer {key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = Client().post(url, raw, content_type="application/json", headers=given)
    response.body = orjson.loads(response.content)  # type: ignore[attr-defined]
    return response  # type: ignore[return-value]
