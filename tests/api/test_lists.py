"""Lists: what one sees, in what order, page by page, with filters and fewer fields, in a pinned number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cases.models import Calendar, Case, Clock
from channels_app.models import Conversation, Message
from crm.models import Account, Customer, Identity, MergeSuggestion
from cxos.core.models import Team
from routing.models import AgentSkill, AgentState, Disposition, Offer, Queue, QueueMember, Skill, WorkItem

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
LISTS = (
    "teams", "customers", "identities", "merge-suggestions", "channels", "conversations", "messages", "cases", "clocks",
    "queues", "skills", "dispositions", "agents", "work-items", "offers", "rules", "api-keys",
    "webhook-subscriptions", "webhook-attempts",
)  # fmt: skip
ADMINS_OWN = {"rules", "api-keys", "webhook-subscriptions", "webhook-attempts"}


@pytest.fixture
def world(kim, max, api, team, ana, sam, now) -> Callable[[int], None]:
    """Adds `n` of everything, each row with everything beside it that a list shows."""
    calendar = Calendar.objects.create(name="Always", weekly={str(day): [[0, 1440]] for day in range(7)})

    def add(n: int) -> None:
        start = Conversation.objects.count()
        for i in range(start, start + n):
            at = now + timedelta(minutes=i)
            account = Account.objects.create(name=f"Account {i}")
            customer = Customer.objects.create(name=f"Customer {i}", account=account, created_at=at, last_seen_at=at)
            Identity.objects.create(customer=customer, kind="email", value=f"{i}@example.com")
            MergeSuggestion.objects.create(first=kim, second=customer, evidence=["same phone"])
            talk = Conversation.objects.create(
                customer=customer, channel=api, thread_key=str(i), assignee=ana, team=team, last_message_at=at
            )
            Message.objects.create(conversation=talk, author_kind="agent", author=ana, text="Hi", state="sent")
            case = Case.objects.create(
                reference=f"C-{i}", subject="s", customer=customer, assignee=ana, team=team, opened_at=at
            )
            case.conversations.add(talk)
            Clock.objects.create(
                conversation=talk, metric="first_response", calendar=calendar, budget_seconds=900, started_at=at
            )
            queue = Queue.objects.create(key=f"q{i}", name=f"Queue {i}", team=team, calendar=calendar)
            QueueMember.objects.create(queue=queue, user=ana)
            skill = Skill.objects.create(key=f"s{i}", name=f"Skill {i}")
            AgentSkill.objects.create(user=ana, skill=skill)
            AgentState.objects.get_or_create(user=ana)
            Disposition.objects.create(key=f"d{i}", name=f"Disposition {i}")
            item = WorkItem.objects.create(
                queue=queue, conversation=talk, medium="chat", state="active", agent=ana, cost=10,
                queued_at=at, entered_at=at, eligible_at=at,
            )  # fmt: skip
            Offer.objects.create(item=item, agent=ana, state="accepted", made_at=at, expires_at=at)
            Team.objects.create(name=f"Team {i}")

    return add


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_takes_no_more_queries(as_adi, world, name, django_assert_max_num_queries):
    world(2)
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        assert as_adi.get(name).status_code == 200
    world(6)
    with django_assert_max_num_queries(len(few)):
        rows = as_adi.get(name).json()["results"]

    assert len(rows) >= 8 or name in ADMINS_OWN | {"agents", "channels"}


def test_an_agents_list_of_conversations_takes_three_queries(as_ana, world, django_assert_num_queries):
    world(5)
    as_ana.get("me")  # the key is known from here on

    with django_assert_num_queries(1):
        assert len(as_ana.get("conversations").json()["results"]) == 5


@pytest.mark.parametrize("name", ["customers", "conversations", "cases", "messages", "work-items", "offers"])
def test_pages_hold_every_row_once_in_both_directions(as_adi, world, name):
    world(7)

    for ordering in ("-id", "id"):
        seen: list[int] = []
        cursor = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = as_adi.get(name, limit=2, ordering=ordering, **more).json()
            seen += [row["id"] for row in page["results"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == sorted(seen, reverse=ordering == "-id")
        assert len(seen) == len(set(seen)) >= 7


def test_equal_positions_are_neither_lost_nor_doubled(as_adi, world, now):
    world(7)
    Conversation.objects.update(last_message_at=now)

    seen: list[int] = []
    answer = as_adi.get("conversations", limit=3, ordering="-last_message_at", resolved="false")
    while True:
        page = answer.json()
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        assert page["next"].startswith("http://testserver/api/v1/conversations?")
        more = {"ordering": "-last_message_at", "resolved": "false", "cursor": page["next_cursor"]}
        answer = as_adi.get("conversations", limit=3, **more)

    assert seen == sorted(Conversation.objects.values_list("id", flat=True), reverse=True)


def test_a_row_that_comes_in_while_paging_moves_no_other(as_adi, world):
    world(4)
    first = as_adi.get("customers", limit=2).json()
    world(1)
    second = as_adi.get("customers", limit=2, cursor=first["next_cursor"]).json()

    ids = [row["id"] for page in (first, second) for row in page["results"]]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 4


def test_only_the_fields_asked_for(as_ana, talk):
    assert as_ana.get("conversations", fields="id,status").json()["results"] == [{"id": talk.id, "status": "open"}]
    assert as_ana.get(f"conversations/{talk.id}", fields="id").json() == {"id": talk.id}


def test_filters_narrow(as_ana, talk, ana, max, api):
    other = Conversation.objects.create(customer=max, channel=api, thread_key="max", assignee=ana, tags=["vip"])

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in as_ana.get("conversations", **query).json()["results"]]

    assert ids(assignee="me") == [other.id]
    assert ids(assignee="none") == [talk.id]
    assert ids(assignee=ana.id) == [other.id]
    assert ids(tag="vip") == [other.id]
    assert ids(customer=max.id) == [other.id]
    assert ids(status="resolved") == []
    assert ids(status="open,pending") == [other.id, talk.id]
    assert ids(waiting="true") == [talk.id]
    assert ids(created_since="2026-03-04T10:00:00+00:00", created_before="2026-03-04T10:00:01 00:00") == [talk.id]


def test_customers_are_found_by_any_form_of_their_identity(as_ana, kim, max):
    found = as_ana.get("customers", email=" KIM@Example.com ").json()["results"]

    assert [row["id"] for row in found] == [kim.id]
    assert as_ana.get("customers", email="nobody@example.com").json()["results"] == []
    assert as_ana.get("customers", email="no address").status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"status": "broken"}, "status"),
        ({"status": ""}, "status"),
        ({"customer": "x"}, "customer"),
        ({"customer": "0"}, "customer"),
        ({"customer": "9223372036854775808"}, "customer"),
        ({"customer": "1" * 5000}, "customer"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WzFd"}, "cursor"),
        ({"ordering": "password"}, "ordering"),
        ({"fields": "id,secrets"}, "fields"),
        ({"waiting": "1"}, "waiting"),
        ({"created_since": "yesterday"}, "created_since"),
        ({"created_since": "2026-03-04T10:00:00"}, "created_since"),
        ({"created_since": "0001-01-01T00:00:00+23:59"}, "created_since"),
        ({"tag": "x" * 41}, "tag"),
        ({"tag": "a\0b"}, "tag"),
        ({"a\0b": "1"}, "ab"),
        ({"customer__name": "x"}, "customer__name"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(as_ana, talk, query, field):
    answer = as_ana.get("conversations", **query)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_what_would_read_a_large_table_from_end_to_end_is_refused(as_ana, talk):
    def status(name: str, **query: Any) -> int:
        return as_ana.get(name, **query).status_code

    assert status("conversations", ordering="-last_message_at") == 422
    assert status("conversations", ordering="-last_message_at", status="open,resolved") == 422
    assert status("conversations", ordering="-last_message_at", resolved="false") == 200
    assert status("conversations", ordering="-last_message_at", status="open,pending") == 200
    assert status("conversations", ordering="-last_message_at", assignee="me") == 200
    assert status("messages", state="failed") == 422
    assert status("messages", state="failed", conversation=talk.id) == 200


def test_a_cursor_of_another_ordering_or_forged_is_refused(as_adi, world):
    import base64

    world(3)
    cursor = as_adi.get("conversations", limit=1).json()["next_cursor"]
    assert as_adi.get("conversations", limit=1, ordering="id", cursor=cursor).status_code == 422
    for forged in (
        '["-id","a\\u0000",1]',
        '["-last_message_at",1,1]',
        '["-id",1,99999999999999999999]',
        '["-id",{},1]',
    ):
        text = base64.urlsafe_b64encode(forged.encode()).decode()
        ordering = forged.split('"')[1]
        answer = as_adi.get("conversations", ordering=ordering, cursor=text, resolved="false")
        assert answer.status_code in {200, 422}, forged


# --- What one may not see -----------------------------------------------------------------------------------------


def test_an_agent_sees_what_is_theirs_their_teams_and_nobodys(as_ana, as_sam, talk, sam, kim, api):
    theirs = Conversation.objects.create(
        customer=kim, channel=api, thread_key="2", assignee=sam, team=Team.objects.create(name="Other")
    )
    message = Message.objects.create(conversation=theirs, author_kind="customer", text="secret", state="received")

    assert [row["id"] for row in as_ana.get("conversations").json()["results"]] == [talk.id]
    assert {row["id"] for row in as_sam.get("conversations").json()["results"]} == {talk.id, theirs.id}
    for path in (f"conversations/{theirs.id}", f"messages/{message.id}", f"conversations/{theirs.id}/why"):
        assert as_ana.get(path).status_code == 404
        assert as_sam.get(path).status_code == 200
    assert "secret" not in as_ana.get("messages").content.decode()
    for path in ("reply", "note", "resolve", "assign", "tags", "priority", "status", "read", "subject", "reopen"):
        answer = as_ana.post(f"conversations/{theirs.id}/{path}", BODIES.get(path, {}))
        assert answer.status_code == 404, path
    assert theirs.messages.count() == 1


BODIES = {
    "reply": {"text": "x"}, "note": {"text": "x"}, "assign": {"agent": None}, "priority": {"priority": 1},
    "status": {"status": "open"}, "subject": {"subject": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in LISTS if name not in ADMINS_OWN])
def test_what_is_listed_can_be_opened_and_nothing_else(as_ana, world, sam, name):
    world(3)
    Conversation.objects.filter(thread_key="1").update(assignee=sam, team=Team.objects.create(name="Other"))

    listed = {row["id"] for row in as_ana.get(name).json()["results"]}
    everything = listed | {max(listed, default=0) + n for n in range(1, 4)} | {1, 2, 3}
    openable = {one for one in everything if as_ana.get(f"{name}/{one}").status_code == 200}

    assert listed <= openable


def test_huge_ids_are_not_found(as_ana):
    for number in ("9223372036854775807", "9223372036854775808", "9" * 40, "0", "-1", "abc", "%00", "1" * 5000):
        answer = as_ana.get(f"conversations/{number}")
        assert answer.status_code == 404, number
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_numbers_beyond_64_bits_in_stored_json_can_be_read(as_ana, kim):
    Customer.objects.filter(id=kim.id).update(attributes={"points": 10**30})

    assert as_ana.get(f"customers/{kim.id}").json()["attributes"] == {"points": 10**30}
