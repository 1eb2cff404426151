"""Replies that wait: taken back in time, sent when due, overtaken by the customer or a colleague."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile

from channels_app.channel_rules import rules_of
from channels_app.models import Attachment, Channel, Conversation, Draft, HeldReply, Message
from channels_app.services.attachments import prune_unsent, store_attachment
from channels_app.services.conversations import resolve
from channels_app.services.drafts import save_draft
from channels_app.services.held import (
    AnsweredMeanwhile,
    cancel_overtaken,
    discard,
    hold_reply,
    release_due,
    send_now,
    take_back,
)
from channels_app.services.replies import send_reply
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import Event, User
from tests.channels_app.files import PNG
from tests.channels_app.said import say

SECONDS = timedelta(seconds=1)


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime) -> Conversation:
    return say(api, kim, "a1", now).conversation


@pytest.fixture(autouse=True)
def _ten_seconds(settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10


def hold(conversation: Conversation, author: User, at: datetime, text: str = "Hello Kim", **more: Any) -> HeldReply:
    return hold_reply(conversation.pk, text=text, author=author, now=at, **more)


def said() -> list[str]:
    return list(Message.objects.filter(author_kind="agent").order_by("id").values_list("text", flat=True))


def draft_of(user: User) -> str | None:
    return Draft.objects.filter(user=user, mode="reply").values_list("text", flat=True).first()


def test_a_reply_is_said_after_ten_seconds_and_once(conversation: Conversation, ana: User, now: datetime) -> None:
    held = hold(conversation, ana, now)

    assert release_due(now=now + 9 * SECONDS) == 0 and said() == []
    for _ in range(2):
        release_due(now=now + 10 * SECONDS)

    assert said() == ["Hello Kim"]
    held.refresh_from_db()
    assert (held.state, held.message) == ("sent", Message.objects.get(author_kind="agent"))
    assert Event.objects.get(name="MessageSent").payload["waiting_ms"] == 10_000


def test_a_reply_taken_back_is_a_draft_again_and_never_said(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    save_draft(conversation.pk, user=ana, mode="reply", text="Hello Kim", now=now)
    held = hold(conversation, ana, now)
    assert draft_of(ana) is None

    take_back(held.pk, user=ana, now=now + 5 * SECONDS)
    release_due(now=now + 60 * SECONDS)

    assert (said(), draft_of(ana)) == ([], "Hello Kim")
    assert Event.objects.filter(name="MessageSent").count() == 0


def test_what_was_begun_since_stays_below_what_is_taken_back(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    held = hold(conversation, ana, now)
    save_draft(conversation.pk, user=ana, mode="reply", text="And", now=now)

    take_back(held.pk, user=ana, now=now)

    assert draft_of(ana) == "Hello Kim\n\nAnd"


def test_what_has_been_said_is_not_taken_back(conversation: Conversation, ana: User, now: datetime) -> None:
    held = hold(conversation, ana, now)
    release_due(now=now + 10 * SECONDS)

    with pytest.raises(Conflict, match="on its way already"):
        take_back(held.pk, user=ana, now=now + 11 * SECONDS)
    with pytest.raises(Conflict):
        discard(held.pk)
    assert (said(), draft_of(ana)) == (["Hello Kim"], None)
    with pytest.raises(NotFound):
        take_back(10**9, user=ana, now=now)


def test_going_on_writing_sends_the_one_before_first(conversation: Conversation, ana: User, now: datetime) -> None:
    hold(conversation, ana, now, "One")
    hold(conversation, ana, now + SECONDS, "Two")

    release_due(now=now + SECONDS)
    assert said() == ["One"]
    release_due(now=now + 11 * SECONDS)
    assert said() == ["One", "Two"]


def test_the_same_client_id_is_the_same_reply(conversation: Conversation, ana: User, now: datetime) -> None:
    assert hold(conversation, ana, now, client_id="c1") == hold(conversation, ana, now, client_id="c1")
    release_due(now=now + 10 * SECONDS)
    assert hold(conversation, ana, now, client_id="c1").state == "sent"
    assert said() == ["Hello Kim"]


def test_send_and_resolve_resolves_when_it_is_said(conversation: Conversation, ana: User, now: datetime) -> None:
    hold(conversation, ana, now, then_resolve=True)
    conversation.refresh_from_db()
    assert conversation.status == "open"

    release_due(now=now + 10 * SECONDS)

    conversation.refresh_from_db()
    assert (conversation.status, said()) == ("resolved", ["Hello Kim"])


def test_what_cannot_be_said_any_more_keeps_its_reason_and_is_sent_when_it_can(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    held = hold(conversation, ana, now)
    resolve(conversation.pk, actor=sam, now=now)

    release_due(now=now + 10 * SECONDS)

    held.refresh_from_db()
    assert held.state == "failed" and "is resolved. Reopen it" in held.problem
    Conversation.objects.update(status="open")
    assert send_now(held.pk, now=now + 20 * SECONDS).state == "sent"
    assert said() == ["Hello Kim"]


def test_later_is_when_it_was_said_to_be(conversation: Conversation, ana: User, now: datetime) -> None:
    hold(conversation, ana, now, send_at=now + timedelta(hours=1))

    assert release_due(now=now + timedelta(minutes=59)) == 0
    release_due(now=now + timedelta(hours=1))
    assert said() == ["Hello Kim"]


@pytest.mark.parametrize("wait", [timedelta(seconds=30), timedelta(days=-1), timedelta(days=400)])
def test_a_time_too_near_or_too_far_is_refused(
    conversation: Conversation, ana: User, now: datetime, wait: timedelta
) -> None:
    with pytest.raises(Invalid):
        hold(conversation, ana, now, send_at=now + wait)
    assert HeldReply.objects.count() == 0


def test_a_customer_who_writes_stops_what_was_to_be_sent_later_and_not_what_was_just_sent(
    api: Channel, kim: Customer, conversation: Conversation, ana: User, now: datetime
) -> None:
    later = hold(conversation, ana, now, "Any news?", send_at=now + timedelta(hours=1))
    hold(conversation, ana, now + SECONDS, "One moment")
    assert cancel_overtaken(now=now) == 0

    say(api, kim, "a2", now + 2 * SECONDS)

    assert cancel_overtaken(now=now + 3 * SECONDS) == 1
    later.refresh_from_db()
    assert (later.state, draft_of(ana)) == ("canceled", "Any news?")
    line = Message.objects.get(kind="event", metadata__what="scheduled_canceled")
    assert line.text.startswith("Ana’s reply for 4 Mar, 11:00 UTC was not sent: the customer wrote before.")
    release_due(now=now + timedelta(hours=2))
    assert said() == ["One moment"]
    assert cancel_overtaken(now=now + timedelta(hours=2)) == 0


def test_saying_it_asks_for_the_customer_again(
    api: Channel, kim: Customer, conversation: Conversation, ana: User, now: datetime
) -> None:
    hold(conversation, ana, now, send_at=now + timedelta(hours=1))
    say(api, kim, "a2", now + timedelta(minutes=59))

    release_due(now=now + timedelta(hours=1))

    assert said() == []
    assert HeldReply.objects.get().state == "canceled"


def test_who_was_overtaken_by_a_colleague_is_told_and_may_send_anyway(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    seen = Message.objects.latest("id").pk
    answer = send_reply(conversation.pk, text="Mine first", author=sam, actor=sam, now=now)

    with pytest.raises(AnsweredMeanwhile, match="Sam has answered") as refusal:
        hold(conversation, ana, now, seen_id=seen)

    assert (refusal.value.answer, refusal.value.by) == (answer, "Sam")
    assert HeldReply.objects.count() == 0
    hold(conversation, ana, now, seen_id=answer.pk)
    hold(conversation, ana, now, "Again", seen_id=None)


def test_ones_own_answer_is_no_collision_and_a_colleagues_held_one_is(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    seen = Message.objects.latest("id").pk
    send_reply(conversation.pk, text="Mine", author=ana, actor=ana, now=now)
    hold(conversation, ana, now, seen_id=seen)

    with pytest.raises(AnsweredMeanwhile, match="Ana has answered"):
        hold(conversation, sam, now, seen_id=10**9)


def test_files_go_along_come_back_and_are_not_pruned_while_they_wait(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    file = store_attachment(
        ContentFile(PNG), name="a.png", rules=rules_of("api", {}), uploader=ana, conversation=conversation, now=now
    )
    held = hold(conversation, ana, now, "", attachments=[file], send_at=now + timedelta(days=60))
    assert prune_unsent(now=now + timedelta(days=50)) == 0

    take_back(held.pk, user=ana, now=now)
    assert list(Attachment.objects.unused()) == [file]

    hold(conversation, ana, now, "", attachments=[file])
    release_due(now=now + 10 * SECONDS)
    file.refresh_from_db()
    assert (file.message, file.held) == (Message.objects.get(author_kind="agent"), None)


@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
def test_what_the_channel_does_not_take_is_refused_before_it_waits(
    conversation: Conversation, ana: User, now: datetime, text: str
) -> None:
    Channel.objects.update(config={"max_length": 10_000})

    with pytest.raises(Invalid):
        hold(conversation, ana, now, text)
    assert HeldReply.objects.count() == 0


def test_after_its_window_a_channel_takes_no_reply(conversation: Conversation, ana: User, now: datetime) -> None:
    Channel.objects.update(config={"window_hours": 24})

    hold(conversation, ana, now + timedelta(hours=23))
    with pytest.raises(Conflict) as refusal:
        hold(conversation, ana, now + timedelta(hours=25))
    assert refusal.value.code == "window_closed"


def test_a_draft_is_kept_per_user_and_mode_and_an_empty_one_ends(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    for text in ("H", "Hello"):
        save_draft(conversation.pk, user=ana, mode="reply", text=text, seen_id=7, now=now)
    save_draft(conversation.pk, user=ana, mode="note", text="Note\0", now=now)
    save_draft(conversation.pk, user=sam, mode="reply", text="Sam's", now=now)

    rows = Draft.objects.order_by("id").values_list("user__name", "mode", "text", "seen_id")
    assert list(rows) == [("Ana", "reply", "Hello", 7), ("Ana", "note", "Note", 0), ("Sam", "reply", "Sam's", 0)]

    save_draft(conversation.pk, user=ana, mode="reply", text=" ", now=now)
    assert Draft.objects.filter(user=ana).count() == 1
    with pytest.raises(Invalid):
        save_draft(conversation.pk, user=ana, mode="x", text="a", now=now)
    with pytest.raises(Invalid):
        save_draft(conversation.pk, user=ana, mode="note", text="a" * 100_001, now=now)
