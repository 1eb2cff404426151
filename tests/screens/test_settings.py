"""Settings: for admins only; channels, queues and skills save, say so in the audit, and refuse what is wrong."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from automation.models import Rule
from cases.models import Calendar, SlaPolicy
from channels_app.models import Channel
from crm.models import Customer
from cxos.core.models import AuditEntry, Team, User
from cxos.core.services.audit import record
from cxos.demo.seed import seed
from cxos.screens.settings.urls import urlpatterns
from routing.models import AgentSkill, Queue, QueueMember, Skill, WorkItem
from tests.screens.form_reading import FormReader
from tests.screens.markup import Reader

PAGES = [
    "", "channels/", "channels/new/", "channels/new/?kind=webchat", "channels/new/?kind=api", "queues/", "queues/new/",
    "skills/", "skills/import/", "skills/export/", "hours/", "hours/new/", "sla/", "sla/new/", "rules/", "rules/new/", "try/", "people/", "people/?show=left",
    "people/invite/", "api-keys/", "webhooks/", "webhooks/new/", "parked/", "presence/", "presence/new/", "dispositions/", "dispositions/new/", "capacity/", "capacity/new/", "audit/", "audit/export/",
]  # fmt: skip

MOST_QUERIES = 12
QUEUE = {
    "name": "Care", "strategy": "longest_idle", "skill_mode": "best", "offer_seconds": "30", "wrap_up_seconds": "0",
    "service_level_seconds": "60", "sticky_seconds": "0", "enabled": "on",
}  # fmt: skip


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.fixture
def calendar(db: None) -> Calendar:
    return Calendar.objects.create(
        name="Office", zone="Europe/Berlin", weekly={str(d): [[540, 1020]] for d in range(5)}
    )


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("id")


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_admins_and_whole(client: Client, ana: User, sam: User, adi: User, path: str) -> None:
    assert client.get(f"/settings/{path}").status_code == 302
    for user in (ana, sam):
        client.force_login(user)
        assert client.get(f"/settings/{path}").status_code == 403
    client.force_login(adi)
    answer = client.get(f"/settings/{path}")
    assert answer.status_code == 200
    if not path.endswith("export/"):
        page = Reader(answer.content.decode())
        assert page.errors == []
        ids = [found["id"] for _, found in page.elements if "id" in found]
        assert sorted(ids) == sorted(set(ids))


def test_no_address_of_the_settings_lets_a_supervisor_in(client: Client, sam: User) -> None:
    """Whatever is added later: only the page behind a signed link is open, and everybody’s own snippets and macros."""
    client.force_login(sam)
    for route in urlpatterns:
        path = "/settings/" + str(route.pattern).replace("<str:day>", "2026-01-01").replace("<int:", "<")
        for name in ("<pk>", "<user>", "<skill>", "<template>"):
            path = path.replace(name, "1")
        if "welcome" in path or "snippets" in path or "macros" in path:
            continue
        answers = {client.get(path).status_code, client.post(path).status_code}
        assert answers <= {403, 405}, path
        assert 403 in answers, path


def test_the_variables_of_snippets_are_shown_as_they_are_typed(as_adi: Client) -> None:
    assert "<code>{{customer.first_name}}</code> Kim" in as_adi.get("/settings/snippets/").content.decode()


@pytest.mark.parametrize("path", ["", "queues/", "skills/", "rules/", "sla/", "people/", "audit/", "hours/"])
def test_a_list_costs_the_same_however_long(
    as_adi: Client, team: Team, calendar: Calendar, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        user = User.objects.create(email=f"a{number}@example.com", name=f"Agent {number}")
        user.teams.add(team)
        skill = Skill.objects.create(key=f"s{number}", name=f"Skill {number}")
        AgentSkill.objects.create(user=user, skill=skill, level=3)
        queue = Queue.objects.create(key=f"q{number}", name=f"Queue {number}", team=team, calendar=calendar)
        QueueMember.objects.create(queue=queue, user=user)
        Rule.objects.create(name=f"Rule {number}", event="MessageReceived", actions=[{"kind": "resolve"}])
        policy = SlaPolicy.objects.create(name=f"Policy {number}", calendar=calendar)
        policy.targets.create(metric="resolution", budget_seconds=60)
        Calendar.objects.create(name=f"Calendar {number}")

    with django_assert_max_num_queries(MOST_QUERIES):
        assert as_adi.get(f"/settings/{path}").status_code == 200


def test_the_overview_costs_the_same_whatever_was_changed(
    as_adi: Client, adi: User, team: Team, calendar: Calendar, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    seed(now=timezone.now())
    queue = Queue.objects.all()[0]
    before = {"team_id": team.pk, "calendar_id": calendar.pk, "overflow_to_id": queue.pk, "ana@example.com": 2}
    for _ in range(6):
        record(adi, "changed", queue, before=before, after={})

    with django_assert_max_num_queries(MOST_QUERIES):
        assert "Changed lately" in as_adi.get("/settings/").content.decode()


# --- Channels -------------------------------------------------------------------------------------------------------


def test_a_web_chat_is_made_and_its_secret_shown_once(as_adi: Client, adi: User) -> None:
    answer = as_adi.post(
        "/settings/channels/new/?kind=webchat",
        {"name": "Shop", "greeting": "Hello", "allowed_origins": "https://www.example.com\n\nhttp://localhost:8080"},
    )

    channel = Channel.objects.get()
    secret = channel.secrets["identity_secret"][0]  # type: ignore[index]
    page = answer.content.decode()
    assert answer.status_code == 201
    assert (channel.key, channel.medium, channel.enabled) == ("shop", "chat", True)
    assert channel.config["allowed_origins"] == ["https://www.example.com", "http://localhost:8080"]
    assert channel.config["texts"] == {"greeting": "Hello"}
    assert secret in page and "/widget/shop/sdk.js&quot;" in page
    assert secret not in as_adi.get(f"/settings/channels/{channel.pk}/").content.decode()
    assert (last_entry().verb, last_entry().actor) == ("made", f"user:{adi.pk}")
    assert secret not in str(last_entry().after)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("webchat", {"name": ""}),
        ("webchat", {"name": "Shop", "allowed_origins": "example.com"}),
        ("webchat", {"name": "Shop", "allowed_origins": "https://example.com/path"}),
        ("webchat", {"name": "Shop", "color": "red"}),
        ("webchat", {"name": "Shop", "queue": "nowhere"}),
        ("webchat", {"name": "x" * 81}),
        ("webchat", {"name": "Sh\0op"}),
        ("api", {"name": "Shop", "reply_url": "ftp://example.com"}),
        ("api", {"name": "Shop", "reply_url": "http://127.0.0.1/"}),
        ("api", {"name": "🙂"}),
    ],
)
def test_a_wrong_channel_is_shown_again_and_not_made(as_adi: Client, kind: str, given: dict[str, str]) -> None:
    answer = as_adi.post(f"/settings/channels/new/?kind={kind}", given)

    assert answer.status_code == 422
    assert Channel.objects.count() == 0
    assert AuditEntry.objects.count() == 0


def test_a_channel_is_switched_off_and_on(as_adi: Client, api: Channel) -> None:
    assert as_adi.post(f"/settings/channels/{api.pk}/switch/", {}).status_code == 204
    assert not Channel.objects.get().enabled
    as_adi.post(f"/settings/channels/{api.pk}/switch/", {"enabled": "on"})
    assert Channel.objects.get().enabled
    assert [entry.after for entry in AuditEntry.objects.order_by("id")] == [{"enabled": False}, {"enabled": True}]


def test_a_new_secret_leaves_the_one_before_good(as_adi: Client, webchat: Channel) -> None:
    answer = as_adi.post(f"/settings/channels/{webchat.pk}/secret/")

    webchat.refresh_from_db()
    new, old = webchat.secrets["identity_secret"]  # type: ignore[index]
    assert old == "a secret of the site"
    assert new in answer.content.decode()
    assert new not in str(last_entry().__dict__)


def test_trying_a_reply_address_says_what_is_wrong_with_it(as_adi: Client, api: Channel) -> None:
    assert "no address" in as_adi.post(f"/settings/channels/{api.pk}/try/").content.decode()


# --- Queues and skills ----------------------------------------------------------------------------------------------


def test_a_queue_is_made_with_its_members_in_one_save(
    as_adi: Client, ana: User, team: Team, calendar: Calendar
) -> None:
    given = QUEUE | {"team": str(team.pk), "calendar": str(calendar.pk), f"member_{ana.pk}": "4"}

    assert as_adi.post("/settings/queues/new/", given).status_code == 302

    queue = Queue.objects.get()
    assert (queue.key, queue.team_id, queue.calendar_id) == ("care", team.pk, calendar.pk)
    assert list(QueueMember.objects.values_list("user", "level")) == [(ana.pk, 4)]
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["made", "changed the members of"]


def test_changing_a_queue_says_only_what_changed(as_adi: Client, ana: User) -> None:
    queue = Queue.objects.create(key="care", name="Care")
    QueueMember.objects.create(queue=queue, user=ana, level=2)

    as_adi.post(f"/settings/queues/{queue.pk}/", QUEUE | {"offer_seconds": "45", f"member_{ana.pk}": "2"})

    queue.refresh_from_db()
    assert (queue.offer_seconds, queue.version) == (45, 2)
    assert (last_entry().before, last_entry().after) == ({"offer_seconds": 30}, {"offer_seconds": 45})
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"offer_seconds": "1"}, {"offer_seconds": "x"}, {"strategy": "luck"}, {"team": "99999"},
     {"member_1": "9"}, {"member_999999999": "1"}],
)  # fmt: skip
def test_a_wrong_queue_changes_nothing(as_adi: Client, ana: User, wrong: dict[str, str]) -> None:
    queue = Queue.objects.create(key="care", name="Care")
    QueueMember.objects.create(queue=queue, user=ana, level=2)

    answer = as_adi.post(f"/settings/queues/{queue.pk}/", QUEUE | {"name": "Other", "sticky_seconds": "9"} | wrong)

    assert answer.status_code == 422
    queue.refresh_from_db()
    assert (queue.name, queue.sticky_seconds, queue.version) == ("Care", 0, 1)
    assert QueueMember.objects.get().level == 2
    assert AuditEntry.objects.count() == 0


def cells(*changes: tuple[int, int, object]) -> dict[str, str]:
    return {"cells": json.dumps(changes)}


def test_cells_of_the_matrix_are_saved_together_and_told_once(as_adi: Client, ana: User, sam: User) -> None:
    french = Skill.objects.create(key="french", name="French")

    one = as_adi.post("/settings/skills/levels/", cells((ana.pk, french.pk, 4)))
    two = as_adi.post("/settings/skills/levels/", cells((ana.pk, french.pk, None), (sam.pk, french.pk, 2)))

    assert (one.status_code, "HX-Trigger" in one) == (204, False)
    assert "2 levels saved" in two["HX-Trigger"]
    assert list(AgentSkill.objects.values_list("user", "level")) == [(sam.pk, 2)]
    assert (last_entry().before, last_entry().after) == ({"French": None}, {"French": 2})


@pytest.mark.parametrize("level", [6, -1, "x", 2**40, [1]])
def test_a_wrong_level_is_refused_and_nothing_of_it_saved(as_adi: Client, ana: User, sam: User, level: object) -> None:
    french = Skill.objects.create(key="french", name="French")

    answer = as_adi.post("/settings/skills/levels/", cells((sam.pk, french.pk, 3), (ana.pk, french.pk, level)))

    assert (answer.status_code, AgentSkill.objects.count()) == (422, 0)
    assert as_adi.post("/settings/skills/levels/", {"cells": "[[1]]"}).status_code == 422
    assert as_adi.post("/settings/skills/levels/", cells((987654, french.pk, 1))).status_code == 404


def test_a_sheet_is_shown_line_by_line_before_it_is_written(as_adi: Client, ana: User, sam: User) -> None:
    french, german = (Skill.objects.create(key=key, name=key.title()) for key in ("french", "german"))
    AgentSkill.objects.create(user=ana, skill=french, level=1)
    text = "email;French;german\nana@example.com;4;\nnobody@example.com;1;1\nsam@example.com;9;2\n"

    page = as_adi.post("/settings/skills/import/", {"text": text}).content.decode()

    assert "2 levels would change" in page and "Ana, French: 1 → <b>4</b>" in page
    assert "Nobody with the e-mail “nobody@example.com” works here." in page
    assert "French: “9” is no level from 0 to 5." in page
    assert AgentSkill.objects.get().level == 1

    answer = as_adi.post("/settings/skills/import/", {"text": text, "apply": "1"})

    assert answer.status_code == 302
    held = AgentSkill.objects.order_by("user__name").values_list("user", "skill", "level")
    assert list(held) == [(ana.pk, french.pk, 4), (sam.pk, german.pk, 2)]


def test_what_is_exported_is_imported_without_a_change(as_adi: Client, ana: User) -> None:
    AgentSkill.objects.create(user=ana, skill=Skill.objects.create(key="french", name="French"), level=3)
    sheet = as_adi.get("/settings/skills/export/").content.decode()
    assert sheet.splitlines()[:3] == ["email,name,French", "adi@example.com,Adi,", "ana@example.com,Ana,3"]
    assert "0 levels would change" in as_adi.post("/settings/skills/import/", {"text": sheet}).content.decode()


@pytest.mark.parametrize("text", ["", "email,French", "French\n3", "email,Klingon\nana@example.com,3"])
def test_a_sheet_that_is_none_says_what_it_needs(as_adi: Client, ana: User, text: str) -> None:
    answer = as_adi.post("/settings/skills/import/", {"text": text})
    assert answer.status_code == 422
    assert AgentSkill.objects.count() == 0


def test_a_skill_that_waiting_work_needs_stays(as_adi: Client, webchat: Channel, kim: Customer) -> None:
    french = Skill.objects.create(key="french", name="French")
    queue, now = Queue.objects.create(key="care", name="Care"), timezone.now()
    WorkItem.objects.create(
        queue=queue, medium="chat", cost=33, required=[{"skill": "french", "level": 3, "hard": True}], queued_at=now,
        entered_at=now, eligible_at=now,
    )  # fmt: skip

    assert as_adi.post(f"/settings/skills/{french.pk}/remove/").status_code == 409
    WorkItem.objects.all().delete()
    assert as_adi.post(f"/settings/skills/{french.pk}/remove/").status_code == 204
    assert Skill.objects.count() == 0


def test_a_queue_sent_back_as_it_came_stays_as_it_is(as_adi: Client, ana: User, team: Team, calendar: Calendar) -> None:
    queue = Queue.objects.create(key="care", name="Care", team=team, calendar=calendar, sticky_seconds=7)
    QueueMember.objects.create(queue=queue, user=ana, level=2)
    page = as_adi.get(f"/settings/queues/{queue.pk}/").content.decode()

    answer = as_adi.post(f"/settings/queues/{queue.pk}/", FormReader(page, "queue-form").fields)

    assert answer.status_code == 302
    assert AuditEntry.objects.count() == 0
    assert QueueMember.objects.get().level == 2
