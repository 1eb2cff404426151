"""What happens to work shows in the figures: each event once, in the quarter-hour of its own moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import transaction

from channels_app.services.conversations import reopen, resolve, set_status
from cxos.core.errors import DomainError
from cxos.core.models import Event, User
from cxos.screens.supervisor.people import cards_of, roster
from intelligence import queries
from intelligence.formulas import Ratio
from intelligence.intervals import Tally
from intelligence.services import facts
from routing.models import Callback, PresenceReason, Queue, WorkItem
from routing.services.callbacks import (
    cancel_callback,
    claim_callback,
    note_no_answer,
    request_callback,
    wake_callbacks,
)
from routing.services.desks import choose_reason
from routing.services.leases import lose_unreachable
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.parts import ask_in, hand_over_to
from routing.services.presence import heartbeat, set_presence
from routing.services.work import (
    abandon,
    assign_by_hand,
    end_wrap_ups,
    finish,
    pause,
    requeue,
    resume,
    transfer,
    transfer_out,
    transfer_to_agent,
)
from routing.snapshots.people import occupancies
from tests.counted import count_everything

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def after(now, **delta):
    return now + timedelta(**delta)


def figures(now, subject="all", id=0) -> queries.Figures:
    count_everything()
    return queries.figures(subject, now - HOUR, now + HOUR).get(id, queries.NOTHING)


@pytest.fixture
def second(team) -> Queue:
    return Queue.objects.create(key="second", name="Second", team=team)


@pytest.fixture
def held(ana, ben, on_duty, waiting, now) -> WorkItem:
    on_duty(ana, at=after(now, minutes=-30))
    on_duty(ben)
    [offer] = match_items([waiting().id], now=now)
    return accept_offer(offer.id, user=ana, now=now)


def sums(counted: queries.Figures, *names: str) -> list[int]:
    return [counted.tally.sums[name] for name in names]


def test_work_that_moves_on_while_it_waits_flows_out_of_the_queue_it_left(waiting, queue, second, now):
    soon, late = waiting(), waiting()
    transfer(soon.id, queue=second, actor=None, now=after(now, seconds=5), kind="overflow")
    transfer(late.id, queue=second, actor=None, now=after(now, seconds=queue.service_level_seconds + 1))

    left = figures(now, "queue", queue.pk)

    assert sums(left, "offered", "flowed_out", "flowed_out_within", "overflowed", "transferred_waiting") == [
        2, 2, 1, 1, 1,
    ]  # fmt: skip
    assert left.service_levels["SL_Connect"] == Ratio(1, 2)
    assert left.flow_outs == Ratio(2, 2)
    there = queries.figures("queue", now - HOUR, now + HOUR)[second.pk]
    assert sums(there, "offered", "offered_again", "flowed_out") == [2, 2, 0]
    assert queries.facts_behind("flowed_out", now, now + HOUR, subject="queue", subject_id=queue.pk).count() == 2


def test_who_asks_to_be_called_back_flows_out_once_and_is_not_answered_as_well(waiting, ana, on_duty, queue, now):
    item = waiting()
    request_callback(item.id, kind="in_queue", address="+4930123", actor="customer", now=after(now, seconds=8))
    abandon(item.id, now=after(now, seconds=9))
    on_duty(ana)
    [offer] = match_items([item.id], now=after(now, minutes=1))
    accept_offer(offer.id, user=ana, now=after(now, minutes=1))

    counted = figures(now, "queue", queue.pk)

    assert sums(counted, "offered", "answered", "abandoned", "flowed_out", "callbacks_answered") == [1, 0, 0, 1, 1]
    assert counted.service_levels["SL_Connect"] == Ratio(1, 1)
    assert queries.facts_behind("answered", now, now + HOUR).count() == 0


def test_a_callback_agreed_on_in_talk_leaves_no_queue(held, queue, now):
    request_callback(
        held.id,
        kind="scheduled",
        address="+4930123",
        slot_at=after(now, hours=3),
        actor=None,
        now=after(now, minutes=2),
    )

    assert sums(figures(now, "queue", queue.pk), "callbacks_requested", "flowed_out") == [1, 0]
    assert queries.facts_behind("flowed_out", now, now + HOUR).count() == 0


def test_who_waits_for_somebody_else_now_has_not_come_a_second_time(waiting, queue, ana, now):
    item = waiting()
    transfer_to_agent(item.id, agent=ana, actor=ana, now=after(now, seconds=5))
    requeue(item.id, reason="x", actor=ana, now=after(now, seconds=6))

    assert sums(figures(now, "queue", queue.pk), "offered", "offered_again", "flowed_out") == [1, 0, 0]
    assert queries.facts_behind("offered", now, now + HOUR).count() == 1


@pytest.fixture
def called(waiting, ana, on_duty, now) -> Callback:
    """Ana calls who asked to be called back in their place."""
    item = waiting()
    found = request_callback(item.id, kind="in_queue", address="+4930123", actor="customer", now=after(now, seconds=8))
    on_duty(ana)
    [offer] = match_items([item.id], now=after(now, minutes=1))
    accept_offer(offer.id, user=ana, now=after(now, minutes=1))
    return claim_callback(found.pk, user=ana, now=after(now, minutes=1))


def test_a_callback_tried_again_has_not_come_a_second_time(called, queue, ana, now):
    note_no_answer(called.pk, user=ana, now=after(now, minutes=2))
    wake_callbacks(now=after(now, minutes=20))
    [offer] = match_items([called.item_id], now=after(now, minutes=20))
    accept_offer(offer.id, user=ana, now=after(now, minutes=20))

    names = ("offered", "answered", "flowed_out", "callbacks_answered")
    assert sums(figures(now, "queue", queue.pk), *names) == [1, 0, 1, 2]


def test_a_callback_that_is_moved_or_canceled_flows_out_once(called, queue, second, ana, now):
    requeue(called.item_id, reason="x", actor=ana, now=after(now, minutes=2))
    transfer(called.item_id, queue=second, actor=ana, now=after(now, minutes=3))
    cancel_callback(called.pk, actor=ana, now=after(now, minutes=4))

    assert sums(figures(now), "offered", "flowed_out", "canceled", "transferred_waiting") == [1, 1, 0, 1]
    assert queries.facts_behind("flowed_out", now, now + HOUR).count() == 1


def test_what_is_given_by_hand_before_its_time_was_not_answered_in_line(waiting, queue, ana, now):
    item = waiting()
    at = after(now, hours=3)
    request_callback(item.id, kind="scheduled", address="+4930123", slot_at=at, actor="customer", now=now)
    assign_by_hand(item.id, agent=ana, actor=ana, now=after(now, minutes=1))

    assert sums(figures(now, "queue", queue.pk), "offered", "answered", "flowed_out") == [1, 0, 1]


@pytest.mark.parametrize("seed", range(4))
def test_whoever_comes_into_a_line_leaves_it_once_whatever_happens(seed, waiting, queue, second, ana, ben, now):
    """Offered = answered + abandoned + flowed out + canceled + in line, for each queue."""
    chance, items = Random(seed), [waiting() for _ in range(5)]
    for step in range(40):
        who, there = chance.choice([ana, ben]), chance.choice([queue, second])
        with suppress(DomainError), transaction.atomic():
            happens(chance, chance.choice(items).pk, who=who, there=there, at=after(now, seconds=10 * step))

    count_everything()
    called = Callback.objects.filter(kind="in_queue", state__in=Callback.LIVE).values("item")
    for line in (queue, second):
        one = queries.figures("queue", now - HOUR, now + HOUR).get(line.pk, queries.NOTHING).tally.sums
        in_line = WorkItem.objects.filter(queue=line, state__in=["waiting", "offered"]).exclude(pk__in=called).count()
        left = one["answered"] + one["abandoned"] + one["flowed_out"] + one["canceled"]
        assert one["offered"] == left + in_line, (line.key, dict(one))


def happens(chance: Random, id: int, *, who: User, there: Queue, at: datetime) -> object:
    """One thing of all that may happen to the work."""
    call = Callback.objects.filter(item=id).first()
    caller = WorkItem.objects.get(pk=id).agent or who
    asks = {"address": f"+4930{id}", "actor": who, "now": at}
    ways: list[Callable[[], object]] = [
        lambda: assign_by_hand(id, agent=who, actor=who, now=at),
        lambda: requeue(id, reason="x", actor=who, now=at),
        lambda: transfer_to_agent(id, agent=who, actor=who, now=at),
        lambda: transfer(id, queue=there, actor=who, now=at),
        lambda: request_callback(id, kind="in_queue", **asks),
        lambda: request_callback(id, kind="scheduled", slot_at=after(at, seconds=20), **asks),
        lambda: wake_callbacks(now=at),
        lambda: chance.random() < 0.2 and finish(id, actor=who, now=at),
        lambda: chance.random() < 0.2 and abandon(id, now=at),
    ]
    if call is not None:
        ways += [
            lambda: claim_callback(call.pk, user=caller, now=at),
            lambda: note_no_answer(call.pk, user=caller, now=at),
            lambda: chance.random() < 0.2 and cancel_callback(call.pk, actor=who, now=at),
        ]
    return chance.choice(ways)()


def test_blind_and_warm_transfers_count_apart_and_an_item_once(held, ana, ben, now):
    transfer_to_agent(held.id, agent=ben, actor=ana, now=after(now, minutes=1))
    [offer] = match_items([held.id], now=after(now, minutes=1))
    accept_offer(offer.id, user=ben, now=after(now, minutes=1))
    asked = ask_in(held.id, agent=ana, kind="consult", actor=ben, now=after(now, minutes=2))
    accept_offer(asked.id, user=ana, now=after(now, minutes=2))
    hand_over_to(held.id, agent=ana, actor=ben, now=after(now, minutes=4))
    finish(held.id, actor=ana, now=after(now, minutes=5))

    counted = figures(now)

    assert (counted.transfers, counted.transfers_blind, counted.transfers_warm) == (
        Ratio(2, 3), Ratio(1, 3), Ratio(1, 3),
    )  # fmt: skip
    assert counted.items_transferred == Ratio(1, 1)
    assert sums(counted, "parts", "part_completed_ms") == [1, 120_000]
    assert queries.facts_behind("transferred", now, now + HOUR).count() == 2


def test_what_goes_to_somebody_outside_is_handled_once(held, ana, now):
    transfer_out(held.id, address="+4930999", actor=ana, now=after(now, minutes=3))

    counted = figures(now)

    assert sums(counted, "handled", "handling_completed_ms", "segments_transferred") == [1, 180_000, 1]
    assert counted.items_transferred == Ratio(1, 1)
    assert queries.facts_behind("handled", now, now + HOUR).count() == 1


def test_time_that_work_waits_for_its_customer_is_not_handling(held, queue, ana, now):
    Queue.objects.update(wrap_up_seconds=300)
    pause(held.id, actor=ana, now=after(now, minutes=1))
    resume(held.id, now=after(now, minutes=20))
    pause(held.id, actor=ana, now=after(now, minutes=22))
    finish(held.id, actor=ana, now=after(now, minutes=50))
    end_wrap_ups(now=after(now, minutes=55))

    counted = figures(now, "agent", ana.pk)

    minutes = {name: counted.tally.sums[name] / 60_000 for name in ("handling_completed_ms", "handling_split_ms")}
    assert minutes == {"handling_completed_ms": 3, "handling_split_ms": 3}
    assert (counted.handle_seconds, counted.tally.sums["in_hand_seconds"]) == (8 * 60, 8 * 60)
    told = Event.objects.get(name="WorkCompleted").payload
    assert (told["handled_ms"], told["paused_ms"], told["wrap_up_ms"]) == (3_000_000, 47 * 60_000, 300_000)
    held.refresh_from_db()
    assert (held.paused_seconds, held.paused_at) == (47 * 60, None)
    midnight = now.replace(hour=0)
    assert facts.differences(midnight, midnight + timedelta(days=1)) == []


def test_work_ended_while_it_waits_for_its_customer_was_handled_until_then(held, ana, now):
    pause(held.id, actor=ana, now=after(now, minutes=1))
    finish(held.id, actor=ana, now=after(now, minutes=31))

    assert figures(now).handle_seconds == 60
    held.refresh_from_db()
    assert (held.paused_seconds, held.paused_at) == (1_800, None)


@pytest.mark.parametrize("ends", ["still held", "still paused", "ended", "ended while paused"])
def test_all_who_say_how_busy_somebody_is_leave_the_pauses_out(held, ana, now, ends):
    """1 minute, a pause of 19, 2 minutes, and in one half of the cases a pause of 8 up to the look at it."""
    pause(held.id, actor=ana, now=after(now, minutes=1))
    resume(held.id, now=after(now, minutes=20))
    look, worked = after(now, minutes=30), 11 * 60
    if "paused" in ends:
        pause(held.id, actor=ana, now=after(now, minutes=22))
        worked = 3 * 60
    if "ended" in ends:
        finish(held.id, actor=ana, now=look)
        facts_of_now = figures(look, "agent", ana.pk)
        assert facts_of_now.tally.sums["in_hand_seconds"] == worked

    (card,) = cards_of(roster(only=ana.pk), now=look)

    assert card.occupancy.numerator == worked
    assert occupancies([ana.pk], now=look) == {ana.pk: pytest.approx(worked / 3600)}


def test_a_pause_is_busy_with_what_else_is_in_hand(held, waiting, ana, now):
    pause(held.id, actor=ana, now=after(now, minutes=1))
    other = waiting()
    assign_by_hand(other.id, agent=ana, actor=ana, now=after(now, minutes=4))
    pause(other.id, actor=ana, now=after(now, minutes=6))

    (card,) = cards_of(roster(only=ana.pk), now=after(now, minutes=40))

    assert card.occupancy.numerator == 3 * 60, "the first minute, and from the fourth to the sixth"
    assert occupancies([ana.pk], now=after(now, minutes=40)) == {ana.pk: pytest.approx(180 / 3600)}


def test_each_holder_answers_for_the_pauses_of_their_own_part(held, ana, ben, now):
    pause(held.id, actor=ana, now=after(now, minutes=1))
    transfer_to_agent(held.id, agent=ben, actor=ana, now=after(now, minutes=11))
    [offer] = match_items([held.id], now=after(now, minutes=11))
    accept_offer(offer.id, user=ben, now=after(now, minutes=11))
    pause(held.id, actor=ben, now=after(now, minutes=15))
    transfer_out(held.id, address="+4930999", actor=ben, now=after(now, minutes=20))

    assert sums(figures(now, "agent", ana.pk), "handling_completed_ms") == [60_000]
    assert sums(figures(now, "agent", ben.pk), "handling_completed_ms") == [240_000]


def test_time_signed_in_is_paid_and_productive_as_its_reason_says(ana, now):
    unpaid = PresenceReason.objects.create(key="errand", name="Errand", presence="break", paid=False)
    project = PresenceReason.objects.create(key="project", name="Project", presence="training", productive=True)
    set_presence(ana, presence="available", actor=ana, now=now)
    choose_reason(ana, reason=unpaid, actor=ana, now=after(now, minutes=20))
    choose_reason(ana, reason=project, actor=ana, now=after(now, minutes=30))
    set_presence(ana, presence="break", actor=ana, now=after(now, minutes=40))
    set_presence(ana, presence="break", reason="Coffee", actor=ana, now=after(now, minutes=45))
    set_presence(ana, presence="offline", actor=ana, now=after(now, minutes=50))

    counted = figures(now, "agent", ana.pk)

    minutes = [count // 60_000 for count in sums(counted, "paid_split_ms", "productive_split_ms")]
    assert minutes == [40, 30]
    assert counted.tally.sums["presence_break_split_ms"] == 20 * 60_000, "a change of reason counts nothing twice"
    assert counted.shrinkage.value == 0.25
    assert counted.utilisation == Ratio(0, 2_400)


def test_a_meal_with_the_laptop_closed_is_a_meal_and_a_lost_connection_is_not(ana, now):
    set_presence(ana, presence="available", actor=ana, now=now)
    set_presence(ana, presence="meal", actor=ana, now=after(now, minutes=10))
    lose_unreachable(now=after(now, minutes=11))
    heartbeat(ana.pk, now=after(now, minutes=30))
    set_presence(ana, presence="available", actor=ana, now=after(now, minutes=40))
    lose_unreachable(now=after(now, minutes=45))
    heartbeat(ana.pk, now=after(now, minutes=48))
    set_presence(ana, presence="offline", actor=ana, now=after(now, minutes=50))

    counted = figures(now, "agent", ana.pk)

    names = [f"presence_{name}_split_ms" for name in ("available", "meal", "unreachable")]
    assert [count // 60_000 for count in sums(counted, *names)] == [17, 30, 3]
    assert [count // 60_000 for count in sums(counted, "paid_split_ms", "productive_split_ms")] == [50, 17]


def test_resolution_leaves_out_what_waited_for_the_customer(waiting, now):
    talk = waiting().conversation
    set_status(talk.pk, status="pending", actor=None, now=after(now, minutes=10))
    set_status(talk.pk, status="open", actor=None, now=after(now, minutes=25))
    resolve(talk.pk, actor=None, now=after(now, minutes=30))
    reopen(talk.pk, actor=None, now=after(now, minutes=40))
    resolve(talk.pk, actor=None, now=after(now, minutes=45))

    counted = figures(now)

    assert counted.tally.sketches["resolution"].total == (30 + 45) * 60_000
    assert counted.tally.sketches["resolution_unpaused"].total == (15 + 20) * 60_000
    assert counted.first_resolution.longest == 30 * 60
    assert sums(counted, "conversations_resolved", "conversations_first_resolved") == [2, 1]


def test_open_work_in_hours_of_handling(held, waiting, ana, queue, second, now):
    finish(held.id, actor=ana, now=after(now, minutes=30))
    for _ in range(3):
        waiting(at=after(now, hours=2))
    elsewhere = waiting(at=after(now, hours=2))
    transfer(elsewhere.id, queue=second, actor=None, now=after(now, hours=2, minutes=1))
    count_everything()

    assert queries.backlog_hours(after(now, hours=2)) == {queue.pk: 2.0}
    assert queries.backlog_hours(after(now, hours=3)) == {queue.pk: 1.5, second.pk: 0.5}
    assert queries.backlog_hours(after(now, minutes=20)) == {}, "no handle time is known"


def test_a_recount_of_such_a_day_changes_nothing(held, ana, ben, queue, second, waiting, now):
    transfer(waiting().id, queue=second, actor=None, now=after(now, seconds=5), kind="overflow")
    request_callback(waiting().id, kind="in_queue", address="+4930123", actor="customer", now=after(now, seconds=8))
    asked = ask_in(held.id, agent=ben, kind="consult", actor=ana, now=after(now, minutes=2))
    accept_offer(asked.id, user=ben, now=after(now, minutes=2))
    hand_over_to(held.id, agent=ben, actor=ana, now=after(now, minutes=44))
    finish(held.id, actor=ben, now=after(now, minutes=50))
    resolve(held.conversation_id, actor=ben, now=after(now, minutes=50))
    set_presence(ana, presence="offline", actor=ana, now=after(now, minutes=55))
    count_everything()
    midnight = now.replace(hour=0)

    assert facts.differences(midnight, midnight + timedelta(days=1)) == []
    assert Tally.from_json(*queries.figures_of_all(midnight, now + HOUR).tally.to_json()).sums["items_completed"] == 1
