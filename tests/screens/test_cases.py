"""The screens of cases: the table, the board, one case, and what one can do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.models import Calendar, Case, Clock
from cases.services.cases import open_case
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Event, User
from cxos.core.search.dictionary import learn

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
Open = Callable[..., Case]


@pytest.fixture
def opened(kim: Customer, sam: User, now: datetime) -> Open:
    def begin(subject: str = "The bill", **more: Any) -> Case:
        return open_case(subject=subject, **{"customer": kim, "actor": sam, "now": now, **more})

    return begin


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def listed(client: Client, **given: str) -> list[str]:
    return [row.case.subject for row in client.get("/cases/", given).context["rows"]]


def told(case: Case, name: str) -> dict[str, Any]:
    return Event.objects.filter(key=f"case:{case.pk}", name=name).values_list("payload", flat=True).latest("id")


def test_the_table_shows_what_is_not_solved_and_narrows(as_ana: Client, opened: Open, ana: User, now: datetime) -> None:
    opened("Old", now=now - timedelta(days=1))
    mine = opened("Mine", assignee=ana, priority=3)
    solved = opened("Done")
    Case.objects.filter(pk=solved.pk).update(status="solved", solved_at=now)

    assert listed(as_ana) == ["Mine", "Old"]
    assert listed(as_ana, status="solved") == ["Done"]
    assert listed(as_ana, status="all") == ["Done", "Mine", "Old"]
    assert listed(as_ana, holder="me") == ["Mine"]
    assert listed(as_ana, holder="none") == ["Old"]
    assert listed(as_ana, priority="3") == ["Mine"]
    assert listed(as_ana, words=mine.reference.lower()) == ["Mine"]
    learn(["Old", "Mine"])
    assert listed(as_ana, words="ol") == ["Old"]
    assert listed(as_ana, words="min") == ["Mine"]
    assert listed(as_ana, words="done", status="all") == ["Done"]


def test_the_table_goes_on_behind_its_last_row(as_ana: Client, opened: Open, now: datetime) -> None:
    for number in range(45):
        opened(str(number), now=now - timedelta(minutes=number % 9))

    first = as_ana.get("/cases/").context
    rest = as_ana.get("/cases/", {"after": first["older"]}).context

    seen = [row.case.pk for page in (first, rest) for row in page["rows"]]
    assert (len(seen), len(set(seen)), rest["older"]) == (45, 45, "")


@pytest.mark.parametrize("after", ["x", "|", "2026-01-01|5", "2026-01-01T00:00:00+00:00|²", "|" + "9" * 40])
def test_a_strange_address_is_no_error(as_ana: Client, opened: Open, after: str) -> None:
    opened()
    assert len(as_ana.get("/cases/", {"after": after, "status": "x", "priority": "²"}).context["rows"]) == 1


def test_the_board_has_a_column_a_status_and_forgets_what_was_solved_long_ago(as_ana: Client, opened: Open) -> None:
    here = timezone.now()
    opened("Open")
    waiting, solved, old = opened("Waiting"), opened("Solved"), opened("Old")
    Case.objects.filter(pk=waiting.pk).update(status="pending")
    Case.objects.filter(pk=solved.pk).update(status="solved", solved_at=here)
    Case.objects.filter(pk=old.pk).update(status="solved", solved_at=here - timedelta(days=15))

    columns = as_ana.get("/cases/board/").context["columns"]

    assert [[row.case.subject for row in column.rows] for column in columns] == [["Open"], ["Waiting"], ["Solved"]]


def test_a_case_of_another_team_is_not_there(as_ana: Client, opened: Open, sam: User) -> None:
    from cxos.core.models import Team

    foreign = opened(team=Team.objects.create(name="Elsewhere"), assignee=sam)
    assert listed(as_ana) == []
    assert as_ana.get(f"/cases/{foreign.pk}/").status_code == 404
    assert as_ana.post(f"/cases/{foreign.pk}/solve/").status_code == 404


def test_a_case_is_moved_solved_and_opened_again_with_a_reason(as_ana: Client, opened: Open) -> None:
    case = opened()

    def status() -> str:
        case.refresh_from_db()
        return case.status

    as_ana.post(f"/cases/{case.pk}/move/", {"status": "pending"})
    assert (status(), told(case, "CaseChanged")["value"]) == ("pending", "pending")
    asked = as_ana.post(f"/cases/{case.pk}/move/", {"status": "solved"})
    assert (status(), asked["HX-Retarget"]) == ("pending", "#dialogs")
    as_ana.post(f"/cases/{case.pk}/solve/", {"words": "Refunded"})
    assert (status(), case.resolution) == ("solved", "Refunded")
    assert as_ana.post(f"/cases/{case.pk}/reopen/").status_code == 422
    as_ana.post(f"/cases/{case.pk}/reopen/", {"words": "Came back"})
    assert (status(), told(case, "CaseReopened")["reason"]) == ("open", "Came back")

    history = [one.words for one in as_ana.get(f"/cases/{case.pk}/").context["detail"].history]
    assert history == ["Reopened: Came back", "Solved", "Now: Waiting for customer", "Opened"]


def test_a_case_is_given_to_somebody_and_to_nobody(as_ana: Client, opened: Open, ana: User, sam: User) -> None:
    case = opened()
    for to, holder in (("me", ana.pk), ("none", None), (str(ana.pk), ana.pk), (str(sam.pk), sam.pk)):
        assert as_ana.post(f"/cases/{case.pk}/assign/", {"to": to}).status_code == 200
        case.refresh_from_db()
        assert case.assignee_id == holder

    refused = as_ana.post(f"/cases/{case.pk}/assign/", {"to": "me"})  # Sam has it now
    assert (refused.status_code, b"Sam looks after this case" in refused.content) == (403, True)


def test_conversations_are_linked_by_their_number_but_not_somebody_elses(
    as_ana: Client, opened: Open, webchat: Channel, kim: Customer, max: Customer
) -> None:
    case = opened()
    of_kim = Conversation.objects.create(customer=kim, channel=webchat, thread_key="a")
    of_max = Conversation.objects.create(customer=max, channel=webchat, thread_key="b")

    assert as_ana.post(f"/cases/{case.pk}/link/", {"conversation": f"#{of_kim.pk}"}).status_code == 200
    assert as_ana.post(f"/cases/{case.pk}/link/", {"conversation": str(of_max.pk)}).status_code == 409
    for strange in ("x", "987654321", "²", ""):
        assert as_ana.post(f"/cases/{case.pk}/link/", {"conversation": strange}).status_code == 422
    assert [one.pk for one in case.conversations.all()] == [of_kim.pk]

    as_ana.post(f"/cases/{case.pk}/unlink/{of_kim.pk}/")
    assert case.conversations.count() == 0
    assert told(case, "CaseChanged") == {"case_id": case.pk, "what": "unlinked", "value": f"#{of_kim.pk}"}


def test_the_nearest_deadline_stands_in_the_row_and_is_explained_on_the_page(
    as_ana: Client, opened: Open, now: datetime
) -> None:
    case = opened()
    calendar = Calendar.objects.create(name="Always", weekly={str(day): [[0, 1440]] for day in range(7)})
    due = now + timedelta(hours=2)
    Clock.objects.create(
        case=case, metric="resolution", calendar=calendar, budget_seconds=7200, state="running", due_at=due,
        started_at=now, running_since=now,
    )  # fmt: skip

    (row,) = as_ana.get("/cases/").context["rows"]
    assert row.clock.due_at == due
    assert (
        "due Wed 4 Mar 12:00, because 2 h count in opening hours" in as_ana.get(f"/cases/{case.pk}/").content.decode()
    )


@pytest.mark.parametrize(
    "path", ["/cases/", "/cases/board/", "/cases/{pk}/", "/cases/{pk}/people/", "/cases/{pk}/ask/"]
)
def test_no_page_takes_more_than_twelve_queries(
    as_ana: Client, opened: Open, webchat: Channel, kim: Customer, ana: User, path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    talk = Conversation.objects.create(customer=kim, channel=webchat, thread_key="a")
    cases = [opened(str(number), assignee=ana, conversation=talk) for number in range(20)]
    address = path.format(pk=cases[0].pk)
    as_ana.get(address)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert as_ana.get(address).status_code == 200
