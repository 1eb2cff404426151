"""A macro in a conversation: all of it by the services agents use, or none of it and the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation.models import Macro, MacroRun, Snippet
from automation.services.macros import save_macro
from cases.models import Case
from channels_app.models import Channel, Conversation, Message
from channels_app.services import conversations as verbs
from cxos.core.errors import Conflict, Invalid
from cxos.core.models import User
from routing.models import BulkChange, Queue, WorkItem
from routing.services import bulk
from routing.services.macros import run_macro
from routing.services.queue import live_item

pytestmark = pytest.mark.django_db
Write = Callable[..., Macro]


@pytest.fixture
def write(ana: User, now: datetime) -> Write:
    """write({"kind": …}, …): a macro of Ana's."""

    def make(*actions: dict[str, Any], name: str = "Refund") -> Macro:
        return save_macro(None, name=name, actions=actions, scope="own", actor=ana, now=now)

    return make


@pytest.fixture
def talk(waiting: Callable[..., WorkItem]) -> Conversation:
    found = waiting().conversation
    assert found is not None
    return found


def run(macro: Macro, talk: Conversation, ana: User, now: datetime, **more: Any) -> MacroRun:
    found = Conversation.objects.select_related("customer", "channel").get(pk=talk.pk)
    return run_macro(macro, found, zone=ZoneInfo("Europe/Berlin"), actor=ana, now=now, **more)


def test_every_action_is_done_in_its_order_and_recorded(
    write: Write, talk: Conversation, ana: User, now: datetime
) -> None:
    snippet = Snippet.objects.create(shortcut="sorry", text="Sorry, {{customer.first_name}}!", owner=ana)
    macro = write(
        {"kind": "take"},
        {"kind": "reply", "text": "Hello {{customer.name}}, {{agent.first_name}} here."},
        {"kind": "snippet", "snippet": snippet.pk},
        {"kind": "add_note", "text": "Paid twice, see #{{conversation.id}}"},
        {"kind": "add_tags", "tags": ["refund", "vip"]},
        {"kind": "set_priority", "priority": 3},
        {"kind": "open_case", "subject": "Refund for {{customer.name}}"},
        {"kind": "resolve"},
    )

    done = run(macro, talk, ana, now)

    talk.refresh_from_db()
    assert (talk.assignee, talk.status, talk.priority, talk.tags) == (ana, "resolved", 3, ["refund", "vip"])
    name = talk.customer.name
    said = list(talk.messages.filter(kind="message", author=ana).order_by("id").values_list("text", flat=True))
    assert said == [f"Hello {name}, Ana here.", f"Sorry, {name.split()[0]}!"]
    assert talk.messages.get(kind="note").text == f"Paid twice, see #{talk.pk}"
    assert Case.objects.get().subject == f"Refund for {name}"
    assert [one["kind"] for one in done.actions] == [one["kind"] for one in macro.actions]
    assert all(one["outcome"] for one in done.actions)
    line = talk.messages.filter(kind="event", metadata__what="macro").get()
    assert (line.author, line.metadata["name"]) == (ana, "Refund")


def test_moving_into_a_queue_and_waiting(
    write: Write, talk: Conversation, ana: User, queue: Queue, now: datetime
) -> None:
    other = Queue.objects.create(key="money", name="Money", team=queue.team)

    run(write({"kind": "enqueue", "queue": "money"}, {"kind": "wait"}), talk, ana, now)

    item = live_item(talk.pk)
    talk.refresh_from_db()
    assert (item and item.queue_id, talk.status) == (other.pk, "pending")


def test_tomorrow_is_the_agents_own(write: Write, talk: Conversation, ana: User) -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # the fifth in Berlin

    run(write({"kind": "snooze", "for": "tomorrow"}), talk, ana, late)

    talk.refresh_from_db()
    assert talk.snoozed_until == datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


def test_what_does_not_fit_leaves_nothing_half_done(
    write: Write, talk: Conversation, webchat: Channel, ana: User, now: datetime
) -> None:
    macro = write({"kind": "add_tags", "tags": ["refund"]}, {"kind": "reply", "text": "Hello"}, {"kind": "resolve"})
    Channel.objects.filter(pk=webchat.pk).update(enabled=False)
    lines = Message.objects.count()

    with pytest.raises(Conflict, match=r"“Refund” did nothing, because action 2 does not fit here\..*switched off"):
        run(macro, talk, ana, now)

    talk.refresh_from_db()
    assert (talk.status, talk.tags, Message.objects.count(), MacroRun.objects.count()) == ("open", [], lines, 0)


@pytest.mark.parametrize(
    "action",
    [{"kind": "take"}, {"kind": "wait"}, {"kind": "snooze", "for": "hour"}, {"kind": "resolve"},
     {"kind": "reply", "text": "Hello"}, {"kind": "enqueue", "queue": "gone"}, {"kind": "snippet", "snippet": 987_654}],
)  # fmt: skip
def test_a_resolved_conversation_takes_none_of_these(
    write: Write, webchat: Channel, talk: Conversation, ana: User, now: datetime, action: dict[str, Any]
) -> None:
    done = Conversation.objects.create(customer=talk.customer, channel=webchat, thread_key="x", status="resolved")

    with pytest.raises((Conflict, Invalid), match="did nothing"):
        run(write({"kind": "set_priority", "priority": 3}, action), done, ana, now)

    done.refresh_from_db()
    assert (done.status, done.priority, live_item(done.pk)) == ("resolved", 1, None)


def test_the_same_press_twice_runs_once(write: Write, talk: Conversation, ana: User, now: datetime) -> None:
    macro = write({"kind": "reply", "text": "Hello"})

    first, again = (run(macro, talk, ana, now, key="press") for _ in range(2))
    assert first.pk == again.pk
    assert talk.messages.filter(kind="message", author=ana).count() == 1

    run(macro, talk, ana, now, key="another press")
    assert talk.messages.filter(kind="message", author=ana).count() == 2


def test_many_at_once_pass_by_what_does_not_fit_and_nothing_is_taken_back(
    write: Write, waiting: Callable[..., WorkItem], ana: User, now: datetime
) -> None:
    found = [item.conversation for item in (waiting(), waiting(), waiting()) if item.conversation]
    verbs.resolve(found[2].pk, actor=ana, now=now)
    macro = write({"kind": "add_tags", "tags": ["refund"]}, {"kind": "reply", "text": "Hello"})

    change = bulk.ask_for_all(
        [one.pk for one in found], action="macro", arguments={"macro": str(macro.pk)}, actor=ana, now=now
    )

    assert (change.changed, change.failed, change.state) == (2, 1, "done")
    assert "did nothing" in next(iter(change.problems))
    assert Conversation.objects.filter(tags=["refund"]).count() == 2
    with pytest.raises(Conflict, match="nothing to take back"):
        bulk.undo(change.pk, actor=ana, now=now)
    assert BulkChange.objects.get().state == "done"


def test_a_macro_that_is_not_mine_is_run_nowhere(write: Write, talk: Conversation, sam: User, now: datetime) -> None:
    macro = write({"kind": "set_priority", "priority": 3})

    change = bulk.ask_for_all([talk.pk], action="macro", arguments={"macro": str(macro.pk)}, actor=sam, now=now)

    assert (change.changed, change.failed, MacroRun.objects.count()) == (0, 1, 0)
    for wrong in ("", "987654", "²"):
        with pytest.raises(Invalid):
            bulk.ask_for_all([talk.pk], action="macro", arguments={"macro": wrong}, actor=sam, now=now)
