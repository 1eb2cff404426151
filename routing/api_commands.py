"""What agents and supervisors can do with work over the API: each command is one input shape and one service call."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from automation.permissions import get_macro_for
from channels_app.models import Conversation
from channels_app.permissions import get_conversation_for, get_merge_for
from channels_app.serializers import ConversationOutput
from cxos.core.api.fields import Choice, Flag, Id, Input, Text, Whole
from cxos.core.api.views import Command, Endpoint
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import User
from routing.models import Disposition, Offer, Queue, WorkItem
from routing.permissions import (
    can_assign,
    can_change_presence,
    can_move,
    get_agent_for,
    get_offer_for,
    get_work_for,
)
from routing.queries import why, with_presence
from routing.serializers import AgentOutput, OfferOutput, WhyOutput, WorkItemOutput
from routing.services import offers, work
from routing.services.hand_over import give, give_to_queue, take_back
from routing.services.joined import merge_conversations, unmerge_conversation
from routing.services.macros import run_macro
from routing.services.presence import CHOOSABLE, heartbeat, set_presence

VERSION_HELP = "The version you saw: refused with 409 if the work has moved on since."


class PresenceInput(Input):
    presence = Choice(choices=[(one.value, one.label) for one in CHOOSABLE])
    reason = Text(max_length=80, required=False, allow_blank=True)
    after_work = Flag(required=False, help_text="Take nothing new now, change when the work in hand is done.")


class DeclineInput(Input):
    reason = Text(max_length=80, required=False, allow_blank=True)


class VersionInput(Input):
    version = Whole(min_value=0, max_value=2**31 - 1, required=False, help_text=VERSION_HELP)


class AssignInput(VersionInput):
    agent = Id()


class TransferInput(VersionInput):
    queue = Id()
    reason = Text(max_length=80, required=False, allow_blank=True)


class RequeueInput(VersionInput):
    reason = Text(max_length=80, required=False, allow_blank=True)


class CompleteInput(VersionInput):
    disposition = Text(max_length=40, required=False, help_text="Key of the disposition.")


class AssignConversationInput(Input):
    agent = Id(allow_null=True, help_text="null: nobody; its work goes back into its queue.")


class TransferConversationInput(Input):
    queue = Id()


class MergeConversationInput(Input):
    into = Id(help_text="The conversation it becomes part of: of the same customer, and not resolved.")


class RunMacroInput(Input):
    macro = Id()
    client_id = Text(
        max_length=60,
        required=False,
        allow_blank=True,
        help_text="Your id of the run: sent again, nothing is done again.",
    )


class SetMyPresence(Command):
    """Set one's own presence. Renews the lease that keeps one reachable, as a heartbeat does."""

    input, output = PresenceInput, AgentOutput

    def agent(self, **path: Any) -> User:
        return get_agent_for(self.request.user, self.request.user.pk)

    def run(self, *, given: dict[str, Any], **path: Any) -> User:
        agent = self.agent(**path)
        set_presence(
            agent,
            presence=given["presence"],
            reason=given.get("reason", ""),
            after_work=given.get("after_work", False),
            actor=self.request.user,
            now=timezone.now(),
        )
        return with_presence([agent])[0]


class SetPresence(SetMyPresence):
    """Set an agent's presence: one's own; supervisors anybody's."""

    def agent(self, **path: Any) -> User:
        agent = get_agent_for(self.request.user, path["id"])
        if not can_change_presence(self.request.user, of=agent):
            raise Forbidden("not_yours", _("Only a supervisor may set somebody else's presence."))
        return agent


class Heartbeat(Command):
    """Renew the lease that keeps one reachable. Send it every 10 seconds; open pages do so by themselves."""

    output = AgentOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> User:
        heartbeat(self.request.user.pk, now=timezone.now())
        return with_presence([get_agent_for(self.request.user, self.request.user.pk)])[0]


class Accept(Command):
    """Accept an offer made to oneself. Of two who accept, one wins; the other is told 409 `already_taken`."""

    output = WorkItemOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        return offers.accept_offer(path["id"], user=self.request.user, now=timezone.now())


class Decline(Command):
    """Decline an offer made to oneself. The work keeps its age and goes to somebody else."""

    input, output = DeclineInput, OfferOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Offer:
        offers.decline_offer(path["id"], user=self.request.user, reason=given.get("reason", ""), now=timezone.now())
        return get_offer_for(self.request.user, path["id"])


class WorkCommand(Command):
    """About one work item that the user may see, and may move."""

    output = WorkItemOutput

    def item(self, id: int) -> WorkItem:
        return get_work_for(self.request.user, id)

    def movable(self, id: int, version: int | None = None) -> WorkItem:
        """Raises Conflict for a former holder whose `version` has passed: they are late, not somebody who may not."""
        item = self.item(id)
        if not can_move(self.request.user, item):
            if version is not None and version < item.version:
                raise Conflict("moved_on", _("This work has changed since you saw it. Look again."))
            raise Forbidden("not_yours", _("Only its holder or a supervisor may move this work."))
        return item

    def fenced(self, item: WorkItem, given: dict[str, Any]) -> dict[str, Any]:
        """Who, when, and for which version: the one the sender saw, else the one they were allowed to command."""
        return {"actor": self.request.user, "now": timezone.now(), "version": given.get("version", item.version)}


class Assign(WorkCommand):
    """Give work to an agent, past queue and offer. Agents take waiting work or hand on their own; supervisors any."""

    input = AssignInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item, agent = self.item(path["id"]), agent_named(given["agent"])
        if not can_assign(self.request.user, item, to=agent):
            raise Forbidden("not_yours", _("Only its holder or a supervisor may give this work to somebody else."))
        return work.assign_by_hand(item.pk, agent=agent, **self.fenced(item, given))


class Transfer(WorkCommand):
    """Move work into another queue, with its age."""

    input = TransferInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        return work.transfer(
            item.pk,
            queue=queue_named(given["queue"]),
            reason=given.get("reason", ""),
            **self.fenced(item, given),
        )


class Requeue(WorkCommand):
    """Put work back into its queue, with its age."""

    input = RequeueInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        reason = given.get("reason") or "put back"
        return work.requeue(item.pk, reason=reason, **self.fenced(item, given))


class Complete(WorkCommand):
    """End work: into wrap-up where its queue has one and no disposition is given, else completed."""

    input = CompleteInput

    def run(self, *, given: dict[str, Any], **path: Any) -> WorkItem:
        item = self.movable(path["id"], given.get("version"))
        return work.finish(
            item.pk,
            disposition=disposition_named(given.get("disposition")),
            **self.fenced(item, given),
        )


class ConversationWorkCommand(Command):
    """About a conversation that the user may see, and its work."""

    output = ConversationOutput

    def conversation(self, id: int) -> Conversation:
        return get_conversation_for(self.request.user, id)

    def as_it_is(self, id: int) -> Conversation:
        """Not asked for as this user again: it may have gone to a team whose conversations they do not see."""
        return Conversation.objects.select_related("customer", "channel", "assignee", "team").get(id=id)


class AssignConversation(ConversationWorkCommand):
    """Give a conversation to an agent, past queue and offer; or to nobody, back into its queue."""

    input = AssignConversationInput

    def run(self, *, given: dict[str, Any], **path: Any) -> Conversation:
        user, now = self.request.user, timezone.now()
        conversation = self.conversation(path["id"])
        if given["agent"] is not None:
            give(conversation, to=agent_named(given["agent"]), actor=user, now=now)
        else:
            take_back(conversation, actor=user, now=now)
        return self.as_it_is(conversation.pk)


class TransferConversation(ConversationWorkCommand):
    """Move a conversation into another queue, with its age."""

    input = TransferConversationInput

    def run(self, *, given: dict[str, Any], **path: Any) -> Conversation:
        conversation = self.conversation(path["id"])
        give_to_queue(conversation, queue=queue_named(given["queue"]), actor=self.request.user, now=timezone.now())
        return self.as_it_is(conversation.pk)


class RunMacro(ConversationWorkCommand):
    """Run a macro in a conversation: all of its actions, or none. The problem says which one does not fit."""

    input = RunMacroInput

    def run(self, *, given: dict[str, Any], **path: Any) -> Conversation:
        user, now = self.request.user, timezone.now()
        conversation, key = self.conversation(path["id"]), given.get("client_id", "")
        try:
            macro = get_macro_for(user, given["macro"])
        except NotFound as missing:
            raise Invalid(missing.code, missing.message, field="macro") from None
        run_macro(macro, conversation, zone=timezone.get_current_timezone(), key=key, actor=user, now=now)
        return self.as_it_is(conversation.pk)


# What a body names and is not there is Invalid, not NotFound: the address is right.


def agent_named(agent_id: int) -> User:
    agent = User.objects.filter(id=agent_id, is_active=True).first()
    if agent is None:
        raise Invalid(
            "no_such_agent", _("There is no agent %(number)s who works here.") % {"number": agent_id}, field="agent"
        )
    return agent


def queue_named(queue_id: int) -> Queue:
    queue = Queue.objects.filter(id=queue_id).first()
    if queue is None:
        raise Invalid("no_such_queue", _("There is no queue %(number)s.") % {"number": queue_id}, field="queue")
    return queue


def disposition_named(key: str | None) -> Disposition | None:
    if key is None:
        return None
    disposition = Disposition.objects.filter(key=key, enabled=True).first()
    if disposition is None:
        raise Invalid(
            "no_such_disposition",
            _("There is no disposition %(key)s in use.") % {"key": f"{key!r}"},
            field="disposition",
        )
    return disposition


class MergeConversation(Command):
    """Make the conversation part of another of the same customer. Answers with that one: all that was said is there, in
    the order of time, and what is written into either thread lands in it. 409 when the two cannot become one."""

    input, output = MergeConversationInput, ConversationOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Conversation:
        user = self.request.user
        found, into = get_conversation_for(user, path["id"]), get_conversation_for(user, given["into"])
        merge_conversations(found, into=into, actor=user, now=timezone.now())
        return get_conversation_for(user, into.pk)


class UnmergeConversation(Command):
    """Take the merge of this conversation into another back, within a week: what came over goes back, what was said since
    stays there. Answers with the one set free. 409 with the reason when it is too late."""

    output = ConversationOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Conversation:
        unmerge_conversation(get_merge_for(self.request.user, path["id"]), actor=self.request.user, now=timezone.now())
        return get_conversation_for(self.request.user, path["id"])


class Why(Endpoint):
    """Why this customer, this queue, this agent, this deadline? Each reason in words, with the facts behind it."""

    output = WhyOutput

    def get(self, request: Request, id: int) -> Response:
        conversation = get_conversation_for(request.user, id)
        return Response(WhyOutput(why(conversation.pk, now=timezone.now())).data)


urlpatterns = [
    path("me/presence", SetMyPresence.as_view(), name="my-presence"),
    path("me/heartbeat", Heartbeat.as_view(), name="my-heartbeat"),
    path("agents/<int:id>/presence", SetPresence.as_view(), name="agent-presence"),
    path("offers/<int:id>/accept", Accept.as_view(), name="offer-accept"),
    path("offers/<int:id>/decline", Decline.as_view(), name="offer-decline"),
    path("work-items/<int:id>/assign", Assign.as_view(), name="work-assign"),
    path("work-items/<int:id>/transfer", Transfer.as_view(), name="work-transfer"),
    path("work-items/<int:id>/requeue", Requeue.as_view(), name="work-requeue"),
    path("work-items/<int:id>/complete", Complete.as_view(), name="work-complete"),
    path("conversations/<int:id>/assign", AssignConversation.as_view(), name="conversation-assign"),
    path("conversations/<int:id>/transfer", TransferConversation.as_view(), name="conversation-transfer"),
    path("conversations/<int:id>/merge", MergeConversation.as_view(), name="conversation-merge"),
    path("conversations/<int:id>/unmerge", UnmergeConversation.as_view(), name="conversation-unmerge"),
    path("conversations/<int:id>/macro", RunMacro.as_view(), name="conversation-macro"),
    path("conversations/<int:id>/why", Why.as_view(), name="conversation-why"),
]
