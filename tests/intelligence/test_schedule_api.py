"""The schedule over the API, as its callers see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from cxos.core.models import User
from intelligence.models import Activity, Fact, PresenceMeaning, Shift

pytestmark = pytest.mark.django_db

SPAN = {"since": "2026-03-04T00:00:00Z", "before": "2026-03-05T00:00:00Z"}


@pytest.fixture(autouse=True)
def activities() -> None:
    activity, _ = Activity.objects.get_or_create(key="queue", defaults={"name": "On the queue", "kind": "on_queue"})
    PresenceMeaning.objects.get_or_create(presence="available", reason="", defaults={"activity": activity})


def post(user: User, path: str, **body: Any) -> tuple[int, Any]:
    client = Client()
    client.force_login(user)
    answer = client.post(f"/api/v1/{path}", body, content_type="application/json")
    return answer.status_code, answer.json()


def get(user: User, path: str, **query: Any) -> tuple[int, Any]:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/api/v1/{path}", query)
    return answer.status_code, answer.json()


def planned(agent: User) -> dict[str, Any]:
    return {
        "agent": agent.pk, "activity": "queue", "starts_at": "2026-03-04T09:00:00Z", "ends_at": "2026-03-04T11:00:00Z",
    }  # fmt: skip


def test_a_shift_from_plan_to_figures(ana: User, sam: User) -> None:
    status, made = post(sam, "shifts", **planned(ana))
    assert (status, made["agent"]["name"], made["activity"]["key"]) == (201, "Ana", "queue")
    data = {"presence": "available", "previous": "offline", "reason": ""}
    Fact.objects.create(
        event_id=1, name="PresenceChanged", at=datetime(2026, 3, 4, 10, tzinfo=UTC), agent_id=ana.pk, data=data
    )
    data = {"presence": "offline", "previous": "available", "reason": ""}
    Fact.objects.create(
        event_id=2, name="PresenceChanged", at=datetime(2026, 3, 4, 11, tzinfo=UTC), agent_id=ana.pk, data=data
    )

    assert get(ana, f"agents/{ana.pk}/adherence", **SPAN) == (
        200,
        {
            "scheduled_seconds": 7200.0, "exception_seconds": 3600.0, "scheduled_on_queue_seconds": 7200.0,
            "on_queue_seconds": 3600.0, "adherence": 0.5, "conformance": 0.5,
        },
    )  # fmt: skip

    _, excused = post(sam, "schedule-exceptions", cause="The train", **_without_activity(ana))
    assert post(sam, f"schedule-exceptions/{excused['id']}/approve", approved=True)[1]["approved"] is True
    assert get(sam, f"agents/{ana.pk}/adherence", **SPAN)[1]["adherence"] is None, "all of it is excused"
    post(sam, f"schedule-exceptions/{excused['id']}/remove")
    later = planned(ana) | {"starts_at": "2026-03-04T10:00:00Z"}
    assert post(sam, f"shifts/{made['id']}/change", **later)[0] == 200
    assert get(sam, f"agents/{ana.pk}/adherence", **SPAN)[1]["adherence"] == 1.0
    assert post(sam, f"shifts/{made['id']}/remove")[0] == 200
    assert get(sam, f"agents/{ana.pk}/adherence", **SPAN)[1]["adherence"] is None


def _without_activity(agent: User) -> dict[str, Any]:
    return {name: value for name, value in planned(agent).items() if name != "activity"}


def test_agents_see_their_own_plan_and_change_none(ana: User, sam: User) -> None:
    post(sam, "shifts", **planned(sam))
    post(sam, "shifts", **planned(ana))

    assert [one["agent"]["name"] for one in get(ana, "shifts")[1]["results"]] == ["Ana"]
    assert len(get(sam, "shifts")[1]["results"]) == 2
    assert get(ana, f"agents/{sam.pk}/adherence")[0] == 403
    assert post(ana, "shifts", **planned(ana))[0] == 403
    assert get(ana, f"shifts/{Shift.objects.get(agent=sam).pk}")[0] == 404


def test_refusals_name_what_is_wrong(ana: User, sam: User) -> None:
    post(sam, "shifts", **planned(ana))

    assert post(sam, "shifts", **planned(ana))[1]["code"] == "planned_already"
    assert post(sam, "shifts", **(planned(ana) | {"activity": "sleep"}))[1]["code"] == "activity"
    status, problem = post(
        sam, "shifts/import", csv="agent,activity,starts,ends\nno,queue,2026-03-04 09:00,2026-03-04 10:00\n"
    )
    assert (status, problem["detail"]) == (422, "Line 2: Nobody with the e-mail “no” works here.")
    assert get(sam, f"agents/{ana.pk}/adherence", since=SPAN["before"], before=SPAN["since"])[1]["code"] == "since"
    good = "agent,activity,starts,ends\nana@example.com,queue,2026-03-04 08:00,2026-03-04 10:00\n"
    assert post(sam, "shifts/import", csv=good) == (200, {"shifts": 1, "people": 1})
    assert Shift.objects.get().starts_at == datetime(2026, 3, 4, 8, tzinfo=UTC)
