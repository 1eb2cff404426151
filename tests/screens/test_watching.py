"""Watching, whispering, taking over; and the agents as they are found, ordered and brought back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from channels_app.models import Channel, Conversation, Message, Whisper
from channels_app.services.replies import add_note
from crm.models import Customer
from cxos.core.models import AuditEntry, Event, Role, Team, User
from cxos.core.phrases import Phrase
from cxos.screens.live import allowed_regions
from cxos.screens.supervisor import views
from intelligence.formulas import Ratio
from intelligence.intervals import Tally
from intelligence.models import Interval
from intelligence.queries.occupancy import Going, occupancy_of_last_hour
from routing.models import AgentSkill, Queue, QueueMember, Skill, WorkItem
from routing.services.hand_over import give
from routing.services.presence import set_presence
from routing.services.queue import enqueue

SECRET = "Offer her the refund"


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team)


@pytest.fixture
def conversation(webchat: Channel, kim: Customer, queue: Queue, ana: User, sam: User) -> Conversation:
    """Kim's, with Ana."""
    now = timezone.now()
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t", team=queue.team)
    Message.objects.create(conversation=found, author_kind="customer", text="Where is my parcel?", state="received")
    enqueue(found, queue=queue, priority=1, why=Phrase("A test put it there."), now=now)
    give(found, to=ana, actor=sam, now=now)
    return found


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def test_watching_shows_the_conversation_and_offers_nothing_to_write_to_the_customer(
    as_sam: Client, sam: User, conversation: Conversation
) -> None:
    add_note(conversation.pk, text="Called twice", author=sam, actor=sam, now=timezone.now())

    page = as_sam.get(f"/supervisor/watch/{conversation.pk}/").content.decode()

    assert "Where is my parcel?" in page
    assert "Called twice" in page
    assert "Watching" in page
    assert f"/workspace/c/{conversation.pk}/reply/" not in page
    assert as_sam.get("/supervisor/watch/99999/").status_code == 404


def test_the_head_says_with_whom_it_is_by_now(
    as_sam: Client, sam: User, conversation: Conversation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = f"/supervisor/watch/{conversation.pk}/head/"
    region = f'data-region="conversation.{conversation.pk} board" data-url="{address}"'
    page = as_sam.get(f"/supervisor/watch/{conversation.pk}/").content.decode()
    assert region in page and "with Ana" in page and "Take over" in page
    give(conversation, to=sam, actor=sam, now=timezone.now())

    with django_assert_max_num_queries(6):
        head = as_sam.get(address).content.decode()

    assert region in head
    assert "with Sam" in head and "with Ana" not in head
    assert "Answer in the inbox" in head and "Take over" not in head


def test_only_supervisors_watch_whisper_and_take_over(client: Client, ana: User, conversation: Conversation) -> None:
    client.force_login(ana)

    assert client.get(f"/supervisor/watch/{conversation.pk}/").status_code == 403
    assert client.post(f"/supervisor/watch/{conversation.pk}/say/", {"text": "x"}).status_code == 403
    assert client.post(f"/supervisor/watch/{conversation.pk}/take/").status_code == 403
    assert not Whisper.objects.exists()


def test_a_whisper_reaches_the_holder_alone(
    as_sam: Client, ana: User, sam: User, adi: User, conversation: Conversation
) -> None:
    ben = User.objects.create(email="ben@example.com", name="Ben", role=Role.AGENT)
    ben.teams.add(conversation.team_id)

    answer = as_sam.post(f"/supervisor/watch/{conversation.pk}/say/", {"text": SECRET})

    assert SECRET in answer.content.decode()
    assert Whisper.objects.get().recipient == ana
    seen = {}
    for user in (ana, ben, adi):
        other = Client()
        other.force_login(user)
        pages = [f"/supervisor/ear/{conversation.pk}/", f"/workspace/c/{conversation.pk}/thread/"]
        seen[user.name] = [SECRET in other.get(page).content.decode() for page in pages]
    assert seen == {"Ana": [True, False], "Ben": [False, False], "Adi": [False, False]}
    other.force_login(adi)
    assert SECRET not in other.get(f"/supervisor/watch/{conversation.pk}/").content.decode()
    assert not Message.objects.filter(text__contains=SECRET).exists()
    told = Event.objects.get(name="WhisperSent").payload
    assert SECRET not in str(told)
    assert (told["author_id"], told["recipient_id"]) == (sam.pk, ana.pk)


def test_a_whisper_is_gone_once_it_was_read_and_only_by_its_recipient(
    as_sam: Client, ana: User, conversation: Conversation
) -> None:
    as_sam.post(f"/supervisor/watch/{conversation.pk}/say/", {"text": SECRET})
    one = Whisper.objects.get()

    assert as_sam.post(f"/supervisor/ear/{conversation.pk}/{one.pk}/").status_code == 404
    as_ana = Client()
    as_ana.force_login(ana)
    for _ in range(2):
        assert SECRET not in as_ana.post(f"/supervisor/ear/{conversation.pk}/{one.pk}/").content.decode()

    one.refresh_from_db()
    assert one.seen_at is not None
    assert Event.objects.filter(name="WhisperSeen").count() == 1
    assert "read" in as_sam.get(f"/supervisor/watch/{conversation.pk}/whispers/").content.decode()


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_whisper_is_refused(as_sam: Client, conversation: Conversation, text: str) -> None:
    assert as_sam.post(f"/supervisor/watch/{conversation.pk}/say/", {"text": text}).status_code == 422
    assert not Whisper.objects.exists()


def test_nobody_hears_a_whisper_where_nobody_listens(as_sam: Client, sam: User, conversation: Conversation) -> None:
    give(conversation, to=sam, actor=sam, now=timezone.now())

    assert as_sam.post(f"/supervisor/watch/{conversation.pk}/say/", {"text": "hello me"}).status_code == 422
    assert not Whisper.objects.exists()


def test_taking_over_moves_the_work_and_stands_in_the_audit(
    as_sam: Client, ana: User, sam: User, conversation: Conversation
) -> None:
    answer = as_sam.post(f"/supervisor/watch/{conversation.pk}/take/")

    assert answer["HX-Redirect"] == f"/workspace/c/{conversation.pk}/"
    item = WorkItem.objects.get()
    assert (item.agent, item.state) == (sam, "active")
    entry = AuditEntry.objects.get(verb="took over")
    assert (entry.before, entry.after) == ({"assignee_id": ana.pk}, {"assignee_id": sam.pk})
    assert Event.objects.filter(name="WorkReleased").count() == 1
    as_sam.post(f"/supervisor/watch/{conversation.pk}/take/")
    assert AuditEntry.objects.filter(verb="took over").count() == 1


def test_one_hears_of_ones_own_whispers_only(ana: User, sam: User) -> None:
    assert allowed_regions(ana, [f"whispers.{ana.pk}", f"whispers.{sam.pk}"]) == {f"whispers.{ana.pk}"}


def test_the_undo_of_a_move_brings_back_queue_and_holder(
    as_sam: Client, ana: User, team: Team, conversation: Conversation, queue: Queue
) -> None:
    billing = Queue.objects.create(key="billing", name="Billing", team=team)
    item = WorkItem.objects.get()
    as_sam.post(f"/supervisor/work/{item.pk}/move/", {"queue": billing.pk})
    item.refresh_from_db()
    assert (item.queue, item.agent) == (billing, None)

    as_sam.post(f"/supervisor/work/{item.pk}/restore/?queue={queue.pk}&agent={ana.pk}")

    item.refresh_from_db()
    assert (item.queue, item.agent, item.state) == (queue, ana, "active")


# --- The agents ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(team: Team, queue: Queue) -> list[User]:
    """Cora speaks French and is on a break; Dan and Eve are available, Dan for longer."""
    french, now = Skill.objects.create(key="french", name="French"), timezone.now()
    made = []
    for name, presence, minutes in (("Cora", "break", 5), ("Dan", "available", 50), ("Eve", "available", 10)):
        user = User.objects.create(email=f"{name.lower()}@example.com", name=name, role=Role.AGENT)
        QueueMember.objects.create(queue=queue, user=user)
        set_presence(user, presence=presence, actor=user, now=now - timedelta(minutes=minutes))
        made.append(user)
    AgentSkill.objects.create(user=made[0], skill=french, level=4)
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Dan", "Eve", "Cora"]),
        ("words=da", ["Dan"]),
        ("words=EVE@", ["Eve"]),
        ("presence=break", ["Cora"]),
        ("sort=name", ["Cora", "Dan", "Eve"]),
        ("sort=time", ["Dan", "Eve", "Cora"]),
        ("sort=nonsense&skill=x", ["Dan", "Eve", "Cora"]),
        ("words=nobody", []),
    ],
)
def test_agents_are_found_and_ordered(as_sam: Client, three: list[User], query: str, names: list[str]) -> None:
    page = as_sam.get(f"/supervisor/agents/?{query}").content.decode()

    places = {name: page.find(f'beforeend">{name}</button>') for name in ("Cora", "Dan", "Eve")}
    assert sorted((name for name in places if places[name] >= 0), key=lambda name: places[name]) == names


def test_a_skill_narrows_to_who_has_it(as_sam: Client, three: list[User]) -> None:
    page = as_sam.get(f"/supervisor/agents/?skill={Skill.objects.get().pk}").content.decode()

    assert 'beforeend">Cora</button>' in page
    assert 'beforeend">Dan</button>' not in page


def test_most_who_are_away_are_one_click_further(
    as_sam: Client, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        User.objects.create(email=f"away{number}@example.com", name=f"Away {number}", role=Role.AGENT)
    monkeypatch.setattr(views, "SHOWN_AWAY", 2)

    page = as_sam.get("/supervisor/agents/").content.decode()

    assert "3 offline" in page
    assert page.count("sv-away-one") == 2
    assert "?presence=offline" in page
    assert as_sam.get("/supervisor/agents/?presence=offline").content.decode().count('class="sv-agent"') == 3


def test_whom_to_give_it_to_is_found_by_name(
    as_sam: Client, three: list[User], queue: Queue, conversation: Conversation
) -> None:
    item = WorkItem.objects.get(conversation=conversation)

    everybody = as_sam.get(f"/supervisor/work/{item.pk}/").content.decode()
    named = as_sam.get(f"/supervisor/work/{item.pk}/?words=COR").content.decode()
    nobody = as_sam.get(f"/supervisor/work/{item.pk}/?words=zz").content.decode()

    assert [name for name in ("Dan", "Eve", "Cora") if f"<b>{name}</b>" in everybody] == ["Dan", "Eve", "Cora"]
    assert [name for name in ("Dan", "Eve", "Cora") if f"<b>{name}</b>" in named] == ["Cora"]
    assert "Nobody is called that" in nobody


def test_occupancy_is_that_of_the_last_hour_with_what_goes_on(ana: User) -> None:
    """11:10–12:10. Counted: work 11:00–11:20, free 11:20–11:30. Going on: available since 12:00, work since 12:05."""
    now = datetime(2026, 3, 4, 12, 10, tzinfo=UTC)
    for minute, held, free in ((0, (0, 900), (0, 0)), (15, (0, 300), (300, 900))):
        tally = Tally()
        tally.mark("in_hand", (1 << held[1]) - (1 << held[0]))
        tally.mark("routable", (1 << free[1]) - (1 << free[0]))
        sums, sketches = tally.to_json()
        start = now.replace(hour=11, minute=minute)
        Interval.objects.create(subject="agent", subject_id=ana.pk, start=start, sums=sums, sketches=sketches)
    going = Going(held=((now - timedelta(minutes=5), None),), available_since=now - timedelta(minutes=10))

    assert occupancy_of_last_hour({ana.pk: going}, now=now) == {ana.pk: Ratio(900, 1800)}
    assert occupancy_of_last_hour({ana.pk: Going()}, now=now) == {ana.pk: Ratio(600, 1200)}
