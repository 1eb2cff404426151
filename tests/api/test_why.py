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


def test_what_rules_did_is_told(asked: Conversation, as_ana: Caller) -> None:
    [action] = as_ana.get(f"conversations/{asked.pk}/why").json()["actions"]

    assert (action["rule_name"], action["action"]["kind"], action["outcome"]) == ("Greet", "add_tags", "tagged greeted")
