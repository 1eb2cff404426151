from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from channels_app.models import Channel, Conversation, Message, ReadMarker
from channels_app.permissions import can_assign, can_reply, get_conversation_for
from channels_app.queries import thread_of, unread_count
from channels_app.services import conversations
from channels_app.services.assignment import assign
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import Event, Team, User
from tests.channels_app.said import say


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime) -> Conversation:
    return say(api, kim, "a1", now).conversation


def last_event() -> tuple[str, dict]:
    event = Event.objects.latest("id")
    return event.name, event.payload


def lines() -> list[str]:
    return list(Message.objects.filter(kind="event").order_by("id").values_list("text", flat=True))


def test_resolving_ends_waiting_and_tells_how_long_it_was_open(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    conversations.resolve(conversation.id, actor=ana, now=now + timedelta(minutes=2))

    conversation.refresh_from_db()
    assert (conversation.status, conversation.waiting_since) == ("resolved", None)
    name, told = last_event()
    assert (name, told["agent_id"], told["open_ms"]) == ("ConversationResolved", ana.id, 120_000)
    assert lines() == ["Resolved."]


def test_resolving_twice_is_refused_and_changes_nothing(conversation: Conversation, ana: User, now: datetime) -> None:
    conversations.resolve(conversation.id, actor=ana, now=now)
    before = Event.objects.count()

    with pytest.raises(Conflict, match="already"):
        conversations.resolve(conversation.id, actor=ana, now=now)

    assert (Event.objects.count(), lines()) == (before, ["Resolved."])


def test_reopening_is_refused_when_the_thread_went_on_elsewhere(
    api: Channel, kim: Customer, conversation: Conversation, ana: User, now: datetime
) -> None:
    conversations.resolve(conversation.id, actor=ana, now=now)
    newer = say(api, kim, "a2", now + timedelta(days=8)).conversation

    with pytest.raises(Conflict, match=f"#{newer.id}"):
        conversations.reopen(conversation.id, actor=ana, now=now + timedelta(days=8))

    conversation.refresh_from_db()
    assert conversation.status == "resolved"


def test_reopening_brings_it_back(conversation: Conversation, ana: User, now: datetime) -> None:
    conversations.resolve(conversation.id, actor=ana, now=now)

    conversations.reopen(conversation.id, actor=ana, now=now)

    conversation.refresh_from_db()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    assert lines() == ["Resolved.", "Reopened."]
    assert last_event()[0] == "ConversationReopened"


def test_snoozed_conversation_wakes_when_its_time_has_come(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    until = now + timedelta(hours=1)
    conversations.snooze(conversation.id, until=until, actor=ana, now=now)

    assert conversations.wake_snoozed(now=until - timedelta(seconds=1)) == 0
    assert conversations.wake_snoozed(now=until) == 1

    conversation.refresh_from_db()
    assert (conversation.status, conversation.snoozed_until) == ("open", None)
    assert conversations.wake_snoozed(now=until) == 0


def test_snoozing_into_the_past_is_refused(conversation: Conversation, ana: User, now: datetime) -> None:
    with pytest.raises(Invalid):
        conversations.snooze(conversation.id, until=now, actor=ana, now=now)

    conversation.refresh_from_db()
    assert conversation.status == "open"


def test_tags_are_kept_once_and_in_lower_case(conversation: Conversation, ana: User, now: datetime) -> None:
    conversations.add_tags(conversation.id, tags=["Billing", "billing", "Late Pay"], actor=ana, now=now)
    conversations.add_tags(conversation.id, tags=["billing"], actor=ana, now=now)
    conversations.remove_tags(conversation.id, tags=["LATE PAY", "other"], actor=ana, now=now)

    conversation.refresh_from_db()
    assert conversation.tags == ["billing"]
    assert Event.objects.filter(name="ConversationChanged").count() == 2


@pytest.mark.parametrize("tag", ["", "  ", "a,b", "x" * 41, "a\x07b"])
def test_bad_tag_is_refused(conversation: Conversation, ana: User, now: datetime, tag: str) -> None:
    with pytest.raises(Invalid):
        conversations.add_tags(conversation.id, tags=["fine", tag], actor=ana, now=now)

    conversation.refresh_from_db()
    assert conversation.tags == []


def test_same_priority_tells_nobody(conversation: Conversation, ana: User, now: datetime) -> None:
    conversations.set_priority(conversation.id, priority=3, actor=ana, now=now)
    before = Event.objects.count()

    conversations.set_priority(conversation.id, priority=3, actor=ana, now=now)

    assert Event.objects.count() == before
    with pytest.raises(Invalid):
        conversations.set_priority(conversation.id, priority=4, actor=ana, now=now)


def test_set_status_reaches_every_status(conversation: Conversation, ana: User, now: datetime) -> None:
    for status in ["pending", "snoozed", "open", "resolved", "pending", "open"]:
        until = now + timedelta(hours=1) if status == "snoozed" else None
        conversations.set_status(conversation.id, status=status, snoozed_until=until, actor=ana, now=now)
        conversation.refresh_from_db()
        assert conversation.status == status
    with pytest.raises(Invalid):
        conversations.set_status(conversation.id, status="closed", actor=ana, now=now)


def test_assignment_is_told_once_with_who_held_it_before(
    conversation: Conversation, ana: User, sam: User, team: Team, now: datetime
) -> None:
    assign(conversation.id, assignee_id=ana.id, team_id=team.id, actor=None, now=now)
    assign(conversation.id, assignee_id=ana.id, team_id=team.id, actor=None, now=now)
    assign(conversation.id, assignee_id=sam.id, actor=sam, now=now)
    assign(conversation.id, assignee_id=None, team_id=None, actor=sam, now=now)

    told = Event.objects.filter(name="ConversationAssigned").order_by("id").values_list("payload", flat=True)
    assert [(one["previous_agent_id"], one["agent_id"], one["team_id"]) for one in told] == [
        (None, ana.id, team.id), (ana.id, sam.id, team.id), (sam.id, None, None),
    ]  # fmt: skip
    assert lines() == [
        "Assigned to Ana, given to team Care.", "Assigned to Sam.", "Nobody holds it now, belongs to no team now.",
    ]  # fmt: skip


def test_nobody_gets_work_who_does_not_work_here(conversation: Conversation, ana: User, now: datetime) -> None:
    User.objects.filter(id=ana.id).update(is_active=False)

    with pytest.raises(Invalid):
        assign(conversation.id, assignee_id=ana.id, actor=None, now=now)

    conversation.refresh_from_db()
    assert conversation.assignee_id is None


def test_read_marker_never_moves_back(
    api: Channel, kim: Customer, conversation: Conversation, ana: User, now: datetime
) -> None:
    second = say(api, kim, "a2", now).message
    assert unread_count(ana.id, conversation.id) == 2

    conversations.mark_read(conversation.id, user_id=ana.id, actor=ana, now=now)
    conversations.mark_read(conversation.id, user_id=ana.id, message_id=second.id - 1, actor=ana, now=now)

    assert ReadMarker.objects.get().message_id == second.id
    assert unread_count(ana.id, conversation.id) == 0


def test_thread_is_read_in_order_and_page_by_page(
    api: Channel, kim: Customer, conversation: Conversation, now: datetime
) -> None:
    ids = [conversation.messages.get().id] + [say(api, kim, f"b{i}", now).message.id for i in range(3)]

    newest = thread_of(conversation.id, limit=2)
    assert [line.id for line in newest] == ids[2:]
    assert [line.id for line in thread_of(conversation.id, before_id=newest[0].id)] == ids[:2]


def test_agent_of_another_team_neither_sees_nor_answers(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    other = Team.objects.create(name="Sales")
    assign(conversation.id, team_id=other.id, actor=None, now=now)
    conversation.refresh_from_db()

    with pytest.raises(NotFound):
        get_conversation_for(ana, conversation.id)
    assert not can_reply(ana, conversation)
    assert not can_assign(ana, conversation, assignee_id=ana.id)
    assert get_conversation_for(sam, conversation.id) == conversation
    assert can_assign(sam, conversation, assignee_id=ana.id)


def test_agent_takes_what_is_free_and_gives_away_what_they_hold(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    assert can_assign(ana, conversation, assignee_id=ana.id)
    assert not can_assign(ana, conversation, assignee_id=sam.id)
    held = assign(conversation.id, assignee_id=ana.id, actor=ana, now=now)
    assert can_assign(ana, held, assignee_id=sam.id)
