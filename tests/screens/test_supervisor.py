"""The supervisor's floor: who may, what it costs, what its verbs do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Role, Team, User
from cxos.core.phrases import Phrase
from cxos.screens.supervisor.board import read_board
from cxos.screens.supervisor.people import roster
from intelligence import queries
from intelligence.intervals import Tally
from intelligence.models import Fact, Interval
from routing.models import AgentSkill, AgentState, Queue, QueueMember, Skill, WorkItem
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from tests.screens.markup import Reader

PARTS = ["/supervisor/board/", "/supervisor/agents/", "/supervisor/waiting/", "/supervisor/risk/", "/supervisor/chart/"]
MOST_QUERIES = 12


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team, service_level_seconds=60)


@pytest.fixture
def billing(team: Team) -> Queue:
    return Queue.objects.create(key="billing", name="Billing", team=team)


@pytest.fixture
def waiting(queue: Queue, webchat: Channel, kim: Customer) -> Callable[..., WorkItem]:
    """Somebody who began to wait so many seconds ago."""

    def make(seconds: int = 0, *, name: str = "first") -> WorkItem:
        at = timezone.now() - timedelta(seconds=seconds)
        found = Conversation.objects.create(
            customer=kim, channel=webchat, thread_key=name, created_at=at, last_message_at=at, last_message_text=name
        )
        return enqueue(found, queue=queue, priority=1, why=Phrase("A test put it there."), now=at)

    return make


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def serves(user: User, queue: Queue) -> User:
    QueueMember.objects.create(queue=queue, user=user)
    set_presence(user, presence="available", actor=user, now=timezone.now())
    return user


@pytest.mark.parametrize("path", ["/supervisor/", "/supervisor/?tv=1", "/supervisor/behind/abandoned/", *PARTS])
def test_the_floor_is_for_supervisors_and_admins(client: Client, ana: User, sam: User, adi: User, path: str) -> None:
    assert client.get(path).status_code == 302
    client.force_login(ana)
    assert client.get(path).status_code == 403
    for user in (sam, adi):
        client.force_login(user)
        assert client.get(path).status_code == 200


def test_the_wall_stands_before_there_is_a_forecast(as_sam: Client, queue: Queue) -> None:
    page = as_sam.get("/supervisor/?tv=1")

    assert page.status_code == 200
    assert "risk in 30 min" in page.content.decode()


def test_an_agent_moves_no_work_from_here(
    client: Client, ana: User, billing: Queue, waiting: Callable[..., WorkItem]
) -> None:
    item = waiting()
    client.force_login(ana)

    answers = [
        client.post(f"/supervisor/work/{item.pk}/assign/", {"agent": ana.pk}),
        client.post(f"/supervisor/work/{item.pk}/move/", {"queue": billing.pk}),
        client.post(f"/supervisor/work/{item.pk}/requeue/"),
        client.post(f"/supervisor/agents/{ana.pk}/presence/", {"presence": "available"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    item.refresh_from_db()
    assert (item.state, item.agent_id, item.queue.key) == ("waiting", None, "care")


@pytest.mark.parametrize("path", PARTS)
def test_a_part_costs_the_same_for_any_number_of_agents(
    as_sam: Client,
    team: Team,
    queue: Queue,
    waiting: Callable[..., WorkItem],
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    skill = Skill.objects.create(key="english", name="English")
    for number in range(30):
        user = User.objects.create(email=f"agent{number}@example.com", name=f"Agent {number}", role=Role.AGENT)
        QueueMember.objects.create(queue=queue, user=user)
        AgentSkill.objects.create(user=user, skill=skill, level=3)
        AgentState.objects.create(user=user, presence="available")
        waiting(number, name=f"thread {number}")

    with django_assert_max_num_queries(MOST_QUERIES):
        answer = as_sam.get(path)

    assert answer.status_code == 200
    assert Reader(answer.content.decode()).errors == []


def test_the_board_counts_who_waits_and_who_could_help(
    ana: User, sam: User, queue: Queue, billing: Queue, waiting: Callable[..., WorkItem]
) -> None:
    now = timezone.now()
    serves(ana, queue)
    QueueMember.objects.create(queue=billing, user=ana)
    waiting(200, name="long")
    waiting(20, name="short")

    board = read_board(now=now)

    care = next(line for line in board.lines if line.queue == queue)
    assert (care.live.unanswered, care.live.in_hand, care.available, care.on_duty) == (2, 0, 1, 1)
    assert care.live.longest == pytest.approx(200, abs=2)
    assert care.at_risk
    assert board.live.unanswered == 2
    assert dict(board.agents) == {"available": 1}


def test_assigning_gives_the_work_and_offers_an_undo(
    as_sam: Client, ana: User, queue: Queue, waiting: Callable[..., WorkItem]
) -> None:
    item = waiting()
    serves(ana, queue)

    answer = as_sam.post(f"/supervisor/work/{item.pk}/assign/", {"agent": ana.pk})

    assert answer.status_code == 204
    undo = f"/supervisor/work/{item.pk}/restore/?queue={queue.pk}"
    assert f'"undo": "{undo}"' in answer["HX-Trigger"]
    item.refresh_from_db()
    assert (item.state, item.agent_id) == ("active", ana.pk)

    as_sam.post(undo)

    item.refresh_from_db()
    assert (item.state, item.agent_id, item.queue_id) == ("waiting", None, queue.pk)


def test_moving_to_another_queue_keeps_the_age(
    as_sam: Client, billing: Queue, queue: Queue, waiting: Callable[..., WorkItem]
) -> None:
    item = waiting(90)

    answer = as_sam.post(f"/supervisor/work/{item.pk}/move/", {"queue": billing.pk})

    assert answer.status_code == 204
    assert f"/supervisor/work/{item.pk}/restore/?queue={queue.pk}" in answer["HX-Trigger"]
    moved = WorkItem.objects.get()
    assert (moved.queue_id, moved.queued_at) == (billing.pk, item.queued_at)


@pytest.mark.parametrize("agent", ["", "x", "9" * 30, "0", "-1"])
def test_a_wrong_agent_changes_nothing(as_sam: Client, waiting: Callable[..., WorkItem], agent: str) -> None:
    item = waiting()

    answer = as_sam.post(f"/supervisor/work/{item.pk}/assign/", {"agent": agent})

    assert answer.status_code in {404, 422}
    item.refresh_from_db()
    assert (item.state, item.agent_id, item.version) == ("waiting", None, 0)


def test_a_supervisor_changes_presence_and_a_wrong_one_is_refused_with_a_sentence(
    as_sam: Client, ana: User, queue: Queue
) -> None:
    serves(ana, queue)

    assert as_sam.post(f"/supervisor/agents/{ana.pk}/presence/", {"presence": "break"}).status_code == 200
    assert AgentState.objects.get(user=ana).presence == "break"

    refused = as_sam.post(f"/supervisor/agents/{ana.pk}/presence/", {"presence": "missed"})
    assert (refused.status_code, refused["HX-Reswap"]) == (422, "none")
    assert "Presence must be one of" in refused["HX-Trigger"]
    assert AgentState.objects.get(user=ana).presence == "break"


def test_the_agents_who_can_take_work_stand_first(ana: User, team: Team, queue: Queue) -> None:
    ben = User.objects.create(email="ben@example.com", name="Ben", role=Role.AGENT)
    serves(ben, queue)

    assert [(one.name, one.tone) for one in roster()] == [("Ben", "available"), ("Ana", "offline")]


def test_a_number_opens_the_rows_behind_it(as_sam: Client, now: datetime, queue: Queue, kim: Customer) -> None:
    webchat = Channel.objects.create(key="w", name="W", kind="webchat", medium="chat")
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    Fact.objects.create(
        event_id=1, name="WorkAbandoned", at=timezone.now(), queue_id=queue.pk, conversation_id=found.pk, milliseconds=9
    )

    page = as_sam.get(f"/supervisor/behind/abandoned/?queue={queue.pk}").content.decode()

    assert f"/workspace/c/{found.pk}/" in page
    assert "Kim" in page
    assert as_sam.get("/supervisor/behind/nothing/").status_code == 404


@pytest.mark.parametrize("query", ["?queue=x", "?queue=99999999999999999999", "?queue=%00", "?queue=²"])
def test_a_strange_address_shows_the_whole_floor(as_sam: Client, query: str) -> None:
    for path in ("/supervisor/", *PARTS):
        assert as_sam.get(path + query).status_code == 200


def test_what_a_customer_wrote_runs_no_script(as_sam: Client, waiting: Callable[..., WorkItem], kim: Customer) -> None:
    kim.name = "<script>alert(1)</script>"
    kim.save()
    item = waiting(name="<img src=x onerror=alert(1)>")

    for path in ("/supervisor/waiting/", f"/supervisor/work/{item.pk}/"):
        page = as_sam.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page


def test_the_boards_counts_are_those_of_the_figures(queue: Queue, billing: Queue, now: datetime) -> None:
    start, end = queries.today(now)
    for subject, quarter, offered in ((queue, 0, 3), (queue, 7, 4), (billing, 7, 5), (queue, 96, 100)):
        tally = Tally()
        tally.count("offered", offered)
        tally.count("answered", 2)
        tally.count("answered_within", 1)
        tally.count("answered_wait_ms", 30_000)
        tally.measure("answered_wait", 15_000)
        sums, sketches = tally.to_json()
        at = start + timedelta(minutes=15 * quarter)
        Interval.objects.create(subject="queue", subject_id=subject.pk, start=at, sums=sums, sketches=sketches)

    board = read_board(now=now)

    figures = queries.figures("queue", start, end)
    lines = {line.queue: line.day for line in board.lines}
    assert (lines[queue].offered, lines[queue].answer_seconds) == (7, 15.0)
    for subject in (queue, billing):
        assert lines[subject].offered == figures[subject.pk].offered
        assert lines[subject].service_level == figures[subject.pk].service_level
