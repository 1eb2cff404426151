"""Nine weaknesses of the products agents use today, each as a small floor on which ours does not have it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_app.services.conversations import set_priority
from cxos.core.errors import Forbidden
from cxos.core.models import Event, User
from intelligence import queries
from routing.models import AgentSkill, AgentState, Decision, Queue, QueueMember, WorkItem
from routing.services.agents import held_cost
from routing.services.callbacks import request_callback
from routing.services.follow import change_demands
from routing.services.matcher import match_agent, match_items
from routing.services.offers import accept_offer, expire_due
from routing.services.presence import set_presence
from routing.services.waits import outlook_of
from routing.services.work import abandon, assign_by_hand, finish, pause, resume
from routing.snapshots.servers import expected_waits
from tests.counted import count_everything
from tests.routing.ringing import rings_at

pytestmark = pytest.mark.django_db
ENGLISH = [{"skill": "english", "level": 3, "hard": True}]


def after(now, **delta):
    return now + timedelta(**delta)


def one_at_a_time(state: AgentState) -> None:
    AgentState.objects.filter(pk=state.pk).update(caps={"chat": 1})


def serve_next(agent, *, now) -> WorkItem:
    [offer] = match_agent(agent.pk, now=now)
    accept_offer(offer.id, user=agent, now=now)
    return finish(offer.item_id, actor=agent, now=after(now, seconds=20))


# 1. Strict priority starves.


def test_an_old_small_matter_is_served_through_any_stream_of_urgent_ones(ana, on_duty, waiting, now):
    one_at_a_time(on_duty(ana))
    small = waiting(priority=0)
    served = []
    for minute in range(1, 7):  # each minute two come who are urgent, and one of all is served
        moment = after(now, minutes=minute)
        for _ in range(2):
            waiting(priority=3, at=moment)
        served.append(serve_next(ana, now=moment))

    before = served[: served.index(small)]
    assert [item.queued_at for item in before] == [after(now, minutes=minute) for minute in (1, 1, 2, 2)]
    assert all(item.queued_at <= after(now, minutes=3) for item in before), "three steps are worth three minutes"


def test_a_queue_may_still_be_strict_if_it_says_so(ana, on_duty, waiting, now):
    Queue.objects.update(aging=0)
    waiting(priority=0, at=after(now, hours=-9))
    urgent = waiting(priority=1)
    on_duty(ana)

    assert match_agent(ana.pk, now=now)[0].item == urgent


# 2. Priority changes lag.


def test_a_raised_priority_counts_for_the_very_next_agent(ana, on_duty, waiting, settle, now):
    on_duty(ana)
    held = [assign_by_hand(waiting().id, agent=ana, actor=ana, now=now) for _ in range(2)]
    older, raised = waiting(at=after(now, seconds=-60)), waiting()
    settle(now)

    set_priority(raised.conversation_id, priority=3, actor=ana, now=now)
    finish(held[0].id, actor=ana, now=now)
    settle(now)  # no second has passed

    assert (rings_at(raised), rings_at(older)) == ("Ana", None)


# 3. Unroutable work blocks routable work.


def test_a_hundred_who_cannot_be_served_stand_in_nobodys_way(english, ana, on_duty, waiting, now):
    for number in range(100):
        waiting(at=after(now, minutes=-100, seconds=number), priority=3, required=ENGLISH)
    behind = waiting()
    on_duty(ana)

    assert [offer.item for offer in match_agent(ana.pk, now=now)] == [behind]


# 4. Relaxation clocks run while an offer rings.


def test_demands_do_not_relax_while_it_rings_at_somebody_who_meets_them(
    queue, english, ana, ben, on_duty, waiting, settle, now
):
    Queue.objects.update(rings=[{"seconds": 20}, {"drops": ["english"]}], missed="second", cooldown_seconds=300)
    AgentSkill.objects.create(user=ana, skill=english, level=5)
    on_duty(ana)
    on_duty(ben)
    item = waiting(required=[{"skill": "english", "level": 3}])
    settle(now)
    assert rings_at(item) == "Ana"

    expire_due(now=after(now, seconds=30))
    settle(after(now, seconds=49))
    assert rings_at(item) is None, "of the ring's twenty seconds none had passed when the offer ended"
    settle(after(now, seconds=50))
    assert rings_at(item) == "Ben"


# 5. Capacity is exceeded when paused work wakes up, or work is assigned by hand.


def test_paused_work_that_wakes_up_takes_its_room_back_from_what_rings(ana, on_duty, waiting, now):
    on_duty(ana)
    held = [assign_by_hand(waiting().id, agent=ana, actor=ana, now=now) for _ in range(2)]
    pause(held[0].id, actor=ana, now=now)
    assert 0 < held_cost(ana.pk) - 34 < 34, "waiting for its customer costs a little, never nothing"
    rings = waiting()
    match_items([rings.id], now=now)

    resume(held[0].id, now=after(now, seconds=5))

    assert (rings_at(rings), held_cost(ana.pk)) == (None, 68)


def test_nobody_is_overloaded_by_hand_but_by_a_supervisor_on_record(ana, ben, sam, on_duty, waiting, now):
    on_duty(ana)
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)
    third = waiting()

    with pytest.raises(Forbidden):
        assign_by_hand(third.id, agent=ana, actor=ben, now=now)
    assert held_cost(ana.pk) == 68

    assign_by_hand(third.id, agent=ana, actor=sam, now=now)
    assert held_cost(ana.pk) == 102
    assert Decision.objects.get(item=third, kind="assign").facts["over_capacity"] is True
    assert Event.objects.filter(name="WorkAssigned", payload__over_capacity=True).count() == 1


# 6. Nothing is routed again when its attributes change.


def test_what_is_understood_later_routes_the_waiting_work_again(english, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    AgentSkill.objects.create(user=ana, skill=english, level=3)
    item = waiting(required=[{"skill": "hebrew", "level": 1, "hard": True}])
    settle(now)
    assert rings_at(item) is None

    change_demands(item.id, required=ENGLISH, actor=None, now=after(now, seconds=2))
    settle(after(now, seconds=2))

    assert rings_at(item) == "Ana"


# 7. Nothing explains why work went where it did.


def test_every_step_of_an_items_way_says_why(english, ana, ben, on_duty, waiting, settle, now):
    on_duty(ben)
    item = waiting(required=ENGLISH)
    settle(now)
    AgentSkill.objects.create(user=ana, skill=english, level=4)
    on_duty(ana, at=after(now, seconds=20))
    settle(after(now, seconds=20))

    queued, nobody, matched = Decision.objects.filter(item=item).order_by("id")
    assert queued.sentence == "A test put it there."
    assert nobody.facts["filtered"] == {"lacks_skill": 1}
    assert [one["agent"] for one in matched.facts["chosen"]] == [ana.pk]
    assert matched.facts["score"] == {"priority": 60, "age": 20.0, "total": 80.0}
    assert "Ana" in matched.sentence


# 8. Mixed ways of scoring silently reorder queues.


def test_queues_of_different_rules_compete_on_one_scale(queue, team, ana, on_duty, waiting, now):
    last_in = Queue.objects.create(key="news", name="News", team=team, aging=-1, strategy="round_robin")
    strict = Queue.objects.create(key="strict", name="Strict", team=team, aging=0, strategy="fewest_handled")
    for other in (last_in, strict):
        QueueMember.objects.create(queue=other, user=ana)
    waited_two_minutes = waiting(at=after(now, minutes=-2))  # 60 + 120
    newest = waiting(queue=last_in, at=after(now, seconds=-10), priority=2)  # 120 - 10
    urgent = waiting(queue=strict, at=after(now, hours=-1), priority=2)  # 120
    one_at_a_time(on_duty(ana))

    order = [serve_next(ana, now=now) for _ in range(3)]

    assert order == [waited_two_minutes, urgent, newest]
    scores = [decision.facts["score"]["total"] for decision in Decision.objects.filter(kind="match", item__in=order)]
    assert sorted({round(score) for score in scores}, reverse=True) == [180, 120, 110]


# 9. Callbacks lose their age, or count twice.


def test_a_callback_keeps_its_place_and_counts_once(queue, ana, on_duty, waiting, settle, now):
    asked = waiting(at=after(now, minutes=-5))
    waiting(at=after(now, minutes=-4))
    request_callback(asked.id, kind="in_queue", address="+4930123", actor="customer", now=after(now, minutes=-1))
    abandon(asked.id, now=after(now, minutes=-1))  # the customer hangs up

    on_duty(ana)
    [first, *_] = match_agent(ana.pk, now=now)
    accept_offer(first.id, user=ana, now=now)
    count_everything()

    assert (first.item, first.item.queued_at) == (asked, after(now, minutes=-5))
    sums = queries.figures("queue", after(now, hours=-1), after(now, hours=1))[queue.pk].tally.sums
    assert [sums[name] for name in ("offered", "flowed_out", "answered", "abandoned")] == [2, 1, 0, 0]


def test_an_agent_who_misses_a_callback_costs_the_customer_no_attempt(ana, ben, on_duty, waiting, settle, now):
    asked = waiting()
    callback = request_callback(asked.id, kind="in_queue", address="+4930123", actor="customer", now=now)
    on_duty(ana, at=after(now, minutes=-1))
    set_presence(ben, presence="break", actor=ben, now=now)
    settle(now)
    assert rings_at(asked) == "Ana"

    settle(after(now, seconds=30))

    callback.refresh_from_db()
    asked.refresh_from_db()
    assert (callback.attempts, callback.state, asked.queued_at) == (0, "open", now)


# 10. Waits are foretold from everybody in the queue, also from those who lack the skill.


def test_a_wait_is_foretold_from_those_who_can_take_the_work(queue, english, ana, ben, team, on_duty, waiting, now):
    """Three agents of one chat at a time and five minutes each; Ana alone speaks English."""
    cleo = User.objects.create_user("cleo@example.com", "correct horse battery", name="Cleo", role="agent")
    AgentSkill.objects.create(user=ana, skill=english, level=3)
    for number in range(20):
        done = waiting(at=after(now, hours=-3))
        ended = {"accepted_at": after(now, minutes=-number - 5), "completed_at": after(now, minutes=-number)}
        WorkItem.objects.filter(pk=done.pk).update(state="completed", **ended)
    for user in (ana, ben, cleo):
        on_duty(user)
        one_at_a_time(AgentState.objects.get(user=user))
        assign_by_hand(waiting().id, agent=user, actor=user, now=now)

    def foretold(item: WorkItem) -> float:
        return outlook_of(item, now=now).estimate.mean_seconds

    plain = [waiting(at=after(now, seconds=-10)) for _ in range(3)]
    skilled = [waiting(at=after(now, seconds=-5), required=ENGLISH) for _ in range(2)]
    last = waiting()
    softly = waiting(required=[{"skill": "english", "level": 3}])
    french = waiting(required=[{"skill": "french", "level": 1, "hard": True}])

    assert [foretold(one) for one in plain] == [100.0, 200.0, 300.0], "three of them, and each is free every 100 s"
    # A third of the three ordinary ones before them goes to Ana, who alone can take these: 1 and 2 ahead of them.
    assert [foretold(one) for one in skilled] == [600.0, 900.0]
    assert foretold(last) == 600.0, "five before it take the time of the three who can take it"
    assert foretold(softly) == 1200.0, "no ring relaxes what it asks for: Ana, and of the six ahead three are hers"
    assert outlook_of(french, now=now).band is None, "nobody there can take it: nothing is promised"

    Queue.objects.update(rings=[{"seconds": 30}, {"drops": ["english"]}])
    assert foretold(softly) == 700.0, "a ring will drop it: all three, and six ahead"
    of_those_there = 4 * 800 + 2 * 1500 + 1 * 800 + 1 * 10  # the last: nobody can, so the longest wait seen
    assert expected_waits([queue.pk], now=now) == {queue.pk: of_those_there / 8}
