"""Files of visitors: uploaded with their token, said with a message, seen by staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.models import Attachment, Channel, Interaction, Message
from channels_app.services.threads import attach
from channels_app.webchat import limits
from channels_app.webchat.sessions import open_session
from channels_app.webchat.visitors import Visitor, make_token
from crm.models import Customer
from tests.channels_app.files import PDF, PNG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 0)


def bearer(visitor: Visitor) -> dict[str, str]:
    return {"authorization": f"Bearer {make_token(visitor, now=timezone.now())}"}


def upload(client: Client, visitor: Visitor | None, content: bytes = PNG, name: str = "cat.png") -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post("/chat/site/files", {"file": file}, headers=bearer(visitor) if visitor else {})


def say(client: Client, visitor: Visitor, files: Any, text: str = "", client_id: str = "client-00000001") -> Any:
    body = {"client_id": client_id, "text": text, "files": files}
    return client.post("/chat/site/messages", body, content_type="application/json", headers=bearer(visitor))


def journey(kim: Customer) -> Message:
    return attach(Interaction.objects.latest("id"), kim, now=timezone.now()).message


def test_a_file_is_uploaded_said_and_shown_again(client: Client, visitor: Visitor, kim: Customer) -> None:
    told = upload(client, visitor).json()
    assert told | {"id": ""} == {
        "id": "",
        "name": "cat.png",
        "mime": "image/png",
        "size": len(PNG),
        "width": 2,
        "height": 2,
    }

    assert say(client, visitor, [told["id"]]).status_code == 200

    message = journey(kim)
    assert Attachment.objects.get().message == message
    [shown] = client.get("/chat/site/messages", headers=bearer(visitor)).json()["messages"]
    [file] = shown["attachments"]
    assert (shown["text"], file["name"], file["size"]) == ("", "cat.png", len(PNG))
    assert b"".join(client.get(file["url"])) == PNG


def test_a_message_sent_again_is_the_same_with_its_files(client: Client, visitor: Visitor, kim: Customer) -> None:
    key = upload(client, visitor).json()["id"]
    say(client, visitor, [key], "Look")
    journey(kim)

    assert say(client, visitor, [key], "Look").status_code == 200
    assert Interaction.objects.count() == 1


def test_nobody_says_a_file_of_another_visitor(client: Client, webchat: Channel, visitor: Visitor) -> None:
    stranger = open_session(webchat, token=None, identity=None, now=timezone.now()).visitor
    key = upload(client, stranger).json()["id"]

    answer = say(client, visitor, [key], "Mine")

    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_file")
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize("files", ["x", [1], [None], ["x"], {"a": 1}, ["a"] * 16, [["a"]], [""]])
def test_odd_files_are_refused(client: Client, visitor: Visitor, files: Any) -> None:
    assert say(client, visitor, files).status_code == 422
    assert Interaction.objects.count() == 0


def test_who_has_no_token_uploads_nothing(client: Client, webchat: Channel) -> None:
    assert upload(client, None).status_code == 401
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [(b"<svg/>", "a.svg", "file_type"), (b"<html>", "cat.png", "file_type"), (b"", "a.txt", "file_type")],
)
def test_what_is_not_taken_says_why(client: Client, visitor: Visitor, content: bytes, name: str, code: str) -> None:
    answer = upload(client, visitor, content, name)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Attachment.objects.count() == 0


def test_a_request_that_is_far_too_large_is_not_even_read(client: Client, webchat: Channel, visitor: Visitor) -> None:
    webchat.config |= {"max_file_mb": 0.001}
    webchat.save()

    answer = upload(client, visitor, PDF + b"x" * 70_000, "a.pdf")

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_uploads_are_counted(client: Client, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 21 if "upload" in name else 0)

    assert upload(client, visitor).status_code == 429


def test_another_sites_page_uploads_nothing(client: Client, visitor: Visitor, line: Callable[..., Message]) -> None:
    file = SimpleUploadedFile("cat.png", PNG)
    headers = {**bearer(visitor), "origin": "https://evil.example"}

    assert client.post("/chat/site/files", {"file": file}, headers=headers).status_code == 403
