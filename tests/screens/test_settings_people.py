"""Settings of people, keys, webhooks, parked deliveries, and the audit of it all."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case
from channels_app.models import Channel, Conversation, Message, WebhookAttempt, WebhookSubscription
from crm.models import Customer, Identity
from cxos.core.models import ApiKey, AuditEntry, Delivery, Event, Role, Team, User
from cxos.core.services.audit import first_broken
from cxos.core.services.people import password_link
from routing.models import AgentState, Queue, WorkItem
from tests.screens.form_reading import FormReader


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("id")


# --- People ---------------------------------------------------------------------------------------------------------


def test_an_invited_person_chooses_their_password_once(as_adi: Client, client: Client, team: Team) -> None:
    answer = as_adi.post(
        "/settings/people/invite/", {"name": "Noor", "email": "Noor@Example.com", "role": "agent", "teams": [team.pk]}
    )
    noor = User.objects.get(email="noor@example.com")
    assert answer.status_code == 201
    assert not noor.has_usable_password()
    link = answer.content.decode().split("/settings/welcome/")[1].split("<")[0].split('"')[0]
    visitor, path = Client(), f"/settings/welcome/{link}"

    assert visitor.get(path).status_code == 200
    assert visitor.post(path, {"password": "short"}).status_code == 422
    assert visitor.post(path, {"password": "a long enough password"}).status_code == 302

    assert visitor.login(username="noor@example.com", password="a long enough password")
    assert visitor.get(path).status_code == 410
    assert list(noor.teams.all()) == [team]


@pytest.mark.parametrize(
    "path", ["/settings/welcome/x/y/", "/settings/welcome/MQ/set-password/", "/settings/welcome/-/-/"]
)
def test_a_made_up_link_opens_nothing(client: Client, adi: User, path: str) -> None:
    assert client.get(path).status_code == 410
    assert client.post(path, {"password": "a long enough password"}).status_code == 410


def test_a_link_ends_with_the_account(client: Client, ana: User, adi: User) -> None:
    uid, token = password_link(ana, actor=adi)
    ana.is_active = False
    ana.save()

    assert client.get(f"/settings/welcome/{uid}/{token}/").status_code == 410


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "ana@example.com"},
        {"email": "no"},
        {"role": "king"},
        {"name": ""},
        {"password": "123"},
        {"teams": "99"},
    ],
)
def test_a_wrong_invitation_lets_nobody_in(as_adi: Client, ana: User, wrong: dict[str, str]) -> None:
    before = User.objects.count()
    given = {"name": "Noor", "email": "noor@example.com", "role": "agent", "password": "a long enough password"}

    assert as_adi.post("/settings/people/invite/", given | wrong).status_code == 422
    assert (User.objects.count(), AuditEntry.objects.count()) == (before, 0)


def test_who_is_let_go_is_signed_out_and_holds_nothing(
    as_adi: Client, ana: User, webchat: Channel, kim: Customer
) -> None:
    theirs = Client()
    theirs.force_login(ana)
    queue, now = Queue.objects.create(key="care", name="Care"), timezone.now()
    AgentState.objects.create(user=ana, presence="available")
    item = WorkItem.objects.create(
        queue=queue, medium="chat", cost=33, state="active", agent=ana, queued_at=now, entered_at=now, eligible_at=now
    )

    assert as_adi.post(f"/settings/people/{ana.pk}/deactivate/").status_code == 302

    assert theirs.get("/workspace/").status_code == 302
    item.refresh_from_db()
    assert (item.state, item.agent_id) == ("waiting", None)
    assert AgentState.objects.get(user=ana).presence == "offline"
    as_adi.post(f"/settings/people/{ana.pk}/reactivate/")
    assert User.objects.get(pk=ana.pk).is_active


def test_the_last_admin_stays_and_nobody_deactivates_themselves(as_adi: Client, adi: User) -> None:
    assert as_adi.post(f"/settings/people/{adi.pk}/", {"name": "Adi", "role": "agent"}).status_code == 422
    assert as_adi.post(f"/settings/people/{adi.pk}/deactivate/").status_code == 409

    adi.refresh_from_db()
    assert (adi.role, adi.is_active) == (Role.ADMIN, True)


def test_a_changed_role_is_in_the_audit(as_adi: Client, ana: User) -> None:
    as_adi.post(f"/settings/people/{ana.pk}/", {"name": "Ana", "role": "supervisor"})

    assert User.objects.get(pk=ana.pk).role == "supervisor"
    assert (last_entry().before["role"], last_entry().after["role"]) == ("agent", "supervisor")


# --- Connections ----------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_revoked(as_adi: Client, ana: User) -> None:
    answer = as_adi.post("/settings/api-keys/", {"name": "Shop", "user": ana.pk, "scopes": ["read"], "expires": "30"})
    key = ApiKey.objects.get()

    assert (answer.status_code, key.scopes) == (201, ["read"])
    assert f"cx_{key.prefix}_" in answer.content.decode()
    assert f"cx_{key.prefix}_" not in as_adi.get("/settings/api-keys/").content.decode()
    as_adi.post(f"/settings/api-keys/{key.pk}/revoke/")
    assert ApiKey.objects.get().revoked_at is not None
    assert as_adi.post("/settings/api-keys/", {"name": "", "user": "0", "scopes": ["all"]}).status_code == 422
    assert ApiKey.objects.count() == 1


def test_a_webhook_is_made_changed_and_its_log_replayed(as_adi: Client) -> None:
    answer = as_adi.post("/settings/webhooks/new/", {"name": "CRM", "url": "https://example.com/in"})
    hook = WebhookSubscription.objects.get()
    assert (answer.status_code, hook.secrets[0] in answer.content.decode()) == (201, True)
    attempt = WebhookAttempt.objects.create(
        subscription=hook, event_id=1, event_name="WorkQueued", body={"a": "<b>"}, state="dead", last_status=500
    )

    page = as_adi.get(f"/settings/webhooks/{hook.pk}/").content.decode()
    assert ("WorkQueued" in page, hook.secrets[0] in page) == (True, False)
    assert "&lt;b&gt;" in as_adi.get(f"/settings/webhooks/attempts/{attempt.pk}/").content.decode()
    assert as_adi.post(f"/settings/webhooks/attempts/{attempt.pk}/replay/").status_code == 204
    attempt.refresh_from_db()
    assert attempt.state == "pending"
    wrong = {"name": "CRM", "url": "http://10.0.0.1/", "events": ["NoSuch"]}
    assert as_adi.post(f"/settings/webhooks/{hook.pk}/", wrong).status_code == 422
    hook.refresh_from_db()
    assert hook.url == "https://example.com/in"


def test_a_parked_delivery_is_tried_again(as_adi: Client) -> None:
    event = Event.objects.create(name="WorkQueued", key="work:1", payload={})
    parked = Delivery.objects.create(
        event=event, handler="x.y", lane="work", key="work:1", state="parked", failures=9, deaths=1, last_error="Boom"
    )
    page = as_adi.get("/settings/parked/").content.decode()
    assert "Boom" in page
    assert "10 tries" in page

    as_adi.post(f"/settings/parked/{parked.pk}/retry/")

    parked.refresh_from_db()
    assert (parked.state, parked.failures, parked.deaths) == ("pending", 0, 0)
    assert last_entry().verb == "retried"
    assert as_adi.post(f"/settings/parked/{parked.pk}/retry/").status_code == 409


# --- Audit ----------------------------------------------------------------------------------------------------------


def test_the_audit_shows_who_and_what_and_stays_whole(as_adi: Client, adi: User, now: datetime) -> None:
    as_adi.post("/settings/teams/new/", {"name": "=cmd|' /C calc'!A0"})
    as_adi.post("/settings/teams/new/", {"name": "<script>alert(1)</script>"})

    page = as_adi.get("/settings/audit/").content.decode()
    assert "Adi" in page
    assert "<script>alert" not in page
    assert as_adi.get("/settings/audit/?who=user:1&thing=core.Team&what=x&before=9").status_code == 200
    rows = b"".join(as_adi.get("/settings/audit/export/").streaming_content).decode()  # type: ignore[arg-type]
    assert ",'=cmd|" in rows
    assert first_broken() is None


def test_a_form_sent_back_as_it_came_changes_nothing(as_adi: Client, ana: User, team: Team) -> None:
    page = as_adi.get(f"/settings/people/{ana.pk}/").content.decode()
    fields = FormReader(page, "person-form").fields

    assert fields["role"] == ["agent"]
    assert as_adi.post(f"/settings/people/{ana.pk}/", fields).status_code == 302
    assert AuditEntry.objects.count() == 0


# --- The demo ---------------------------------------------------------------------------------------------------------


def test_the_demo_goes_and_what_is_real_stays(as_adi: Client, adi: User, kim: Customer, webchat: Channel) -> None:
    real = Customer.objects.create(name="Real")
    Identity.objects.create(customer=real, kind="email", value="real@shop.test")
    demo_agent = User.objects.create(email="ben@example.com", name="Ben")
    for customer in (kim, real):
        found = Conversation.objects.create(customer=customer, channel=webchat, thread_key=customer.name)
        Message.objects.create(conversation=found, author_kind="customer", text="Hi", state="received")
        Case.objects.create(reference=customer.name, subject="S", customer=customer)

    assert "Remove the demo" in as_adi.get("/settings/").content.decode()
    answers = [as_adi.post("/settings/demo/remove/", {"total": "1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 204]
    assert answers[1]["HX-Refresh"] == "true"
    assert list(Customer.objects.values_list("name", flat=True)) == ["Real"]
    assert (Conversation.objects.count(), Message.objects.count(), Case.objects.count()) == (1, 1, 1)
    demo_agent.refresh_from_db()
    adi.refresh_from_db()
    assert (demo_agent.is_active, adi.is_active) == (False, True)
    assert "Remove the demo" not in as_adi.get("/settings/").content.decode()
    assert first_broken() is None
