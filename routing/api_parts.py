"""Work with others over the API: to an agent, to somebody outside, asked for advice, taking part, handing over."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from rest_framework import serializers

from channels_app.models import Channel
from cxos.core.api.fields import Choice, Id, Input, Text
from cxos.core.api.views import Command
from cxos.core.models import User
from routing.api_commands import VersionInput, WorkCommand, agent_named
from routing.models import Offer, WorkItem
from routing.permissions import get_agent_for
from routing.queries import with_presence
from routing.serializers import AgentOutput, OfferOutput
from routing.services import parts, work
from routing.services.media import switch_media

KINDS = [(kind.value, kind.label) for kind in (Offer.Kind.CONSULT, Offer.Kind.CONFERENCE)]


class ToAgentInput(VersionInput):
    agent = Id()
    reason = Text(max_length=80, required=False, allow_blank=True)


class OutInput(VersionInput):
    address = Text(max_length=120, help_text="Where it goes: a number, an address, a name.")
    reason = Text(max_length=80, required=False, allow_blank=True)


class AskInput(VersionInput):
    agent = Id()
    kind = Choice(choices=KINDS, help_text="consult: advice the customer does not notice; conference: they take part.")


class AgentInput(VersionInput):
    agent = Id()


class MediaInput(Input):
    off = serializers.ListField(
        child=Choice(choices=Channel.Medium.choices), max_length=10, help_text="Nothing new of these."
    )


class ToAgent(WorkCommand):
    """Blind transfer: it rings at this agent first, then at anybody of its queue."""

    input = ToAgentInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        return work.transfer_to_agent(
            item.pk, agent=agent_named(given["agent"]), reason=given.get("reason", ""),
            **self.fenced(item, given),
        )  # fmt: skip


class Out(WorkCommand):
    """Transfer to somebody outside: our part is over."""

    input = OutInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        return work.transfer_out(
            item.pk, address=given["address"], reason=given.get("reason", ""),
            **self.fenced(item, given),
        )  # fmt: skip


class Ask(WorkCommand):
    """Ask an agent for advice, or to take part. It rings there; the holder stays."""

    input, output = AskInput, OfferOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Offer:
        item = self.movable(path["id"], given.get("version"))
        agent = agent_named(given["agent"])
        return parts.ask_in(item.pk, agent=agent, kind=given["kind"], **self.fenced(item, given))


class HandOver(WorkCommand):
    """Warm transfer: who advised or took part holds the work from now on."""

    input = AgentInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        agent = agent_named(given["agent"])
        return parts.hand_over_to(item.pk, agent=agent, **self.fenced(item, given))


class LetTakePart(WorkCommand):
    """Who advised talks with the customer too."""

    input = AgentInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        parts.let_take_part(item.pk, agent=agent_named(given["agent"]), **self.fenced(item, given))
        return self.item(item.pk)


class Leave(WorkCommand):
    """One's own part is over; when the holder leaves a conference, who was there longest holds it."""

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        assert isinstance(self.request.user, User)
        return parts.leave(path["id"], agent=self.request.user, now=timezone.now())


class SwitchMedia(Command):
    """Of which media one takes nothing now; all others are on."""

    input, output = MediaInput, AgentOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> User:
        user = get_agent_for(self.request.user, self.request.user.pk)
        switch_media(user, off=given["off"], actor=self.request.user)
        return with_presence([user])[0]


urlpatterns = [
    path("me/media", SwitchMedia.as_view(), name="my-media"),
    path("work-items/<int:id>/transfer-to-agent", ToAgent.as_view(), name="work-to-agent"),
    path("work-items/<int:id>/transfer-out", Out.as_view(), name="work-out"),
    path("work-items/<int:id>/ask", Ask.as_view(), name="work-ask"),
    path("work-items/<int:id>/hand-over", HandOver.as_view(), name="work-hand-over"),
    path("work-items/<int:id>/let-take-part", LetTakePart.as_view(), name="work-let-take-part"),
    path("work-items/<int:id>/leave", Leave.as_view(), name="work-leave"),
]
