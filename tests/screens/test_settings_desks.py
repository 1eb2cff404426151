"""Pages of reasons to be away, dispositions, capacity, and a person's own work."""

from __future__ import annotations

import pytest
from django.test import Client

from cxos.core.models import AuditEntry, User
from routing.models import AgentState, CapacityProfile, Disposition, PresenceReason, Queue, QueueMember


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


def test_a_reason_is_made_changed_removed_and_brought_back(as_adi: Client) -> None:
    given = {"name": "Coaching", "presence": "training", "position": "3", "productive": "on", "enabled": "on"}
    assert as_adi.post("/settings/presence/new/", given).status_code == 302
    reason = PresenceReason.objects.get()
    assert (reason.presence, reason.productive, reason.paid) == ("training", True, False)
    as_adi.post(f"/settings/presence/{reason.pk}/", given | {"name": "1:1"})
    assert "1:1" in as_adi.get("/settings/presence/").content.decode()

    as_adi.post(f"/settings/presence/{reason.pk}/remove/")
    as_adi.post(f"/settings/audit/{AuditEntry.objects.latest('id').pk}/undo/")

    assert PresenceReason.objects.get().name == "1:1"


def test_dispositions_stand_in_a_tree(as_adi: Client) -> None:
    queue = Queue.objects.create(key="care", name="Care", disposition_required=True)
    as_adi.post(
        "/settings/dispositions/new/", {"name": "Solved", "position": "0", "enabled": "on", "queues": [queue.pk]}
    )
    solved = Disposition.objects.get()
    as_adi.post("/settings/dispositions/new/", {"name": "By us", "position": "0", "enabled": "on", "parent": solved.pk})

    page = as_adi.get("/settings/dispositions/").content.decode()

    assert 'data-level="1"' in page and "They must be chosen in:" in page
    loop = {"name": "Solved", "position": "0", "enabled": "on", "parent": Disposition.objects.latest("id").pk}
    answer = as_adi.post(f"/settings/dispositions/{solved.pk}/", loop)
    assert (answer.status_code, "below itself" in answer.content.decode()) == (422, True)


def test_a_profile_and_queues_are_given_to_a_person(as_adi: Client, ana: User, sam: User) -> None:
    care, sales = (Queue.objects.create(key=key, name=key.title()) for key in ("care", "sales"))
    QueueMember.objects.create(queue=care, user=sam, level=1)
    QueueMember.objects.create(queue=care, user=ana, level=1)
    as_adi.post("/settings/capacity/new/", {"name": "Light", "budget": "60", "cap_chat": "2", "auto_accept": ["email"]})
    light = CapacityProfile.objects.get()

    as_adi.post(
        f"/settings/people/{ana.pk}/work/", {f"queue_{care.pk}": "", f"queue_{sales.pk}": "4", "profile": light.pk}
    )

    held = QueueMember.objects.order_by("pk").values_list("queue__key", "user__name", "level")
    assert list(held) == [("care", "Sam", 1), ("sales", "Ana", 4)]
    state = AgentState.objects.get(user=ana)
    assert (state.budget, state.caps, state.auto_accept, state.profile) == (60, {"chat": 2}, ["email"], light)
    page = as_adi.get(f"/settings/people/{ana.pk}/").content.decode()
    assert "Light" in page and "No skills yet." in page


def test_a_limit_that_is_no_number_is_refused(as_adi: Client) -> None:
    answer = as_adi.post("/settings/capacity/new/", {"name": "Odd", "budget": "60", "cap_chat": "many"})
    assert (answer.status_code, CapacityProfile.objects.count()) == (422, 0)
    assert "“many” is no whole number." in answer.content.decode()
