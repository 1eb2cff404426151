"""What each view of the workspace costs: the same for one conversation and for fifty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.services.conversations import set_priority
from channels_app.services.replies import add_note, send_reply
from cxos.core.models import User
from routing.models import Offer, WorkItem
from routing.services.hand_over import give

pytestmark = pytest.mark.django_db
# view → most queries, the session's and the user's included
MOST = {
    "": 8, "list/": 8, "list/?tab=all&words=a": 9, "c/{pk}/": 12, "c/{pk}/thread/": 12, "c/{pk}/head/": 12,
    "c/{pk}/context/": 12, "c/{pk}/assign-menu/": 5, "c/{pk}/snooze-menu/": 4, "c/{pk}/macros/": 6, "c/{pk}/held/": 5, "c/{pk}/knowledge/": 7, "c/{pk}/next/": 10, "c/{pk}/template/": 5, "c/{pk}/drafts/": 5,
    "c/{pk}/suggest/?kind=person&q=a": 6, "offers/": 12, "presence/": 12, "capacity/": 12,
}  # fmt: skip


def queries(client: Client, path: str) -> int:
    client.get(path)  # what a process remembers is not counted
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


@pytest.fixture
def hold(
    ana: User, sam: User, waiting: Callable[[], WorkItem], broadcast: Callable[..., list[Offer]]
) -> Callable[[], int]:
    """One more conversation of Ana's, with an answer, a note and a priority; and one more that rings."""

    def more() -> int:
        found, now = waiting().conversation, timezone.now()
        assert found is not None
        give(found, to=ana, actor=sam, now=now)  # beyond her capacity: a supervisor may
        send_reply(found.pk, text="Hello", author=ana, actor=ana, now=now)
        add_note(found.pk, text="A note", author=ana, actor=ana, now=now)
        set_priority(found.pk, priority=3, actor=ana, now=now)
        broadcast(waiting(), [ana])
        return found.pk

    return more


def test_a_view_costs_the_same_for_one_and_for_fifty(client: Client, ana: User, hold: Callable[[], int]) -> None:
    client.force_login(ana)
    pk = hold()
    one = {view: queries(client, f"/workspace/{view.format(pk=pk)}") for view in MOST}

    for _ in range(49):
        hold()

    fifty = {view: queries(client, f"/workspace/{view.format(pk=pk)}") for view in MOST}
    assert fifty == one
    assert {view: cost for view, cost in fifty.items() if cost > MOST[view]} == {}
