"""After a channel's window: free text is refused, an approved template goes out filled in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.adapters.api import reply_body
from channels_app.models import Channel, Conversation, Draft, HeldReply, Message, MessageTemplate
from channels_app.placeholders import filled, places_of, problem_of
from channels_app.services.drafts import save_draft
from channels_app.services.held import hold_reply, release_due, take_back
from channels_app.services.replies import send_reply
from channels_app.services.templates import fill_template, remove_template, save_template
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.undo import take_back as undo
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BODY = "Hello {{1}}, your order {{2}} is there. Ask for {{1}}."


@pytest.fixture
def api(api: Channel) -> Channel:
    """As a messaging provider has it: a day of free text."""
    api.config = {"window_hours": 24}
    api.save()
    return api


@pytest.fixture
def conversation(api: Channel, kim: Customer, ana: User, now: datetime) -> Conversation:
    found = say(api, kim, "a1", now).conversation
    Conversation.objects.filter(pk=found.pk).update(assignee=ana)
    return found


def save(channel: Channel, actor: User, now: datetime, **given: Any) -> MessageTemplate:
    texts = {"name": "order_there", "language": "en", "body": BODY, "state": "approved", **given}
    return save_template(None, channel=channel, actor=actor, now=now, **texts)


def test_places_are_filled_once_and_a_value_is_never_a_place() -> None:
    assert places_of(BODY) == [1, 2]
    assert filled(BODY, ["{{2}}", "7"]) == "Hello {{2}}, your order 7 is there. Ask for {{2}}."
    assert filled("{{ 1 }} {{2}}", ["Kim"]) == "Kim {{2}}"
    assert problem_of("{{1}} {{3}}") and problem_of("{{0}}") and not problem_of("No place")


def test_after_the_window_free_text_is_refused_and_says_what_to_do(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    for late in (24 * HOUR, 25 * HOUR):
        with pytest.raises(Conflict) as refusal:
            send_reply(conversation.pk, text="Hello", author=ana, actor=ana, now=now + late)
    assert refusal.value.message == (
        "Shop takes free text only for 24 hours after the customer has written. "
        "Send an approved template, or wait until they write again."
    )
    with pytest.raises(Conflict):
        hold_reply(conversation.pk, text="Hello", author=ana, send_at=now + 30 * HOUR, now=now)
    assert Message.objects.filter(author_kind="agent").count() == 0

    send_reply(conversation.pk, text="In time", author=ana, actor=ana, now=now + 23 * HOUR)


def test_an_approved_template_goes_out_filled_in_with_what_its_provider_needs(
    conversation: Conversation, api: Channel, ana: User, adi: User, now: datetime
) -> None:
    template, late = save(api, adi, now), now + 48 * HOUR
    save_draft(conversation.pk, user=ana, mode="reply", text="unsent words", now=now)

    held = hold_reply(
        conversation.pk, text="", template_id=template.pk, values=["Kim ", "47\n11"], author=ana, now=late
    )
    assert Draft.objects.get().text == "unsent words"
    release_due(now=late + HOUR)

    message = Message.objects.get(author_kind="agent")
    assert message.text == "Hello Kim, your order 47 11 is there. Ask for Kim."
    assert reply_body(message)["data"]["template"] == {
        "id": template.pk, "name": "order_there", "language": "en", "values": ["Kim", "47 11"], "text": message.text,
    }  # fmt: skip
    assert HeldReply.objects.get(pk=held.pk).state == "sent"


def test_one_that_is_taken_back_leaves_the_draft_as_it_was(
    conversation: Conversation, api: Channel, ana: User, adi: User, now: datetime
) -> None:
    template = save(api, adi, now)
    save_draft(conversation.pk, user=ana, mode="reply", text="mine", now=now)
    held = hold_reply(conversation.pk, text="", template_id=template.pk, values=["a", "b"], author=ana, now=now)

    take_back(held.pk, user=ana, now=now)

    assert Draft.objects.get().text == "mine"


def test_what_is_not_approved_not_filled_in_or_of_another_channel_is_refused(
    conversation: Conversation, api: Channel, webchat: Channel, adi: User, now: datetime
) -> None:
    approved, draft = save(api, adi, now), save(api, adi, now, name="draft", state="draft")
    foreign = save(webchat, adi, now)

    for template, values, error in (
        (draft, ["a", "b"], Conflict), (foreign, ["a", "b"], NotFound), (approved, ["a"], Invalid),
        (approved, ["a", "  "], Invalid), (approved, ["a", "x" * 401], Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            fill_template(conversation, template.pk, values)


def test_other_words_have_to_be_approved_again(api: Channel, adi: User, now: datetime) -> None:
    template = save(api, adi, now)
    given = {"channel": api, "name": "order_there", "language": "en", "actor": adi, "now": now}

    assert save_template(template, body="Hello {{1}}", state="approved", **given).state == "draft"
    assert save_template(template, body="Hello {{1}}", state="approved", **given).state == "approved"
    with pytest.raises(Conflict):
        save(api, adi, now)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "Not a name"), ("name", ""), ("language", "english"), ("body", ""), ("body", "{{2}}"), ("state", "new")],
)
def test_what_no_provider_would_take_is_refused_by_name(
    api: Channel, adi: User, now: datetime, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        save(api, adi, now, **{field: value})

    assert (refusal.value.field, MessageTemplate.objects.count()) == (field, 0)


def test_each_change_is_taken_back(api: Channel, adi: User, now: datetime) -> None:
    template = save(api, adi, now)
    save_template(template, channel=api, name="order_there", language="en", body="Other", actor=adi, now=now)
    undo(AuditEntry.objects.get(verb="changed"), actor=adi, now=now)
    assert MessageTemplate.objects.get().body == BODY

    remove_template(template, actor=adi)
    undo(AuditEntry.objects.get(verb="removed"), actor=adi, now=now)
    assert MessageTemplate.objects.get().body == BODY


def test_the_composer_offers_templates_once_the_window_is_closed(
    client: Client, conversation: Conversation, api: Channel, ana: User, adi: User, now: datetime
) -> None:
    template = save(api, adi, now)
    client.force_login(ana)
    path = f"/workspace/c/{conversation.pk}/"

    page = client.get(path).content.decode()
    part = client.get(f"{path}template/", {"template": template.pk, "value_2": "<4711>"}).content.decode()
    refused = client.post(f"{path}reply/", {"template": template.pk, "value_1": "Kim"})
    client.post(f"{path}reply/", {"template": template.pk, "value_1": "Kim", "value_2": "4711"})

    assert "data-closed" in page and f'<option value="{template.pk}">order_there · en</option>' in page
    assert "Hello {{1}}, your order &lt;4711&gt; is there." in part and 'name="value_2"' in part
    assert (refused.status_code, refused.content) == (422, b"Fill in {{2}}.")
    assert HeldReply.objects.get().text == "Hello Kim, your order 4711 is there. Ask for Kim."
    say(api, kim_of(conversation), "a2", timezone.now())
    assert "data-closed" not in client.get(path).content.decode()


def kim_of(conversation: Conversation) -> Customer:
    return conversation.customer


def test_an_admin_writes_templates_on_a_page_of_the_channel(client: Client, api: Channel, adi: User) -> None:
    client.force_login(adi)
    path = f"/settings/channels/{api.pk}/templates/"
    given = {"name": "hello", "language": "en", "body": "Hello {{1}}", "state": "approved"}

    assert client.post(f"{path}new/", given).status_code == 204
    template = MessageTemplate.objects.get()
    assert client.post(f"{path}{template.pk}/", {**given, "body": "Bye"}).status_code == 204
    page = client.get(path).content.decode()
    client.post(f"{path}{template.pk}/remove/")

    assert "Bye" in page and "Draft" in page and "as a draft" in page
    assert MessageTemplate.objects.count() == 0
