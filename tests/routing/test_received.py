"""What became of an interaction: whose it was taken for, where it went, and who finds it again by that."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone, translation

from automation.models import Rule
from channels_app.models import Conversation, Interaction, Message
from crm.models import Customer, MergeSuggestion
from crm.services.merging import merge, undo_merge
from cxos.core.models import User
from cxos.core.relay import drain_outbox
from cxos.core.services import pruning
from cxos.demo.removal import remove_customers
from routing.models import ActionRun
from routing.queries import why
from routing.services.pruning import prune
from routing.services.why import explain

pytestmark = pytest.mark.django_db
Write = Callable[..., Interaction]


def recognised(language: str) -> str:
    with translation.override(language):
        return explain(Conversation.objects.get().pk)["customer"]["sentence"]


def landed() -> list[tuple[int | None, int | None]]:
    """(customer, conversation) of every interaction."""
    return list(Interaction.objects.order_by("id").values_list("customer_id", "conversation_id"))


def test_the_journey_writes_down_whose_it_was_and_where_it_went(write: Write, kim: Customer) -> None:
    write("Hello")
    write("Are you there?")

    drain_outbox()

    assert landed() == [(kim.pk, Conversation.objects.get().pk)] * 2


def test_what_a_rule_did_is_told_to_whoever_asks_why(write: Write) -> None:
    Rule.objects.create(name="Greet", event="MessageReceived", actions=[{"kind": "add_tags", "tags": ["greeted"]}])
    write("Hello")
    drain_outbox()
    write("A stranger's", email="max@example.com")
    drain_outbox()

    [action] = why(Conversation.objects.earliest("id").pk, now=timezone.now())["actions"]

    assert (action.rule_name, action.action["kind"], action.outcome) == ("Greet", "add_tags", "tagged greeted")


def test_a_signed_identity_is_told_as_verified_in_the_readers_language(write: Write, kim: Customer) -> None:
    write("Hello", verified=True)

    drain_outbox()

    assert recognised("en") == "Recognised by the e-mail address kim@example.com, which is verified."
    assert recognised("ar") == "عُرف من عنوان البريد الإلكتروني kim@example.com، وقد جرى التحقق منه."


def test_a_merge_that_came_later_is_part_of_the_reason_until_it_is_taken_back(
    write: Write, kim: Customer, max: Customer, sam: User
) -> None:
    write("Hello", email="max@example.com")
    drain_outbox()
    before = recognised("en")
    pair = MergeSuggestion.objects.create(first=kim, second=max)

    merge(pair.pk, keep=kim.pk, actor=sam, now=timezone.now())
    drain_outbox()
    assert recognised("en") == f"{before} That was #{max.pk}, who has been merged into this customer since."

    undo_merge(pair.pk, actor=sam, now=timezone.now())
    drain_outbox()
    assert recognised("en") == before


def test_evidence_is_kept_as_long_as_decisions(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PORTION", 2)
    for number in range(4):
        write(f"Message {number}")
    drain_outbox()
    ids, later = list(Interaction.objects.order_by("id").values_list("id", flat=True)), timezone.now()
    Interaction.objects.filter(id__in=ids[:3]).update(handled_at=later - timedelta(days=2))
    days = {"decisions": 1, "actions": 0, "trials": 0}

    assert prune(keep_days=days, now=later)["evidence"] == 3
    assert prune(keep_days=days, now=later)["evidence"] == 0

    kept = Interaction.objects.filter(evidence__isnull=False)
    assert list(kept.values_list("id", flat=True)) == ids[3:]
    assert Interaction.objects.filter(customer=None).count() == 0, "whose it is stays"
    Interaction.objects.update(handled_at=later - timedelta(days=2))
    prune(keep_days=days, now=later)
    assert explain(Conversation.objects.get().pk)["customer"] is None


def test_nothing_that_came_stays_when_the_demo_goes(write: Write, adi: User) -> None:
    Rule.objects.create(name="Greet", event="MessageReceived", actions=[{"kind": "add_tags", "tags": ["greeted"]}])
    write("Hello")
    write("Hello too", email="max@example.com")
    drain_outbox()
    assert ActionRun.objects.count() == 2

    remove_customers(actor=adi)

    left = {model.__name__: model.objects.count() for model in (Interaction, Message, Conversation, ActionRun)}
    assert left == {"Interaction": 0, "Message": 0, "Conversation": 0, "ActionRun": 0}


def test_what_came_goes_with_its_customer_into_a_merge_and_out_of_it(
    write: Write, kim: Customer, max: Customer, sam: User
) -> None:
    write("Hello")
    write("Hello too", email="max@example.com")
    drain_outbox()
    pair = MergeSuggestion.objects.create(first=kim, second=max)

    merge(pair.pk, keep=kim.pk, actor=sam, now=timezone.now())
    drain_outbox()
    assert [customer for customer, _conversation in landed()] == [kim.pk, kim.pk]

    undo_merge(pair.pk, actor=sam, now=timezone.now())
    drain_outbox()
    assert [customer for customer, _conversation in landed()] == [kim.pk, max.pk]


def test_what_came_before_it_was_written_down_is_found_by_its_message(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write("Hello", email=f"kim-{number % 2}@example.com")
    drain_outbox()
    before = landed()
    write("Not looked at yet")
    Interaction.objects.update(customer=None, conversation=None)
    step = importlib.import_module("channels_app.migrations.0013_what_became_of_interactions")
    monkeypatch.setattr(step, "PORTION", 2)

    with transaction.atomic(), connection.schema_editor(atomic=False) as editor:
        step.fill(apps, editor)

    assert landed() == [*before, (None, None)]
