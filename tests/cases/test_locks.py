"""Clocks and cases are found although what they hang on changes at that very moment: a merge, an edited promise."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from cases.models import Calendar, Case, Clock, SlaPolicy
from cases.services.cases import lock_case, open_case
from cases.services.clocks import end_clocks, lock_for_clocks
from cases.services.pauses import pause_clock
from cases.services.reselection import apply_policy
from channels_app.models import Conversation
from crm.models import Customer
from cxos.core.models import User
from tests.cases.conftest import Say
from tests.locks import changed_while_waiting

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_conversation_and_a_case_whose_customers_are_merged_meanwhile_are_found(
    conversation: Conversation, kim: Customer, max: Customer, ana: User, now: datetime
) -> None:
    case = open_case(customer=kim, subject="Refund", actor=ana, now=now)

    def merge() -> None:
        Conversation.objects.update(customer=max)
        Case.objects.update(customer=max)

    def locks() -> tuple[Customer, Customer]:
        with transaction.atomic():
            return lock_for_clocks(conversation.pk).customer, lock_case(case.pk).customer

    assert changed_while_waiting(merge, locks) == (max, max)


@pytest.mark.parametrize("way", ["resolved", "paused by hand"])
def test_a_clock_that_gets_other_hours_meanwhile_is_stopped_all_the_same(
    conversation: Conversation,
    policy: SlaPolicy,
    always: Calendar,
    kim_writes: Say,
    sam: User,
    now: datetime,
    way: str,
) -> None:
    kim_writes(now)
    clock, later = Clock.objects.get(metric="resolution"), now + timedelta(minutes=5)

    def edit() -> None:
        SlaPolicy.objects.update(calendar=always, version=2)
        assert apply_policy(SlaPolicy.objects.get(), actor=sam, now=later) == 2

    def stop() -> None:
        if way == "resolved":
            end_clocks(conversation.pk, at=later, now=later)
        else:
            pause_clock(clock.pk, at=later, reason="Customer is away", by=sam, now=later)

    changed_while_waiting(edit, stop)

    clock.refresh_from_db()
    assert (clock.calendar, clock.policy_version) == (always, 2)
    assert clock.state == ("met" if way == "resolved" else "paused")
