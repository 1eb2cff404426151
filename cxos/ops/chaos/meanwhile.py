"""Faults in the middle of a replay: a worker is killed with -9, then Redis, when so much of it is over."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

from cxos.ops.bench.product import Product
from cxos.ops.terminal import say

LOOK_SECONDS = 0.5
RESOLVED = "SELECT count(*) FROM channels_app_conversation WHERE status = 'resolved'"


class Troubles(threading.Thread):
    """A quarter through, the live workers are killed with -9; half through, Redis is killed and started again."""

    def __init__(self, product: Product, *, dialogues: int) -> None:
        super().__init__(daemon=True)
        self._product, self._dialogues = product, dialogues

    def run(self) -> None:
        self._at(0.25, "The live workers are killed with -9.", lambda: self._product.program("live").kill())
        self._at(0.5, "Redis is killed and started again.", self._restart_redis)

    def _at(self, share: float, sentence: str, do: Callable[[], None]) -> None:
        while self._resolved() < share * self._dialogues:
            time.sleep(LOOK_SECONDS)
        say(sentence)
        do()

    def _resolved(self) -> int:
        with closing(self._product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(RESOLVED)
            [count] = cursor.fetchone() or [0]
            return int(count)

    def _restart_redis(self) -> None:
        self._product.servers.redis.kill()
        self._product.servers.redis.start()
