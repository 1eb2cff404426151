"""What became of conversations later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from intelligence.formulas import Ratio
from intelligence.models import Fact, Insight
from intelligence.queries import cohorts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def happened(name: str, after: timedelta, conversation: int, customer: int = 1) -> None:
    Fact.objects.create(
        event_id=Fact.objects.count() + 1,
        name=name,
        at=MONDAY + after,
        conversation_id=conversation,
        customer_id=customer,
    )


def test_a_conversation_reopened_twice_counts_once_in_the_period_it_was_solved() -> None:
    for conversation in (1, 2, 3):
        happened("ConversationResolved", DAY, conversation)
    happened("ConversationReopened", 2 * DAY, 1)
    happened("ConversationResolved", 3 * DAY, 1)
    happened("ConversationReopened", 30 * DAY, 1)
    happened("ConversationReopened", timedelta(hours=1), 2)  # before it was solved

    assert cohorts.reopened_share(MONDAY, MONDAY + 7 * DAY) == Ratio(1, 3)
    assert cohorts.reopened_share(MONDAY + 7 * DAY, MONDAY + 14 * DAY) == Ratio(0, 0)


def test_backlog_at_a_moment_by_age() -> None:
    happened("ConversationStarted", timedelta(0), 1)
    happened("ConversationStarted", timedelta(0), 2)
    happened("ConversationResolved", timedelta(hours=1), 2)
    happened("ConversationStarted", timedelta(hours=20), 3)
    happened("ConversationResolved", timedelta(hours=21), 3)
    happened("ConversationReopened", timedelta(hours=23), 3)
    bands = [timedelta(hours=4), timedelta(hours=12)]

    assert cohorts.backlog(MONDAY + DAY, bands=bands) == [1, 0, 1]
    assert cohorts.backlog(MONDAY + timedelta(minutes=30), bands=bands) == [2, 0, 0]


@pytest.fixture
def about(kim: Customer, webchat: Channel) -> Any:
    """Makes a conversation of Kim whose first message was understood as this intent; returns its id."""

    def make(intent: str) -> int:
        key = f"t{Conversation.objects.count()}"
        conversation = Conversation.objects.create(customer=kim, channel=webchat, thread_key=key)
        for said in (intent, "thanks"):
            message = Message.objects.create(
                conversation=conversation, author_kind="customer", text=said, state=Message.State.RECEIVED
            )
            Insight.objects.create(message=message, intent=said)
        return conversation.pk

    return make


def test_first_contact_is_resolution_without_another_contact_on_the_topic(about: Any, kim: Customer) -> None:
    # given a bill question that came back, and a login problem after which something else came
    bill, bill_again, login, order = about("bill"), about("bill"), about("login"), about("order")
    happened("ConversationResolved", DAY, bill, kim.pk)
    happened("ConversationResolved", DAY, login, kim.pk)
    happened("ConversationStarted", 3 * DAY, bill_again, kim.pk)
    happened("ConversationStarted", 3 * DAY, order, kim.pk)
    span = MONDAY, MONDAY + 7 * DAY

    assert cohorts.topics_of([bill, order, 999_999]) == {bill: "bill", order: "order"}
    assert cohorts.first_contact_share(*span, now=MONDAY + 5 * DAY) == (Ratio(1, 2), 1)
    assert cohorts.first_contact_share(*span, now=MONDAY + 20 * DAY) == (Ratio(1, 2), 0)


def test_net_first_contact_resolution_leaves_out_what_was_passed_on(about: Any, kim: Customer) -> None:
    # given a question the first agent answered, and one they had to pass on
    bill, login = about("bill"), about("login")
    for conversation in (bill, login):
        happened("ConversationResolved", DAY, conversation, kim.pk)
    happened("WorkReleased", timedelta(hours=2), login, kim.pk)
    Fact.objects.filter(name="WorkReleased").update(data={"kind": "transferred"})
    happened("WorkReleased", timedelta(hours=2), bill, kim.pk)  # went back into its queue
    span = MONDAY, MONDAY + 7 * DAY

    assert cohorts.first_contact_share(*span, now=MONDAY + 20 * DAY)[0] == Ratio(2, 2)
    assert cohorts.first_contact_share(*span, now=MONDAY + 20 * DAY, net=True)[0] == Ratio(1, 1)


def test_cohorts_cost_few_queries(about: Any, kim: Customer, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        happened("ConversationResolved", DAY, about("bill"), kim.pk)
    span = MONDAY, MONDAY + 7 * DAY

    with django_assert_num_queries(3):
        cohorts.first_contact_share(*span, now=MONDAY + 20 * DAY)
    with django_assert_num_queries(2):
        cohorts.reopened_share(*span)
    with django_assert_num_queries(1):
        cohorts.backlog(MONDAY + DAY, bands=[DAY])
