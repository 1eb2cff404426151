"""What can break. Each fault takes the running product and the ledger that posts meanwhile, and leaves the product alive."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing

import psutil

from cxos.ops.bench.product import Product
from cxos.ops.chaos.ledger import Ledger
from cxos.ops.daemon import Daemon, living_members

Fault = Callable[[Product, Ledger, float], None]
FAULTS: dict[str, Fault] = {}


def fault(sentence: str) -> Callable[[Fault], Fault]:
    def register(run: Fault) -> Fault:
        FAULTS[sentence] = run
        return run

    return register


def children(daemon: Daemon) -> list[int]:
    """The pool processes of a worker, without its main process."""
    return [pid for pid in living_members(daemon.pid or 0) if pid != daemon.pid]


@fault("the live workers are killed with -9, twice")
def kill_workers(product: Product, ledger: Ledger, seconds: float) -> None:
    for _ in range(2):
        product.program("live").kill()
        ledger.wait_for(40, seconds=20)


@fault("a pool child is killed with -9, three times")
def kill_pool_child(product: Product, ledger: Ledger, seconds: float) -> None:
    for _ in range(3):
        pool = children(product.program("live"))
        if pool:
            os.kill(pool[0], signal.SIGKILL)
        ledger.wait_for(25, seconds=20)


@fault("the web processes are killed with -9")
def kill_web(product: Product, ledger: Ledger, seconds: float) -> None:
    product.program("web").kill()
    ledger.wait_for(40, seconds=30)


@fault("beat is killed, then runs twice")
def two_beats(product: Product, ledger: Ledger, seconds: float) -> None:
    beat = product.program("beat")
    beat.kill()
    second = Daemon("second beat", beat.argv, log=beat.log.with_name("beat-2.log"), env=beat.env, cwd=beat.cwd)
    second.start()
    try:
        ledger.wait_for(60, seconds=20)
    finally:
        second.stop()


@fault("Redis is emptied (FLUSHALL), three times")
def flush_redis(product: Product, ledger: Ledger, seconds: float) -> None:
    for _ in range(3):
        product.servers.redis.client().flushall()
        ledger.wait_for(25, seconds=20)


@fault("Redis stops for a while, then restarts three times")
def stop_redis(product: Product, ledger: Ledger, seconds: float) -> None:
    redis = product.servers.redis
    redis.kill()
    time.sleep(seconds)
    redis.start()
    for _ in range(3):
        ledger.wait_for(20, seconds=20)
        redis.kill()
        redis.start()


@fault("PostgreSQL restarts with -m immediate")
def restart_postgres(product: Product, ledger: Ledger, seconds: float) -> None:
    product.servers.postgres.restart("immediate")
    ledger.wait_for(60, seconds=40)


@fault("every database connection is cut, five times")
def cut_connections(product: Product, ledger: Ledger, seconds: float) -> None:
    for _ in range(5):
        with closing(product.servers.postgres.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cxos'")
        ledger.wait_for(20, seconds=20)


@fault("the live workers are stopped for a while (SIGSTOP)")
def freeze_workers(product: Product, ledger: Ledger, seconds: float) -> None:
    frozen = [psutil.Process(pid) for pid in living_members(product.program("live").pid or 0)]
    for process in frozen:
        process.suspend()
    time.sleep(min(seconds, 15))
    for process in frozen:
        process.resume()
