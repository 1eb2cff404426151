"""Races over two processes: one work, fifty hands. Rounds: CXOS_RACE_ROUNDS (100 for the full proof)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from cxos.core.models import Event, User
from routing.models import AgentState, Offer, Segment, WorkItem
from routing.services.agents import held_cost
from tests.proof.rivals import rivals

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("CXOS_RACE_ROUNDS", "15"))
Crew = Callable[[int], list[User]]
Waiting = Callable[[], WorkItem]
Broadcast = Callable[..., list[Offer]]


def test_of_fifty_who_accept_one_broadcast_exactly_one_wins(crew: Crew, waiting: Waiting, broadcast: Broadcast) -> None:
    users = crew(50)
    with rivals(database=connection.settings_dict["NAME"], processes=2, threads=25) as both:
        for _ in range(ROUNDS):
            item = waiting()
            offers = broadcast(item, users)

            said = both.act("accept", [(offer.id, offer.agent_id) for offer in offers])

            assert Counter(said) == {f"item {item.id}": 1, "already_taken": 49}
            winner = users[said.index(f"item {item.id}")]
            item.refresh_from_db()
            assert (item.state, item.agent_id, item.conversation.assignee_id) == ("active", winner.id, winner.id)
            assert Counter(Offer.objects.filter(item=item).values_list("state", flat=True)) == {
                "accepted": 1,
                "withdrawn": 49,
            }
            assert list(Segment.objects.filter(item=item).values_list("agent_id", flat=True)) == [winner.id]
    assert Event.objects.filter(name="OfferAccepted").count() == ROUNDS


def test_fifty_clicks_on_one_offer_take_it_once(crew: Crew, waiting: Waiting, broadcast: Broadcast) -> None:
    """A repeated click is told the same; what follows happens once."""
    (user,) = crew(1)
    AgentState.objects.update(budget=10_000)
    rounds = max(2, ROUNDS // 5)
    with rivals(database=connection.settings_dict["NAME"], processes=2, threads=25) as both:
        for _ in range(rounds):
            item = waiting()
            (offer,) = broadcast(item, [user])

            said = both.act("accept", [(offer.id, user.id)] * 50)

            assert Counter(said) == {f"item {item.id}": 50}
    assert Event.objects.filter(name="OfferAccepted").count() == rounds
    assert Segment.objects.count() == rounds
    assert AgentState.objects.get().handled_today == rounds


def test_a_broadcast_that_all_decline_at_once_waits_again(crew: Crew, waiting: Waiting, broadcast: Broadcast) -> None:
    """Each sees the others' offers still open; somebody has to be the last."""
    users = crew(8)
    with rivals(database=connection.settings_dict["NAME"], processes=2, threads=4) as both:
        for _ in range(ROUNDS):
            item = waiting()
            offers = broadcast(item, users)

            said = both.act("decline", [(offer.id, offer.agent_id) for offer in offers])

            assert said == ["declined"] * 8
            item.refresh_from_db()
            assert (item.state, item.agent_id) == ("waiting", None)
            assert set(item.excluded) == {str(user.id) for user in users}
            WorkItem.objects.all().delete()


def test_an_offer_accepted_while_it_expires_is_one_or_the_other(
    crew: Crew, waiting: Waiting, broadcast: Broadcast
) -> None:
    (user,) = crew(1)
    AgentState.objects.update(budget=10_000)
    with rivals(database=connection.settings_dict["NAME"], processes=2, threads=1) as both:
        for _ in range(ROUNDS):
            item = waiting()
            (offer,) = broadcast(item, [user], seconds=0)
            orders = [(offer.id, user.id), (offer.id,)]

            accepted = both.act("accept", [orders[0]] * 2)

            assert accepted == ["offer_expired"] * 2
            assert sorted(both.act("expire", [orders[1]] * 2)) == ["closed before", "expired"]
            item.refresh_from_db()
            assert (item.state, item.agent_id) == ("waiting", None)
            AgentState.objects.update(presence="available")


def test_sixteen_matchers_at_once_never_fill_anybody_beyond_their_budget(crew: Crew, waiting: Waiting) -> None:
    users = crew(4)
    with rivals(database=connection.settings_dict["NAME"], processes=2, threads=8) as both:
        for _ in range(max(3, ROUNDS // 4)):
            items = [waiting() for _ in range(20)]
            cost = WorkItem.objects.get(id=items[0].id).cost
            room = 100 // cost * len(users)

            said = both.act("match", [([item.id for item in items],)] * 16)

            assert all(word.isdigit() for word in said), said
            assert 1 <= sum(map(int, said)) == Offer.objects.filter(item__in=items).count() <= room
            assert all(held_cost(user.id) <= 100 for user in users)
            assert max(Counter(Offer.objects.values_list("item_id", flat=True)).values()) == 1

            both.act("match", [([item.id for item in items],)] * 16)  # what lost a race is matched at the next look

            assert Offer.objects.filter(item__in=items).count() == room
            assert all(held_cost(user.id) <= 100 for user in users)
            Offer.objects.all().delete()
            WorkItem.objects.all().delete()
