"""Files: kept under their digest, given to messages, linked to, dropped when nobody needs them."""

from __future__ import annotations

from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from channels_app.adapters.api import reply_body
from channels_app.channel_rules import rules_of
from channels_app.file_links import linked
from channels_app.models import Attachment, Channel, Conversation
from channels_app.services.attachments import prune_unsent, remove_unsent, store_attachment, unsent_of
from channels_app.services.replies import add_note, send_reply
from crm.models import Customer
from cxos.core.errors import Invalid, NotFound
from cxos.core.models import User
from tests.channels_app.files import PDF, PNG
from tests.channels_app.said import say

RULES = rules_of("api", {})


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime) -> Conversation:
    return say(api, kim, "a1", now).conversation


def upload(
    conversation: Conversation,
    user: User,
    now: datetime,
    content: bytes = PNG,
    name: str = "cat.png",
    mode: str = "reply",
) -> Attachment:
    file = ContentFile(content, name=name)
    return store_attachment(file, name=name, rules=RULES, uploader=user, conversation=conversation, mode=mode, now=now)


def test_the_same_bytes_are_stored_once(conversation: Conversation, ana: User, now: datetime) -> None:
    first, second = (upload(conversation, ana, now, content=PDF, name=name) for name in ("a.pdf", "b.pdf"))

    assert first.path == second.path
    assert storages["attachments"].open(first.path).read() == PDF
    assert ana.name not in first.path and "a.pdf" not in first.path


def test_a_message_takes_the_files_of_its_author(conversation: Conversation, ana: User, now: datetime) -> None:
    file = upload(conversation, ana, now)

    [taken] = unsent_of(conversation.pk, uploader=ana, mode="reply", keys=[str(file.key)])
    message = send_reply(conversation.pk, text="", attachments=[taken.descriptor], author=ana, actor=ana, now=now)

    file.refresh_from_db()
    assert file.message == message
    assert message.attachments == [
        {"id": str(file.key), "name": "cat.png", "mime": "image/png", "size": len(PNG), "width": 2, "height": 2}
    ]
    with pytest.raises(Invalid):
        unsent_of(conversation.pk, uploader=ana, mode="reply", keys=[str(file.key)])


@pytest.mark.parametrize(("mode", "other"), [("note", "reply"), ("reply", "note")])
def test_what_was_attached_to_one_draft_goes_with_no_other(
    conversation: Conversation, ana: User, now: datetime, mode: str, other: str
) -> None:
    file = upload(conversation, ana, now, mode=mode)

    with pytest.raises(Invalid, match="not there any more"):
        unsent_of(conversation.pk, uploader=ana, mode=other, keys=[str(file.key)])
    assert unsent_of(conversation.pk, uploader=ana, mode=mode, keys=[str(file.key)]) == [file]


@pytest.mark.parametrize("key", ["", "x", "../../etc/passwd", "%", "0" * 400, "73f0c538-b8ac-4ac8-98bd-c22d7bf72954"])
def test_a_key_that_is_none_finds_nothing(conversation: Conversation, ana: User, key: str) -> None:
    if key:
        with pytest.raises(Invalid):
            unsent_of(conversation.pk, uploader=ana, mode="reply", keys=[key])
    else:
        assert unsent_of(conversation.pk, uploader=ana, mode="reply", keys=[key]) == []


def test_nobody_sends_or_removes_the_file_of_another(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    file = upload(conversation, ana, now)

    with pytest.raises(Invalid):
        unsent_of(conversation.pk, uploader=sam, mode="reply", keys=[str(file.key)])
    with pytest.raises(NotFound):
        remove_unsent(str(file.key), uploader=sam)
    remove_unsent(str(file.key), uploader=ana)
    assert not storages["attachments"].exists(file.path)


def test_a_large_or_unknown_file_is_refused_and_leaves_nothing(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    small = rules_of("api", {"max_file_mb": 0.001})

    with pytest.raises(Invalid, match=r"0\.0 MB go at most"):
        file = ContentFile(b"%PDF" + b"x" * 2_000, name="a.pdf")
        store_attachment(file, name="a.pdf", rules=small, uploader=ana, conversation=conversation, now=now)
    with pytest.raises(Invalid, match="of a kind that is not taken"):
        upload(conversation, ana, now, name="a.svg")
    assert Attachment.objects.count() == 0


def test_what_was_never_sent_is_dropped_and_shared_bytes_stay(
    conversation: Conversation, ana: User, now: datetime
) -> None:
    forgotten, sent = upload(conversation, ana, now), upload(conversation, ana, now)
    lost = upload(conversation, ana, now, content=PDF, name="a.pdf")
    add_note(conversation.pk, text="", attachments=[sent.descriptor], author=ana, actor=ana, now=now)

    assert prune_unsent(now=now + timedelta(days=29)) == 0
    assert prune_unsent(now=now + timedelta(days=31)) == 2
    assert list(Attachment.objects.all()) == [sent]
    assert storages["attachments"].exists(forgotten.path)
    assert not storages["attachments"].exists(lost.path)


def test_an_external_system_gets_an_address_it_can_fetch(
    conversation: Conversation, ana: User, now: datetime, client: Client
) -> None:
    file = upload(conversation, ana, now, content=PDF, name="Rechnung – März.pdf")
    message = send_reply(conversation.pk, text="", attachments=[file.descriptor], author=ana, actor=ana, now=now)

    [told] = reply_body(message)["data"]["attachments"]

    assert told["url"].startswith("http://localhost:8000/files/")
    answer = client.get(told["url"].removeprefix("http://localhost:8000"))
    assert b"".join(answer) == PDF
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Rechnung%20%E2%80%93%20M%C3%A4rz.pdf"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/pdf"


def test_a_picture_may_be_shown_where_it_stands(
    conversation: Conversation, ana: User, now: datetime, client: Client
) -> None:
    [told] = linked([upload(conversation, ana, now).descriptor])

    assert client.get(told["url"])["Content-Disposition"] == 'inline; filename="cat.png"'


@pytest.mark.parametrize("change", [lambda url: url[:-1] + ("A" if url[-1] != "A" else "B"), lambda url: "/files/x"])
def test_a_signed_address_that_was_changed_opens_nothing(
    conversation: Conversation, ana: User, now: datetime, client: Client, change: object
) -> None:
    [told] = linked([upload(conversation, ana, now).descriptor])

    assert client.get(change(told["url"])).status_code == 404  # type: ignore[operator]


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (301, 404)])
def test_a_signed_address_is_good_for_five_minutes(
    conversation: Conversation, ana: User, now: datetime, client: Client, seconds: int, status: int
) -> None:
    with patch("django.core.signing.time.time", return_value=1_000_000.0):
        [told] = linked([upload(conversation, ana, now).descriptor])

    with patch("django.core.signing.time.time", return_value=1_000_000.0 + seconds):
        assert client.get(told["url"]).status_code == status


def test_an_address_that_is_out_of_time_says_what_to_do(
    conversation: Conversation, ana: User, now: datetime, client: Client
) -> None:
    with patch("django.core.signing.time.time", return_value=1_000_000.0):
        [told] = linked([upload(conversation, ana, now).descriptor])

    answer = client.get(told["url"])

    assert (answer.status_code, answer.content[:21]) == (404, b"This link has expired")
