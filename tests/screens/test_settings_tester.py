"""What would happen to a message: the real answer, and nothing of it stays."""

from __future__ import annotations

import re
import time
from datetime import datetime

import pytest
from django.test import Client
from django.utils.html import strip_tags

from automation.models import Rule
from cases.models import Calendar, Clock, SlaPolicy
from channels_app.models import Channel, Conversation, Interaction, Message
from crm.models import Customer
from cxos.core.models import Delivery, Event, User
from cxos.screens.settings.trial import try_message
from intelligence.services.understand import DEADLINE_MS
from intelligence.text import language
from routing.models import AgentSkill, AgentState, Decision, Offer, Queue, QueueMember, Skill, WorkItem

STORED = (Interaction, Conversation, Message, Customer, WorkItem, Offer, Decision, Clock, Event, Delivery)


@pytest.fixture
def floor(api: Channel, ana: User, now: datetime) -> Queue:
    queue = Queue.objects.create(key="care", name="Care")
    QueueMember.objects.create(queue=queue, user=ana)
    french = Skill.objects.create(key="french", name="French")
    AgentSkill.objects.create(user=ana, skill=french, level=4)
    AgentState.objects.create(user=ana, presence="available", idle_since=now)
    Rule.objects.create(
        name="French", event="MessageReceived", position=10, stops=True,
        conditions={"fact": "message.text", "op": "contains", "value": "facture"},
        actions=[{"kind": "enqueue", "queue": "care", "skills": [{"skill": "french", "level": 3, "hard": True}]}],
    )  # fmt: skip
    Rule.objects.create(
        name="Rest", event="MessageReceived", position=20, actions=[{"kind": "add_tags", "tags": ["x"]}]
    )
    calendar = Calendar.objects.create(name="Always", weekly={str(day): [[0, 1440]] for day in range(7)})
    SlaPolicy.objects.create(name="All", calendar=calendar).targets.create(metric="first_response", budget_seconds=600)
    return queue


def counts() -> list[int]:
    return [model._default_manager.count() for model in STORED]


def test_the_whole_way_is_told_and_nothing_stays(
    floor: Queue, api: Channel, ana: User, kim: Customer, now: datetime
) -> None:
    before = counts()

    trial = try_message(
        channel=api, text="Ma facture est fausse", identity=("email", "kim@example.com"), name="", now=now
    )

    assert (trial.customer.pk, trial.known) == (kim.pk, True)
    assert [(rule.name, rule.applied) for rule in trial.rules] == [("French", True)]
    assert trial.passed_over == ("Rest",)
    assert trial.item is not None and trial.offer is not None
    assert (trial.item.queue, trial.item.required[0]["skill"], trial.offer.agent) == (floor, "french", ana)
    assert trial.why["queue"]["sentence"] == "The rule “French” sent it to Care."
    assert [one.clock.metric for one in trial.why["deadlines"]] == ["first_response"]
    assert counts() == before


def test_a_page_that_has_read_nothing_yet_reads_as_the_workers_do(
    floor: Queue, api: Channel, kim: Customer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statistics are loaded at the first text, which may take longer than a customer is let wait."""
    loading, load = [True], language._identifier

    def slowly() -> object:
        if loading:
            time.sleep(DEADLINE_MS / 1000 + 0.2)
            loading.clear()
        return load()

    monkeypatch.setattr(language, "_identifier", slowly)

    text = "Ma facture est fausse, on me demande trop"
    trial = try_message(channel=api, text=text, identity=("email", "kim@example.com"), name="", now=now)

    assert trial.insight.language == "fr"


def test_nobody_with_the_skill_says_so(floor: Queue, api: Channel, now: datetime) -> None:
    AgentSkill.objects.all().delete()
    before = counts()

    trial = try_message(channel=api, text="Ma facture", identity=("email", "new@example.com"), name="", now=now)

    assert (trial.known, trial.offer) == (False, None)
    assert trial.match is not None and trial.match.sentence.startswith("Nobody available has the skills")
    assert counts() == before


def test_the_page_tells_it_in_words(client: Client, adi: User, floor: Queue, api: Channel) -> None:
    client.force_login(adi)
    before = counts()

    page = client.post("/settings/try/it/", {"channel": api.pk, "text": "Hello <b>facture</b>", "customer": ""})

    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "From somebody new",
        "so this is a new customer",
        "Waits in Care",
        "Would be offered to Ana",
        "french ≥ 3 !",
        "First response",
    ):
        assert words in text
    assert "is not asked any more" in text
    assert counts() == before


def test_what_cannot_be_tried_says_why(client: Client, adi: User, floor: Queue, api: Channel) -> None:
    client.force_login(adi)
    page = client.post("/settings/try/it/", {"channel": api.pk, "text": "Hi", "customer": "nobody"}).content.decode()
    assert "Write an e-mail address, or a number" in page
    assert "There is no channel yet" not in client.get("/settings/try/").content.decode()


def test_only_what_would_be_said_is_called_an_answer(client: Client, adi: User, floor: Queue, api: Channel) -> None:
    Rule.objects.filter(name="Rest").update(
        actions=[{"kind": "add_tags", "tags": ["x"]}, {"kind": "reply", "text": "We are on it."}]
    )
    client.force_login(adi)

    page = client.post("/settings/try/it/", {"channel": api.pk, "text": "Hello", "customer": ""}).content.decode()

    quotes = [" ".join(strip_tags(one).split()) for one in re.findall(r"<blockquote.*?</blockquote>", page, re.S)]
    assert quotes == ["Tagged x.", "Answer We are on it."]
