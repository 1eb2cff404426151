"""A small contact centre at ten in the morning: Kim chats with Ana, Max waits, Bea has the list of all before her, Sam watches
the floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from automation.services.articles import publish_article, save_article
from cases.models import Calendar, Case
from cases.services.cases import open_case
from cases.services.promises import save_policy
from channels_app.models import Channel, Conversation, Message
from channels_app.services.delivery import record_state
from channels_app.services.replies import send_reply
from channels_app.webchat.sayings import say
from channels_app.webchat.visitors import Visitor
from crm.models import Customer
from cxos.core.models import Role, Team, User
from cxos.core.relay import drain_outbox
from routing.models import Disposition, Offer, Queue, Skill, WorkItem
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.presence import set_presence

ALWAYS = {str(day): [[0, 1440]] for day in range(7)}
BUDGETS = {("first_response", None): 900, ("next_response", None): 1800, ("resolution", None): 57600}


@dataclass(slots=True)
class Scene:
    """`conversation`: Kim's, held by Ana in `item`; `case` came of it. Nobody has taken Max's, `waiting`, yet."""

    ana: User
    bea: User
    sam: User
    adi: User
    queue: Queue
    bills: Queue
    calendar: Calendar
    site: Channel
    kim_visits: Visitor
    max_visits: Visitor
    numbers: Any = field(default_factory=lambda: count(1))
    kim: Customer = None  # type: ignore[assignment]
    max: Customer = None  # type: ignore[assignment]
    conversation: Conversation = None  # type: ignore[assignment]
    item: WorkItem = None  # type: ignore[assignment]
    waiting: WorkItem = None  # type: ignore[assignment]
    case: Case = None  # type: ignore[assignment]
    article: Any = None

    @property
    def now(self) -> datetime:
        return timezone.now()

    def later(self, **span: float) -> datetime:
        return self.now + timedelta(**span)

    @property
    def by_ana(self) -> dict[str, Any]:
        return {"actor": self.ana, "now": self.now}

    @property
    def by_sam(self) -> dict[str, Any]:
        return {"actor": self.sam, "now": self.now}

    @property
    def by_adi(self) -> dict[str, Any]:
        return {"actor": self.adi, "now": self.now}

    def says(self, visitor: Visitor, text: str) -> None:
        say(visitor, self.site, client_id=f"said-{next(self.numbers):08}", text=text, now=self.now)

    def replies(self, text: str = "Hello") -> Message:
        return send_reply(self.conversation.pk, text=text, author=self.ana, **self.by_ana)

    def offered(self) -> Offer:
        """Max's chat rings at Ana."""
        set_presence(self.ana, presence="available", **self.by_ana)
        drain_outbox()
        match_items([self.waiting.pk], now=self.now)
        return Offer.objects.get(item=self.waiting, state="pending")

    def fresh(self, thing: Any) -> Any:
        return type(thing).objects.get(pk=thing.pk)


def build(team: Team) -> Scene:
    ana, bea, sam, adi = (
        person(name, role, team)
        for name, role in (("Ana", Role.AGENT), ("Bea", Role.AGENT), ("Sam", Role.SUPERVISOR), ("Adi", Role.ADMIN))
    )
    calendar = Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)
    save_policy(None, name="Standard", calendar=calendar, budgets=BUDGETS, actor=adi, now=timezone.now())
    queue = Queue.objects.create(
        key="care",
        name="Care",
        team=team,
        offer_seconds=60,
        cooldown_seconds=60,
        wrap_up_seconds=600,
        calendar=calendar,
    )
    bills = Queue.objects.create(key="bills", name="Bills", team=team)
    Disposition.objects.create(key="solved", name="Solved")
    Skill.objects.create(key="english", name="English")
    site = Channel.objects.create(
        key="site", name="Site", kind=Channel.Kind.WEBCHAT, medium=Channel.Medium.CHAT, config={"queue": "care"},
        secrets={"identity_secret": "a secret of the site, long enough for HS256"},
    )  # fmt: skip
    visitors = [
        Visitor(channel_id=site.pk, id=name * 8, subject=name, email=f"{name}@example.com", name=name.title())
        for name in ("kim", "max")
    ]
    scene = Scene(ana, bea, sam, adi, queue, bills, calendar, site, *visitors)
    begin(scene)
    return scene


def begin(scene: Scene) -> None:
    scene.queue.memberships.create(user=scene.ana)
    set_presence(scene.bea, presence="offline", actor=scene.bea, now=scene.now)
    scene.says(scene.kim_visits, "Hello, my order has not come")
    drain_outbox()
    scene.item = WorkItem.objects.get()
    set_presence(scene.ana, presence="available", **scene.by_ana)
    match_items([scene.item.pk], now=scene.now)
    accept_offer(Offer.objects.get(state="pending").pk, user=scene.ana, now=scene.now)
    set_presence(scene.ana, presence="busy", **scene.by_ana)
    drain_outbox()
    scene.conversation = Conversation.objects.get()
    scene.kim = scene.conversation.customer
    answer = scene.replies("I shall look for it")
    scene.case = open_case(
        customer=scene.kim, subject="A lost order", conversation=scene.conversation, assignee=scene.ana, **scene.by_ana
    )
    scene.says(scene.max_visits, "Where is my bill?")
    drain_outbox()
    record_state([answer.pk], state="delivered")
    scene.waiting = WorkItem.objects.exclude(pk=scene.item.pk).get()
    scene.max = scene.waiting.conversation.customer
    scene.article = save_article(
        None, texts={"title": "Where an order is", "body": "Look at its number."}, actor=scene.adi, now=scene.now
    )
    publish_article(scene.article.pk, actor=scene.adi, now=scene.now)
    drain_outbox()


def person(name: str, role: Role, team: Team) -> User:
    user = User(email=f"{name.lower()}@example.com", name=name, role=role, password=make_password(None))
    user.save()
    user.teams.add(team)
    return user
