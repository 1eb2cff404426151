"""The presence control: reasons, what is to follow, media switched off, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from channels_app.models import Channel
from cxos.core.models import User
from routing.models import AgentState, Presence, PresenceReason
from routing.services.leases import lose_unreachable
from routing.services.missed import DECLINED, MISSED
from routing.services.presence import set_presence
from tests.screens.markup import Reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def control(client: Client) -> str:
    page = client.get("/workspace/presence/").content.decode()
    assert Reader(page).errors == []
    return page


def shown(page: str) -> str:
    found = re.search(r'class="presence-words">([^<]*)<', page)
    assert found
    return found.group(1)


def test_a_reason_is_chosen_and_shown(as_ana: Client, ana: User) -> None:
    coaching = PresenceReason.objects.create(key="coaching", name="Coaching", presence="training")
    PresenceReason.objects.create(key="old", name="Old", presence="break", enabled=False)
    assert "Coaching" in control(as_ana) and "Old" not in control(as_ana)

    page = as_ana.post("/workspace/presence/set/", {"reason_id": coaching.pk}).content.decode()

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.reason, shown(page)) == ("training", "Coaching", "Coaching")
    assert as_ana.post("/workspace/presence/set/", {"reason_id": "987654"}).status_code == 422


def test_away_offers_one_click_back(as_ana: Client, ana: User) -> None:
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    assert "I am back" not in control(as_ana)

    page = as_ana.post("/workspace/presence/set/", {"presence": "break", "reason": "Away"}).content.decode()

    assert shown(page) == "Away"
    assert "I am back" in page
    assert 'data-now="break"' in page


def test_a_lost_connection_is_said_whatever_the_reason_to_come_back_to(as_ana: Client, ana: User) -> None:
    now = timezone.now()
    set_presence(ana, presence="busy", reason="Coaching", actor=ana, now=now - timedelta(minutes=1))
    assert lose_unreachable(now=now) == 1

    page = control(as_ana)

    assert shown(page) == "Connection lost"
    assert "I am back" in page


def test_the_page_knows_after_how_long_nobody_is_there(as_ana: Client) -> None:
    assert 'data-away-after="15"' in control(as_ana)
    as_ana.post("/profile/display/", {"away_after": "0"})
    assert 'data-away-after="0"' in control(as_ana)


def test_a_medium_is_switched_off_and_on_again(as_ana: Client, ana: User, webchat: Channel, api: Channel) -> None:
    def off() -> list[str]:
        return list(AgentState.objects.get(user=ana).media_off)

    def switch(medium: str, on: str) -> int:
        return as_ana.post("/workspace/presence/media/", {"medium": medium, "on": on}).status_code

    assert (switch("chat", "0"), off()) == (200, ["chat"])
    assert (switch("messaging", "0"), off()) == (200, ["chat", "messaging"])
    assert (switch("chat", "1"), off()) == (200, ["messaging"])
    assert (switch("smoke", "0"), off()) == (422, ["messaging"])


def test_what_follows_the_work_is_said_and_can_be_taken_back(as_ana: Client, ana: User) -> None:
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    AgentState.objects.update(pending_presence=Presence.BREAK)
    assert "After this work: Break" in control(as_ana)

    page = as_ana.post("/workspace/presence/set/", {"presence": "available"}).content.decode()

    assert "After this work" not in page
    assert AgentState.objects.get(user=ana).pending_presence == ""


@pytest.mark.parametrize("reason", [MISSED, DECLINED, "Connection lost", "Away"])
def test_a_reason_of_our_own_is_told_in_the_readers_language(as_ana: Client, ana: User, reason: str) -> None:
    AgentState.objects.create(user=ana, presence="missed", reason=reason)

    page = as_ana.get("/workspace/presence/", headers={"accept-language": "ar"}).content.decode()

    with translation.override("ar"):
        words = translation.gettext(reason)
    assert words != reason
    assert shown(page) == words


def test_anybodys_own_reason_stays_as_it_was_written(as_ana: Client, ana: User) -> None:
    AgentState.objects.create(user=ana, presence="break", reason="Fire drill")

    assert shown(as_ana.get("/workspace/presence/", headers={"accept-language": "ar"}).content.decode()) == "Fire drill"


def test_who_was_never_available_is_not_timed(as_ana: Client, ana: User) -> None:
    assert "<time" not in control(as_ana)
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    assert "<time" in control(as_ana)
