"""Every number on the board opens exactly the rows it counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cases.models import Calendar, Clock
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.catalogue import Received, rebuild
from cxos.core.models import Event, Role, Team, User
from cxos.core.phrases import Phrase
from cxos.screens.supervisor import rows
from cxos.screens.supervisor.board import read_board
from cxos.screens.supervisor.people import cards_of, roster
from cxos.screens.templatetags.supervisor import duration, percent
from intelligence import queries
from intelligence.models import Fact, Interval
from intelligence.queries.outlook import like_days, outlooks
from intelligence.services import facts
from routing.models import Queue, QueueMember, Threshold, WorkItem
from routing.services.alerts import save_threshold
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, expire_due
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from routing.services.work import abandon, assign_by_hand, finish, transfer
from tests.cases.conftest import ALWAYS

NOON = datetime(2026, 3, 4, 12, 20, tzinfo=UTC)
NAMES = count(1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    return NOON


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team, service_level_seconds=60, wrap_up_seconds=30)


@pytest.fixture
def billing(team: Team) -> Queue:
    return Queue.objects.create(key="billing", name="Billing", team=team, service_level_seconds=20)


@pytest.fixture
def ben(team: Team, queue: Queue) -> User:
    user = User.objects.create(email="ben@example.com", name="Ben", role=Role.AGENT)
    QueueMember.objects.create(queue=queue, user=user)
    return user


@pytest.fixture
def comes(webchat: Channel, kim: Customer) -> Callable[..., WorkItem]:
    """A new conversation enters the queue, so many seconds before noon."""

    def make(queue: Queue, ago: int) -> WorkItem:
        at = NOON - timedelta(seconds=ago)
        found = Conversation.objects.create(
            customer=kim, channel=webchat, thread_key=f"thread {next(NAMES)}", created_at=at, last_message_at=at
        )
        return enqueue(found, queue=queue, priority=1, why=Phrase("A test put it there."), now=at)

    return make


@pytest.fixture
def a_morning(
    ana: User, ben: User, sam: User, queue: Queue, billing: Queue, comes: Callable[..., WorkItem]
) -> dict[str, WorkItem]:
    """Of everything one: answered in time and late, given by hand twice, abandoned, missed, handed on, wrapped up."""
    for user in (ana, ben):
        QueueMember.objects.get_or_create(queue=queue, user=user)
        set_presence(user, presence="available", actor=user, now=NOON - timedelta(hours=3))

    def ago(seconds: int) -> datetime:
        return NOON - timedelta(seconds=seconds)

    in_time = comes(queue, 9000)
    [offer] = match_items([in_time.pk], now=ago(8990))
    accept_offer(offer.pk, user=offer.agent, now=ago(8980))
    finish(in_time.pk, actor=offer.agent, now=ago(8500))
    finish(in_time.pk, actor=offer.agent, now=ago(8480))
    late = comes(queue, 8000)
    assign_by_hand(late.pk, agent=ana, actor=sam, now=ago(7800))
    assign_by_hand(late.pk, agent=ben, actor=sam, now=ago(7700))
    left = comes(queue, 7000)
    abandon(left.pk, now=ago(6900))
    missed = comes(queue, 1500)
    match_items([missed.pk], now=ago(1490))
    expire_due(now=ago(1400))
    moved = comes(queue, 1300)
    assign_by_hand(moved.pk, agent=ana, actor=sam, now=ago(1290))
    transfer(moved.pk, queue=billing, actor=sam, now=ago(1200))
    wrapping = comes(queue, 900)
    assign_by_hand(wrapping.pk, agent=ana, actor=sam, now=ago(890))
    finish(wrapping.pk, actor=ana, now=ago(10))
    facts.record(
        [
            Received(one.pk, one.name, one.key, one.actor, one.depth, one.at, rebuild(one.name, one.payload))
            for one in Event.objects.order_by("pk")
        ]
    )
    return {"late": late, "missed": missed, "moved": moved}


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def walked(client: Client, figure: str, query: str = "") -> tuple[int, int]:
    """(the number in the heading, rows on all pages)."""
    url, found, heading = f"/supervisor/behind/{figure}/?{query}", 0, None
    while url:
        page = client.get(url).content.decode()
        total = re.search(r'data-total="(\d+)"', page)
        assert total is not None
        heading = int(total[1])
        found += page.count("data-row>") + page.count("data-row ")
        following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        url = f"/supervisor/behind/{figure}/{unescape(following[1])}" if following else ""
    assert heading is not None
    return heading, found


@pytest.mark.parametrize("subject", ["all", "care", "billing"])
def test_every_number_of_the_board_has_as_many_rows(
    as_sam: Client, a_morning: dict[str, WorkItem], subject: str
) -> None:
    board = read_board(now=NOON)
    line = next((one for one in board.lines if one.queue.key == subject), None)
    live, day, present = (line.live, None, line.present) if line else (board.live, board.day, board.agents)
    span = queries.today(NOON)
    figures = queries.figures("queue", *span).get(line.queue.pk, queries.NOTHING) if line else day
    assert figures is not None
    query = f"queue={line.queue.pk}" if line else ""

    numbers = {
        "unanswered": live.unanswered,
        "ringing": live.ringing,
        "in_hand": live.in_hand,
        "wrapping": live.wrapping,
        "offered": figures.offered,
        "answered": figures.answered,
        "speed_of_answer": figures.answered,
        "service_level": figures.service_level.numerator,
        "abandoned": figures.abandoned,
        "handled": figures.handled,
        "missed_offers": figures.missed_offers.numerator,
        "available": present["available"],
        "missed": present["missed"],
        "serving": present.total(),
        "on_duty": present.total() - present["offline"],
    }

    assert {figure: walked(as_sam, figure, query) for figure in numbers} == {
        figure: (number, number) for figure, number in numbers.items()
    }


def test_the_morning_has_something_of_everything(a_morning: dict[str, WorkItem]) -> None:
    board = read_board(now=NOON)

    assert (board.day.offered, board.day.answered, board.day.abandoned, board.day.handled) == (7, 4, 1, 3)
    assert board.day.service_level == queries.figures("all", *queries.today(NOON))[0].service_level
    assert (board.day.service_level.numerator, board.day.service_level.denominator) == (3, 7)
    assert (board.live.unanswered, board.live.in_hand, board.live.wrapping) == (2, 1, 1)
    assert board.agents == {"available": 1, "missed": 1}


def test_the_last_quarter_hour_is_a_number_of_its_own(as_sam: Client, a_morning: dict[str, WorkItem]) -> None:
    """12:00–12:15: the missed offer's work came at 11:55, the transferred one at 11:58, the wrapped-up one at 12:05."""
    board = read_board(now=NOON)

    assert board.last.offered == 2
    assert walked(as_sam, "offered", "span=last") == (2, 2)
    assert walked(as_sam, "offered", "span=2026-03-04T12:00:00%2B00:00") == (2, 2)


def rows_of(client: Client, address: str) -> list[str]:
    """The rows behind a number, each as its text."""
    page = client.get(address).content.decode()
    return [re.sub(r"<[^>]*>|\s+", " ", row) for row in re.findall(r"<tr data-row.*?</tr>", page, re.DOTALL)]


def test_the_longest_wait_leads_the_rows_behind_it(
    as_sam: Client, queue: Queue, comes: Callable[..., WorkItem]
) -> None:
    for ago in (100, 300, 200):
        comes(queue, ago)

    board = as_sam.get("/supervisor/board/").content.decode()
    waits = [
        re.findall(r"\d+:\d\d", row)[-1] for row in rows_of(as_sam, f"/supervisor/behind/unanswered/?queue={queue.pk}")
    ]

    address = f'href="/supervisor/behind/unanswered/?queue={queue.pk}"'
    assert board.count(address) == 3, "how many wait, the longest of them, and how long the next one would"
    assert re.search(re.escape(address) + r"><cx-since[^>]*>5:00<", board)
    assert waits == ["5:00", "3:20", "1:40"]


def test_pages_of_live_work_miss_nothing_where_many_came_at_once(
    as_sam: Client, queue: Queue, comes: Callable[..., WorkItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    for ago in (100, 100, 100, 200, 50):
        comes(queue, ago)

    assert walked(as_sam, "unanswered") == (5, 5)


def test_every_number_of_an_agent_opens_its_rows(as_sam: Client, ana: User, a_morning: dict[str, WorkItem]) -> None:
    figures = queries.figures("agent", *queries.today(NOON), ids=[ana.pk])[ana.pk]
    (card,) = cards_of(roster(only=ana.pk), now=NOON)
    drawer = as_sam.get(f"/supervisor/agents/{ana.pk}/").content.decode()
    floor = as_sam.get("/supervisor/agents/").content.decode()

    def address(figure: str, span: str = "") -> str:
        return f"/supervisor/behind/{figure}/?agent={ana.pk}{span}"

    assert walked(as_sam, "handle_time", f"agent={ana.pk}") == (figures.handled, figures.handled)
    assert duration(figures.handle_seconds) in as_sam.get(address("handle_time")).content.decode()
    assert percent(figures.occupancy) in as_sam.get(address("occupancy")).content.decode()
    points = [int(re.findall(r"\d+", row)[-1]) for row in rows_of(as_sam, address("load"))]
    assert sum(points) == card.load > 0
    assert len(points) == len(card.held) == 1
    for shown, span in (("handle_time", ""), ("occupancy", ""), ("occupancy", "&amp;span=hour"), ("load", "")):
        assert f'href="{address(shown, span)}"' in drawer
    assert f'href="{address("load")}"' in floor and f'href="{address("occupancy", "&amp;span=hour")}"' in floor


def test_the_rows_of_an_occupancy_are_what_was_worked_and_when_somebody_was_free(
    as_sam: Client, ana: User, a_morning: dict[str, WorkItem]
) -> None:
    """In the last hour Ana handed one on, and is wrapping another up; since then nothing has ended."""
    names = list(
        queries.facts_behind("occupancy", *queries.today(NOON), subject="agent", subject_id=ana.pk).values_list(
            "name", flat=True
        )
    )
    assert set(names) <= {"WorkReleased", "WorkCompleted", "OfferAccepted", "OfferExpired", "PresenceChanged"}
    assert walked(as_sam, "occupancy", f"agent={ana.pk}") == (len(names), len(names))
    shown = rows_of(as_sam, f"/supervisor/behind/occupancy/?agent={ana.pk}&span=hour")
    assert [("Handed on" in row, "1:30" in row) for row in shown if "Handed on" in row] == [(True, True)]


@pytest.mark.parametrize(
    ("measure", "address"),
    [
        ("waiting", "unanswered/?queue={queue}"), ("longest_wait", "unanswered/?queue={queue}"),
        ("available", "available/?queue={queue}"), ("service_level", "service_level/?queue={queue}&amp;span=alert"),
        ("abandon_rate", "abandoned/?queue={queue}&amp;span=alert"),
    ],
)  # fmt: skip
def test_what_a_threshold_sees_now_opens_its_rows(
    as_sam: Client, sam: User, queue: Queue, comes: Callable[..., WorkItem], measure: str, address: str
) -> None:
    Interval.objects.create(
        subject="queue", subject_id=queue.pk, start=NOON.replace(minute=0),
        sums={"offered": 10, "answered_within": 4, "abandoned": 1},
    )  # fmt: skip
    comes(queue, 100)
    save_threshold(Threshold(queue=queue, measure=measure, limit=1), actor=sam)

    page = as_sam.get("/supervisor/alerts/thresholds/").content.decode()

    [found] = re.findall(r'<td class="number"><a href="/supervisor/behind/([^"]*)">', page)
    assert found == address.format(queue=queue.pk)
    behind = as_sam.get(f"/supervisor/behind/{unescape(found)}").content.decode()
    if measure == "service_level":
        assert "40\u2009%: 4 were answered in time, of 10 who came in." in behind


def test_what_breaches_next_is_that_of_the_queue(
    as_sam: Client, queue: Queue, billing: Queue, comes: Callable[..., WorkItem]
) -> None:
    calendar = Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)
    clocks = {}
    for one in (queue, billing):
        clocks[one.key] = Clock.objects.create(
            conversation=comes(one, 60).conversation, metric="first_response", calendar=calendar, budget_seconds=3600,
            state="running", running_since=NOON, started_at=NOON, due_at=NOON + timedelta(hours=1),
        )  # fmt: skip

    def shown(query: str) -> set[str]:
        page = as_sam.get(f"/supervisor/risk/{query}").content.decode()
        assert f'data-url="/supervisor/risk/{query}"' in page
        return {key for key, clock in clocks.items() if f'id="sv-clock-{clock.pk}"' in page}

    assert shown("") == {"care", "billing"}
    assert shown(f"?queue={queue.pk}") == {"care"}


def test_giving_away_what_was_in_hand_answers_nobody(as_sam: Client, a_morning: dict[str, WorkItem]) -> None:
    given = Fact.objects.filter(name="WorkAssigned", work_item_id=a_morning["late"].pk)

    assert given.count() == 2
    assert queries.facts_behind("answered", *queries.today(NOON)).filter(work_item_id=a_morning["late"].pk).count() == 1


def test_long_lists_come_in_pages_that_miss_nothing(as_sam: Client, queue: Queue) -> None:
    Fact.objects.bulk_create(
        Fact(event_id=10_000 + number, name="WorkQueued", at=NOON - timedelta(minutes=number // 7), queue_id=queue.pk)
        for number in range(rows.PAGE * 2 + 7)
    )
    Interval.objects.create(
        subject="all", subject_id=0, start=NOON.replace(minute=0), sums={"offered": rows.PAGE * 2 + 7}
    )

    assert walked(as_sam, "offered") == (107, 107)


@pytest.mark.parametrize("query", ["after=x~y", "after=~", "after=2026~9", "span=never", "span=2026-03-04", "agent=x"])
def test_a_strange_address_shows_the_first_page_of_today(as_sam: Client, query: str) -> None:
    assert as_sam.get(f"/supervisor/behind/offered/?{query}").status_code == 200
    assert as_sam.get(f"/supervisor/behind/unanswered/?{query}").status_code == 200


# --- Forecast ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def eight_wednesdays(queue: Queue) -> Iterator[None]:
    """Four a quarter-hour from nine to five on each, and twice as many so far today."""
    made = [
        Interval(subject=subject, subject_id=subject_id, start=start + timedelta(minutes=15 * n), sums={"offered": 4})
        for day in like_days(NOON.date())
        for start in [datetime(day.year, day.month, day.day, 9, tzinfo=UTC)]
        for n in range(32)
        for subject, subject_id in (("queue", queue.pk), ("all", 0))
    ]
    nine = NOON.replace(hour=9, minute=0)
    made += [
        Interval(subject=subject, subject_id=subject_id, start=nine + timedelta(minutes=15 * n), sums={"offered": 8})
        for n in range(13)
        for subject, subject_id in (("queue", queue.pk), ("all", 0))
    ]
    Interval.objects.bulk_create(made)
    yield


@pytest.mark.usefixtures("eight_wednesdays")
def test_the_forecast_follows_what_has_come_in_today(queue: Queue) -> None:
    day = outlooks([("queue", queue.pk)], now=NOON)["queue", queue.pk]

    assert day.pattern.days == 8
    assert day.actual_so_far == 104
    assert day.expected_so_far == pytest.approx(1 + 3 + 11 * 4 + 4 / 3 + 4 - 0.0, abs=0.01)
    assert 1.0 < day.level.mean < 104 / day.expected_so_far
    assert day.next(timedelta(minutes=30)).mean == pytest.approx(8 * day.level.mean)


@pytest.mark.usefixtures("eight_wednesdays")
def test_the_board_shows_forecast_and_risk(as_sam: Client, ana: User, queue: Queue) -> None:
    QueueMember.objects.create(queue=queue, user=ana)
    set_presence(ana, presence="available", actor=ana, now=NOON)

    [line] = [line for line in read_board(now=NOON).lines if line.queue == queue]
    page = as_sam.get("/supervisor/board/").content.decode()
    behind = as_sam.get(f"/supervisor/forecast/?queue={queue.pk}").content.decode()

    assert line.soon.risk is not None
    assert line.soon.agents == 1.0
    assert line.risk_tone == "late"
    assert line.soon.missing >= 1
    assert "agents short" in page or "agent short" in page
    assert behind.count('data-tip="That more come') == 1
    assert "The days it is made of" in behind


def test_without_days_like_this_one_there_is_no_forecast_and_no_risk(as_sam: Client, queue: Queue) -> None:
    [line] = read_board(now=NOON).lines

    assert (line.soon.risk, line.expected, line.risk_tone) == (None, None, "")
    assert "no forecast yet" in as_sam.get("/supervisor/board/").content.decode()
    assert "No forecast yet" in as_sam.get("/supervisor/chart/").content.decode()
    assert "No forecast yet" in as_sam.get("/supervisor/forecast/").content.decode()


@pytest.mark.usefixtures("eight_wednesdays")
def test_the_floor_s_forecast_reads_no_queue_s_half_hour(
    as_sam: Client, queue: Queue, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):  # session, user, the day, the days like it twice, the queues to choose from
        page = as_sam.get("/supervisor/forecast/").content.decode()

    assert "The days it is made of" in page
    assert "That more come" not in page
