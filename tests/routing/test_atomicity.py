"""What must be one transaction is one: each of the eight, raced by threads with connections of their own.

Rounds: CXOS_RACE_ROUNDS (100 for the full proof).
"""

# ruff: noqa: B023  (every deed is done before its loop goes on)
from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from channels_app.models import Conversation
from cxos.core.errors import DomainError
from cxos.core.models import Event, User
from cxos.core.phrases import Phrase
from routing.models import AgentState, Callback, Offer, Queue, QueueMember, Segment, WorkItem
from routing.services.agents import held_cost
from routing.services.callbacks import claim_callback, request_callback, wake_callbacks
from routing.services.holding import lock_item as locked_with_holder
from routing.services.matcher import match_agent, match_items, wake_waiting
from routing.services.offers import accept_offer, decline_offer, expire_due, expire_offer, lock_item
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from routing.services.work import abandon, assign_by_hand, end_wrap_ups, finish, pause, requeue, resume, transfer
from tests.locks import changed_while_waiting

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = max(2, int(os.environ.get("CXOS_RACE_ROUNDS", "15")) // 5)
Deed = Callable[[], Any]


def race(*deeds: Deed) -> list[str]:
    """All at the same moment. What each said: "done", or the code of its refusal; anything else is raised."""
    at_once = threading.Barrier(len(deeds))

    def act(deed: Deed) -> str:
        at_once.wait(30)
        try:
            deed()
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(act, deeds))


@pytest.fixture
def cleo(team) -> User:
    user = User.objects.create_user("cleo@example.com", "correct horse battery", name="Cleo", role="agent")
    user.teams.add(team)
    return user


def test_a_making_an_offer_holds_the_item_and_the_capacity_once(ana, ben, on_duty, waiting, now):
    for user in (ana, ben):
        on_duty(user)
    for _ in range(ROUNDS):
        items = [waiting().id for _ in range(6)]

        race(*[lambda: match_items(items, now=now)] * 4, lambda: match_agent(ana.pk, now=now))

        pending = Offer.objects.filter(state="pending")
        assert Counter(pending.values_list("agent_id", flat=True)) == {ana.pk: 2, ben.pk: 2}
        assert WorkItem.objects.filter(state="offered").count() == 4
        assert all(held_cost(user.pk) == 68 for user in (ana, ben))
        WorkItem.objects.all().delete()


@pytest.mark.parametrize(
    "lock", [lock_item, lambda item_id: locked_with_holder(item_id)[0]], ids=["alone", "with holder"]
)
def test_work_that_changes_its_queue_while_its_lock_is_waited_for_is_still_found(lock, queue, team, waiting, now):
    """A statement that joins the queue would find nothing: the new queue is not in the picture it began with."""
    other = Queue.objects.create(key="other", name="Other", team=team)
    item = waiting()

    def locks() -> int:
        with transaction.atomic():
            return lock(item.id).queue.pk

    moved = changed_while_waiting(lambda: WorkItem.objects.filter(id=item.id).update(queue=other), locks)

    assert moved == other.pk


def test_who_looks_at_several_items_locks_them_in_the_order_of_their_ids(queue, waiting, now):
    """Whatever order they lie in: else two looks at the same items end in a deadlock."""
    first, second, *_others = [waiting().id for _ in range(12)]
    WorkItem.objects.filter(id=first).update(reason="")  # lies behind the others from here on
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE routing_workitem")  # so that the table is read through, as it lies

    changed_while_waiting(
        lambda: lock_item(first),
        lambda: match_items([first, second], now=now),
        meanwhile=lambda: WorkItem.objects.select_for_update(nowait=True).get(id=second),
    )

    looked_at = WorkItem.objects.filter(id__in=[first, second])
    assert set(looked_at.values_list("reason", flat=True)) == {"nobody_eligible"}


def test_b_accepting_is_everything_or_nothing(ana, ben, cleo, queue, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(offer_size=3)
    for user in (ana, ben, cleo):
        on_duty(user)
    for number in range(1, ROUNDS + 1):
        item = waiting()
        offers = match_items([item.id], now=now)
        assert len(offers) == 3

        said = race(*[lambda offer=offer: accept_offer(offer.id, user=offer.agent, now=now) for offer in offers])

        assert Counter(said) == {"done": 1, "already_taken": 2}
        item.refresh_from_db()
        assert list(Segment.objects.filter(item=item, ended_at=None).values_list("agent_id")) == [(item.agent_id,)]
        assert Event.objects.filter(name="OfferAccepted").count() == number
        finish(item.id, actor=None, now=now)


@pytest.mark.parametrize("moment", [30, 31])
def test_c_at_the_deadline_an_offer_is_accepted_or_expires(ana, on_duty, waiting, now, moment):
    """The acceptor's clock stands a moment before the deadline, the sweep's at it or after."""
    for _ in range(ROUNDS):
        on_duty(ana)
        item = waiting()
        [offer] = match_items([item.id], now=now)

        said = race(
            lambda: accept_offer(offer.id, user=ana, now=now + timedelta(seconds=29.9)),
            *[lambda: expire_offer(offer.id, now=now + timedelta(seconds=moment))] * 2,
        )

        item.refresh_from_db()
        offer.refresh_from_db()
        won = said[0] == "done"
        assert (offer.state, item.state) == (("accepted", "active") if won else ("expired", "waiting"))
        assert held_cost(ana.pk) == (34 if won else 0)
        assert AgentState.objects.get(user=ana).presence == ("available" if won else "missed")
        WorkItem.objects.all().delete()


def test_d_a_customer_who_hangs_up_while_somebody_accepts(ana, on_duty, waiting, now):
    on_duty(ana)
    for _ in range(ROUNDS):
        item = waiting()
        [offer] = match_items([item.id], now=now)

        said = race(lambda: abandon(item.id, now=now), lambda: accept_offer(offer.id, user=ana, now=now))

        item.refresh_from_db()
        assert said[1] in {"done", "already_taken"}
        assert item.state == ("active" if said[1] == "done" else "abandoned")
        assert Segment.objects.filter(item=item).count() == (said[1] == "done")
        assert held_cost(ana.pk) == (34 if said[1] == "done" else 0)
        WorkItem.objects.all().delete()


def test_e_a_queue_never_takes_more_than_it_may(queue, team, webchat, kim, now):
    other = Queue.objects.create(key="other", name="Other", team=team)
    Queue.objects.filter(pk=queue.pk).update(max_size=3, overflow_to=other)
    queue.refresh_from_db()
    conversations = [
        Conversation.objects.create(
            customer=kim, channel=webchat, thread_key=f"full-{n}", created_at=now, last_message_at=now
        )
        for n in range(8)
    ]

    race(*[lambda c=c: enqueue(c, queue=queue, priority=1, why=Phrase("A race."), now=now) for c in conversations])

    assert Counter(WorkItem.objects.values_list("queue__key", flat=True)) == {"care": 3, "other": 5}


def test_f_capacity_is_given_back_exactly_once(ana, ben, sam, queue, team, on_duty, waiting, now):
    other = Queue.objects.create(key="other", name="Other", team=team)
    on_duty(ana)
    for _ in range(ROUNDS):
        item = waiting()
        [offer] = match_items([item.id], now=now)
        held = accept_offer(offer.id, user=ana, now=now)

        said = race(
            lambda: finish(item.id, actor=ana, now=now, version=held.version),
            lambda: requeue(item.id, reason="x", actor=ana, now=now, version=held.version),
            lambda: transfer(item.id, queue=other, actor=ana, now=now, version=held.version),
            lambda: assign_by_hand(item.id, agent=ben, actor=sam, now=now, version=held.version),
        )

        assert Counter(said) == {"done": 1, "moved_on": 3}
        item.refresh_from_db()
        assert held_cost(ana.pk) == 0
        assert held_cost(ben.pk) == (34 if item.agent_id == ben.pk else 0)
        assert Segment.objects.filter(item=item, ended_at=None).count() == (item.state == "active")
        released = Event.objects.filter(name__in=["WorkReleased", "WorkCompleted"], payload__item_id=item.id)
        assert released.count() == 1
        WorkItem.objects.all().delete()


def test_g_a_callback_is_claimed_by_one(queue, ana, ben, cleo, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(callback_order="customer")
    users = [ana, ben, cleo]
    for number in range(ROUNDS):
        callback = request_callback(
            waiting().id, kind="in_queue", address=f"+4930{number:04}", actor="customer", now=now
        )

        said = race(*[lambda user=user: claim_callback(callback.id, user=user, now=now) for user in users])

        assert Counter(said) == {"done": 1, "already_taken": 2}
        callback.refresh_from_db()
        assert callback.claimed_by == users[said.index("done")]


def test_one_callback_is_open_however_many_ask_at_once(waiting, now):
    items = [waiting() for _ in range(4)]

    said = race(
        *[
            lambda item=item: request_callback(item.id, kind="in_queue", address="+4930123", actor="c", now=now)
            for item in items
        ]
    )

    assert Counter(said) == {"done": 1, "callback_open": 3}
    assert Callback.objects.count() == Event.objects.filter(name="CallbackRequested").count() == 1


def test_h_timers_fire_once_however_many_sweep(ana, queue, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(wrap_up_seconds=60)
    on_duty(ana)
    ringing, wrapping, scheduled = waiting(), waiting(), waiting(at=now + timedelta(seconds=1))
    for item in (ringing, wrapping):
        match_items([item.id], now=now)
    accept_offer(Offer.objects.get(item=wrapping).id, user=ana, now=now)
    finish(wrapping.id, actor=ana, now=now)
    slot = now + timedelta(seconds=30)
    request_callback(scheduled.id, kind="scheduled", address="+4930123", slot_at=slot, actor="c", now=now)
    later = now + timedelta(seconds=60)

    race(*[lambda sweep=sweep: sweep(now=later) for sweep in (expire_due, end_wrap_ups, wake_callbacks) * 4])

    counts = Counter(Event.objects.values_list("name", flat=True))
    assert (counts["OfferExpired"], counts["WorkCompleted"], counts["PresenceChanged"]) == (1, 1, 2)
    queued = Event.objects.filter(name="WorkQueued", payload__item_id=scheduled.id, payload__again=True)
    assert queued.count() == 1


def test_mixed_load_neither_deadlocks_nor_overfills_anybody(queue, team, ana, ben, cleo, sam, on_duty, waiting, now):
    """Six people at once, each a different chain of deeds in an order of their own, on the same dozen items."""
    other = Queue.objects.create(key="other", name="Other", team=team)
    users = [ana, ben, cleo]
    for user in users:
        on_duty(user)
        QueueMember.objects.create(queue=other, user=user)
    items = [waiting().id for _ in range(12)]

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(6 * ROUNDS):
            item, user = chance.choice(items), chance.choice(users)
            deeds: list[Deed] = [
                lambda: match_items(items, now=now),
                lambda: match_agent(user.pk, now=now),
                lambda: [
                    accept_offer(o.id, user=user, now=now) for o in Offer.objects.filter(agent=user, state="pending")
                ],
                lambda: [
                    decline_offer(o.id, user=user, reason="", now=now)
                    for o in Offer.objects.filter(agent=user, state="pending")[:1]
                ],
                lambda: requeue(item, reason="x", actor=user, now=now),
                lambda: transfer(item, queue=chance.choice([queue, other]), actor=user, now=now),
                lambda: pause(item, actor=user, now=now),
                lambda: resume(item, now=now),
                lambda: set_presence(user, presence="available", actor=user, now=now),
                lambda: wake_waiting(now=now + timedelta(minutes=2)),
            ]
            try:
                chance.choice(deeds)()
            except DomainError:
                pass

    assert race(*[lambda seed=seed: work(seed) for seed in range(6)]) == ["done"] * 6
    woken = WorkItem.objects.filter(decisions__kind="override").values_list("agent_id", flat=True)
    for user in users:
        assert held_cost(user.pk) <= 100 or user.pk in set(woken)
    for item in WorkItem.objects.all():
        open_segments = Segment.objects.filter(item=item, ended_at=None, kind="lead").count()
        pending = Offer.objects.filter(item=item, state="pending").count()
        assert open_segments == (item.state in {"active", "paused", "wrapping"})
        assert pending == (item.state == "offered")
