"""`measure_pages`: server time and queries of the screens' views, for people of this installation, as JSON."""

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
from channels_app.models import Conversation
from cxos.core.models import Role, User
from routing.models import WorkItem

# What agents open, and what supervisors look at; the words are those of the customer's name.
VIEWS = {
    "list": "/workspace/list/?tab=all",
    "page": "/workspace/c/{conversation}/?tab=all",
    "thread": "/workspace/c/{conversation}/thread/",
    "context": "/workspace/c/{conversation}/context/",
    "find": "/workspace/list/?tab=all&words={words}",
    "cases": "/cases/",
    "find_cases": "/cases/?words={subject}",
    "case_board": "/cases/board/",
    "case": "/cases/{case}/",
    "customers": "/customers/",
    "find_customers": "/customers/?words={words}",
    "customer": "/customers/{customer}/",
    "results": "/search/?q={words}",
}
FLOOR_VIEWS = {
    "board": "/supervisor/",
    "agents": "/supervisor/agents/",
    "all_agents": "/supervisor/agents/?all=1",
    "waiting": "/supervisor/waiting/",
    "risk": "/supervisor/risk/",
    "assign": "/supervisor/work/{work}/",
    "forecast": "/supervisor/forecast/",
}
# The list's own rows, and nothing else.
FLOOR = """
SELECT c.id, c.last_message_at, c.last_message_text, cu.name, u.name FROM channels_app_conversation c
JOIN crm_customer cu ON cu.id = c.customer_id LEFT JOIN core_user u ON u.id = c.assignee_id
WHERE NOT c.status = 'resolved' AND (c.assignee_id = %s OR c.team_id IS NULL OR c.team_id IN
    (SELECT team_id FROM core_user_teams WHERE user_id = %s))
ORDER BY c.last_message_at DESC, c.id DESC LIMIT 31
"""


WARM_UP = 1  # rounds in which templates are compiled


class Command(BaseCommand):
    help = "Open the screens' views as several people and print how long the server took."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rounds", type=int, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        agents = list(User.objects.filter(role=Role.AGENT, teams__isnull=False).distinct().order_by("id")[:20])
        supervisor = User.objects.filter(role=Role.SUPERVISOR).first()
        if not agents or supervisor is None:
            raise CommandError("Nobody of this installation is in a team. Make people and conversations first.")
        figures: dict[str, Any] = {"pages": {}, "queries": {}, "floor": []}
        for number in range(options["rounds"] + WARM_UP):
            if number == WARM_UP:
                figures["pages"] = {}
            agent = agents[number % len(agents)]
            visit(agent, VIEWS, something_of(agent), figures)
            visit(supervisor, FLOOR_VIEWS, something_of(supervisor), figures)
            figures["floor"].append(floor(agent))
        self.stdout.write(json.dumps(figures))


def something_of(user: User) -> dict[str, Any]:
    """What one of them may have open: a conversation, its customer, a case."""
    conversations = Conversation.objects.visible_to(user).open().select_related("customer").order_by("-last_message_at")
    conversation = random.choice(conversations[:50])
    case = random.choice(Case.objects.visible_to(user).order_by("-opened_at")[:50])
    return {
        "conversation": conversation.pk,
        "customer": conversation.customer_id,
        "words": conversation.customer.name,
        "case": case.pk,
        "subject": " ".join(case.subject.split()[:2]),
        "work": WorkItem.objects.filter(state=WorkItem.State.WAITING).order_by("?").values_list("pk", flat=True)[0],
    }


def visit(user: User, views: dict[str, str], ids: dict[str, Any], figures: dict[str, Any]) -> None:
    """One person opens each view."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    client.handler.load_middleware()  # as a web process does once; else the first view would pay for it
    for name, pattern in views.items():
        address = pattern.format(**ids)
        started = time.perf_counter()
        answer = client.get(address)
        figures["pages"].setdefault(name, []).append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise CommandError(f"{address} answered {answer.status_code}.")
        if name not in figures["queries"]:
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            figures["queries"][name] = len(captured)


def floor(user: User) -> float:
    """The list's rows by bare SQL, in milliseconds."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(FLOOR, (user.pk, user.pk))
        cursor.fetchall()
        return (time.perf_counter() - started) * 1000
