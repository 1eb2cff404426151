"""A late command of a former holder is refused, whichever command it is and however late it comes.

What tells it is late: of work the version it was allowed on, of an offer the offer itself, of a page the holder it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.urls import reverse

from channels_app.models import Message
from cxos.core.errors import Conflict
from cxos.screens.workspace import writing
from routing import api_commands, api_parts
from routing.models import Offer, Segment, WorkItem
from routing.services import hand_over
from routing.services.hand_over import give, give_to_queue, take_back
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, decline_offer
from routing.services.parts import ask_in
from routing.services.work import assign_by_hand

pytestmark = pytest.mark.django_db
Overtake = Callable[[Any, str], None]


@pytest.fixture
def held(ana, ben, on_duty, waiting, now) -> WorkItem:
    """Ana has it."""
    for user in (ana, ben):
        on_duty(user)
    return assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)


@pytest.fixture
def overtake(held, ben, sam, now, monkeypatch) -> Overtake:
    """Sam gives it to Ben after the command was allowed, and before it is carried out."""

    def go(module: ModuleType | Any, name: str) -> None:
        carry_out = getattr(module, name)

        def late(*args: Any, **more: Any) -> Any:
            assign_by_hand(held.id, agent=ben, actor=sam, now=now)
            return carry_out(*args, **more)

        monkeypatch.setattr(module, name, late)

    return go


def still_bens(held: WorkItem, ben) -> None:
    held.refresh_from_db()
    assert (held.state, held.agent, held.conversation.assignee_id) == ("active", ben, ben.pk)
    assert list(Segment.objects.filter(item=held, ended_at=None).values_list("agent_id", "kind")) == [(ben.pk, "lead")]
    assert not Offer.objects.filter(item=held, state="pending").exists()


COMMANDS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "assign": (api_commands.work, "assign_by_hand", {"agent": "cleo"}),
    "transfer": (api_commands.work, "transfer", {"queue": "care"}),
    "requeue": (api_commands.work, "requeue", {}),
    "complete": (api_commands.work, "finish", {}),
    "transfer-to-agent": (api_commands.work, "transfer_to_agent", {"agent": "cleo"}),
    "transfer-out": (api_commands.work, "transfer_out", {"address": "+4930123"}),
    "ask": (api_parts.parts, "ask_in", {"agent": "cleo", "kind": "consult"}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_holder_who_was_overtaken_is_refused_although_they_name_no_version(
    command, held, overtake, queue, team, ana, ben, on_duty, client
):
    cleo = type(ana).objects.create_user("cleo@example.com", "correct horse battery", name="Cleo", role="agent")
    on_duty(cleo)
    module, name, given = COMMANDS[command]
    overtake(module, name)
    client.force_login(ana)
    named = {"cleo": cleo.pk, "care": queue.pk}

    said = client.post(
        f"/api/v1/work-items/{held.id}/{command}",
        {key: named.get(value, value) for key, value in given.items()},
        content_type="application/json",
    )

    assert (said.status_code, said.json()["code"]) == (409, "moved_on")
    still_bens(held, ben)


@pytest.mark.parametrize("command", ["hand-over", "let-take-part"])
def test_who_advised_is_not_made_part_of_what_has_moved(command, held, overtake, ana, ben, on_duty, client, now):
    cleo = type(ana).objects.create_user("cleo@example.com", "correct horse battery", name="Cleo", role="agent")
    on_duty(cleo)
    accept_offer(ask_in(held.id, agent=cleo, kind="consult", actor=ana, now=now).id, user=cleo, now=now)
    overtake(api_parts.parts, {"hand-over": "hand_over_to", "let-take-part": "let_take_part"}[command])
    client.force_login(ana)

    said = client.post(f"/api/v1/work-items/{held.id}/{command}", {"agent": cleo.pk}, content_type="application/json")

    assert (said.status_code, said.json()["code"]) == (409, "moved_on")
    held.refresh_from_db()
    assert held.agent == ben


@pytest.mark.parametrize(
    ("step", "deed"),
    [
        ("assign_by_hand", lambda held, queue, ana, now: give(held.conversation, to=ana, actor=ana, now=now)),
        ("transfer", lambda held, queue, ana, now: give_to_queue(held.conversation, queue=queue, actor=ana, now=now)),
        ("requeue", lambda held, queue, ana, now: take_back(held.conversation, actor=ana, now=now)),
    ],
    ids=["give", "give to a queue", "take back"],
)
def test_a_conversation_that_changes_hands_meanwhile_is_left_alone(step, deed, held, overtake, queue, ana, ben, now):
    overtake(hand_over, step)

    with pytest.raises(Conflict) as refused:
        deed(held, queue, ana, now)

    assert refused.value.code == "moved_on"
    held.refresh_from_db()
    # Where the whole command is one transaction, what overtook it here is part of it, and undone along with it.
    assert (held.state, held.agent) == ("active", ben if step == "requeue" else ana)


def test_of_two_replies_to_what_nobody_has_the_second_takes_nothing_away(
    ana, ben, on_duty, waiting, client, now, monkeypatch
):
    """Both saw that nobody has it; Ben's came first."""
    for user in (ana, ben):
        on_duty(user)
    item = waiting()

    def late(*args: Any, **more: Any) -> WorkItem:
        give(item.conversation, to=ben, actor=ben, now=now)
        return give(*args, **more)

    monkeypatch.setattr(writing, "give", late)
    client.force_login(ana)

    said = client.post(reverse("workspace:reply", args=[item.conversation_id]), {"text": "Hello"})

    assert said.status_code == 409
    item.refresh_from_db()
    assert item.agent != ana
    assert not Message.objects.filter(conversation=item.conversation, author=ana).exists()


@pytest.mark.parametrize(
    ("command", "given"), [("resolve", {}), ("assign", {"to": "me"}), ("status", {"status": "pending"}), ("spam", {})]
)
def test_a_page_that_shows_a_former_holder_commands_nothing(command, given, held, ana, ben, sam, client, now):
    client.force_login(ana)
    assign_by_hand(held.id, agent=ben, actor=sam, now=now)

    said = client.post(reverse(f"workspace:{command}", args=[held.conversation_id]), {**given, "holder": ana.pk})

    assert said.status_code == 409
    still_bens(held, ben)
    held.conversation.refresh_from_db()
    assert held.conversation.status == "open"


def test_the_head_of_a_conversation_says_who_holds_it(held, ana, client):
    client.force_login(ana)

    page = client.get(reverse("workspace:head", args=[held.conversation_id])).content.decode()

    assert f'data-holder="{ana.pk}"' in page


def test_an_offer_that_was_somebody_elses_turn_is_nobodys_any_more(ana, ben, on_duty, waiting, now):
    """The offer is its own fence: whoever it was made to, once closed it commands nothing, also when they have another."""
    on_duty(ana)
    item = waiting()

    [first] = match_items([item.id], now=now)
    decline_offer(first.id, user=ana, reason="", now=now)
    on_duty(ben)
    [second] = match_items([item.id], now=now)
    assert second.agent == ben

    for command in (
        lambda: accept_offer(first.id, user=ana, now=now),
        lambda: decline_offer(first.id, user=ana, reason="", now=now),
    ):
        with pytest.raises(Conflict):
            command()

    item.refresh_from_db()
    second.refresh_from_db()
    assert (item.state, item.agent, second.state) == ("offered", None, "pending")
