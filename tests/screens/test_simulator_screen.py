"""The simulator's screen: asked for, played by a worker, stopped, compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries as MaxQueries

from cxos.core.catalogue import Received
from cxos.core.events.routing import OfferAccepted, PresenceChanged, WorkCompleted, WorkQueued
from cxos.core.models import Notification, Role, Team, User
from cxos.core.notices import sentence
from cxos.core.relay import drain_outbox
from cxos.screens.templatetags.supervisor import simulated
from intelligence.models import Interval
from intelligence.queries.outlook import like_days
from intelligence.services import facts
from routing.models import Queue, QueueMember, Trial
from routing.services.trials import LOST_AFTER, run_next_trial, stop_trial

DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
ASKED = {"day": "2026-03-04", "days": "2", "from": "09:00", "until": "17:00", "agents_of": "care"}


@pytest.fixture
def care(team: Team) -> Queue:
    """Three agents; every Wednesday eight an hour from ten to twelve, each five minutes' work."""
    queue = Queue.objects.create(key="care", name="Care", team=team, service_level_seconds=60)
    for number in range(3):
        user = User.objects.create(email=f"agent{number}@example.com", name=f"Agent {number}", role=Role.AGENT)
        QueueMember.objects.create(queue=queue, user=user)
    Interval.objects.bulk_create(
        Interval(
            subject="queue", subject_id=queue.pk, sums={"offered": 2},
            start=datetime(day.year, day.month, day.day, 10, tzinfo=UTC) + timedelta(minutes=15 * quarter),
        )
        for day in like_days(DAY)
        for quarter in range(8)
    )  # fmt: skip
    return queue


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


@pytest.fixture
def asked(as_sam: Client, care: Queue) -> Callable[..., Trial]:
    def ask(**more: str) -> Trial:
        answer = as_sam.post("/supervisor/simulator/start/", ASKED | more)
        assert answer.status_code == 302, answer.content
        return Trial.objects.latest("pk")

    return ask


def test_agents_ask_for_no_trial(client: Client, ana: User, care: Queue) -> None:
    client.force_login(ana)

    assert client.get("/supervisor/simulator/").status_code == 403
    assert client.post("/supervisor/simulator/start/", ASKED).status_code == 403
    assert not Trial.objects.exists()


def test_more_agents_are_compared_with_the_present(asked: Callable[..., Trial], as_sam: Client) -> None:
    trial = asked(agents="2", volume="150", more='{"queues": {"care": {"service_level_seconds": 30}}}')
    assert trial.changes == {
        "queues": {"care": {"service_level_seconds": 30}},
        "volume": 1.5,
        "agents": {"more": {"care": 2}},
        "shift": ["09:00", "17:00"],
    }
    assert "every 1s" in as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()

    assert run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert (trial.state, trial.progress, trial.result["days"]) == ("done", 1.0, 2)
    whole = trial.result["all"]
    assert 8 <= whole["offered"]["before"][0] <= 32  # sixteen are usual
    assert whole["offered"]["after"][0] > whole["offered"]["before"][0]
    assert [one["name"] for one in trial.result["queues"]] == ["care"]
    assert len(trial.result["agents"]) == 3
    page = as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()
    assert "Service level by hour" in page
    assert {"<h2>Care</h2>", "<h2>Agent 1</h2>"} <= set(re.findall("<h2>[^<]+</h2>", page))
    assert re.search(r'<span title="\d+\.\d s ± \d+\.\d s">', page)
    assert as_sam.get(f"/supervisor/simulator/{trial.pk}/progress/")["HX-Refresh"] == "true"
    assert not run_next_trial(now=NOW)


@pytest.mark.parametrize(
    ("figure", "signed", "words", "exact"),
    [
        ([65.26, 3.04], False, "1 min 5 s ±\u20093.0 s", "65.3 s ± 3.0 s"),
        ([4.2, None], False, "4.2 s", "4.2 s"),
        ([3_725.0, None], False, "1 h 2 min", "3725.0 s"),
        ([-12.4, 2.0], True, "−12 s ±\u20092.0 s", "−12.4 s ± 2.0 s"),
        ([-0.04, 1.0], True, "0.0 s ±\u20091.0 s", "0.0 s ± 1.0 s"),
        ([9.97, None], False, "10 s", "10.0 s"),
        ([90.0, None], True, "+1 min 30 s", "+90.0 s"),
        ([None, None], False, "0.0 s", "0.0 s"),
    ],
)
def test_a_simulated_time_is_said_as_people_say_one(
    figure: list[float | None], signed: bool, words: str, exact: str
) -> None:
    shown = str(simulated(figure, "seconds", signed))

    assert re.sub("<[^>]+>", "", shown) == words
    assert f'title="{exact}"' in shown


def test_a_queue_that_is_gone_keeps_its_key_in_older_results(asked: Callable[..., Trial], as_sam: Client) -> None:
    trial = asked()
    run_next_trial(now=NOW)
    Queue.objects.update(key="renamed")

    page = as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()

    assert "<h2>care</h2>" in page


def test_a_stopped_trial_is_not_begun(asked: Callable[..., Trial], as_sam: Client) -> None:
    trial = asked()

    as_sam.post(f"/supervisor/simulator/{trial.pk}/stop/")

    assert not run_next_trial(now=NOW)
    trial.refresh_from_db()
    assert (trial.state, trial.result) == ("stopped", {})
    assert "Stopped before the first day" in as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()
    assert as_sam.post(f"/supervisor/simulator/{trial.pk}/stop/").status_code == 409


def test_who_stops_it_while_it_runs_keeps_the_days_that_are_done(
    asked: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = asked(days="5")
    monkeypatch.setattr("routing.services.trials.SAY_EVERY", 0.0)
    said: list[float] = []

    def stop_after_two_days(self: object, progress: object) -> None:
        said.append(progress.share)  # type: ignore[attr-defined]
        if progress.share >= 0.4 and Trial.objects.get(pk=trial.pk).state == "running":  # type: ignore[attr-defined]
            stop_trial(trial, now=NOW)
        original(self, progress)  # type: ignore[arg-type]

    from routing.services.trials import Reporter

    original = Reporter.say
    monkeypatch.setattr(Reporter, "say", stop_after_two_days)

    assert run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert (trial.state, trial.result["days"]) == ("stopped", 2)
    assert said == sorted(said)


def test_what_a_lost_worker_left_is_taken_up_again(asked: Callable[..., Trial]) -> None:
    trial = asked()
    Trial.objects.update(state="running", beat_at=NOW)

    assert not run_next_trial(now=NOW + LOST_AFTER)
    assert run_next_trial(now=NOW + LOST_AFTER + timedelta(seconds=1))

    trial.refresh_from_db()
    assert trial.state == "done"


def test_what_cannot_be_played_any_more_says_why(asked: Callable[..., Trial], as_sam: Client) -> None:
    trial = asked()
    QueueMember.objects.all().delete()

    assert run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert (trial.state, trial.problem[:27]) == ("failed", "Nobody serves a queue yet. ")
    assert "Nobody serves a queue yet" in as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "soon"},
        {"day": "2026-03-05"},
        {"days": "0"},
        {"days": "x"},
        {"volume": "1000"},
        {"from": "18:00"},
        {"until": "late"},
        {"more": "{"},
        {"more": "[]"},
        {"more": '{"weather": 1}'},
        {"more": '{"agents": 3}', "agents": "1"},
        {"agents": "1", "agents_of": "nowhere"},
    ],
)
def test_what_cannot_be_tried_is_refused_at_once(as_sam: Client, care: Queue, wrong: dict[str, str]) -> None:
    answer = as_sam.post("/supervisor/simulator/start/", ASKED | wrong)

    assert answer.status_code == 422
    assert answer.content.decode().strip()
    assert not Trial.objects.exists()


def test_the_pages_ask_little(
    as_sam: Client, asked: Callable[..., Trial], django_assert_max_num_queries: MaxQueries
) -> None:
    trial = asked()
    run_next_trial(now=NOW)

    for path in ("", f"{trial.pk}/"):
        with django_assert_max_num_queries(12):
            assert as_sam.get(f"/supervisor/simulator/{path}").status_code == 200
    assert as_sam.get("/supervisor/simulator/999/").status_code == 404


@pytest.fixture
def recorded(care: Queue, team: Team) -> Queue:
    """Yesterday at ten two came into each of two queues; one agent of each was there."""
    sales = Queue.objects.create(key="sales", name="Sales", team=team)
    moment = datetime(2026, 3, 2, 10, tzinfo=UTC)
    events: list[Any] = []
    for number, queue in enumerate((care, sales, care, sales)):
        agent = QueueMember.objects.filter(queue=care).earliest("pk").user
        QueueMember.objects.get_or_create(queue=sales, user=agent)
        told = {"item_id": number + 1, "queue_id": queue.pk, "conversation_id": None, "at": moment.isoformat()}
        events += [
            WorkQueued(**told, medium="voice"),
            OfferAccepted(
                **told, offer_id=number, agent_id=agent.pk, medium="voice", waited_ms=0, ring_ms=0,
                within_service_level=True,
            ),
            WorkCompleted(**told, agent_id=agent.pk, handled_ms=60_000, wrap_up_ms=0),
        ]  # fmt: skip
    leaves = (moment + timedelta(hours=2)).isoformat()
    events.append(
        PresenceChanged(
            agent_id=agent.pk, presence="offline", previous="available", previous_ms=14_400_000, reason="", at=leaves
        )
    )
    facts.record(
        [
            Received(id=number, name=type(one).__name__, key="work:1", actor="", depth=0, at=moment, event=one)
            for number, one in enumerate(events, start=1)
        ]
    )
    return sales


def test_a_day_as_it_was_is_played_with_who_was_there(asked: Callable[..., Trial], recorded: Queue) -> None:
    trial = asked(source="recorded", day="2026-03-02")

    assert run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert (trial.state, trial.problem) == ("done", "")
    assert trial.result["all"]["offered"]["before"][0] == 4.0
    assert len(trial.result["agents"]) == 1


def test_one_queue_of_it_alone(asked: Callable[..., Trial], as_sam: Client, recorded: Queue) -> None:
    trial = asked(source="recorded", day="2026-03-02", only="sales")

    assert run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert trial.result["all"]["offered"]["before"][0] == 2.0
    page = as_sam.get(f"/supervisor/simulator/{trial.pk}/").content.decode()
    assert "The day as it was." in page
    assert "Only Sales." in page
    assert "as it was" in as_sam.get("/supervisor/simulator/").content.decode()


def test_one_queue_of_a_forecast(asked: Callable[..., Trial], recorded: Queue) -> None:
    trial = asked(only="care")
    run_next_trial(now=NOW)

    trial.refresh_from_db()
    assert [one["name"] for one in trial.result["queues"]] == ["care"]


def test_a_day_on_which_nothing_came_in_is_refused(as_sam: Client, care: Queue) -> None:
    answer = as_sam.post("/supervisor/simulator/start/", ASKED | {"source": "recorded", "day": "2025-01-01"})

    assert answer.status_code == 422
    assert not Trial.objects.exists()


def test_who_asked_is_told_when_it_has_ended_and_led_there(
    asked: Callable[..., Trial], as_sam: Client, sam: User
) -> None:
    trial = asked()
    run_next_trial(now=NOW)
    drain_outbox()

    told = Notification.objects.get(user=sam, kind="finished")

    assert sentence(told) == "The simulation has ended"
    assert as_sam.get(f"/notifications/{told.pk}/")["Location"] == f"/supervisor/simulator/{trial.pk}/"


def test_who_stopped_it_need_not_be_told(asked: Callable[..., Trial], sam: User) -> None:
    stop_trial(asked(), now=NOW)
    run_next_trial(now=NOW)
    drain_outbox()

    assert not Notification.objects.filter(kind="finished").exists()
