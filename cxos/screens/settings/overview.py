"""The first page: what an installation needs before it can answer anybody, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from automation.models import Rule
from cases.models import Calendar, SlaPolicy
from channels_app.models import Channel, WebhookSubscription
from cxos.core.models import AuditEntry, Delivery, Role, User
from cxos.demo.removal import demo_left
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

    @property
    def done(self) -> bool:
        return self.count > 0


@require_safe
@admins
def index(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    steps, demo = first_steps(), demo_left(keeping=request.user)
    entries = list(AuditEntry.objects.order_by("-id")[:RECENT])
    return show(
        request,
        "index",
        "overview",
        steps=steps,
        done=sum(step.done for step in steps),
        troubles=troubles(),
        demo=demo if demo.any else None,
        entries=told(entries),
    )


def first_steps() -> list[Step]:
    """In the order one takes them. 8 queries."""
    people = User.objects.filter(is_active=True, role=Role.AGENT).count()
    return [
        Step(_("Opening hours"), _("When deadlines count and when you answer."), "calendar-clock",
             reverse("settings:hours"), Calendar.objects.count()),
        Step(_("People"), _("Agents who answer, supervisors who watch."), "users", reverse("settings:people"), people),
        Step(_("A queue"), _("Where work waits, and who serves it."), "rows-3", reverse("settings:queues"),
             Queue.objects.filter(enabled=True).count()),
        Step(_("Somebody in a queue"), _("Work is offered only to people who serve its queue."), "user-check",
             reverse("settings:queues"), QueueMember.objects.count()),
        Step(_("Skills"), _("So that French goes to somebody who speaks it."), "graduation-cap",
             reverse("settings:skills"), AgentSkill.objects.count()),
        Step(_("A promise"), _("How fast you answer, by priority."), "shield-check", reverse("settings:policies"),
             SlaPolicy.objects.filter(enabled=True).count()),
        Step(_("A rule"), _("What happens by itself when a message comes in."), "zap", reverse("settings:rules"),
             Rule.objects.filter(enabled=True).count()),
        Step(_("A channel"), _("The way in: a chat on your site, or another system."), "radio-tower",
             reverse("settings:channels"), Channel.objects.filter(enabled=True).count()),
    ]  # fmt: skip


def troubles() -> list[dict[str, Any]]:
    """What an admin should look at now. 2 queries."""
    parked = Delivery.objects.filter(state=Delivery.State.PARKED).count()
    failing = WebhookSubscription.objects.exclude(failing_since=None).defer("secrets").count()
    found = []
    if parked:
        found.append({"kind": "parked", "count": parked, "url": reverse("settings:parked")})
    if failing:
        found.append({"kind": "failing", "count": failing, "url": reverse("settings:webhooks")})
    return found
