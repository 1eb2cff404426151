"""Two conversations of one customer become one: messages, clocks, cases and work, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from cases.models import Calendar, Case, Clock
from cases.services.cases import open_case
from cases.services.clocks import start_clocks
from channels_app.models import (
    Channel,
    Conversation,
    ConversationMerge,
    Draft,
    HeldReply,
    Interaction,
    Message,
    ReadMarker,
)
from channels_app.services import joining
from channels_app.services.conversations import add_tags, reopen, resolve, set_priority, snooze
from channels_app.services.drafts import save_draft
from channels_app.services.held import hold_reply
from channels_app.services.replies import add_note, send_reply
from crm.models import Customer, MergeSuggestion
from crm.services import merging
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import AuditEntry, Event, User
from cxos.core.phrases import Phrase
from cxos.core.relay import drain_outbox
from routing.models import Decision, Queue, Segment, WorkItem
from routing.queries import why
from routing.services.joined import merge_conversations, unmerge_conversation
from routing.services.queue import enqueue, live_item
from routing.services.work import assign_by_hand
from tests.cases.conftest import ALWAYS, promise
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def writes(api: Channel, kim: Customer, external_id: str, at: datetime, thread: str) -> Conversation:
    with transaction.atomic():
        return say(api, kim, external_id, at, thread_key=thread, text=f"Said {external_id}").conversation


def texts(conversation: Conversation) -> list[str]:
    lines = Message.objects.said().filter(conversation=conversation).order_by("id")
    return list(lines.values_list("text", flat=True))


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def queued(conversation: Conversation, queue: Queue, at: datetime) -> WorkItem:
    return enqueue(conversation, queue=queue, priority=1, why=Phrase("A test put it there."), now=at)


# --- What was said ----------------------------------------------------------------------------------------------------


def test_one_thread_in_the_order_of_time(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    writes(api, kim, "a2", now + 2 * MINUTE, "parcel")
    writes(api, kim, "b2", now + 3 * MINUTE, "parcel again")

    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now + 4 * MINUTE)

    assert texts(first) == ["Where is my parcel?", "Is it lost?", "Said a2", "Said b2"]
    assert texts(second) == []
    gone, stays = fresh(second), fresh(first)
    assert (gone.merged_into_id, gone.status, gone.waiting_since) == (first.pk, "resolved", None)
    assert (stays.status, stays.waiting_since, stays.last_message_text) == ("open", now, "Said b2")
    assert Interaction.objects.filter(conversation=second).count() == 0
    assert (made.by, made.undone_at) == (f"user:{ana.pk}", None)
    told = Event.objects.get(name="ConversationsMerged")
    assert told.payload | {"at": ""} == {
        "survivor_id": first.pk, "merged_id": second.pk, "merge_id": made.pk, "customer_id": kim.pk, "at": "",
    }  # fmt: skip
    assert AuditEntry.objects.get(verb="merged into").object_id == str(first.pk)


def test_what_is_written_into_either_thread_lands_in_the_survivor(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)

    assert writes(api, kim, "b2", now + 2 * MINUTE, "parcel again") == first
    assert writes(api, kim, "a2", now + 3 * MINUTE, "parcel") == first
    assert Conversation.objects.count() == 2
    assert fresh(first).external_id == first.external_id


def test_a_resolved_survivor_is_brought_back_by_the_merged_thread(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)
    resolve(first.pk, actor=ana, now=now + 2 * MINUTE)

    assert writes(api, kim, "b2", now + timedelta(days=1), "parcel again") == first
    assert fresh(first).status == "open"

    resolve(first.pk, actor=ana, now=now + timedelta(days=1, hours=1))
    later = writes(api, kim, "b3", now + timedelta(days=30), "parcel again")
    assert later not in {first, second} and texts(later) == ["Said b3"]


def test_the_survivor_of_a_survivor_has_it_all(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    third = writes(api, kim, "c1", now + 2 * MINUTE, "third")
    joining.merge(second.pk, into=first.pk, actor=ana, now=now + 3 * MINUTE)
    further = joining.merge(first.pk, into=third.pk, actor=ana, now=now + 4 * MINUTE)

    assert fresh(second).merged_into_id == third.pk
    assert writes(api, kim, "b2", now + 5 * MINUTE, "parcel again") == third
    inner = ConversationMerge.objects.get(merged=second)
    with pytest.raises(Conflict) as refusal:
        joining.take_apart(inner.pk, actor=ana, now=now + 6 * MINUTE)
    assert refusal.value.code == "merged_further"

    joining.take_apart(further.pk, actor=ana, now=now + 6 * MINUTE)
    assert fresh(second).merged_into_id == first.pk
    joining.take_apart(inner.pk, actor=ana, now=now + 7 * MINUTE)
    assert texts(second) == ["Is it lost?"]


def test_priority_tags_and_who_waits_come_over(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    snooze(first.pk, until=now + timedelta(days=1), actor=ana, now=now)
    add_tags(first.pk, tags=["parcel"], actor=ana, now=now)
    add_tags(second.pk, tags=["parcel", "lost"], actor=ana, now=now)
    set_priority(second.pk, priority=3, actor=ana, now=now)

    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)

    stays = fresh(first)
    assert (stays.tags, stays.priority, stays.status, stays.snoozed_until) == (["parcel", "lost"], 3, "open", None)
    changed = Event.objects.filter(name="ConversationChanged").latest("id")
    assert set(changed.payload["changed"]) == {"status", "priority", "tags"}


def test_drafts_files_and_replies_that_wait_come_over(
    first: Conversation, second: Conversation, ana: User, sam: User, now: datetime
) -> None:
    save_draft(first.pk, user=ana, mode="reply", text="One", now=now)
    save_draft(second.pk, user=ana, mode="reply", text="Two", now=now)
    save_draft(second.pk, user=sam, mode="note", text="Three", now=now)
    held = hold_reply(second.pk, text="Later", author=sam, send_at=now + timedelta(hours=2), client_id="x", now=now)

    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)

    drafts = Draft.objects.order_by("mode").values_list("user__name", "mode", "text", "conversation")
    assert list(drafts) == [("Sam", "note", "Three", first.pk), ("Ana", "reply", "One\n\nTwo", first.pk)]
    assert HeldReply.objects.get(pk=held.pk).conversation_id == first.pk


def test_the_same_client_id_in_both_names_two_messages(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    for one in (first, second):
        add_note(one.pk, text="Noted", author=ana, client_id="n1", actor=ana, now=now)

    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)
    assert Message.objects.filter(conversation=first, kind="note").count() == 2

    joining.take_apart(made.pk, actor=ana, now=now + 2 * MINUTE)
    assert Message.objects.get(conversation=second, kind="note").client_id == "n1"


def test_what_was_unread_stays_unread(first: Conversation, second: Conversation, ana: User, now: datetime) -> None:
    unread = Message.objects.get(conversation=second)
    ReadMarker.objects.create(user=ana, conversation=second, message_id=0)
    ReadMarker.objects.create(user=ana, conversation=first, message_id=unread.pk + 100)

    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)

    assert ReadMarker.objects.get(user=ana, conversation=first).message_id == unread.pk - 1


# --- What is refused --------------------------------------------------------------------------------------------------


def test_only_conversations_of_one_customer_that_are_going_on(
    api: Channel, max: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    with transaction.atomic():
        other = say(api, max, "m1", now, thread_key="of max", identities=(("email", "max@example.com"),)).conversation
    with pytest.raises(Invalid):
        joining.merge(first.pk, into=first.pk, actor=ana, now=now)
    for merged, into, code in ((other, first, "conversation_of_another"), (first, other, "conversation_of_another")):
        with pytest.raises(Conflict) as refusal:
            joining.merge(merged.pk, into=into.pk, actor=ana, now=now)
        assert refusal.value.code == code
    resolve(first.pk, actor=ana, now=now)
    with pytest.raises(Conflict) as refusal:
        joining.merge(second.pk, into=first.pk, actor=ana, now=now)
    assert refusal.value.code == "resolved"
    assert ConversationMerge.objects.count() == 0 and texts(second) == ["Is it lost?"]


def test_a_merged_conversation_takes_no_change(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    joining.merge(second.pk, into=first.pk, actor=ana, now=now)
    deeds: list[Callable[[], Any]] = [
        lambda: send_reply(second.pk, text="Hello", author=ana, actor=ana, now=now),
        lambda: add_note(second.pk, text="Hello", author=ana, actor=ana, now=now),
        lambda: reopen(second.pk, actor=ana, now=now),
        lambda: add_tags(second.pk, tags=["x"], actor=ana, now=now),
        lambda: joining.merge(second.pk, into=first.pk, actor=ana, now=now),
        lambda: joining.merge(first.pk, into=second.pk, actor=ana, now=now),
    ]
    for deed in deeds:
        with pytest.raises(Conflict) as refusal:
            deed()
        assert refusal.value.code == "merged"
        assert f"#{first.pk}" in refusal.value.message


def test_a_web_chat_neither_vanishes_from_its_page_nor_shows_a_strangers(
    webchat: Channel, kim: Customer, first: Conversation, ana: User, now: datetime
) -> None:
    def chat(key: str) -> Conversation:
        return Conversation.objects.create(customer=kim, channel=webchat, thread_key=key, waiting_since=now)

    anonymous, signed_in = chat("visitor:abc"), chat("user:abc")
    for merged, into, code in (
        (anonymous, first, "visitors_page"), (signed_in, anonymous, "visitors_page"), (first, anonymous, "visitor_unknown"),
    ):  # fmt: skip
        with pytest.raises(Conflict) as refusal:
            joining.merge(merged.pk, into=into.pk, actor=ana, now=now)
        assert refusal.value.code == code
    joining.merge(first.pk, into=signed_in.pk, actor=ana, now=now)
    assert texts(signed_in) == ["Where is my parcel?"]


def test_whoever_holds_it_may_merge_it(
    first: Conversation, second: Conversation, ana: User, ben: User, sam: User, now: datetime
) -> None:
    Conversation.objects.filter(pk=second.pk).update(assignee=ben)
    with pytest.raises(Forbidden):
        merge_conversations(fresh(second), into=fresh(first), actor=ana, now=now)
    assert ConversationMerge.objects.count() == 0
    made = merge_conversations(fresh(second), into=fresh(first), actor=ben, now=now)
    Conversation.objects.filter(pk=first.pk).update(assignee=ben)
    with pytest.raises(Forbidden):
        unmerge_conversation(ConversationMerge.objects.get(pk=made.pk), actor=ana, now=now)
    unmerge_conversation(ConversationMerge.objects.get(pk=made.pk), actor=sam, now=now)


# --- Taking it back ---------------------------------------------------------------------------------------------------


def test_taken_back_it_is_as_it_was_and_what_was_said_since_stays(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    add_tags(second.pk, tags=["lost"], actor=ana, now=now)
    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now + 2 * MINUTE)
    writes(api, kim, "b2", now + 3 * MINUTE, "parcel again")

    joining.take_apart(made.pk, actor=ana, now=now + 4 * MINUTE)

    assert texts(first) == ["Where is my parcel?", "Said b2"] and texts(second) == ["Is it lost?"]
    stays, free = fresh(first), fresh(second)
    assert (stays.tags, stays.last_message_text, stays.waiting_since) == ([], "Said b2", now)
    assert (free.merged_into_id, free.status, free.waiting_since, free.tags) == (None, "open", now + MINUTE, ["lost"])
    assert writes(api, kim, "b3", now + 5 * MINUTE, "parcel again") == second
    with pytest.raises(Conflict) as refusal:
        joining.take_apart(made.pk, actor=ana, now=now)
    assert refusal.value.code == "not_merged"
    joining.merge(second.pk, into=first.pk, actor=ana, now=now + 6 * MINUTE)


def test_after_a_week_it_says_why_it_cannot_be_taken_back(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now)
    with pytest.raises(Conflict) as refusal:
        joining.take_apart(made.pk, actor=ana, now=now + joining.UNDO_WITHIN + MINUTE)
    assert refusal.value.code == "too_late" and "7 days" in refusal.value.message
    assert fresh(second).merged_into_id == first.pk
    joining.take_apart(made.pk, actor=ana, now=now + joining.UNDO_WITHIN)


def test_who_was_answered_in_the_one_thread_does_not_wait_again(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now)
    send_reply(first.pk, text="It is on its way.", author=ana, actor=ana, now=now + MINUTE)
    joining.take_apart(made.pk, actor=ana, now=now + 2 * MINUTE)
    assert fresh(second).waiting_since is None and fresh(first).waiting_since is None


def test_customers_taken_apart_take_their_conversations_apart(
    api: Channel, kim: Customer, max: Customer, first: Conversation, sam: User, now: datetime
) -> None:
    with transaction.atomic():
        other = say(api, max, "m1", now, thread_key="of max", identities=(("email", "max@example.com"),)).conversation
    pair = MergeSuggestion.objects.create(first=kim, second=max, evidence=["Same phone"])
    merging.merge(pair.pk, keep=kim.pk, actor=sam, now=now)
    drain_outbox()
    joining.merge(other.pk, into=first.pk, actor=sam, now=now)
    assert texts(first) == ["Where is my parcel?", "Hello"]

    merging.undo_merge(pair.pk, actor=sam, now=now)
    drain_outbox()

    assert (fresh(other).customer, fresh(other).merged_into_id, texts(other)) == (max, None, ["Hello"])
    assert (fresh(first).customer, texts(first)) == (kim, ["Where is my parcel?"])


# --- Promises and cases -----------------------------------------------------------------------------------------------


def clocks(conversation: Conversation) -> list[tuple[str, str, datetime]]:
    rows = Clock.objects.filter(conversation=conversation, state__in=["running", "paused", "breached"])
    return list(rows.order_by("metric").values_list("metric", "state", "started_at"))


@pytest.mark.parametrize("direction", ["into the older", "into the younger"])
def test_the_promise_that_ends_first_is_kept(
    first: Conversation, second: Conversation, ana: User, now: datetime, direction: str
) -> None:
    always = Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)
    promise("All", always, first_response=900, resolution=36_000)
    for one, at in ((first, now), (second, now + MINUTE)):
        with transaction.atomic():
            start_clocks(Conversation.objects.select_for_update().get(pk=one.pk), at=at, now=at)
    merged, survivor = (second, first) if direction == "into the older" else (first, second)

    joining.merge(merged.pk, into=survivor.pk, actor=ana, now=now + 2 * MINUTE)
    drain_outbox()

    assert clocks(merged) == []
    assert [(metric, state) for metric, state, _at in clocks(survivor)] == [
        ("first_response", "running"), ("resolution", "running"),
    ]  # fmt: skip
    assert {at for _metric, _state, at in clocks(survivor)} == {first.created_at}

    joining.take_apart(ConversationMerge.objects.get().pk, actor=ana, now=now + 3 * MINUTE)
    drain_outbox()
    for one in (first, second):
        assert [metric for metric, _state, _at in clocks(one)] == ["first_response", "resolution"]


def test_a_promise_broken_before_the_merge_is_not_told_twice(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    always = Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)
    promise("All", always, first_response=60)
    for one in (first, second):
        with transaction.atomic():
            start_clocks(Conversation.objects.select_for_update().get(pk=one.pk), at=now, now=now + 5 * MINUTE)
    told = Event.objects.filter(name="ClockBreached").count()

    joining.merge(first.pk, into=second.pk, actor=ana, now=now + 6 * MINUTE)
    drain_outbox()

    assert [state for _metric, state, _at in clocks(second)] == ["breached"]
    assert Event.objects.filter(name="ClockBreached").count() == told == 2


def test_its_cases_are_about_the_survivor_until_it_is_taken_back(
    kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    case = open_case(customer=kim, subject="Parcel", conversation=second, actor=ana, now=now)
    both = open_case(customer=kim, subject="Refund", conversation=second, actor=ana, now=now)
    both.conversations.add(first)
    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now)
    drain_outbox()
    assert set(Case.objects.filter(conversations=first)) == {case, both}

    joining.take_apart(made.pk, actor=ana, now=now)
    drain_outbox()
    assert set(Case.objects.filter(conversations=first)) == {both}
    assert set(Case.objects.filter(conversations=second)) == {case, both}


# --- Work -------------------------------------------------------------------------------------------------------------


def test_work_in_hand_goes_on_in_the_survivor(
    queue: Queue, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    waits, held = queued(first, queue, now), queued(second, queue, now)
    assign_by_hand(held.pk, agent=ana, actor=ana, now=now)
    drain_outbox()

    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)
    drain_outbox()

    held.refresh_from_db()
    waits.refresh_from_db()
    assert (held.conversation_id, held.state, held.agent) == (first.pk, "active", ana)
    assert (waits.state, waits.conversation_id) == ("canceled", first.pk)
    assert fresh(first).assignee == ana
    assert Segment.objects.filter(item=held, ended_at=None).count() == 1
    told = why(first.pk, now=now)["history"]
    assert told[-1]["sentence"].startswith(
        f"Ana merged #{second.pk} into #{first.pk}. The work of #{second.pk} goes on"
    )


def test_only_one_piece_of_work_is_left_and_its_holder_keeps_it(
    queue: Queue, first: Conversation, second: Conversation, ana: User, ben: User, now: datetime
) -> None:
    kept, ended = queued(first, queue, now), queued(second, queue, now)
    assign_by_hand(kept.pk, agent=ben, actor=ben, now=now)
    assign_by_hand(ended.pk, agent=ana, actor=ana, now=now)
    drain_outbox()

    joining.merge(second.pk, into=first.pk, actor=ana, now=now + MINUTE)
    drain_outbox()
    drain_outbox()

    kept.refresh_from_db()
    ended.refresh_from_db()
    assert (kept.state, kept.agent, ended.state) == ("active", ben, "completed")
    assert fresh(first).assignee == ben
    assert not Segment.objects.filter(item=ended, ended_at=None).exists()
    assert Decision.objects.filter(kind="merged", conversation__in=[first, second]).count() == 2


def test_set_free_it_waits_in_its_queue_again_with_its_age(
    queue: Queue, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    queued(first, queue, now)
    queued(second, queue, now + MINUTE)
    made = joining.merge(second.pk, into=first.pk, actor=ana, now=now + 2 * MINUTE)
    drain_outbox()
    assert live_item(second.pk) is None

    joining.take_apart(made.pk, actor=ana, now=now + 3 * MINUTE)
    drain_outbox()

    item = live_item(second.pk)
    assert item is not None and (item.queue, item.state) == (queue, "waiting") and item.age_credit >= 60
    assert live_item(first.pk) is not None
    assert why(second.pk, now=now)["queue"]["sentence"] == (
        f"Ana took the merge of #{second.pk} into #{first.pk} back."
    )
