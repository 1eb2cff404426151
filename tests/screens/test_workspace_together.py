"""Others in one's work, on the page: asked in, let take part, handed the work, and out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.channel_rules import rules_of
from channels_app.models import Attachment, Channel, Conversation, Message
from channels_app.services.attachments import store_attachment
from channels_app.services.replies import add_note
from crm.models import Customer
from cxos.core.models import Notification, Role, Team, User
from cxos.core.phrases import Phrase
from cxos.core.relay import drain_outbox
from cxos.screens.handlers import may_see
from cxos.screens.live import allowed_regions
from routing.models import Offer, Queue, QueueMember, Segment, WorkItem
from routing.services.hand_over import give
from routing.services.offers import accept_offer
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from routing.services.work import finish
from tests.channels_app.files import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(team: Team) -> User:
    user = User.objects.create_user("ben@example.com", "correct horse battery", name="Ben", role=Role.AGENT)
    user.teams.add(team)
    set_presence(user, presence="available", actor=user, now=timezone.now())
    return user


@pytest.fixture
def zoe(db: None) -> User:
    """Of another team; and Amy, of none."""
    for name in ("Amy", "Zoe"):
        user = User.objects.create_user(f"{name.lower()}@example.com", "correct horse battery", name=name)
        set_presence(user, presence="available", actor=user, now=timezone.now())
    user.teams.add(Team.objects.create(name="Billing"))
    return user


@pytest.fixture
def talk(webchat: Channel, kim: Customer, team: Team, ana: User, ben: User) -> Conversation:
    """Ana has Kim's conversation in hand."""
    queue = Queue.objects.create(key="care", name="Care", team=team)
    for user in (ana, ben):
        QueueMember.objects.create(queue=queue, user=user)
    made = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t", team=team)
    enqueue(made, queue=queue, priority=1, why=Phrase("Came."), now=timezone.now())
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    give(made, to=ana, actor=ana, now=timezone.now())
    return made


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, talk: Conversation, what: str, **given: Any) -> Any:
    return page_of(user).post(f"/workspace/c/{talk.pk}/{what}/", {key: str(value) for key, value in given.items()})


def head(user: User, talk: Conversation) -> str:
    return page_of(user).get(f"/workspace/c/{talk.pk}/head/").content.decode()


def test_whoever_is_available_can_be_asked_ones_own_team_first(
    talk: Conversation, ana: User, ben: User, zoe: User
) -> None:
    menu = page_of(ana).get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()

    assert menu.count("Ben") == menu.count("Zoe") == 3
    assert menu.index("Ben") < menu.index("Amy") < menu.index("Zoe")
    assert menu.count("Billing") == 3, "whose team is not that of the conversation is told by it"
    assert "Ana" not in menu
    for user in User.objects.exclude(pk=ana.pk):
        set_presence(user, presence="break", actor=user, now=timezone.now())
    assert "is available now" in page_of(ana).get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()


def test_a_colleague_advises_then_takes_part_then_has_it(talk: Conversation, ana: User, ben: User) -> None:
    answer = post(ana, talk, "ask", agent=ben.pk, kind="consult").content.decode()
    assert "is being asked" in answer

    accept_offer(Offer.objects.get().pk, user=ben, now=timezone.now())
    shown = head(ana, talk)
    assert "advises" in shown
    assert "Hand over" in shown
    assert "Hand over" not in head(ben, talk)
    assert "Leave" in head(ben, talk)

    post(ana, talk, "let-take-part", agent=ben.pk)
    assert "takes part" in head(ana, talk)

    post(ana, talk, "hand-over", agent=ben.pk)
    assert WorkItem.objects.get().agent == ben
    assert "takes part" not in head(ben, talk)


def test_who_was_asked_in_leaves_again(talk: Conversation, ana: User, ben: User) -> None:
    post(ana, talk, "ask", agent=ben.pk, kind="conference")
    accept_offer(Offer.objects.get().pk, user=ben, now=timezone.now())

    assert post(ben, talk, "leave").status_code == 200

    assert WorkItem.objects.get().agent == ana
    assert list(Segment.objects.filter(ended_at=None).values_list("agent__name", flat=True)) == ["Ana"]


def test_it_is_offered_to_one_colleague(talk: Conversation, ana: User, ben: User) -> None:
    post(ana, talk, "ask", agent=ben.pk, kind="offer")

    item = WorkItem.objects.get()
    assert (item.state, item.direct_agent) == ("waiting", ben)


def test_who_does_not_hold_it_shares_nothing(talk: Conversation, ana: User, ben: User) -> None:
    assert post(ben, talk, "ask", agent=ben.pk, kind="consult").status_code == 403
    assert post(ben, talk, "hand-over", agent=ben.pk).status_code == 403
    assert post(ana, talk, "ask", agent="", kind="consult").status_code == 422
    assert post(ana, talk, "ask", agent=ben.pk, kind="gossip").status_code == 422
    assert post(ana, talk, "leave").status_code == 409
    assert not Offer.objects.exists()
    assert 'data-key="h"' in head(ana, talk)
    assert 'data-key="h"' not in head(ben, talk)


def seen_by(user: User, talk: Conversation, file: Attachment) -> dict[str, Any]:
    """What this user gets of the conversation: pages, files, API, and the regions they may watch."""
    page, region = page_of(user), f"conversation.{talk.pk}"
    return {
        "page": page.get(f"/workspace/c/{talk.pk}/").status_code,
        "thread": page.get(f"/workspace/c/{talk.pk}/thread/").status_code,
        "context": page.get(f"/workspace/c/{talk.pk}/context/").status_code,
        "file": page.get(f"/workspace/files/{file.key}/").status_code,
        "api": page.get(f"/api/v1/conversations/{talk.pk}").status_code,
        "messages": len(page.get(f"/api/v1/messages?conversation={talk.pk}").json()["results"]) > 0,
        "work": page.get(f"/api/v1/work-items/{WorkItem.objects.get().pk}").status_code,
        "watched": region in allowed_regions(user, [region]),
    }


ALL = {
    "page": 200, "thread": 200, "context": 200, "file": 200, "api": 200, "messages": True, "work": 200, "watched": True,
}  # fmt: skip
NOTHING = {
    "page": 404, "thread": 404, "context": 404, "file": 404, "api": 404, "messages": False, "work": 404, "watched": False,
}  # fmt: skip


@pytest.fixture
def file(talk: Conversation) -> Attachment:
    said = Message.objects.create(conversation=talk, author_kind="customer", text="See the picture.")
    bytes_of_it = SimpleUploadedFile("bill.png", PNG, "image/png")
    rules = rules_of(talk.channel.kind, talk.channel.config)
    stored = store_attachment(bytes_of_it, name="bill.png", rules=rules, conversation=talk, now=timezone.now())
    stored.message = said
    stored.save(update_fields=["message"])
    return stored


def test_whoever_of_another_team_advises_sees_it_for_as_long(
    talk: Conversation, ana: User, zoe: User, file: Attachment
) -> None:
    assert seen_by(zoe, talk, file) == NOTHING
    post(ana, talk, "ask", agent=zoe.pk, kind="consult")
    assert seen_by(zoe, talk, file) == NOTHING, "being asked shows nothing yet"

    accept_offer(Offer.objects.get().pk, user=zoe, now=timezone.now())
    assert seen_by(zoe, talk, file) == ALL
    post(ana, talk, "let-take-part", agent=zoe.pk)
    assert seen_by(zoe, talk, file) == ALL
    stranger = Conversation.objects.create(customer=talk.customer, channel=talk.channel, thread_key="u", team=talk.team)
    assert page_of(zoe).get(f"/workspace/c/{stranger.pk}/").status_code == 404, "that one conversation alone"

    left = post(zoe, talk, "leave")
    assert (left.status_code, left["HX-Redirect"]) == (204, "/workspace/")
    assert seen_by(zoe, talk, file) == NOTHING


def test_sight_ends_with_the_work_and_stays_with_who_takes_it_over(
    talk: Conversation, ana: User, zoe: User, file: Attachment
) -> None:
    post(ana, talk, "ask", agent=zoe.pk, kind="conference")
    accept_offer(Offer.objects.get().pk, user=zoe, now=timezone.now())
    post(ana, talk, "hand-over", agent=zoe.pk)
    assert seen_by(zoe, talk, file) == ALL, "as its holder"
    talk.refresh_from_db()
    assert talk.guest_ids == []

    post(zoe, talk, "ask", agent=ana.pk, kind="conference")
    accept_offer(Offer.objects.get(agent=ana, state="pending").pk, user=ana, now=timezone.now())
    finish(WorkItem.objects.get().pk, disposition=None, actor=zoe, now=timezone.now())

    talk.refresh_from_db()
    assert talk.guest_ids == []


def test_who_is_mentioned_while_taking_part_is_told(talk: Conversation, ana: User, zoe: User) -> None:
    assert not may_see(zoe, talk.pk)
    post(ana, talk, "ask", agent=zoe.pk, kind="consult")
    accept_offer(Offer.objects.get().pk, user=zoe, now=timezone.now())

    add_note(talk.pk, text="@Zoe what do you say?", author=ana, client_id="n", actor=ana, now=timezone.now())
    drain_outbox()

    assert Notification.objects.filter(user=zoe, kind="mentioned").exists()
