"""Callbacks over the API: asked for by or for a customer, and made by the agent who holds them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from channels_app.permissions import get_conversation_for
from cxos.core.api import query
from cxos.core.api.fields import Choice, Input, Text, Time
from cxos.core.api.output import KeyedOutput, NameOutput, Output
from cxos.core.api.views import Command, ReadViewSet, reads
from cxos.core.errors import Conflict
from routing.models import Callback
from routing.permissions import callbacks_visible_to, get_callback_for
from routing.services import callbacks
from routing.services.queue import live_item


class CallbackOutput(Output):
    id = serializers.IntegerField()
    item = serializers.IntegerField(source="item_id")
    conversation = serializers.IntegerField(source="item.conversation_id", allow_null=True)
    queue = KeyedOutput()
    kind = serializers.ChoiceField(choices=Callback.Kind.choices)
    state = serializers.ChoiceField(choices=Callback.State.choices)
    address = serializers.CharField(help_text="Whom to call.")
    slot_at = serializers.DateTimeField(allow_null=True, help_text="The time agreed on.")
    attempts = serializers.IntegerField(help_text="Calls the customer did not answer.")
    claimed_by = NameOutput(allow_null=True, help_text="Who is calling now.")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class RequestInput(Input):
    kind = Choice(choices=Callback.Kind.choices, help_text="in_queue keeps the place; scheduled comes at `slot_at`.")
    address = Text(max_length=254, help_text="The number to call.")
    slot_at = Time(required=False, help_text="When, for a scheduled one; within sixty days.")
    zone = Text(max_length=60, required=False, allow_blank=True, help_text="The customer's IANA time zone.")


class Callbacks(ReadViewSet):
    """Calls we owe: of the queues one serves; supervisors see all."""

    summaries = {"list": "List callbacks, newest first.", "retrieve": "One callback."}
    output = CallbackOutput
    filters = {
        "queue": query.reference("queue_id", "In this queue."),
        "state": query.choice("state", Callback.State, "In these states."),
    }

    def get_queryset(self) -> QuerySet[Callback]:
        return callbacks_visible_to(self.request.user).select_related("queue", "item", "claimed_by")

    def load(self, id: int) -> Callback:
        return get_callback_for(self.request.user, id)


class RequestCallback(Command):
    """Call the customer of a conversation back: in its place in the queue, or at a time. One is open per number and queue."""

    input, output = RequestInput, CallbackOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Callback:
        conversation = get_conversation_for(self.request.user, path["id"])
        item = live_item(conversation.pk)
        if item is None:
            raise Conflict("no_work", _("Nothing of this conversation waits or is in hand."))
        made = callbacks.request_callback(
            item.pk,
            kind=given["kind"],
            address=given["address"],
            slot_at=given.get("slot_at"),
            zone=given.get("zone", ""),
            actor=self.request.user,
            now=timezone.now(),
        )
        return as_it_is(made)


class CallbackCommand(Command):
    output = CallbackOutput

    def callback(self, id: int) -> Callback:
        return get_callback_for(self.request.user, id)


class Claim(CallbackCommand):
    """Call now. Of two who claim one wins; the other is told 409 `already_taken`."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Callback:
        found = self.callback(path["id"])
        return as_it_is(callbacks.claim_callback(found.pk, user=self.request.user, now=timezone.now()))


class Reached(CallbackCommand):
    """The customer has answered."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Callback:
        found = self.callback(path["id"])
        return as_it_is(callbacks.note_reached(found.pk, user=self.request.user, now=timezone.now()))


class NoAnswer(CallbackCommand):
    """The customer has not answered: again later, or given up after the last attempt."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Callback:
        found = self.callback(path["id"])
        return as_it_is(callbacks.note_no_answer(found.pk, user=self.request.user, now=timezone.now()))


class CancelCallback(CallbackCommand):
    """Not wanted any more."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Callback:
        found = self.callback(path["id"])
        return as_it_is(callbacks.cancel_callback(found.pk, actor=self.request.user, now=timezone.now()))


def as_it_is(callback: Callback) -> Callback:
    return Callback.objects.select_related("queue", "item", "claimed_by").get(pk=callback.pk)


urlpatterns = [
    *reads("callbacks", Callbacks),
    path("conversations/<int:id>/callback", RequestCallback.as_view(), name="conversation-callback"),
    path("callbacks/<int:id>/claim", Claim.as_view(), name="callback-claim"),
    path("callbacks/<int:id>/reached", Reached.as_view(), name="callback-reached"),
    path("callbacks/<int:id>/no-answer", NoAnswer.as_view(), name="callback-no-answer"),
    path("callbacks/<int:id>/cancel", CancelCallback.as_view(), name="callback-cancel"),
]
