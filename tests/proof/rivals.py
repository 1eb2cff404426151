"""Rivals: threads in processes of their own, each with its own database connection, who all act at the same moment."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

PATIENCE_SECONDS = 120
# What a rival can be told to do, by name: a function of the module `tests.proof.deeds`, called with the arguments.
Order = tuple[Any, ...]


class Rivals:
    """`act(deed, orders)`: order number n is carried out by thread n of all threads of all processes, at once."""

    def __init__(self, lines: Sequence[Connection], threads: int) -> None:
        self.lines, self.threads = lines, threads

    def act(self, deed: str, orders: Sequence[Order]) -> list[Any]:
        """The results in the order of the orders; an exception is told as its name and code."""
        assert len(orders) == self.threads * len(self.lines)
        for at, line in enumerate(self.lines):
            line.send((deed, orders[at * self.threads : (at + 1) * self.threads]))
        results = []
        for line in self.lines:
            assert line.poll(PATIENCE_SECONDS), "A process of rivals has not answered."
            results += line.recv()
        return results


@contextmanager
def rivals(*, database: str, processes: int, threads: int) -> Iterator[Rivals]:
    """`database`: the name of the test database, to which the processes connect."""
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(processes)
    pairs = [spawn.Pipe() for _ in range(processes)]
    workers = [
        spawn.Process(target=serve, args=(theirs, start, database, threads), daemon=True) for _ours, theirs in pairs
    ]
    for worker in workers:
        worker.start()
    try:
        yield Rivals([ours for ours, _theirs in pairs], threads)
    finally:
        for ours, _theirs in pairs:
            ours.send(None)
        for worker in workers:
            worker.join(20)


def serve(line: Connection, start: Any, database: str, threads: int) -> None:
    """The life of a process: wait for orders, carry them out together, answer."""
    import django

    django.setup()
    from django.db import connections

    connections.settings["default"]["NAME"] = database
    connections.settings["default"]["CONN_MAX_AGE"] = None
    from tests.proof import deeds

    at_once = threading.Barrier(threads)

    def carry_out(name: str, order: Order) -> Any:
        at_once.wait(PATIENCE_SECONDS)
        return deeds.told(name, order)

    with ThreadPoolExecutor(threads) as pool:
        while (orders := line.recv()) is not None:
            name, each = orders
            start.wait(PATIENCE_SECONDS)
            line.send(list(pool.map(carry_out, [name] * threads, each)))
        list(pool.map(lambda _: at_once.wait(20) and connections.close_all(), range(threads)))
