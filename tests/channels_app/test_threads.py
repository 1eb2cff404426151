from __future__ import annotations

from datetime import datetime, timedelta

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.ingest import accept
from channels_app.services.threads import attach
from crm.models import Customer
from cxos.core.models import Event
from tests.channels_app.said import envelope, say


def event_names() -> list[str]:
    return list(Event.objects.exclude(name="InteractionReceived").order_by("id").values_list("name", flat=True))


def resolve_at(conversation: Conversation, when: datetime) -> None:
    Conversation.objects.filter(id=conversation.id).update(status="resolved", resolved_at=when)


def test_first_message_starts_a_conversation(api: Channel, kim: Customer, now: datetime) -> None:
    landed = say(api, kim, "a1", now, text="My router\nblinks", metadata={"subject": "Router"})

    assert (landed.created, landed.reopened) == (True, False)
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.subject) == ("open", "Router")
    assert conversation.waiting_since == conversation.last_message_at == now
    assert (conversation.last_message_text, conversation.last_message_author) == ("My router blinks", "customer")
    assert (landed.message.state, landed.message.text) == ("received", "My router\nblinks")
    assert event_names() == ["ConversationStarted", "MessageReceived"]
    said = Event.objects.get(name="MessageReceived")
    assert (said.key, said.payload["first"], said.payload["reopened"]) == (
        f"conversation:{conversation.id}", True, False,
    )  # fmt: skip


def test_second_message_joins_and_keeps_the_oldest_waiting_time(api: Channel, kim: Customer, now: datetime) -> None:
    first = say(api, kim, "a1", now)

    second = say(api, kim, "a2", now + timedelta(minutes=5), text="Anyone?")

    assert second.conversation == first.conversation
    assert (second.created, second.reopened) == (False, False)
    conversation = Conversation.objects.get()
    assert conversation.waiting_since == now
    assert conversation.last_message_text == "Anyone?"


def test_rerun_returns_the_earlier_result(api: Channel, kim: Customer, now: datetime) -> None:
    landed = say(api, kim, "a1", now)

    again = attach(Interaction.objects.get(), kim, now=now + timedelta(hours=1))

    assert (again.conversation, again.message, again.created) == (landed.conversation, landed.message, True)
    assert Message.objects.count() == 1
    assert event_names() == ["ConversationStarted", "MessageReceived"]


def test_resolved_conversation_comes_back_within_seven_days(api: Channel, kim: Customer, now: datetime) -> None:
    first = say(api, kim, "a1", now)
    resolve_at(first.conversation, now)

    back = say(api, kim, "a2", now + timedelta(days=7))

    assert (back.conversation, back.reopened) == (first.conversation, True)
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    assert event_names()[-2:] == ["ConversationReopened", "MessageReceived"]


def test_later_than_seven_days_a_new_conversation_starts(api: Channel, kim: Customer, now: datetime) -> None:
    first = say(api, kim, "a1", now)
    resolve_at(first.conversation, now)

    later = say(api, kim, "a2", now + timedelta(days=7, seconds=1))

    assert later.created
    assert later.conversation != first.conversation
    first.conversation.refresh_from_db()
    assert first.conversation.status == "resolved"


def test_snoozed_and_pending_conversations_open_again(api: Channel, kim: Customer, now: datetime) -> None:
    conversation = say(api, kim, "a1", now).conversation
    for number, status in enumerate(["snoozed", "pending"]):
        Conversation.objects.update(status=status, snoozed_until=now)

        say(api, kim, f"b{number}", now)

        conversation.refresh_from_db()
        assert conversation.status == "open"


def test_stranger_with_the_same_thread_key_gets_a_thread_of_their_own(
    api: Channel, kim: Customer, max: Customer, now: datetime
) -> None:
    kims = say(api, kim, "a1", now, thread_key="ref:77")

    maxs = say(api, max, "b1", now, thread_key="ref:77")
    maxs_next = say(api, max, "b2", now, thread_key="ref:77")

    assert maxs.conversation != kims.conversation
    assert maxs.conversation.customer == max
    assert maxs_next.conversation == maxs.conversation


def test_customer_whose_thread_key_was_taken_meanwhile_gets_a_new_thread(
    api: Channel, kim: Customer, max: Customer, now: datetime
) -> None:
    kims = say(api, kim, "a1", now, thread_key="ref:77")
    resolve_at(kims.conversation, now)
    say(api, max, "b1", now, thread_key="ref:77")

    back = say(api, kim, "a2", now, thread_key="ref:77")

    assert (back.created, back.conversation.customer) == (True, kim)
    kims.conversation.refresh_from_db()
    assert kims.conversation.status == "resolved"


def test_html_is_cleaned_and_gives_the_text_when_there_is_none(api: Channel, kim: Customer, now: datetime) -> None:
    html = '<p onclick="x()">Hi &amp; bye</p><script>steal()</script><img src=x onerror=y()><p>Kim</p>'

    message = say(api, kim, "a1", now, text="", html=html).message

    assert message.html == "<p>Hi &amp; bye</p><p>Kim</p>"
    assert message.text == "Hi & bye\nKim"
    assert Interaction.objects.get().payload["html"] == html


def test_following_message_costs_four_queries(
    api: Channel, kim: Customer, now: datetime, django_assert_num_queries: object
) -> None:
    say(api, kim, "a1", now)
    loaded = Interaction.objects.select_related("channel", "message__conversation")
    interaction = loaded.get(id=accept(envelope(api, "a2", now), now=now).interaction_id)
    with django_assert_num_queries(4):  # type: ignore[operator]  # lock, message, conversation, events
        attach(interaction, kim, now=now)
