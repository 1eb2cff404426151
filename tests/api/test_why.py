"""Why: what is told about a conversation that came in and was acted on, from end to end."""

from __future__ import annotations

import pytest

from automation.models import Rule
from channels_app.models import Channel, Conversation
from cxos.core.relay import drain_outbox
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(as_adi: Caller, api: Channel) -> Conversation:
    """Kim's question, which came over the API and went its whole way."""
    Rule.objects.create(name="Greet", event="MessageReceived", actions=[{"kind": "add_tags", "tags": ["greeted"]}])
    body = {
        "channel": api.key, "external_id": "q-1", "text": "Where is my order?",
        "identities": [{"kind": "email", "value": "Kim@example.com"}],
    }  # fmt: skip
    assert as_adi.post("interactions", body).status_code == 201
    drain_outbox()
    return Conversation.objects.get()


def test_whose_it_is_is_told_with_what_they_were_recognised_by(
    asked: Conversation, as_adi: Caller, as_ana: Caller, api: Channel
) -> None:
    new = as_ana.get(f"conversations/{asked.pk}/why").json()["customer"]
    body = {
        "channel": api.key, "external_id": "q-2", "text": "Are you there?",
        "identities": [{"kind": "email", "value": "kim@example.com"}],
    }  # fmt: skip
    as_adi.post("interactions", body)
    drain_outbox()
    known = as_ana.get(f"conversations/{asked.pk}/why").json()["customer"]

    assert new["sentence"] == "Nobody had the e-mail address Kim@example.com, so this is a new customer."
    assert known["sentence"] == "Recognised by the e-mail address kim@example.com, as the sender claims."
    facts = {name: known["facts"][name] for name in ("customer", "created", "by", "verified")}
    assert facts == {"customer": asked.customer_id, "created": False, "by": "email", "verified": False}


def test_what_rules_did_is_told(asked: Conversation, as_ana: Caller) -> None:
    [action] = as_ana.get(f"conversations/{asked.pk}/why").json()["actions"]

    assert (action["rule_name"], action["action"]["kind"], action["outcome"]) == ("Greet", "add_tags", "tagged greeted")
