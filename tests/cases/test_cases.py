"""A case: opened with a reference and a promise, waiting, solved, reopened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.models import Case, Clock, SlaPolicy, SlaTarget
from cases.services.cases import (
    go_on,
    open_case,
    reopen_case,
    set_case_priority,
    solve_case,
    wait_for_customer,
    wake_cases,
)
from channels_app.models import Conversation
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import Event, Team, User
from tests.cases.conftest import HOUR, promise

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


@pytest.fixture
def case(conversation: Conversation, policy: SlaPolicy, kim: Customer, ana: User, now: datetime) -> Case:
    return open_case(customer=kim, conversation=conversation, subject=" No  signal ", actor=ana, now=now)


def names() -> list[str]:
    return list(Event.objects.order_by("id").values_list("name", flat=True))


def clock(version: int = 1) -> Clock:
    return Clock.objects.get(metric="resolution", version=version)


def test_an_opened_case_has_a_reference_a_place_and_a_deadline(
    conversation: Conversation, policy: SlaPolicy, kim: Customer, ana: User, team: Team, now: datetime
) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(assignee=ana, team=team)
    conversation.refresh_from_db()

    case = open_case(customer=kim, conversation=conversation, subject="No signal", priority=2, actor=ana, now=now)

    case.refresh_from_db()
    assert case.reference == f"C-{case.pk:06d}"
    assert (case.status, case.priority, case.assignee, case.team) == ("open", 2, ana, team)
    assert list(case.conversations.all()) == [conversation]
    assert (clock().case, clock().conversation) == (case, None)
    assert clock().due_at == datetime(2026, 3, 6, 10, tzinfo=UTC)
    assert names() == ["ClockStarted", "CaseOpened"]
    event = Event.objects.get(name="CaseOpened")
    assert (event.key, event.actor) == (f"case:{case.pk}", f"user:{ana.pk}")
    assert event.payload == {"case_id": case.pk, "customer_id": kim.pk, "conversation_id": conversation.pk}


def test_references_are_never_given_twice(policy: SlaPolicy, kim: Customer, now: datetime) -> None:
    cases = [open_case(customer=kim, subject="One more", actor=None, now=now) for _ in range(5)]

    assert len({case.reference for case in cases}) == 5


@pytest.mark.parametrize(
    ("given", "code"), [({"subject": " \0 "}, "subject_empty"), ({"subject": "x", "priority": 9}, "priority_unknown")]
)
def test_a_case_that_cannot_be_is_refused_and_nothing_is_written(
    policy: SlaPolicy, kim: Customer, now: datetime, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        open_case(customer=kim, actor=None, now=now, **given)

    assert refused.value.code == code
    assert (Case.objects.count(), Event.objects.count()) == (0, 0)


def test_a_case_never_joins_another_customers_conversation(
    conversation: Conversation, policy: SlaPolicy, max: Customer, now: datetime
) -> None:
    with pytest.raises(Invalid, match="another customer"):
        open_case(customer=max, conversation=conversation, subject="Mine", actor=None, now=now)

    assert Case.objects.count() == 0


def test_the_clock_rests_while_we_wait_for_the_customer(case: Case, conversation: Conversation, now: datetime) -> None:
    wait_for_customer(case.pk, actor=None, now=now + HOURS)
    assert (clock().state, clock().consumed_seconds) == ("paused", HOUR)

    wake_cases(conversation.pk, at=now + 5 * HOURS, actor=None, now=now + 6 * HOURS)

    case.refresh_from_db()
    assert (case.status, clock().state, clock().running_since) == ("open", "running", now + 5 * HOURS)
    assert clock().due_at == datetime(2026, 3, 6, 14, tzinfo=UTC)
    assert names()[2:] == ["ClockPaused", "CaseChanged", "ClockResumed", "CaseChanged"]


def test_a_message_in_another_conversation_wakes_nothing(
    case: Case, webchat: Any, kim: Customer, now: datetime
) -> None:
    wait_for_customer(case.pk, actor=None, now=now + HOURS)
    other = Conversation.objects.create(customer=kim, channel=webchat, thread_key="other", created_at=now)

    wake_cases(other.pk, at=now + 2 * HOURS, actor=None, now=now + 2 * HOURS)

    assert clock().state == "paused"


def test_solving_keeps_the_promise_and_is_done_once(case: Case, ana: User, now: datetime) -> None:
    solve_case(case.pk, resolution="Router replaced", actor=ana, now=now + 2 * HOURS)

    case.refresh_from_db()
    assert (case.status, case.solved_at, case.resolution) == ("solved", now + 2 * HOURS, "Router replaced")
    assert (clock().state, clock().consumed_seconds) == ("met", 2 * HOUR)
    assert names()[2:] == ["ClockMet", "CaseSolved"]
    with pytest.raises(Conflict) as refused:
        solve_case(case.pk, actor=ana, now=now + 3 * HOURS)
    assert refused.value.code == "case_solved_already"
    assert len(names()) == 4


def test_reopening_goes_on_with_what_was_left(case: Case, ana: User, now: datetime) -> None:
    solve_case(case.pk, actor=ana, now=now + 2 * HOURS)

    reopen_case(case.pk, actor=ana, now=now + 24 * HOURS)

    case.refresh_from_db()
    assert (case.status, case.solved_at) == ("open", None)
    assert clock().state == "met"
    assert (clock(2).state, clock(2).consumed_seconds) == ("running", 2 * HOUR)
    assert clock(2).due_at == datetime(2026, 3, 6, 16, tzinfo=UTC)
    assert names()[4:] == ["ClockStarted", "CaseReopened"]


def test_after_a_week_a_new_case_is_opened_instead(case: Case, now: datetime) -> None:
    solve_case(case.pk, actor=None, now=now)

    with pytest.raises(Conflict, match="Open a new case instead"):
        reopen_case(case.pk, actor=None, now=now + timedelta(days=7, seconds=1))
    assert Clock.objects.count() == 1


def test_an_open_case_cannot_be_reopened_nor_a_solved_one_wait(case: Case, now: datetime) -> None:
    with pytest.raises(Conflict, match="open already"):
        reopen_case(case.pk, actor=None, now=now)
    solve_case(case.pk, actor=None, now=now)
    for move in (wait_for_customer, go_on):
        with pytest.raises(Conflict, match="Reopen it first"):
            move(case.pk, actor=None, now=now)
    with pytest.raises(NotFound):
        solve_case(case.pk + 1000, actor=None, now=now)


def test_a_higher_priority_carries_a_shorter_promise(case: Case, policy: SlaPolicy, now: datetime) -> None:
    SlaTarget.objects.create(policy=policy, metric="resolution", priority=3, budget_seconds=2 * HOUR)

    set_case_priority(case.pk, priority=3, actor=None, now=now + HOURS)

    assert (clock().due_at, clock().budget_seconds) == (now + 2 * HOURS, 2 * HOUR)
    assert names()[2:] == ["ClockChanged", "CaseChanged"]
    set_case_priority(case.pk, priority=3, actor=None, now=now + HOURS)
    assert len(names()) == 4


def test_a_promise_may_look_at_the_case_and_at_its_conversation(
    conversation: Conversation, policy: SlaPolicy, kim: Customer, now: datetime
) -> None:
    both = {
        "and": [
            {"fact": "case.tags", "op": "contains", "value": "outage"},
            {"fact": "channel.key", "op": "is", "value": "shop"},
        ]
    }
    promise("Outage in the shop", policy.calendar, rank=1, conditions=both, resolution=HOUR)

    with_both = open_case(customer=kim, conversation=conversation, subject="x", tags=["outage"], actor=None, now=now)
    without = open_case(customer=kim, subject="x", tags=["outage"], actor=None, now=now)

    assert Clock.objects.get(case=with_both).policy.name == "Outage in the shop"  # type: ignore[union-attr]
    assert Clock.objects.get(case=without).policy == policy
