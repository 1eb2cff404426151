"""`measure_search`: how long the palette takes for words as they are typed, by people of this installation, as JSON."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels_app.models import Message
from channels_app.queries import MESSAGE_WORDS
from crm.models import Customer
from cxos.core.models import User, Word
from cxos.core.search.dictionary import learn

READ_AT_ONCE = 100_000


class Command(BaseCommand):
    help = (
        "Learn the words of this installation, then type queries into the palette and print how long the server took."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rounds", type=int, default=40)

    def handle(self, *args: Any, **options: Any) -> None:
        people = list(User.objects.filter(is_active=True, teams__isnull=False).distinct().order_by("id")[:20])
        if not people:
            raise CommandError("Nobody of this installation is in a team. Make people and conversations first.")
        read_everything()
        figures: dict[str, Any] = {"typed": {}, "queries": {}, "floor": []}
        for number in range(options["rounds"]):
            client = Client(HTTP_HOST="localhost")
            client.force_login(people[number % len(people)])
            for name, typed in queries().items():
                ask(client, name, typed, figures)
            figures["floor"].append(floor())
        self.stdout.write(json.dumps(figures))


def read_everything() -> None:
    """What the readers of the event stream would have learned, where rows were made without events."""
    if Word.objects.exists():
        return
    for texts in (Customer.objects.values_list("name", flat=True), Message.objects.values_list("text", flat=True)):
        read = list[str]()
        for text in texts.iterator(chunk_size=READ_AT_ONCE):
            read.append(text)
            if len(read) == READ_AT_ONCE:
                learn(read)
                read = []
        learn(read)


def queries() -> dict[str, str]:
    """Words of every frequency, whole, begun, mistaken, together; names; numbers."""
    common = list(Word.objects.order_by("-uses").values_list("text", flat=True)[:20])
    rare = list(Word.objects.filter(uses__lt=200).order_by("?").values_list("text", flat=True)[:20])
    long = list(Word.objects.filter(uses__gt=50, text__regex=".{7,}").order_by("?").values_list("text", flat=True)[:20])
    name = Customer.objects.order_by("?").values_list("name", flat=True)[:1][0]
    word = random.choice(long)
    return {
        "common": random.choice(common), "rare": random.choice(rare), "two": f"{random.choice(common)} {random.choice(rare)}",
        "2 letters": word[:2], "4 letters": word[:4], "mistake": word[0] + word[2] + word[1] + word[3:],
        "name": name, "first name": name.split()[0], "number": f"#{random.randrange(1, 200_000)}",
        "address": f"user{random.randrange(1, 200_000)}@example.com", "everywhere": "customer",
    }  # fmt: skip


def ask(client: Client, name: str, typed: str, figures: dict[str, Any]) -> None:
    started = time.perf_counter()
    answer = client.get("/search/palette/", {"q": typed})
    figures["typed"].setdefault(name, []).append((time.perf_counter() - started) * 1000)
    if answer.status_code != 200:
        raise CommandError(f"Searching for {typed!r} answered {answer.status_code}.")
    with CaptureQueriesContext(connection) as captured:
        client.get("/search/palette/", {"q": typed})
    figures["queries"][name] = max(len(captured), figures["queries"].get(name, 0))


def floor() -> float:
    """The newest twenty of a rare word by the index alone, in milliseconds."""
    word = Word.objects.filter(uses__lt=200).order_by("?").values_list("text", flat=True)[:1][0]
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(
            f"WITH hits AS MATERIALIZED (SELECT id FROM channels_app_message WHERE {MESSAGE_WORDS.expression} @@ %s::tsquery)"
            " SELECT id FROM hits ORDER BY id DESC LIMIT 20",
            (f"'{word}'",),
        )
        cursor.fetchall()
        return (time.perf_counter() - started) * 1000
