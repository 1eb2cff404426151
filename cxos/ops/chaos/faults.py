"""What can break. Each fault says how the product may answer meanwhile and how soon it must be well again.

A fault is a generator over the running product: it strikes, yields what it has done, and is asked for its next blow when
the product is well again. It leaves the product alive. Raises NothingToBreak when what it should strike is not there.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import psutil

from cxos.ops.bench.product import Product
from cxos.ops.daemon import Daemon, living_members, wait_until

Blows = Callable[[Product, float], Iterator[str]]
START_SECONDS = 30.0


class NothingToBreak(Exception):
    """A fault that hits nobody proves nothing."""


@dataclass(frozen=True)
class Fault:
    """`allowed`: how a post may be answered, beside 2xx, from a blow until the product is well again. `well_seconds`: how
    long that may take, from the end of the blow."""

    blows: Blows
    allowed: frozenset[str]
    well_seconds: float


FAULTS: dict[str, Fault] = {}


def fault(sentence: str, *, allowed: str = "", well_seconds: float = 15.0) -> Callable[[Blows], Blows]:
    def register(blows: Blows) -> Blows:
        FAULTS[sentence] = Fault(blows, frozenset(allowed.split()), well_seconds)
        return blows

    return register


def running(product: Product, name: str) -> Daemon:
    """The program, which an earlier blow may have ended: it is waited for."""
    program = product.program(name)
    if not wait_until(program.is_running, seconds=START_SECONDS):
        raise NothingToBreak(f"The program {name} does not run.")
    return program


def pool_child(worker: Daemon) -> int:
    """The process of one of those that work, not of the worker's main process."""

    def children() -> list[int]:
        return [pid for pid in living_members(worker.pid or 0) if pid != worker.pid]

    if not wait_until(lambda: bool(children()), seconds=START_SECONDS):
        raise NothingToBreak(f"The worker {worker.name} has no pool child.")
    return children()[0]


@fault("the live workers are killed with -9, twice")
def kill_workers(product: Product, seconds: float) -> Iterator[str]:
    for time_number in (1, 2):
        running(product, "live").kill()
        yield f"kill {time_number} of the live workers"


@fault("a pool child is killed with -9, three times")
def kill_pool_child(product: Product, seconds: float) -> Iterator[str]:
    for time_number in (1, 2, 3):
        os.kill(pool_child(running(product, "live")), signal.SIGKILL)
        yield f"kill {time_number} of a pool child"


@fault("the web processes are killed with -9", allowed="away", well_seconds=30)
def kill_web(product: Product, seconds: float) -> Iterator[str]:
    running(product, "web").kill()
    yield "the kill of the web processes"


@fault("the process of the sockets is killed with -9")
def kill_sockets(product: Product, seconds: float) -> Iterator[str]:
    running(product, "sockets").kill()
    yield "the kill of the sockets"


@fault("beat is killed, then runs twice")
def two_beats(product: Product, seconds: float) -> Iterator[str]:
    beat = running(product, "beat")
    beat.kill()
    yield "the kill of beat"
    second = Daemon("second beat", beat.argv, log=beat.log.with_name("beat-2.log"), env=beat.env, cwd=beat.cwd)
    second.start()
    try:
        yield "the start of a second beat"
        if not second.is_running():
            raise NothingToBreak("The second beat has ended by itself.")
    finally:
        second.stop()


@fault("Redis is emptied (FLUSHALL), three times")
def flush_redis(product: Product, seconds: float) -> Iterator[str]:
    for time_number in (1, 2, 3):
        product.servers.redis.client().flushall()
        yield f"FLUSHALL {time_number}"


@fault("Redis stops for a while, then restarts three times")
def stop_redis(product: Product, seconds: float) -> Iterator[str]:
    redis = product.servers.redis
    for time_number, pause in enumerate((seconds, 0, 0, 0), start=1):
        redis.kill()
        try:
            time.sleep(pause)
        finally:
            redis.start()
        yield f"restart {time_number} of Redis"


@fault("PostgreSQL restarts with -m immediate", allowed="503")
def restart_postgres(product: Product, seconds: float) -> Iterator[str]:
    product.servers.postgres.restart("immediate")
    yield "the restart of PostgreSQL"


@fault("every database connection is cut, five times", allowed="503")
def cut_connections(product: Product, seconds: float) -> Iterator[str]:
    """Who is cut off in mid-statement is told 503; the next request finds a new connection."""
    for time_number in range(1, 6):
        with closing(product.servers.postgres.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'cxos'")
            [cut] = cursor.fetchone() or [0]
        if not cut:
            raise NothingToBreak("Nobody was connected to the database.")
        yield f"cut {time_number}"


@fault("the live workers are stopped for a while (SIGSTOP)")
def freeze_workers(product: Product, seconds: float) -> Iterator[str]:
    frozen = [psutil.Process(pid) for pid in living_members(running(product, "live").pid or 0)]
    for process in frozen:
        process.suspend()
    try:
        time.sleep(min(seconds, 15))
    finally:
        for process in frozen:
            process.resume()
    yield "the pause of the live workers"
