"""Another system: a real HTTP server that keeps what it got and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass
class Got:
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw)


@dataclass
class Receiver:
    """`statuses`: the answers in turn, the last one for ever. `silent`: takes the request and does not answer, until
    it has become False."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    silent: bool = False
    got: list[Got] = field(default_factory=list)

    def answer(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Got({name.lower(): value for name, value in self.headers.items()}, raw))
            while receiver.silent:
                time.sleep(0.02)
            self.send_response(receiver.answer())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.silent = False
        server.shutdown()
        server.server_close()
