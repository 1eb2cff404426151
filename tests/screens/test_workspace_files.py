"""Files in the workspace: who uploads, who looks, and how they leave."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.models import Attachment, Channel, Conversation, Message
from channels_app.services.replies import send_reply
from crm.models import Customer
from cxos.core.models import Team, User
from routing.models import Queue
from tests.channels_app.files import PDF, PNG
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(api: Channel, kim: Customer) -> Conversation:
    return say(api, kim, "a1", timezone.now()).conversation


@pytest.fixture
def desk(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def upload(
    client: Client, conversation: Conversation, content: bytes = PNG, name: str = "cat.png", mode: str = "reply"
) -> Any:
    given = {"file": SimpleUploadedFile(name, content), "mode": mode}
    return client.post(f"/workspace/c/{conversation.pk}/files/", given)


def test_a_draft_takes_a_file_and_gives_it_back(desk: Client, conversation: Conversation) -> None:
    key = upload(desk, conversation).json()["id"]

    shown = desk.get(f"/workspace/files/{key}/")
    assert b"".join(shown) == PNG
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert desk.get(f"/workspace/files/{key}/?save")["Content-Disposition"] == 'attachment; filename="cat.png"'

    assert desk.post(f"/workspace/c/{conversation.pk}/files/{key}/remove/").status_code == 204
    assert desk.get(f"/workspace/files/{key}/").status_code == 404


def test_a_file_is_its_uploaders_until_it_is_sent(
    desk: Client, conversation: Conversation, ana: User, sam: User
) -> None:
    key = upload(desk, conversation, PDF, "bill.pdf").json()["id"]
    other = Client()
    other.force_login(sam)
    assert other.get(f"/workspace/files/{key}/").status_code == 404

    file = Attachment.objects.get()
    send_reply(conversation.pk, text="", attachments=[file.descriptor], author=ana, actor=ana, now=timezone.now())

    assert other.get(f"/workspace/files/{key}/")["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert other.post(f"/workspace/c/{conversation.pk}/files/{key}/remove/").status_code == 404


def test_who_may_not_see_the_conversation_sees_no_file_of_it(
    desk: Client, conversation: Conversation, ana: User, sam: User, team: Team
) -> None:
    chief = Client()
    chief.force_login(sam)
    key = upload(chief, conversation).json()["id"]
    file = Attachment.objects.get()
    send_reply(conversation.pk, text="", attachments=[file.descriptor], author=sam, actor=sam, now=timezone.now())
    assert desk.get(f"/workspace/files/{key}/").status_code == 200

    Conversation.objects.update(team=Team.objects.create(name="Others"), assignee=sam)

    assert desk.get(f"/workspace/files/{key}/").status_code == 404
    assert upload(desk, conversation).status_code == 404


def test_a_reply_takes_no_file_of_a_note(desk: Client, conversation: Conversation, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 0
    Queue.objects.create(key="care", name="Care")
    kept, sent = (upload(desk, conversation, mode=mode).json()["id"] for mode in ("note", "reply"))
    files = desk.get(f"/workspace/c/{conversation.pk}/drafts/").json()["files"]
    assert [(one["mode"], one["id"]) for one in files] == [("note", kept), ("reply", sent)]

    refusals = [
        desk.post(f"/workspace/c/{conversation.pk}/{verb}/", {"text": "Hello", "file": [own, other]}).status_code
        for verb, own, other in (("reply", sent, kept), ("note", kept, sent))
    ]

    assert refusals == [422, 422]
    assert Message.objects.filter(author_kind="agent").count() == 0
    desk.post(f"/workspace/c/{conversation.pk}/reply/", {"text": "Hello", "file": sent})
    assert [one["id"] for one in Message.objects.get(author_kind="agent").attachments] == [sent]
    assert Attachment.objects.unused().get().mode == "note"


def test_a_file_says_of_which_draft_it_is(desk: Client, conversation: Conversation) -> None:
    assert upload(desk, conversation, mode="letter").status_code == 422
    assert Attachment.objects.count() == 0


def test_a_refusal_says_why(desk: Client, conversation: Conversation) -> None:
    answer = upload(desk, conversation, b"<svg/>", "<b>.svg")

    assert answer.status_code == 422
    assert json.loads(answer.content)["message"].startswith("“<b>.svg” is of a kind that is not taken here.")
    assert Attachment.objects.count() == 0
