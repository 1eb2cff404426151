from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from channels_app.models import Channel, Conversation, Message
from channels_app.services.replies import add_note, retry_message, send_reply
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import Event, User
from tests.channels_app.said import say


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime) -> Conversation:
    return say(api, kim, "a1", now).conversation


def sent() -> dict[str, Any]:
    return Event.objects.filter(name="MessageSent").latest("id").payload


def reply(conversation: Conversation, ana: User, at: datetime, text: str = "Hello Kim", **more: Any) -> Message:
    return send_reply(conversation.id, **{"text": text, "author": ana, "actor": ana, "now": at, **more})


def test_reply_ends_the_waiting_and_says_how_long_it_was(conversation: Conversation, ana: User, now: datetime) -> None:
    message = reply(conversation, ana, now + timedelta(seconds=90, milliseconds=250))

    assert (message.state, message.author, message.text) == ("pending", ana, "Hello Kim")
    conversation.refresh_from_db()
    assert (conversation.waiting_since, conversation.last_message_author) == (None, "agent")
    assert conversation.last_message_text == "Hello Kim"
    told = sent()
    assert (told["waiting_ms"], told["first_response"], told["agent_id"]) == (90_250, True, ana.id)


def test_second_answer_is_no_first_response_and_waited_for_nothing(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    reply(conversation, ana, now)
    reply(conversation, ana, now, text="One more thing")

    assert (sent()["waiting_ms"], sent()["first_response"]) == (None, False)


def test_bot_answer_leaves_the_customer_waiting(conversation: Conversation, ana: User, now: datetime) -> None:
    reply(conversation, ana, now, text="We are on it", author=None, author_kind="bot", actor="rule:1")

    conversation.refresh_from_db()
    assert conversation.waiting_since == now
    assert (sent()["first_response"], sent()["agent_id"]) == (False, None)
    reply(conversation, ana, now + timedelta(seconds=1))
    assert (sent()["first_response"], sent()["waiting_ms"]) == (True, 1000)


def test_bot_answer_counts_where_the_channel_says_so(conversation: Conversation, now: datetime) -> None:
    Channel.objects.update(config={"bot_answers_count": True})

    send_reply(conversation.id, text="Done", author=None, author_kind="bot", actor="rule:1", now=now)

    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def test_same_client_id_is_the_same_message(conversation: Conversation, ana: User, now: datetime) -> None:
    first = reply(conversation, ana, now, client_id="c1")

    again = reply(conversation, ana, now, client_id="c1")

    assert again == first
    assert Event.objects.filter(name="MessageSent").count() == 1


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "x" * 100_001])
def test_empty_or_huge_reply_is_refused(conversation: Conversation, ana: User, now: datetime, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        reply(conversation, ana, now, text=text)

    assert refusal.value.field == "text"
    assert Message.objects.count() == 1


def test_resolved_conversation_takes_no_reply_from_a_person(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    Conversation.objects.update(status="resolved", resolved_at=now)

    with pytest.raises(Conflict, match="Reopen it"):
        reply(conversation, ana, now)

    assert Message.objects.count() == 1


def test_channel_that_is_off_sends_nothing(conversation: Conversation, ana: User, now: datetime) -> None:
    Channel.objects.update(enabled=False)

    with pytest.raises(Conflict, match="switched off"):
        reply(conversation, ana, now)

    assert not Event.objects.filter(name="MessageSent").exists()


def test_reply_to_nothing_is_not_found(ana: User, now: datetime) -> None:
    with pytest.raises(NotFound):
        send_reply(404, text="Hello?", author=ana, actor=ana, now=now)


def test_html_of_a_reply_is_cleaned(conversation: Conversation, ana: User, now: datetime) -> None:
    message = reply(conversation, ana, now, text="", html='<b style="x">Hi</b><script>1</script>')

    assert (message.html, message.text) == ("<b>Hi</b>", "Hi")


def test_note_is_not_shown_to_the_customer_and_names_who_is_meant(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    note = add_note(conversation.id, text="@Sam look", author=ana, mentioned_ids=[sam.id, 999], actor=ana, now=now)

    assert (note.kind, note.state) == ("note", "sent")
    told = Event.objects.get(name="NoteAdded")
    assert told.payload == {
        "conversation_id": conversation.id, "message_id": note.id, "agent_id": ana.id, "mentioned_ids": [sam.id],
    }  # fmt: skip
    conversation.refresh_from_db()
    assert (conversation.last_message_text, conversation.waiting_since) == ("Hello", now)


def test_failed_message_is_sent_again_on_request(conversation: Conversation, ana: User, now: datetime) -> None:
    message = reply(conversation, ana, now)
    Message.objects.filter(id=message.id).update(state="failed", problem="gone", attempts=8, due_at=None)

    retry_message(message.id, actor=ana, now=now)

    message.refresh_from_db()
    assert (message.state, message.problem, message.attempts, message.due_at) == ("pending", "", 0, now)
    assert (sent()["message_id"], sent()["waiting_ms"]) == (message.id, None)


def test_message_that_has_not_failed_cannot_be_retried(conversation: Conversation, ana: User, now: datetime) -> None:
    message = reply(conversation, ana, now)

    with pytest.raises(Conflict, match="it is pending"):
        retry_message(message.id, actor=ana, now=now)


def test_reply_costs_six_queries_in_its_transaction(
    conversation: Conversation, ana: User, now: datetime, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(
        9
    ):  # savepoint twice, lock, client id, allowed?, message, first?, conversation, event
        reply(conversation, ana, now, client_id="c1")
