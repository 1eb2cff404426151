"""The first page: what an installation needs before it can answer anybody, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from automation.models import Rule
from cases.models import Calendar, SlaPolicy
from channels_app.models import Channel, Conversation, WebhookSubscription
from cxos.core.models import AuditEntry, Delivery, Role, User
from cxos.demo.removal import DemoLeft, demo_customers, demo_people
from cxos.screens.settings.audit import told
from cxos.screens.settings.pages import show
from cxos.screens.staff import admins
from routing.models import AgentSkill, Queue, QueueMember

RECENT = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do before the first customer; `count` of what there is already."""

    title: str | Promise
    why: str | Promise
    icon: str
    url: str
    count: int
    first: str = ""  # where the first one is made: one click from here

    @property
    def target(self) -> str:
        return self.url if self.done or not self.first else reverse(f"settings:{self.first}")

    @property
    def done(self) -> bool:
        return self.count > 0


@require_safe
@admins
def index(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    there = what_is_there(request.user)
    steps, demo = first_steps(there), DemoLeft(customers=there["demo_customers"], people=there["demo_people"])
    entries = list(AuditEntry.objects.order_by("-id")[:RECENT])
    return show(
        request,
        "index",
        "overview",
        steps=steps,
        done=sum(step.done for step in steps),
        troubles=troubles(there),
        demo=demo if demo.any else None,
        entries=told(entries),
    )


def what_is_there(user: User) -> dict[str, int]:
    """How many there are of each thing this page speaks of; of conversations whether there is one. 1 query."""
    return counted(
        hours=Calendar.objects.all(),
        people=User.objects.filter(is_active=True, role=Role.AGENT),
        queues=Queue.objects.filter(enabled=True),
        members=QueueMember.objects.all(),
        skills=AgentSkill.objects.all(),
        policies=SlaPolicy.objects.filter(enabled=True),
        rules=Rule.objects.filter(enabled=True),
        conversations=Conversation.objects.filter(pk__in=Conversation.objects.order_by("pk").values("pk")[:1]),
        parked=Delivery.objects.filter(state=Delivery.State.PARKED),
        failing=WebhookSubscription.objects.exclude(failing_since=None),
        demo_customers=demo_customers(),
        demo_people=demo_people(keeping=user),
    )


def counted(**kinds: QuerySet[Any]) -> dict[str, int]:
    """How many there are of each kind. 1 query, however many kinds."""
    first, *others = [rows.order_by().values_list(Value(kind)).annotate(Count("pk")) for kind, rows in kinds.items()]
    return dict.fromkeys(kinds, 0) | dict(first.union(*others, all=True))


def first_steps(there: dict[str, int]) -> list[Step]:
    """In the order one takes them. 1 query."""
    channels = list(Channel.objects.filter(enabled=True).values_list("pk", flat=True))
    # Where one writes the first message: the channel's page, with a test chat and what came in.
    chat = reverse("settings:channel", args=channels[:1]) if channels else reverse("settings:new_channel")
    return [
        Step(_("Opening hours"), _("When deadlines count and when you answer."), "calendar-clock",
             reverse("settings:hours"), there["hours"], "new_calendar"),
        Step(_("People"), _("Agents who answer, supervisors who watch."), "users", reverse("settings:people"),
             there["people"], "invite"),
        Step(_("A queue"), _("Where work waits, and who serves it."), "rows-3", reverse("settings:queues"),
             there["queues"], "new_queue"),
        Step(_("Somebody in a queue"), _("Work is offered only to people who serve its queue."), "user-check",
             reverse("settings:queues"), there["members"]),
        Step(_("Skills"), _("So that French goes to somebody who speaks it."), "graduation-cap",
             reverse("settings:skills"), there["skills"]),
        Step(_("A promise"), _("How fast you answer, by priority."), "shield-check", reverse("settings:policies"),
             there["policies"], "new_policy"),
        Step(_("A rule"), _("What happens by itself when a message comes in."), "zap", reverse("settings:rules"),
             there["rules"], "new_rule"),
        Step(_("A channel"), _("The way in: a chat on your site, or another system."), "radio-tower",
             reverse("settings:channels"), len(channels), "new_channel"),
        Step(_("A first conversation"), _("Write to yourself as a customer would, and answer."), "message-circle",
             chat, there["conversations"]),
    ]  # fmt: skip


def troubles(there: dict[str, int]) -> list[dict[str, Any]]:
    """What an admin should look at now."""
    pages = {"parked": "settings:parked", "failing": "settings:webhooks"}
    return [{"kind": kind, "count": there[kind], "url": reverse(url)} for kind, url in pages.items() if there[kind]]
