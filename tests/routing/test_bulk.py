"""One change for many conversations: what it does, what it leaves alone, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel, Conversation
from channels_app.services import conversations as verbs
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from cxos.core.relay import drain_outbox
from routing.models import BulkChange, BulkStep, Queue
from routing.services import bulk
from routing.services.queue import enqueue, live_item

pytestmark = pytest.mark.django_db
Talks = Callable[..., list[Conversation]]


@pytest.fixture
def talks(webchat: Channel, kim: Customer) -> Talks:
    """talks(3, …): so many conversations; further fields as given."""

    def begin(number: int, **fields: Any) -> list[Conversation]:
        start = Conversation.objects.count()
        return [
            Conversation.objects.create(customer=kim, channel=webchat, thread_key=f"t{start + one}", **fields)
            for one in range(number)
        ]

    return begin


def ids(found: list[Conversation]) -> list[int]:
    return [one.pk for one in found]


def values(column: str) -> list[Any]:
    return list(Conversation.objects.order_by("pk").values_list(column, flat=True))


def ask(found: list[Conversation], action: str, *, actor: User, now: datetime, **arguments: Any) -> BulkChange:
    return bulk.ask_for_all(ids(found), action=action, arguments=arguments, actor=actor, now=now)


def test_a_few_are_changed_at_once_and_taken_back(talks: Talks, ana: User, now: datetime) -> None:
    found = [*talks(2), *talks(1, priority=3)]

    change = ask(found, "priority", priority="3", actor=ana, now=now)

    assert values("priority") == [3, 3, 3]
    assert (change.state, change.changed, change.failed) == ("done", 2, 0)

    back = bulk.undo(change.pk, actor=ana, now=now)
    assert values("priority") == [1, 1, 3]
    assert (back.changed, BulkChange.objects.get(pk=change.pk).state) == (2, "undone")
    with pytest.raises(Conflict, match="nothing to take back"):
        bulk.undo(change.pk, actor=ana, now=now)


@pytest.mark.parametrize(
    ("action", "arguments", "column", "after"),
    [
        ("resolve", {}, "status", "resolved"), ("status", {"status": "pending"}, "status", "pending"),
        ("snooze", {"for": "hour"}, "status", "snoozed"), ("spam", {}, "status", "resolved"),
        ("tag", {"tag": "Big Fish"}, "tags", ["old", "big-fish"]), ("priority", {"priority": "0"}, "priority", 0),
    ],
)  # fmt: skip
def test_every_action_does_its_work_and_undo_brings_back_what_was(
    talks: Talks, ana: User, now: datetime, action: str, arguments: dict[str, str], column: str, after: Any
) -> None:
    found = talks(2, tags=["old"])
    before = list(Conversation.objects.order_by("pk").values("status", "tags", "priority", "snoozed_until"))

    change = ask(found, action, actor=ana, now=now, **arguments)
    assert values(column) == [after, after]

    bulk.undo(change.pk, actor=ana, now=now)
    assert list(Conversation.objects.order_by("pk").values("status", "tags", "priority", "snoozed_until")) == before


def test_a_snooze_that_was_there_before_is_there_again(talks: Talks, ana: User, now: datetime) -> None:
    (found,) = talks(1)
    until = now + timedelta(days=3)
    verbs.snooze(found.pk, until=until, actor=ana, now=now)

    change = ask([found], "resolve", actor=ana, now=now)
    bulk.undo(change.pk, actor=ana, now=now)

    found.refresh_from_db()
    assert (found.status, found.snoozed_until) == ("snoozed", until)


def test_assigning_many_and_back_into_their_queue(
    talks: Talks, ana: User, sam: User, team: Team, now: datetime
) -> None:
    queue = Queue.objects.create(key="care", name="Care", team=team)
    other = Queue.objects.create(key="vip", name="VIP", team=team)
    found = talks(2)
    for one in found:
        enqueue(one, queue=queue, priority=1, why=Phrase("test"), now=now)

    given = ask(found, "assign", to=str(ana.pk), actor=sam, now=now)
    assert values("assignee") == [ana.pk, ana.pk]
    bulk.undo(given.pk, actor=sam, now=now)
    assert values("assignee") == [None, None]

    moved = ask(found, "assign", queue=str(other.pk), actor=sam, now=now)
    assert [item.queue_id for one in found if (item := live_item(one.pk))] == [other.pk, other.pk]
    bulk.undo(moved.pk, actor=sam, now=now)
    assert [item.queue_id for one in found if (item := live_item(one.pk))] == [queue.pk, queue.pk]


def test_what_is_not_mine_or_refuses_is_counted_and_the_rest_is_done(
    talks: Talks, ana: User, team: Team, now: datetime
) -> None:
    foreign = talks(1, team=Team.objects.create(name="Elsewhere"))
    done = talks(2, status="resolved")
    open_ones = talks(2)

    change = ask([*foreign, *done, *open_ones], "snooze", **{"for": "hour"}, actor=ana, now=now)

    assert (change.changed, change.failed) == (2, 3)
    assert change.problems["It is resolved. Reopen it first."] == 2
    foreign[0].refresh_from_db()
    assert foreign[0].status == "open"


def test_undo_leaves_alone_what_somebody_changed_since(talks: Talks, ana: User, sam: User, now: datetime) -> None:
    found = talks(2)
    change = ask(found, "priority", priority="3", actor=ana, now=now)
    verbs.set_priority(found[0].pk, priority=2, actor=sam, now=now)

    back = bulk.undo(change.pk, actor=ana, now=now)

    assert values("priority") == [2, 1]
    assert back.problems == {"Somebody has changed it since.": 1}


def test_many_are_done_behind_the_scenes_and_each_only_once(talks: Talks, ana: User, now: datetime) -> None:
    found = talks(60)
    change = ask(found, "tag", tag="big", actor=ana, now=now)
    assert (change.state, change.position) == ("running", 0)

    bulk.go_on(change.pk, now=now, seconds=-1)  # time is up after the first few
    change.refresh_from_db()
    assert (change.state, change.position, change.changed) == ("running", 20, 20)
    drain_outbox()

    change.refresh_from_db()
    assert (change.state, change.changed) == ("done", 60)
    assert BulkStep.objects.count() == 60
    assert values("tags") == [["big"]] * 60


def test_a_stopped_one_goes_no_further_and_what_is_done_can_be_undone(
    talks: Talks, ana: User, sam: User, now: datetime
) -> None:
    change = ask(talks(60), "tag", tag="big", actor=ana, now=now)
    bulk.go_on(change.pk, now=now, seconds=-1)
    with pytest.raises(NotFound):
        bulk.stop(change.pk, actor=sam, now=now)

    bulk.stop(change.pk, actor=ana, now=now)
    drain_outbox()
    assert values("tags").count(["big"]) == 20

    bulk.undo(change.pk, actor=ana, now=now)
    assert values("tags").count(["big"]) == 0


@pytest.mark.parametrize(
    ("action", "arguments"),
    [("nothing", {}), ("priority", {"priority": "9"}), ("assign", {"to": "0"}), ("assign", {"queue": "²"}), ("tag", {}),
     ("snooze", {"for": "ever"}), ("snooze", {"until": "2020-01-01T09:00"}), ("status", {"status": "snoozed"})],
)  # fmt: skip
def test_an_action_that_makes_no_sense_changes_nothing(
    talks: Talks, ana: User, now: datetime, action: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        ask(talks(1), action, actor=ana, now=now, **arguments)
    assert BulkChange.objects.count() == 0


# --- The bar -----------------------------------------------------------------------------------------------------------


def test_everything_the_list_matches_is_changed_not_only_what_is_shown(client: Client, talks: Talks, ana: User) -> None:
    client.force_login(ana)
    talks(40, priority=3)
    talks(2)
    query = 'tab=all&filter={"fact":"priority","op":"in","value":["3"]}'

    assert client.get(f"/workspace/bulk/count/?{query}").content.strip() == b"40"
    answer = client.post("/workspace/bulk/", {"all": "1", "query": query, "action": "tag", "tag": "hot"})
    assert b"0 / 40" in answer.content
    drain_outbox()

    assert values("tags").count(["hot"]) == 40
    done = client.get(f"/workspace/bulk/{BulkChange.objects.get().pk}/")
    assert "40 conversations changed" in done["HX-Trigger"] and "/undo/" in done["HX-Trigger"]


def test_a_few_are_answered_at_once_with_the_way_back(client: Client, talks: Talks, ana: User, sam: User) -> None:
    client.force_login(ana)
    found = talks(2)
    answer = client.post("/workspace/bulk/", {"ids": ",".join(map(str, ids(found))), "action": "resolve"})
    change = BulkChange.objects.get()
    assert "2 conversations changed" in answer["HX-Trigger"]

    client.force_login(sam)
    assert client.post(f"/workspace/bulk/{change.pk}/undo/").status_code == 404
    client.force_login(ana)
    client.post(f"/workspace/bulk/{change.pk}/undo/")
    assert values("status") == ["open", "open"]
    assert client.post("/workspace/bulk/", {"ids": "x,,²", "action": "resolve"}).status_code == 422


def test_the_bar_is_the_same_for_all_and_gives_them_to_who_presses_it(
    client: Client, talks: Talks, ana: User, sam: User, team: Team
) -> None:
    Queue.objects.create(key="care", name="Care", team=team)
    found = ",".join(map(str, ids(talks(2))))
    for user in (ana, sam):
        client.force_login(user)
        assert """hx-vals='{"action": "assign", "to": "me"}'""" in client.get("/workspace/").content.decode()

        client.post("/workspace/bulk/", {"ids": found, "action": "assign", "to": "me"})

        assert values("assignee") == [user.pk, user.pk]
