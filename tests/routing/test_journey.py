"""The straight line: what comes in is resolved, attached, understood, decided, done, queued and offered; once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from automation.models import Rule
from cases.models import Case, Clock
from cases.services.cases import open_case, wait_for_customer
from channels_app.models import Conversation, Interaction, Message
from channels_app.services.conversations import resolve
from channels_app.services.replies import send_reply
from crm.models import Customer, MergeSuggestion
from cxos.core.models import Delivery, Event
from cxos.core.relay import drain_outbox
from routing import journey
from routing.actions import ACTIONS
from routing.journey import advance
from routing.models import ActionRun, Decision, Offer, Queue, WorkItem
from routing.services.offers import accept_offer
from routing.services.why import explain

pytestmark = pytest.mark.django_db


def rule(name: str, *actions: dict, conditions: dict | None = None, **more) -> Rule:
    return Rule.objects.create(
        name=name, event="MessageReceived", conditions=conditions or {}, actions=list(actions), **more
    )


def test_a_message_becomes_an_offer_to_an_available_agent(write, ana, on_duty):
    on_duty(ana, at=timezone.now())
    interaction = write("Where is my parcel?")

    drain_outbox()

    conversation = Conversation.objects.get()
    offer = Offer.objects.get()
    assert (offer.agent, offer.item.conversation, offer.state) == (ana, conversation, "pending")
    assert Message.objects.get(kind="message").text == "Where is my parcel?"
    interaction.refresh_from_db()
    assert interaction.handled_at is not None
    assert Delivery.objects.count() == 0
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    for earlier, later in (
        ("InteractionReceived", "MessageReceived"),
        ("MessageReceived", "WorkQueued"),
        ("WorkQueued", "OfferMade"),
    ):
        assert names.index(earlier) < names.index(later)


def test_a_case_that_waits_for_its_customer_goes_on_when_they_write(write, kim):
    write("Where is my parcel?")
    drain_outbox()
    case = open_case(
        customer=kim, conversation=Conversation.objects.get(), subject="Lost", actor=None, now=timezone.now()
    )
    wait_for_customer(case.pk, actor=None, now=timezone.now())

    write("It is blue")
    drain_outbox()

    assert Case.objects.get().status == "open"


def test_the_journey_can_run_again_from_the_top_without_doing_anything_twice(write, ana, on_duty):
    on_duty(ana, at=timezone.now())
    rule("Greet", {"kind": "reply", "text": "Hello {{customer.name}}!"}, {"kind": "add_tags", "tags": ["greeted"]})
    interaction = write("Hello")
    drain_outbox()
    before = state()

    for _ in range(3):
        Interaction.objects.update(handled_at=None)
        advance(interaction.id, now=timezone.now())
        drain_outbox()

    assert state() == before
    assert Message.objects.get(author_kind="bot").text == "Hello Kim!"


def state() -> dict[str, int]:
    models = (Customer, Conversation, Message, WorkItem, Offer, ActionRun, Decision, Case, Clock)
    return {model.__name__: model.objects.count() for model in models} | {"events": Event.objects.count()}


def test_messages_of_one_customer_go_into_one_conversation_in_order(write):
    for number in range(5):
        write(f"message {number}")

    drain_outbox()

    conversation = Conversation.objects.get()
    said = list(conversation.messages.said().order_by("id").values_list("text", flat=True))
    assert said == [f"message {number}" for number in range(5)]
    assert WorkItem.objects.count() == 1


def test_a_rule_chooses_queue_skills_and_priority_and_the_decision_says_so(write, team):
    billing = Queue.objects.create(key="billing", name="Billing", team=team)
    rule(
        "Invoices go to billing",
        {"kind": "set_priority", "priority": 2},
        {"kind": "enqueue", "queue": "billing", "skills": [{"skill": "billing", "level": 2, "hard": True}]},
        conditions={"fact": "message.text", "op": "matches_any", "value": ["invoice"]},
    )
    write("There is an error on my invoice")

    drain_outbox()

    item = WorkItem.objects.get()
    assert (item.queue, item.priority, item.required[0]["skill"]) == (billing, 2, "billing")
    why = explain(item.conversation_id)
    assert why["queue"]["sentence"] == "The rule “Invoices go to billing” sent it to Billing."
    assert why["queue"]["facts"]["rules"][0]["applied"] is True
    assert why["waiting"]["sentence"].startswith("Nobody available has the skills")


def test_a_rule_that_names_a_missing_queue_still_reaches_people(write, queue):
    rule("Broken", {"kind": "enqueue", "queue": "gone"})
    write("Hello")

    drain_outbox()

    assert WorkItem.objects.get().queue == queue


def test_an_impossible_action_is_recorded_and_stops_nothing(write):
    rule(
        "Broken", {"kind": "set_priority", "priority": "very"}, {"kind": "dance"}, {"kind": "add_tags", "tags": ["ok"]}
    )
    write("Hello")

    drain_outbox()

    assert Conversation.objects.get().tags == ["ok"]
    outcomes = list(ActionRun.objects.order_by("position").values_list("outcome", flat=True))
    assert outcomes[0].startswith("refused") and outcomes[1].startswith("refused") and outcomes[2] == "tagged ok"
    assert WorkItem.objects.count() == 1


def test_a_fault_in_an_action_is_recorded_and_the_customer_still_reaches_people(write, monkeypatch):
    def fall_over(subject, planned, now):
        Conversation.objects.update(subject="half done")
        return 1 / 0

    monkeypatch.setitem(ACTIONS, "dance", fall_over)
    rule("Broken", {"kind": "dance"})
    write("Hello")

    drain_outbox()

    assert ActionRun.objects.get().outcome == "refused: division by zero"
    assert Conversation.objects.get().subject == ""
    assert WorkItem.objects.get().state == "waiting"


def test_a_journey_that_cannot_end_leaves_nothing_and_is_made_whole_later(write, queue, monkeypatch):
    write("Hello")
    with monkeypatch.context() as broken:
        broken.setattr(journey, "place", lambda *args, **more: 1 / 0)
        drain_outbox()
    assert (Customer.objects.count(), Message.objects.count(), Interaction.objects.get().handled_at) == (0, 0, None)
    assert Delivery.objects.get().last_error == "ZeroDivisionError: division by zero"

    Delivery.objects.update(due_at=timezone.now())
    drain_outbox()

    assert Message.objects.get().text == "Hello"
    assert WorkItem.objects.get().queue == queue


def test_a_rule_can_answer_and_close_without_people(write):
    rule("Opening hours", {"kind": "reply", "text": "We are open from 8 to 20."}, {"kind": "resolve"})
    write("When are you open?")

    drain_outbox()

    assert Conversation.objects.get().status == "resolved"
    assert WorkItem.objects.live().count() == 0


def test_a_rule_opens_a_case(write):
    rule("Faults", {"kind": "open_case", "subject": "Fault: {{message.text}}"})
    write("No signal at home")

    drain_outbox()

    case = Case.objects.get()
    assert case.subject == "Fault: No signal at home"
    assert list(case.conversations.all()) == list(Conversation.objects.all())


def test_identities_of_two_customers_make_a_suggestion_and_the_message_still_arrives(write, kim, max):
    write("It is me", identities=[("email", "kim@example.com"), ("email", "max@example.com")])

    drain_outbox()

    assert MergeSuggestion.objects.count() == 1
    assert Conversation.objects.count() == 1


def test_an_answered_conversation_that_is_resolved_completes_the_work(write, ana, on_duty):
    on_duty(ana, at=timezone.now())
    write("Hello")
    drain_outbox()
    accept_offer(Offer.objects.get().id, user=ana, now=timezone.now())
    conversation = Conversation.objects.get()

    send_reply(conversation.id, text="Hi Kim", author=ana, actor=ana, now=timezone.now())
    resolve(conversation.id, actor=ana, now=timezone.now())
    drain_outbox()

    assert WorkItem.objects.get().state == "completed"
    assert Delivery.objects.count() == 0


def test_a_customer_who_comes_back_is_queued_again(write, ana, on_duty):
    on_duty(ana, at=timezone.now())
    write("Hello")
    drain_outbox()
    accept_offer(Offer.objects.get().id, user=ana, now=timezone.now())
    resolve(Conversation.objects.get().id, actor=ana, now=timezone.now())
    drain_outbox()

    write("One more thing")
    drain_outbox()

    assert Conversation.objects.get().status == "open"
    assert sorted(WorkItem.objects.values_list("state", flat=True)) == ["completed", "offered"]


def test_a_conversation_has_a_first_response_clock_that_the_reply_stops(write, ana, on_duty, sla):
    on_duty(ana, at=timezone.now())
    write("Hello")
    drain_outbox()

    item = WorkItem.objects.get()
    first = Clock.objects.get(metric="first_response")
    assert first.state == "running"
    assert item.due_at == min(Clock.objects.values_list("due_at", flat=True))

    accept_offer(Offer.objects.get().id, user=ana, now=timezone.now())
    send_reply(Conversation.objects.get().id, text="Hi", author=ana, actor=ana, now=timezone.now())
    drain_outbox()

    first.refresh_from_db()
    assert first.state == "met"
    why = explain(item.conversation_id)
    assert {one["metric"] for one in why["deadlines"]} >= {"first_response", "resolution"}


@pytest.fixture
def sla(db):
    from cases.models import Calendar, SlaPolicy, SlaTarget

    always = Calendar.objects.create(name="Always", zone="UTC", weekly={str(d): [[0, 1440]] for d in range(7)})
    policy = SlaPolicy.objects.create(name="All", calendar=always)
    for metric, minutes in (("first_response", 15), ("next_response", 30), ("resolution", 480)):
        SlaTarget.objects.create(policy=policy, metric=metric, budget_seconds=minutes * 60)
    return policy


def test_an_offer_nobody_answers_moves_on_to_the_next_agent(write, ana, ben, on_duty):
    from routing.services.offers import expire_due

    now = timezone.now()
    on_duty(ana, at=now - timedelta(minutes=5))
    on_duty(ben, at=now)
    write("Hello")
    drain_outbox()
    first = Offer.objects.get()

    expire_due(now=first.expires_at + timedelta(seconds=1))
    drain_outbox()

    second = Offer.objects.get(state="pending")
    assert {first.agent, second.agent} == {ana, ben}
