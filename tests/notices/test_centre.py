"""Who is told of what, how it is counted, and the way from the bell to the thing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.models import Calendar, Clock
from cases.services.breaches import sweep_clocks
from cases.services.warnings import warn_of_deadlines
from channels_app.models import Channel, Conversation
from channels_app.services.assignment import assign
from channels_app.services.replies import add_note
from crm.models import Customer
from cxos.core.catalogue import Received
from cxos.core.models import Event, Notification, Team, User
from cxos.core.notices import KINDS
from cxos.core.relay import drain_outbox, received
from cxos.core.services.notifications import choose, forget_old, mark_read, notify
from cxos.screens.handlers import tell_of_offers, tell_who_is_away
from routing.models import Offer, Queue, WorkItem
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, decline_offer
from routing.services.presence import set_presence
from tests.cases.conftest import ALWAYS
from tests.screens.markup import Reader

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]


def notices(user: User) -> list[tuple[str, str, int, bool]]:
    """(kind, about, times, whether unread), the newest first."""
    rows = Notification.objects.filter(user=user).order_by("-at", "-id")
    return [(one.kind, one.about, one.times, one.read_at is None) for one in rows]


def tell(user: User, now: datetime, *, kind: str = "assigned", number: int = 5) -> Notification:
    notify([user.pk], kind=kind, about=f"conversation:{number}", details={"customer": "Kim", "text": "Hi"}, now=now)
    return Notification.objects.latest("id")


def test_what_happens_again_before_it_is_read_is_counted(ana: User, now: datetime) -> None:
    tell(ana, now)
    tell(ana, now + timedelta(minutes=1))
    assert notices(ana) == [("assigned", "conversation:5", 2, True)]

    mark_read(ana, now=now)
    tell(ana, now + timedelta(minutes=2))

    assert notices(ana) == [("assigned", "conversation:5", 1, True), ("assigned", "conversation:5", 2, False)]


def test_nobody_hears_what_they_chose_not_to(ana: User, sam: User, now: datetime) -> None:
    choose(ana, chosen={"assigned": []})
    told = notify([ana.pk, sam.pk], kind="assigned", about="conversation:5", details={}, now=now)

    assert (told, notices(ana), len(notices(sam))) == (1, [], 1)


@pytest.fixture
def ringing(ana: User, waiting: Callable[[], WorkItem]) -> Offer:
    """Two minutes ago an offer came to Ana."""
    item = waiting()
    item.queue.memberships.create(user=ana)
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    [offer] = match_items([item.pk], now=timezone.now())
    return offer


def happened(*names: str) -> list[Received]:
    return [
        received((one.id, one.name, one.key, one.actor, one.depth, one.at, one.payload))
        for one in Event.objects.filter(name__in=names).order_by("id")
    ]


def test_an_offer_is_told_and_forgotten_when_it_is_answered(ana: User, ringing: Offer) -> None:
    tell_of_offers(happened("OfferMade"))
    assert notices(ana) == [("offered", f"conversation:{ringing.item.conversation_id}", 1, True)]
    assert Notification.objects.get().details == {"customer": "Kim", "text": ""}

    accept_offer(ringing.pk, user=ana, now=timezone.now())
    tell_of_offers(happened("OfferAccepted"))

    assert notices(ana) == []
    assert Event.objects.filter(name="NotificationsRead").count() == 1


def test_an_offer_that_is_answered_at_once_is_no_news(ana: User, ringing: Offer) -> None:
    accept_offer(ringing.pk, user=ana, now=timezone.now())

    tell_of_offers(happened("OfferMade", "OfferAccepted"))

    assert notices(ana) == []
    assert not Event.objects.filter(name__in=["PersonNotified", "NotificationsRead"]).exists()


def test_work_that_comes_without_being_asked_is_told_as_assigned(ana: User, waiting: Callable[[], WorkItem]) -> None:
    item = waiting()
    item.queue.memberships.create(user=ana)
    Queue.objects.update(auto_accept=[item.medium])
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    match_items([item.pk], now=timezone.now())
    made, accepted = happened("OfferMade", "OfferAccepted")

    tell_of_offers([made])
    tell_of_offers([accepted])

    assert notices(ana) == [("assigned", f"conversation:{item.conversation_id}", 1, True)]


def test_a_lost_offer_that_rings_again_is_told_and_many_cost_no_more_than_one(
    ana: User, ringing: Offer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    decline_offer(ringing.pk, user=ana, reason="", now=timezone.now())
    made, declined = happened("OfferMade", "OfferDeclined")

    with django_assert_max_num_queries(9):  # 5, and two savepoints
        tell_of_offers([made, declined, *[made] * 30])

    assert notices(ana) == [("offered", f"conversation:{ringing.item.conversation_id}", 1, True)]


def test_who_is_given_a_conversation_is_told_and_who_takes_one_is_not(write: Write, ana: User, sam: User) -> None:
    conversation = write("Kim", "Hello")
    assign(conversation.pk, assignee_id=ana.pk, actor=ana, now=timezone.now())
    drain_outbox()
    assert notices(ana) == []

    assign(conversation.pk, assignee_id=None, actor=sam, now=timezone.now())
    assign(conversation.pk, assignee_id=ana.pk, actor=sam, now=timezone.now())
    drain_outbox()

    assert notices(ana) == [("assigned", f"conversation:{conversation.pk}", 1, True)]
    assert Notification.objects.get().details == {"customer": "Kim", "text": "Hello"}


def test_a_mention_reaches_who_may_see_it_and_not_its_author(
    write: Write,
    ana: User,
    sam: User,
) -> None:
    conversation = write("Kim", "Hello")
    everybody = [ana.pk, sam.pk]
    add_note(conversation.pk, text="Look at this", author=sam, mentioned_ids=everybody, actor=sam, now=timezone.now())
    drain_outbox()
    assert (notices(sam), [kind for kind, *_ in notices(ana)]) == ([], ["mentioned"])

    other = Team.objects.create(name="Billing")
    assign(conversation.pk, team_id=other.pk, actor=sam, now=timezone.now())
    mark_read(ana, now=timezone.now())
    add_note(conversation.pk, text="Secret", author=sam, mentioned_ids=[ana.pk], actor=sam, now=timezone.now())
    drain_outbox()

    assert [unread for *_, unread in notices(ana)] == [False]


@pytest.mark.parametrize(
    ("presence", "told"), [("available", []), ("busy", []), ("break", ["replied"]), ("offline", ["replied"])]
)
def test_a_reply_is_told_to_a_holder_who_is_away(
    write: Write,
    ana: User,
    presence: str,
    told: list[str],
) -> None:
    conversation = write("Kim", "Hello")
    assign(conversation.pk, assignee_id=ana.pk, actor=ana, now=timezone.now())
    set_presence(ana, presence=presence, actor=ana, now=timezone.now())
    [one] = happened("MessageReceived")

    tell_who_is_away([one, one])

    assert [kind for kind, *_ in notices(ana)] == told


def test_a_deadline_is_told_before_and_after(write: Write, ana: User, sam: User, now: datetime) -> None:
    conversation = write("Kim", "Hello")
    assign(conversation.pk, assignee_id=ana.pk, actor=ana, now=now)
    Clock.objects.all().delete()
    calendar = Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)
    clock = Clock.objects.create(
        conversation=conversation, metric="first_response", calendar=calendar, budget_seconds=3600, state="running",
        running_since=now, started_at=now, due_at=now + timedelta(hours=1),
    )  # fmt: skip

    assert warn_of_deadlines(now=now + timedelta(minutes=40)) == 0
    assert warn_of_deadlines(now=now + timedelta(minutes=50)) == 1
    assert warn_of_deadlines(now=now + timedelta(minutes=51)) == 0
    drain_outbox()
    assert (notices(ana), notices(sam)) == ([("nearing", f"conversation:{conversation.pk}", 1, True)], [])

    sweep_clocks(now=now + timedelta(minutes=61))
    drain_outbox()

    assert [kind for kind, *_ in notices(ana)] == ["breached", "nearing"]
    assert [kind for kind, *_ in notices(sam)] == ["breached"]
    assert Notification.objects.filter(user=sam).get().details == {"customer": "Kim", "metric": "First response"}
    clock.refresh_from_db()
    assert clock.warned_at == now + timedelta(minutes=50)


def test_the_bell_counts_and_leads_on(client: Client, ana: User, kim: Customer, now: datetime) -> None:
    first, second = tell(ana, now), tell(ana, now, number=6)
    client.force_login(ana)

    page = client.get("/notifications/bell/").content.decode()
    assert "Notifications, 2 unread" in page
    assert f'data-given="{round(second.at.timestamp() * 1_000_000)}" data-about="conversation:6"' in page
    assert page.count("<bdi>Kim was assigned to you</bdi>") == 2
    assert client.get(f"/notifications/{first.pk}/")["Location"] == "/workspace/c/5/"
    assert notices(ana)[1][3] is True, "a GET reads nothing"
    assert client.post(f"/notifications/{first.pk}/open/")["Location"] == "/workspace/c/5/"
    assert "Notifications, 1 unread" in client.get("/notifications/bell/").content.decode()
    assert "unread" not in client.post("/notifications/read/", headers={"HX-Request": "true"}).content.decode().lower()
    second.refresh_from_db()
    assert second.read_at is not None


def test_looking_at_a_conversation_reads_what_is_about_it(client: Client, write: Write, ana: User) -> None:
    conversation = write("Kim", "Hello")
    tell(ana, timezone.now(), number=conversation.pk)
    client.force_login(ana)

    client.post(f"/workspace/c/{conversation.pk}/seen/", {"last": "1"})

    assert notices(ana) == [("assigned", f"conversation:{conversation.pk}", 1, False)]


def test_a_customer_without_a_name_is_a_visitor_in_the_readers_language(
    client: Client, webchat: Channel, ana: User, sam: User
) -> None:
    visitor = Customer.objects.create(name="")
    conversation = Conversation.objects.create(customer=visitor, channel=webchat, thread_key="v", team=ana.teams.get())
    assign(conversation.pk, assignee_id=ana.pk, actor=sam, now=timezone.now())
    drain_outbox()
    client.force_login(ana)

    for address in ("/notifications/", "/workspace/?tab=all"):
        page = client.get(address, headers={"accept-language": "ar"}).content.decode()
        assert f"الزائر {visitor.pk}" in page
        assert "Visitor" not in page


def test_other_peoples_notifications_are_not_there(client: Client, ana: User, sam: User, now: datetime) -> None:
    notice = tell(sam, now)
    client.force_login(ana)

    for path in (f"/notifications/{notice.pk}/open/", f"/notifications/{notice.pk}/read/"):
        assert client.post(path).status_code == 404
    assert client.get(f"/notifications/{notice.pk}/").status_code == 404
    client.post("/notifications/read/")
    assert notices(sam)[0][3] is True


def test_the_centre_is_paged_at_a_fixed_cost(
    client: Client, ana: User, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(70):
        tell(ana, now + timedelta(seconds=number), number=number + 1)
    client.force_login(ana)

    seen, address = list[str](), "?"
    while address:
        with django_assert_num_queries(3):
            page = Reader(client.get(f"/notifications/{address}").content.decode())
        assert page.errors == []
        seen += [found["id"] for tag, found in page.elements if tag == "li" and "notice-" in found.get("id", "")]
        links = [found for tag, found in page.elements if tag == "a" and "after=" in found.get("href", "")]
        address = links[0]["href"] if links else ""

    assert len(seen) == len(set(seen)) == 70
    with django_assert_num_queries(4):
        client.get("/notifications/bell/")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_sentence_also_without_details(client: Client, ana: User, now: datetime, kind: str) -> None:
    choose(ana, chosen={kind: ["app"]})
    notify([ana.pk], kind=kind, about="thing:1", details={"text": "<script>alert(1)</script>"}, now=now)
    client.force_login(ana)

    page = client.get("/notifications/").content.decode()

    assert "%(" not in page and "<script>alert" not in page
    assert client.get(f"/notifications/{Notification.objects.get().pk}/")["Location"] == "/notifications/"


def test_old_ones_are_dropped(ana: User, now: datetime) -> None:
    tell(ana, now - timedelta(days=91))
    tell(ana, now, number=6)

    assert forget_old(keep_days=0, now=now) == 0
    assert forget_old(keep_days=90, now=now) == 1
    assert notices(ana) == [("assigned", "conversation:6", 1, True)]
