"""Which pages `bin/screens` looks at, and as whom."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from cxos.core.models import User
from routing.models import Queue

pytestmark = pytest.mark.django_db


def listed() -> dict[str, tuple[str, str]]:
    told = StringIO()
    call_command("list_screens", stdout=told)
    return {row["name"]: (row["path"], row["as"]) for row in json.loads(told.getvalue())}


def test_every_whole_page_is_found_by_links_and_opened_by_the_least_who_may(ana: User, sam: User, adi: User) -> None:
    queue = Queue.objects.create(key="care", name="Care")

    found = listed()

    assert found["login"] == ("/login/", "")
    assert found["workspace"] == ("/workspace/", ana.email)
    assert found["supervisor"] == ("/supervisor/", sam.email)
    assert found["settings-queues-one"] == (f"/settings/queues/{queue.pk}/", adi.email)
    assert found["ui-overlays"] == ("/ui/overlays/", adi.email)
    # Not what needs data that is not there, nor parts of pages.
    assert "customers" in found and "customers-one" not in found
    assert "supervisor-board" not in found
    assert {name for name in found if name.startswith(("api-v1", "widget", "chat"))} == set()
