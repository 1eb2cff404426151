"""Why not Ben? Each decision keeps who was looked at and why it was not them, and answers by name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from cxos.core.models import User
from routing.engine.explanation import BY_INTEREST, NAMED_CHARS, told_of
from routing.matching import Agent, Item, QueueRules, Reason, Snapshot, encoded, explain, match, who_not
from routing.models import AgentSkill, AgentState, Decision, WorkItem
from routing.sentences import FILTERED, WHY_NOT
from routing.services.matcher import match_agent, match_items
from routing.services.offers import accept_offer
from routing.services.presence import set_presence
from routing.services.why import why_not

pytestmark = pytest.mark.django_db
ENGLISH = [{"skill": "english", "level": 3, "hard": True}]


@pytest.fixture
def people(team, on_duty) -> dict[str, User]:
    """Dan, Eve and Fay, on duty."""
    found = {}
    for name in ("Dan", "Eve", "Fay"):
        user = User.objects.create_user(f"{name}@example.com", "correct horse battery", name=name, role="agent")
        on_duty(user)
        found[name] = user
    return found


def answers(item, **more) -> dict[str, str]:
    return {one.name: one.sentence for one in why_not(item.conversation_id, **more).answers}


def test_everybody_who_was_looked_at_has_an_answer_of_their_own(english, ana, ben, people, on_duty, waiting, now):
    for user in (ana, ben, people["Dan"], people["Fay"]):
        AgentSkill.objects.create(user=user, skill=english, level=4)
    for user in (ana, ben):
        on_duty(user)
    AgentState.objects.filter(user=ben).update(budget=10)
    set_presence(people["Dan"], presence="meeting", actor=people["Dan"], now=now)
    AgentState.objects.filter(user=people["Fay"]).update(idle_since=now + timedelta(minutes=1))
    item = waiting(required=ENGLISH)

    match_items([item.id], now=now)

    assert answers(item) == {
        "Ana": "It was offered to them.",
        "Ben": "Had no free capacity.",
        "Dan": "Was signed in, but not available.",
        "Eve": "Lacks a skill it needs.",
        "Fay": "Could have taken it; others came first.",
    }
    assert answers(item, words="be") == {"Ben": "Had no free capacity."}
    with translation.override("ar"):
        assert answers(item, words="ben") == {"Ben": "لم تكن لديه سعة متاحة."}


def test_of_several_decisions_the_last_about_somebody_answers(ana, ben, on_duty, waiting, now):
    """Ana had no room at first; then she is free, looked at alone, and Ben is still told of."""
    for user in (ana, ben):
        on_duty(user)
        AgentState.objects.filter(user=user).update(budget=10)
    item = waiting()
    match_items([item.id], now=now)
    assert set(answers(item).values()) == {"Had no free capacity."}

    AgentState.objects.filter(user=ana).update(budget=100)
    later = now + timedelta(seconds=20)
    match_agent(ana.pk, now=later)

    assert answers(item) == {"Ana": "It was offered to them.", "Ben": "Had no free capacity."}
    assert {one.name: one.at for one in why_not(item.conversation_id).answers} == {"Ana": later, "Ben": now}


def test_earlier_work_of_the_conversation_answers_nothing(ana, ben, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()
    [offer] = match_items([item.id], now=now)
    accept_offer(offer.id, user=ana, now=now)
    assert set(answers(item)) == {"Ana"}

    item.state = "completed"
    item.save(update_fields=["state"])
    WorkItem.objects.create(
        queue=item.queue, conversation=item.conversation, medium="chat", cost=34,
        queued_at=now, entered_at=now, eligible_at=now,
    )  # fmt: skip

    assert why_not(item.conversation_id).answers == []


def test_it_costs_two_queries_however_many_there_are(ana, people, on_duty, waiting, now, django_assert_num_queries):
    on_duty(ana)
    item = waiting()
    match_items([item.id], now=now)

    with django_assert_num_queries(2):
        assert len(why_not(item.conversation_id).answers) == 4


def explained(ids: list[int], *, free: int) -> dict:
    agents = [
        Agent(id, queues={1: 1}, idle_since=0.0, load=100 if place % 2 else 0, routable=place < free or place % 2 == 1)
        for place, id in enumerate(ids)
    ]
    [found] = match(Snapshot(0.0, [Item(1, 1, "voice", 0.0)], agents, {1: QueueRules(1)})).matches
    return explain(found, names=["Ana"])


def test_a_decision_about_five_hundred_agents_stays_within_two_kilobytes():
    data = explained([10_007 * n for n in range(1, 501)], free=40)

    assert len(encoded(data)) <= 2048
    named = dict(told_of(data["who"]))
    assert len(named) + data["unnamed"] + len(data["chosen"]) == data["considered"] == 500
    outranked = [agent for agent, reason in named.items() if reason == "outranked"]
    assert len(outranked) == 19, "whom one asks about first is kept"
    assert len(str(data["who"])) < NAMED_CHARS + 100


def test_runs_of_ids_are_kept_short():
    agents = [Agent(id, queues={1: 1}, load=100) for id in (*range(100, 600), 700)]
    [left] = match(Snapshot(0.0, [Item(1, 1, "voice", 0.0)], agents, {1: QueueRules(1)})).unmatched

    assert who_not(left.others) == {"who": {"no_capacity": "100-599,700"}}
    assert who_not(left.others, room=53) == {"who": {"no_capacity": "100-599"}, "unnamed": 1}


def test_every_reason_an_agent_is_left_out_for_has_its_place_and_its_words():
    assert set(FILTERED) <= set(BY_INTEREST) == set(WHY_NOT) - {"offered"}
    assert {Reason.OUTRANKED, Reason.AT_LIMIT} <= set(BY_INTEREST)


def test_decisions_of_the_database_stay_within_two_kilobytes(english, ana, people, on_duty, waiting, now):
    on_duty(ana)
    match_items([waiting().id, waiting(required=ENGLISH).id], now=now)

    decisions = Decision.objects.filter(kind__in=["match", "no_match"])
    assert {one.kind for one in decisions} == {"match", "no_match"}
    assert all("who" in one.facts and len(encoded(one.facts)) <= 2048 for one in decisions)
