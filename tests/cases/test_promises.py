"""What admins and supervisors do with promises and clocks, and how a deadline explains itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.models import Calendar, Clock, Metric, SlaPolicy
from cases.queries import at_risk, clocks_of_conversation, explain_clock, oldest_overdue_seconds, preview_deadline
from cases.services.pauses import pause_clock, resume_clock
from cases.services.promises import save_policy
from channels_app.models import Conversation
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import AuditEntry, Event, User
from tests.cases.conftest import HOUR, MINUTE, Say

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


def save(policy: SlaPolicy | None, calendar: Calendar, now: datetime, **changed: Any) -> SlaPolicy:
    given: dict[str, Any] = {
        "name": "Gold",
        "calendar": calendar,
        "budgets": {(Metric.FIRST_RESPONSE, None): 900, (Metric.FIRST_RESPONSE, 3): 120},
        "conditions": {"fact": "customer.vip", "op": "is", "value": True},
        "actor": "user:1",
        "now": now,
    }
    return save_policy(policy, **{**given, **changed})


def test_an_edited_policy_is_its_next_version(office: Calendar, now: datetime) -> None:
    policy = save(None, office, now)

    edited = save(policy, office, now + MINUTES, budgets={(Metric.RESOLUTION, None): HOUR})

    assert (edited.pk, edited.version, edited.changed_at) == (policy.pk, 2, now + MINUTES)
    assert list(edited.targets.values_list("metric", "priority", "budget_seconds")) == [("resolution", None, HOUR)]
    events = Event.objects.filter(name="PolicyChanged").values_list("payload__version", flat=True)
    assert list(events) == [1, 2]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": " "}, "name", "name of up to 80"),
        ({"budgets": {}}, "targets", "at least one thing"),
        ({"budgets": {("first_responce", None): 60}}, "targets", "no target for first_responce"),
        ({"budgets": {("resolution", 7): 60}}, "targets", "at priority 7"),
        ({"budgets": {("resolution", None): 0}}, "targets", "at least a second"),
        ({"reopening": "never"}, "reopening", "Reopening is one of"),
        ({"conditions": {"fact": "customer.mood", "op": "is", "value": 1}}, "conditions", "no fact called"),
        ({"conditions": {"fact": "customer.vip", "op": "matches", "value": ".*"}}, "conditions", "must be one of"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_nothing_is_written(
    office: Calendar, now: datetime, changed: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        save(None, office, now, **changed)

    assert refused.value.field == field
    assert (SlaPolicy.objects.count(), Event.objects.count()) == (0, 0)


def test_two_policies_never_share_a_name(office: Calendar, now: datetime) -> None:
    save(None, office, now)

    with pytest.raises(Conflict, match="another policy called “Gold”"):
        save(None, office, now)
    assert SlaPolicy.objects.count() == 1


def test_a_pause_by_hand_needs_a_reason_and_backwards_a_supervisor(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime, ana: User, sam: User
) -> None:
    kim_writes(now)
    clock = Clock.objects.get(metric="resolution")
    later = now + timedelta(hours=2)

    with pytest.raises(Invalid, match="Say why"):
        pause_clock(clock.pk, at=later, reason=" ", by=sam, now=later)
    with pytest.raises(Invalid, match="not ahead"):
        pause_clock(clock.pk, at=later + MINUTES, reason="Waiting for parts", by=sam, now=later)
    with pytest.raises(Forbidden, match="supervisor"):
        pause_clock(clock.pk, at=now + timedelta(hours=1), reason="Waiting for parts", by=ana, now=later)
    clock.refresh_from_db()
    assert (clock.state, AuditEntry.objects.count()) == ("running", 0)

    pause_clock(clock.pk, at=now + timedelta(hours=1), reason="Waiting for parts", by=sam, now=later)
    clock.refresh_from_db()
    assert (clock.state, clock.consumed_seconds, clock.due_at) == ("paused", HOUR, None)
    assert AuditEntry.objects.get().reason == "Waiting for parts"

    resume_clock(clock.pk, by=ana, now=now + timedelta(hours=3))
    clock.refresh_from_db()
    assert clock.due_at == datetime(2026, 3, 6, 12, tzinfo=UTC)


def test_an_ended_clock_cannot_be_paused(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime, sam: User
) -> None:
    kim_writes(now)
    Clock.objects.update(state="met")

    with pytest.raises(Conflict, match="has ended"):
        pause_clock(Clock.objects.first().pk, at=now, reason="x", by=sam, now=now)  # type: ignore[union-attr]


def test_each_clock_of_a_conversation_says_why_it_is_due_when_it_is(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime, django_assert_num_queries: Any
) -> None:
    kim_writes(now)

    with django_assert_num_queries(1):
        told = [explain_clock(clock, at=now + 20 * MINUTES) for clock in clocks_of_conversation(conversation.pk)]

    first, resolution = told
    assert first.promise == "First response within 15 min of Office, promised by “Standard” (version 1)."
    assert (first.consumed_seconds, first.remaining_seconds) == (20 * MINUTE, -5 * MINUTE)
    assert first.sentence == (
        "Opened Wed 4 Mar 10:00 → due Wed 4 Mar 10:15, because 15 min count in opening hours; "
        "counted Wed 4 Mar 10:00–10:15 (15 min)."
    )
    assert [span.seconds / HOUR for span in resolution.explanation.spans] == [7, 8, 1]


def test_an_editor_shows_what_a_target_would_mean(office: Calendar) -> None:
    office.zone = "Europe/Berlin"
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    told = preview_deadline(office, budget_seconds=2 * HOUR, opened_at=friday)

    assert told.due_at == datetime(2026, 3, 9, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def test_what_breaches_next_stands_first_and_only_for_those_who_may_see_it(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime, sam: User, ana: User, team: Any
) -> None:
    kim_writes(now)
    other = type(team).objects.create(name="Others")
    Conversation.objects.filter(pk=conversation.pk).update(team=other)

    assert [clock.metric for clock in at_risk(sam)] == ["first_response", "resolution"]
    assert list(at_risk(ana)) == []


def test_how_late_the_sweep_is_can_be_measured(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    assert oldest_overdue_seconds(now=now + 15 * MINUTES) == 0
    assert oldest_overdue_seconds(now=now + 16 * MINUTES) == 60
