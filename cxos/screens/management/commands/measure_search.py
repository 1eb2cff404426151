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

from cases.models import Case
from channels_app.models import Conversation, Message
from channels_app.queries import MESSAGE_WORDS
from crm.models import Customer, Identity
from cxos.core.models import User, Word
from cxos.core.search.dictionary import learn

READ_AT_ONCE = 500_000
FIRST_LETTERS = 2  # the palette asks from the first on, but nobody stops there


class Command(BaseCommand):
    help = "Learn the words of this installation, type queries into the palette, and print how long the server took."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rounds", type=int, default=10)

    def handle(self, *args: Any, **options: Any) -> None:
        people = list(User.objects.filter(is_active=True, teams__isnull=False).distinct().order_by("id")[:20])
        if not people:
            raise CommandError("Nobody of this installation is in a team. Make people and conversations first.")
        read_everything()
        words = {"common": by_uses("-uses"), "rare": rare(60), "long": rare(200, longer=7)}
        figures: dict[str, Any] = {"typed": {}, "queries": {}, "floor": []}
        for number in range(options["rounds"] + 1):
            if number == 1:
                figures["typed"] = {}  # the first round compiles the templates
            client = Client(HTTP_HOST="localhost")
            client.force_login(people[number % len(people)])
            client.handler.load_middleware()  # as a web process does once; else the first letter would pay for it
            for name, text in queries(words).items():
                for end in range(FIRST_LETTERS, len(text) + 1):
                    ask(client, name, text[:end], figures)
                count(client, name, text, figures)
            figures["floor"].append(floor(random.choice(words["rare"])))
        self.stdout.write(json.dumps(figures))


def read_everything() -> None:
    """What the readers of the event stream would have learned, where rows were made without events."""
    if Word.objects.exists():
        return
    texts = (
        Customer.objects.values_list("name", flat=True),
        Identity.objects.filter(kind=Identity.Kind.EMAIL).values_list("value", flat=True),
        Conversation.objects.values_list("subject", flat=True),
        Message.objects.values_list("text", flat=True),
    )
    for rows in texts:
        read = list[str]()
        for text in rows.iterator(chunk_size=20_000):
            read.append(text)
            if len(read) == READ_AT_ONCE:
                learn(read)
                read = []
        learn(read)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE core_word")


def by_uses(order: str) -> list[str]:
    return list(Word.objects.order_by(order).values_list("text", flat=True)[:20])


def rare(uses: int, *, longer: int = 5) -> list[str]:
    """Words that stand in few texts, however many there are."""
    few = Word.objects.filter(uses__range=(uses // 2, 4 * uses), text__regex=f"^.{{{longer},}}$")
    return list(few.order_by("?").values_list("text", flat=True)[:50])


def queries(words: dict[str, list[str]]) -> dict[str, str]:
    """Words of every frequency, begun, mistaken, together; names, numbers and addresses; and what is not there."""
    name = somebody().name
    last, long = name.split()[-1], random.choice(words["long"])
    common, rare = random.choice(words["common"]), random.choice(words["rare"])
    return {
        "common": common, "rare": rare, "beginning": long[:4], "two words": f"{common} {rare}", "two common": " ".join(
            random.sample(words["common"], 2)), "three words": f"{common} {rare} {long}",
        "mistaken word": long[0] + long[2] + long[1] + long[3:], "name": name, "mistaken name": name[:-2] + "xy",
        "last name": last, "phone": way(Identity.Kind.PHONE), "address": way(Identity.Kind.EMAIL), "case": some_case(),
        "number": f"#{random.randrange(1, 200_000)}", "tag": "billing", "nothing": "qzxvwyq", "everywhere": "example com",
    }  # fmt: skip


def somebody() -> Customer:
    newest = Customer.objects.order_by("-id").values_list("id", flat=True)[0]
    return Customer.objects.filter(pk__lte=random.randrange(1, newest) + 1).order_by("-id")[0]


def way(kind: str) -> str:
    """A number or address of somebody who is there."""
    one = Identity.objects.filter(customer__gte=somebody().pk, kind=kind).order_by("customer_id").first()
    return one.value if one else "+491700000001"


def some_case() -> str:
    case = Case.objects.order_by("-id").first()
    return (
        Case.objects.filter(pk__lte=random.randrange(case.pk) + 1).order_by("-id")[0].reference if case else "C-000001"
    )


def ask(client: Client, name: str, typed: str, figures: dict[str, Any]) -> None:
    """One key pressed."""
    started = time.perf_counter()
    answer = client.get("/search/palette/", {"q": typed})
    figures["typed"].setdefault(name, []).append(((time.perf_counter() - started) * 1000, typed))
    if answer.status_code != 200:
        raise CommandError(f"Searching for {typed!r} answered {answer.status_code}.")


def count(client: Client, name: str, typed: str, figures: dict[str, Any]) -> None:
    with CaptureQueriesContext(connection) as captured:
        client.get("/search/palette/", {"q": typed})
    figures["queries"][name] = max(len(captured), figures["queries"].get(name, 0))


def floor(word: str) -> float:
    """The newest twenty of a rare word by the index alone, in milliseconds."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(
            f"WITH hits AS MATERIALIZED (SELECT id FROM channels_app_message WHERE {MESSAGE_WORDS.expression} @@ %s::tsquery)"
            " SELECT id FROM hits ORDER BY id DESC LIMIT 20",
            (f"'{word}'",),
        )
        cursor.fetchall()
        return (time.perf_counter() - started) * 1000
