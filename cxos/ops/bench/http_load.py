"""An HTTP client for measuring: a few kept connections in one process, raw sockets, answers read just far enough.

`closed_load` sends the next request when the answer is there: how much goes through. `open_load` sends by the clock,
whatever the answers do, and counts from the moment a request was due: how long callers wait at a given rate.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from cxos.ops.errors import CannotRun

END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Load:
    """`seconds` it took, and the latency of each request in seconds."""

    seconds: float
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)


class Line:
    """One kept connection with at most one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self.received = b""

    def send(self, request: bytes, since: float) -> None:
        self.since, self.received = since, b""
        self.socket.sendall(request)

    def read(self) -> bool:
        """Whether the answer is complete. Raises CannotRun for one that is no success."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise CannotRun("The server closed a connection in the middle of the measurement.")
        self.received += chunk
        head, found, body = self.received.partition(END_OF_HEAD)
        if not found:
            return False
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise CannotRun(f"The server refused: {self.received[:500].decode(errors='replace')}")
        return len(body) >= length_of(head)


def length_of(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[start:].split(b"\r\n", 1)[0])


def closed_load(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    lines = [Line(port) for _ in range(connections)]
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        started = time.perf_counter()
        stop = started + seconds
        for line in lines:
            line.send(next(requests), time.perf_counter())
        while (now := time.perf_counter()) < stop:
            for key, _ in selector.select(stop - now):
                line = key.data
                if line.read():
                    at = time.perf_counter()
                    latencies.append(at - line.since)
                    line.send(next(requests), at)
    for line in lines:
        line.socket.close()
    return Load(time.perf_counter() - started, latencies)


def open_load(port: int, requests: Iterator[bytes], *, per_second: float, connections: int, seconds: float) -> Load:
    free = deque(Line(port) for _ in range(connections))
    latencies: list[float] = []
    due: deque[float] = deque()
    with selectors.DefaultSelector() as selector:
        for line in free:
            selector.register(line.socket, selectors.EVENT_READ, line)
        started = time.perf_counter()
        count, total = 0, int(per_second * seconds)
        while len(latencies) < total:
            now = time.perf_counter()
            while count < total and started + count / per_second <= now:
                due.append(started + count / per_second)
                count += 1
            while due and free:
                free.popleft().send(next(requests), due.popleft())
            next_at = started + count / per_second - now if count < total else 1.0
            for key, _ in selector.select(max(0.0, next_at) if free else 1.0):
                line = key.data
                if line.read():
                    latencies.append(time.perf_counter() - line.since)
                    free.append(line)
    for line in free:
        line.socket.close()
    return Load(time.perf_counter() - started, latencies)
