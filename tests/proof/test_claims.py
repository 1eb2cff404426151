"""Every claim finds its rows once, whatever plan PostgreSQL chooses (ADR 0011)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cases.services import breaches, warnings
from channels_app.services import delivery, webhooks
from cxos.core import relay
from tests.nested_loops import plan_nested_loops_only

NOW = timezone.now()
ROOM = {"leased_until": NOW, "now": NOW, "each": 1, "leave": [0], "failing": False, "room": 1}
CLAIMS = {
    "deliveries": (relay.CLAIM, {"lane": "live", "batch": 1, "lease": 8}),
    "overdue clocks": (breaches.CLAIM, {"now": NOW, "batch": 1}),
    "clocks near their end": (warnings.CLAIM, {"now": NOW, "batch": 1}),
    "replies": (delivery.CLAIM, ROOM),
    "webhooks": (webhooks.CLAIM, ROOM),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CLAIMS)
def test_what_locks_is_run_before_the_statement_and_not_within_its_loops(name: str) -> None:
    statement, given = CLAIMS[name]

    lines = plan(statement, given)

    (locking,) = [number for number, line in enumerate(lines) if "LockRows" in line]
    depth = [len(line) - len(line.lstrip()) for line in lines]
    above = [line for number, line in enumerate(lines[:locking]) if depth[number] < depth[locking]]
    assert any(re.search(r"InitPlan", line) for line in above), "\n".join(lines)


def plan(statement: str, given: dict[str, Any]) -> list[str]:
    plan_nested_loops_only()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement, given)
        return [line for (line,) in cursor.fetchall()]
