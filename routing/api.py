"""Queues, agents, work and offers over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from cxos.core.api import query
from cxos.core.api.views import ReadViewSet, reads
from cxos.core.errors import NotFound
from cxos.core.models import Role, User
from routing.models import CapacityProfile, Disposition, Offer, PresenceReason, Queue, Skill, WorkItem
from routing.permissions import get_agent_for, get_offer_for, get_queue_for, get_work_for, offers_visible_to
from routing.queries import with_presence
from routing.serializers import (
    AgentOutput,
    CapacityProfileOutput,
    DispositionOutput,
    KeyedOutput,
    OfferOutput,
    PresenceReasonOutput,
    QueueOutput,
    WorkItemOutput,
)


class Queues(ReadViewSet):
    """Where work waits, and how much waits there now."""

    summaries = {"list": "List queues.", "retrieve": "One queue."}
    output = QueueOutput
    filters = {
        "key": query.exactly("key", "With this key.", max_length=40),
        "team": query.reference("team_id", "Of this team.", nobody=True),
        "enabled": query.flag(Q(enabled=True), "In use, or switched off."),
    }

    def get_queryset(self) -> QuerySet[Queue]:
        return Queue.objects.select_related("team", "calendar")

    def load(self, id: int) -> Queue:
        return get_queue_for(self.request.user, id)

    def prepare(self, things: list[Any]) -> list[Any]:
        waiting = WorkItem.objects.filter(queue__in=things, state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
        counts = {row["queue"]: row for row in waiting.values("queue").annotate(n=Count("id"), oldest=Min("queued_at"))}
        for queue in things:
            row = counts.get(queue.id, {"n": 0, "oldest": None})
            queue.waiting, queue.oldest_queued_at = row["n"], row["oldest"]
        return things


class Skills(ReadViewSet):
    """What agents can do."""

    summaries = {"list": "List skills.", "retrieve": "One skill."}
    output = KeyedOutput
    filters = {"key": query.exactly("key", "With this key.", max_length=40)}

    def get_queryset(self) -> QuerySet[Skill]:
        return Skill.objects.all()

    def load(self, id: int) -> Skill:
        skill = Skill.objects.filter(id=id).first()
        if skill is None:
            raise NotFound("no_such_skill", _("There is no skill %(number)s.") % {"number": id})
        return skill


class Dispositions(ReadViewSet):
    """How contacts end, chosen at wrap-up."""

    summaries = {"list": "List dispositions.", "retrieve": "One disposition."}
    output = DispositionOutput
    filters = {"enabled": query.flag(Q(enabled=True), "In use, or switched off.")}

    def get_queryset(self) -> QuerySet[Disposition]:
        return Disposition.objects.prefetch_related("queues")

    def load(self, id: int) -> Disposition:
        disposition = Disposition.objects.filter(id=id).first()
        if disposition is None:
            raise NotFound("no_such_disposition", _("There is no disposition %(number)s.") % {"number": id})
        return disposition


class PresenceReasons(ReadViewSet):
    """The states agents choose, such as a break or coaching, under this house's own names."""

    summaries = {"list": "List presence reasons.", "retrieve": "One presence reason."}
    output = PresenceReasonOutput
    filters = {"enabled": query.flag(Q(enabled=True), "In use, or switched off.")}

    def get_queryset(self) -> QuerySet[PresenceReason]:
        return PresenceReason.objects.all()

    def load(self, id: int) -> PresenceReason:
        reason = PresenceReason.objects.filter(id=id).first()
        if reason is None:
            raise NotFound("no_such_reason", _("There is no presence reason %(number)s.") % {"number": id})
        return reason


class CapacityProfiles(ReadViewSet):
    """How much agents take at a time."""

    summaries = {"list": "List capacity profiles.", "retrieve": "One capacity profile."}
    output = CapacityProfileOutput

    def get_queryset(self) -> QuerySet[CapacityProfile]:
        return CapacityProfile.objects.all()

    def load(self, id: int) -> CapacityProfile:
        profile = CapacityProfile.objects.filter(id=id).first()
        if profile is None:
            raise NotFound("no_such_profile", _("There is no capacity profile %(number)s.") % {"number": id})
        return profile


class Agents(ReadViewSet):
    """Who works here: presence, capacity, skills, queues."""

    summaries = {"list": "List agents.", "retrieve": "One agent."}
    output = AgentOutput
    filters = {
        "role": query.choice("role", Role, "With these roles."),
        "team": query.reference("teams", "Of this team."),
    }
    orderings = {"id": "pk", "-id": "-pk"}

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.filter(is_active=True).prefetch_related("teams")

    def load(self, id: int) -> User:
        return get_agent_for(self.request.user, id)

    def prepare(self, things: list[Any]) -> list[Any]:
        return with_presence(things)


class WorkItems(ReadViewSet):
    """Units of routing: what one holds, and what waits in the queues one serves."""

    summaries = {"list": "List work items, newest first.", "retrieve": "One work item."}
    output = WorkItemOutput
    filters = {
        "queue": query.reference("queue_id", "In this queue."),
        "state": query.choice("state", WorkItem.State, "In these states."),
        "agent": query.reference("agent_id", "Held by this agent.", me=True, nobody=True),
        "conversation": query.reference("conversation_id", "For this conversation."),
    }
    orderings = {"-id": "-pk", "id": "pk", "queued_at": "queued_at"}

    def get_queryset(self) -> QuerySet[WorkItem]:
        rows = WorkItem.objects.visible_to(self.request.user)
        return rows.select_related("queue", "agent", "disposition")

    def load(self, id: int) -> WorkItem:
        return get_work_for(self.request.user, id)


class Offers(ReadViewSet):
    """Work held for one agent until a deadline: one's own; supervisors see all."""

    summaries = {"list": "List offers, newest first.", "retrieve": "One offer."}
    output = OfferOutput
    filters = {
        "state": query.choice("state", Offer.State, "In these states."),
        "agent": query.reference("agent_id", "Made to this agent.", me=True),
        "item": query.reference("item_id", "Of this work item."),
        "made_since": query.since("made_at", "Made at or after."),
    }

    def get_queryset(self) -> QuerySet[Offer]:
        return offers_visible_to(self.request.user).select_related("item__queue", "agent")

    def load(self, id: int) -> Offer:
        return get_offer_for(self.request.user, id)


urlpatterns = [
    *reads("queues", Queues),
    *reads("skills", Skills),
    *reads("dispositions", Dispositions),
    *reads("presence-reasons", PresenceReasons),
    *reads("capacity-profiles", CapacityProfiles),
    *reads("agents", Agents),
    *reads("work-items", WorkItems),
    *reads("offers", Offers),
]
