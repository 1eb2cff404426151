"""`measure_pages`: server time and queries of the workspace's views, for people of this installation, as JSON."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels_app.models import Conversation
from cxos.core.models import User

VIEWS = {
    "list": "/workspace/list/?tab=all",
    "page": "/workspace/c/{pk}/?tab=all",
    "thread": "/workspace/c/{pk}/thread/",
    "context": "/workspace/c/{pk}/context/",
}
# The list's own rows, and nothing else.
FLOOR = """
SELECT c.id, c.last_message_at, c.last_message_text, cu.name, u.name FROM channels_app_conversation c
JOIN crm_customer cu ON cu.id = c.customer_id LEFT JOIN core_user u ON u.id = c.assignee_id
WHERE NOT c.status = 'resolved' AND (c.assignee_id = %s OR c.team_id IS NULL OR c.team_id IN
    (SELECT team_id FROM core_user_teams WHERE user_id = %s))
ORDER BY c.last_message_at DESC, c.id DESC LIMIT 31
"""


class Command(BaseCommand):
    help = "Open the workspace's views as several people and print how long the server took."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rounds", type=int, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        people = list(User.objects.filter(is_active=True, teams__isnull=False).distinct().order_by("id")[:20])
        if not people:
            raise CommandError("Nobody of this installation is in a team. Make people and conversations first.")
        figures: dict[str, Any] = {"pages": {name: [] for name in VIEWS}, "queries": {}, "floor": []}
        for number in range(options["rounds"]):
            visit(people[number % len(people)], figures)
        self.stdout.write(json.dumps(figures))


def visit(user: User, figures: dict[str, Any]) -> None:
    """One person opens each view of one of the conversations they may see."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    seen = Conversation.objects.visible_to(user).open().order_by("-last_message_at").values_list("pk", flat=True)[:50]
    pk = random.choice(list(seen))
    for name, address in VIEWS.items():
        started = time.perf_counter()
        answer = client.get(address.format(pk=pk))
        figures["pages"][name].append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise CommandError(f"{address.format(pk=pk)} answered {answer.status_code}.")
        if name not in figures["queries"]:
            with CaptureQueriesContext(connection) as captured:
                client.get(address.format(pk=pk))
            figures["queries"][name] = len(captured)
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(FLOOR, (user.pk, user.pk))
        cursor.fetchall()
        figures["floor"].append((time.perf_counter() - started) * 1000)
