from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from cxos.core import broker
from cxos.core.models import Team
from cxos.screens import hints
from tests.proof.open_pages.floor import Floor
from tests.proof.open_pages.pages import OpenChat, OpenPage
from tests.proof.open_pages.reading import Reader
from tests.proof.open_pages.scene import Scene, build


@pytest.fixture
def floor(
    team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Iterator[Floor]:
    """Everybody sits at their pages; time stands still."""
    told: set[str] = set()
    monkeypatch.setattr(broker, "publish", lambda channel, message: told.update(json.loads(message)["regions"]))
    monkeypatch.setattr(broker, "claim_once", lambda name, seconds: name.startswith("line:"))
    monkeypatch.setattr(hints, "KEPT_SECONDS", 0.0)
    commits: Callable[[], Any] = partial(django_capture_on_commit_callbacks, execute=True)
    reader = Reader()
    with time_machine.travel(now, tick=False) as clock, reader.watching():
        with commits():
            scene = build(team)
        clock.shift(timedelta(minutes=5))
        floor = Floor(scene, open_pages(scene, reader), reader, commits, told)
        floor.open()
        assert [page.name for page in floor.pages if not page.is_true()] == []
        yield floor


def open_pages(scene: Scene, reader: Reader) -> list[OpenPage | OpenChat]:
    chat = scene.conversation.pk
    paths = [
        ("Ana's conversation", scene.ana, f"/workspace/c/{chat}/?tab=mine"),
        ("Bea's list", scene.bea, "/workspace/?tab=all"),
        ("Max's conversation", scene.ana, f"/workspace/c/{scene.waiting.conversation_id}/?tab=unassigned"),
        ("the floor", scene.sam, "/supervisor/"),
        ("the wall", scene.sam, "/supervisor/?tv=1"),
        ("the alerts", scene.sam, "/supervisor/alerts/"),
        ("the schedule", scene.sam, "/supervisor/schedule/"),
        ("Sam's watching", scene.sam, f"/supervisor/watch/{chat}/"),
        ("the cases", scene.sam, "/cases/"),
        ("the board of cases", scene.sam, "/cases/board/"),
        ("the case", scene.ana, f"/cases/{scene.case.pk}/"),
        ("the customer", scene.ana, f"/customers/{scene.kim.pk}/"),
        ("the notifications", scene.ana, "/notifications/"),
        ("the article", scene.adi, f"/knowledge/{scene.article.pk}/"),
    ]
    for _name, user, _path in paths:
        reader.let_in(user)
    staff: list[OpenPage | OpenChat] = [OpenPage(name, user, path, reader) for name, user, path in paths]
    return [*staff, OpenChat("Kim's chat", scene.kim_visits, reader), OpenChat("Max's chat", scene.max_visits, reader)]
