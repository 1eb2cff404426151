from __future__ import annotations

import threading
from typing import Any

import orjson
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from cxos.core import broker, errands, outbox
from cxos.core.errands import Errands
from cxos.core.errors import Conflict
from cxos.core.lean import LeanHandler
from tests.core.wsgi_calls import call

NOON = 1_800_000_000.0  # the start of a minute


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Errands:
    """Errands that are run by hand."""
    mine = Errands()
    monkeypatch.setattr(mine, "_wake", lambda: None)
    return mine


def test_requests_of_all_processes_add_up(gathered: Errands, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10
    totals: dict[tuple[str, int], int] = {}

    def add(principal: str, window: int, count: int) -> int:
        totals[principal, window] = totals.get((principal, window), 5) + count  # another process has counted five
        return totals[principal, window]

    monkeypatch.setattr(errands, "_add", add)
    assert gathered.count("key:1", 1, NOON) == (10, 9, 61)
    assert gathered.count("key:1", 1, NOON + 1) == (10, 8, 60)
    gathered.run()
    assert gathered.count("key:1", 1, NOON + 2) == (10, 2, 59)
    assert totals == {("key:1", int(NOON // 60)): 7}
    assert gathered.count("key:1", 3, NOON + 3)[1] == -1
    assert gathered.count("key:2", 1, NOON + 3)[1] == 9
    assert gathered.count("key:1", 1, NOON + 60) == (10, 9, 61), "a new minute"


def test_requests_are_still_counted_here_while_redis_is_away(
    gathered: Errands, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    monkeypatch.setattr(broker, "best_effort", lambda call: None)
    for _ in range(2):
        assert gathered.count("key:1", 1, NOON)[1] >= 0
        gathered.run()

    assert gathered.count("key:1", 1, NOON)[1] == -1


def test_many_nudges_become_one_per_lane(gathered: Errands, monkeypatch: pytest.MonkeyPatch) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(outbox, "nudge", nudged.append)
    for _ in range(100):
        gathered.nudge({"live", "work"})

    gathered.run()
    gathered.run()

    assert sorted(nudged) == ["live", "work"]


def test_a_nudge_does_not_wait_for_what_only_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is counted before it commits: its nudge must not queue behind its own count."""
    nudged, counted = threading.Event(), threading.Event()
    monkeypatch.setattr(errands, "PAUSE_SECONDS", 300.0)
    monkeypatch.setattr(outbox, "nudge", lambda lane: nudged.set())
    monkeypatch.setattr(errands, "_add", lambda principal, window, count: counted.set() or 1)
    mine = Errands()

    mine.count("key:1", 1, NOON)
    mine.nudge({"live"})

    assert nudged.wait(60) and counted.wait(60)


def greet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


def fail(request: HttpRequest) -> HttpResponse:
    raise Conflict("taken", "Somebody was faster.") if request.body else RuntimeError("a fault of ours")


def elsewhere(environ: Any, start_response: Any) -> Any:
    start_response("418 I'm a teapot", [])
    return [b"the long way"]


@pytest.fixture
def lean() -> LeanHandler:
    return LeanHandler({"/a": greet, "/fail": fail}, otherwise=elsewhere)


def test_listed_address_takes_the_short_way_with_the_headers_that_matter(lean: LeanHandler) -> None:
    status, headers, content = call(lean, "/a", b"hello", HTTP_X_REQUEST_ID="abcdef0123456789")

    assert (status, content) == (200, b"hello")
    assert headers["X-Request-Id"] == "abcdef0123456789"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("path", "prefix"), [("/b", ""), ("/a/", ""), ("/", ""), ("/a", "/cxos")])
def test_every_other_address_takes_the_long_way(lean: LeanHandler, path: str, prefix: str) -> None:
    assert call(lean, path, SCRIPT_NAME=prefix)[0] == 418


def test_fault_on_the_short_way_is_a_500_without_details(lean: LeanHandler) -> None:
    status, _, content = call(lean, "/fail")

    assert status == 500
    assert b"a fault of ours" not in content


@pytest.mark.django_db
def test_both_ways_answer_the_same() -> None:
    from cxos.wsgi import application

    body = orjson.dumps({"text": "Hello"})
    status, headers, content = call(application, "/api/v1/interactions", body)
    long = Client().post("/api/v1/interactions", body, content_type="application/json")

    assert (status, content) == (long.status_code, long.content) == (401, content)
    for name in ("Content-Type", "WWW-Authenticate", "Cache-Control", "RateLimit-Limit", "X-Content-Type-Options"):
        assert headers[name] == long[name]
