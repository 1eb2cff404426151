"""What `bin/chaos` finds wrong: a product that refuses, that stays away, or that was not there to be broken."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from channels_app.signing import signed_headers
from cxos.ops.bench.product import Product
from cxos.ops.chaos import faults
from cxos.ops.chaos.endurance import endure
from cxos.ops.chaos.faults import Fault
from cxos.ops.chaos.ledger import Ledger
from cxos.ops.chaos.page import Page, SignedOut
from cxos.ops.chaos.receiver import Receiver
from cxos.ops.chaos.verdict import Verdict
from cxos.ops.daemon import Daemon

GOOD = Verdict(lost=0, doubled=0, left_over=0, seconds=1.0)


class Standin:
    """A product that answers posts and /readyz with the statuses it is told to."""

    def __init__(self) -> None:
        self.posts, self.ready, self.url = 201, 200, ""
        self.once: list[int] = []  # answers to the next posts

    def break_down(self, posts: int, ready: int = 200) -> None:
        self.posts, self.ready = posts, ready


@pytest.fixture
def standin() -> Iterator[Standin]:
    standin = Standin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(standin.ready)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.say(standin.once.pop() if standin.once else standin.posts)

        def say(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with serving(Handler) as standin.url:
        yield standin


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def problems_of(standin: Standin, blows: Any, *, allowed: str = "", well_seconds: float = 20.0) -> list[str]:
    fault = Fault(blows, frozenset(allowed.split()), well_seconds)
    with Ledger(standin.url, "t", per_second=400) as ledger:
        return endure(cast(Product, standin), fault, ledger, seconds=0)


def test_a_product_that_stands_it_has_no_problems(standin: Standin) -> None:
    def blows(product: Any, seconds: float) -> Iterator[str]:
        standin.once = [503] * 3
        yield "the blow"

    assert problems_of(standin, blows, allowed="503") == []


def test_a_product_that_answers_500_for_ever_fails(standin: Standin) -> None:
    def blows(product: Any, seconds: float) -> Iterator[str]:
        standin.break_down(500)
        yield "the blow"

    [problem] = problems_of(standin, blows, well_seconds=0.5)

    assert problem.startswith("Only ")
    assert "of 8 posts were taken within 0.5 s" in problem
    assert "'500'" in problem


def test_a_product_that_is_never_ready_again_fails(standin: Standin) -> None:
    def blows(product: Any, seconds: float) -> Iterator[str]:
        standin.break_down(201, ready=503)
        yield "the blow"

    assert problems_of(standin, blows, well_seconds=0.3) == ["0.3 s after the blow the product was not ready yet."]


def test_an_answer_that_is_not_allowed_fails_though_all_is_well_again(standin: Standin) -> None:
    def blows(product: Any, seconds: float) -> Iterator[str]:
        standin.once = [500, 503, 500]
        yield "the blow"

    assert problems_of(standin, blows, allowed="503") == ["2 × 500 after the blow."]


def test_what_is_allowed_while_it_lasts_is_not_when_all_is_well_again(standin: Standin) -> None:
    class Ledgered(Ledger):
        def wait_for(self, count: int, *, seconds: float) -> None:
            if count == 20 and self.acknowledged and broken:
                standin.once = [503]
            super().wait_for(count, seconds=seconds)

    broken: list[str] = []

    def blows(product: Any, seconds: float) -> Iterator[str]:
        broken.append("yes")
        yield "the blow"

    with Ledgered(standin.url, "t", per_second=400) as ledger:
        fault = Fault(blows, frozenset({"503"}), 20.0)
        found = endure(cast(Product, standin), fault, ledger, seconds=0)

    assert found == ["1 × 503 when all was well again after the blow."]


def test_a_program_or_child_that_is_not_there_fails_the_fault(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "START_SECONDS", 0.2)
    gone = Daemon("live", [sys.executable, "-c", ""], log=tmp_path / "live.log")
    alone = Daemon("live", [sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "live.log")
    alone.start()
    try:
        for program, problem in (
            (gone, "The program live does not run."),
            (alone, "The worker live has no pool child."),
        ):
            product = SimpleNamespace(url=standin.url, program=lambda name, program=program: program)
            with Ledger(standin.url, "t", per_second=400) as ledger:
                fault = faults.FAULTS["a pool child is killed with -9, three times"]
                assert endure(cast(Product, product), fault, ledger, seconds=0) == [problem]
    finally:
        alone.kill()


def test_a_verdict_holds_only_without_anything_against_it() -> None:
    assert GOOD.holds
    for other in ({"lost": 1}, {"doubled": 1}, {"left_over": 1}, {"problems": ("3 × 500 after the blow.",)}):
        assert not replace(GOOD, **other).holds  # type: ignore[arg-type]


# --- Witnesses ------------------------------------------------------------------------------------------------------------


def test_the_other_system_tells_what_is_missing_double_or_badly_signed() -> None:
    receiver = Receiver()

    def post(message_id: str, answered: str, secret: bytes = receiver.secret) -> None:
        raw = orjson.dumps({"data": {"in_reply_to": answered}})
        secrets = ["whsec_" + base64.b64encode(secret).decode()]
        receiver.take(signed_headers(secrets, message_id=message_id, timestamp=1, body=raw), raw)

    post("msg_1", "a")
    post("msg_1", "a")  # sent again by who took over: the same message
    assert receiver.problems(["a"]) == []

    post("msg_2", "b")
    post("msg_3", "b")
    post("msg_4", "c", secret=b"another")
    assert receiver.problems(["a", "b", "c"]) == [
        "1 replies never came to the other system.",
        "1 replies came to the other system as two messages.",
        "1 posts to the other system were signed wrongly.",
    ]


@pytest.mark.parametrize(
    ("shown", "fresh", "connected", "problem"),
    [
        (["a"], ["a"], True, []),
        (["a"], ["a", "b"], True, ["shows another list than a page opened now"]),
        (["a"], ["a"], False, ["has no line"]),
        ([], [], True, ["shows another list than a page opened now"]),
    ],
)
def test_an_open_page_must_show_what_a_new_one_does(
    monkeypatch: pytest.MonkeyPatch, shown: list[str], fresh: list[str], connected: bool, problem: list[str]
) -> None:
    page = Page("http://x", "ws://x")
    page.shown, page.connected = shown, connected
    monkeypatch.setattr(page, "rows", lambda: fresh)

    assert page.problems(seconds=0) == [f"0 s after all was calm the open page {what}." for what in problem]


def test_an_open_page_that_must_sign_in_again_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[str]:
        raise SignedOut

    page = Page("http://x", "ws://x")
    monkeypatch.setattr(page, "rows", rows)

    assert page.problems(seconds=0) == ["The open page was signed out."]
