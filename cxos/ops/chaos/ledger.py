"""Customers who post at a steady rate, repeat until they get a 2xx, and keep a ledger of what was acknowledged."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

from cxos.ops.bench.installation import API_KEY, CHANNEL
from cxos.ops.daemon import wait_until


class TooLate(Exception):
    """Something did not come in its time; says what."""


@dataclass
class Ledger:
    """`acknowledged`: external ids answered 2xx. `answers`: how often each status came ("away" = no connection)."""

    url: str
    name: str
    per_second: float
    acknowledged: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    THREADS = 4

    def __enter__(self) -> "Ledger":
        for number in range(self.THREADS):
            thread = threading.Thread(target=self._post_on, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, count: int, *, seconds: float) -> None:
        """Until `count` more are acknowledged. Raises TooLate."""
        before = len(self.acknowledged)
        if not wait_until(lambda: len(self.acknowledged) >= before + count, seconds=seconds):
            taken, answers = len(self.acknowledged) - before, dict(sorted(self.told().items()))
            raise TooLate(
                f"Only {taken} of {count} posts were taken within {seconds:g} s; all answers so far: {answers}."
            )

    def told(self) -> Counter[str]:
        """The answers so far."""
        with self._lock:
            return Counter(self.answers)

    def _post_on(self, thread: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            self._post_until_taken(f"{self.name}-{thread}-{number}")
            self._stop.wait(self.THREADS / self.per_second)

    def _post_until_taken(self, external_id: str) -> None:
        """The same id again and again until it is taken: what every careful sender does."""
        while not self._stop.is_set():
            status = self._post(external_id)
            with self._lock:
                self.answers[status] += 1
            if status.startswith("2"):
                self.acknowledged.append(external_id)
                return
            self._stop.wait(0.1)

    def _post(self, external_id: str) -> str:
        body = {
            "channel": CHANNEL,
            "external_id": external_id,
            "identities": [{"kind": "external_id", "value": external_id}],
            "text": "Is anybody there?",
        }
        request = urllib.request.Request(
            f"{self.url}/api/v1/interactions",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return str(answer.status)
        except urllib.error.HTTPError as refusal:
            return str(refusal.code)
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return "away"
