"""Webhooks over the API, for admins: who hears of events, and what became of each one told."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from channels_app.models import WebhookAttempt, WebhookSubscription
from channels_app.services import subscriptions, webhooks
from cxos.core.api import query
from cxos.core.api.fields import Flag, Input, Text
from cxos.core.api.output import Output
from cxos.core.api.permissions import ADMINS
from cxos.core.api.views import Command, ReadViewSet, reads
from cxos.core.errors import NotFound

EVENTS_HELP = "Names of events; none: all of them."


class SubscriptionOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField(), help_text=EVENTS_HELP)
    enabled = serializers.BooleanField()
    failing_since = serializers.DateTimeField(allow_null=True, help_text="After three days it is switched off.")
    created_at = serializers.DateTimeField()


class NewSubscriptionOutput(SubscriptionOutput):
    secret = serializers.CharField(
        allow_null=True, help_text="Signs what is sent (Standard Webhooks). Shown this once; null for a repeat."
    )


class AttemptOutput(Output):
    id = serializers.IntegerField()
    subscription = serializers.IntegerField(source="subscription_id")
    event_id = serializers.IntegerField(help_text="In the header `webhook-id` as `evt_<id>`.")
    event_name = serializers.CharField()
    body = serializers.JSONField()
    state = serializers.ChoiceField(choices=WebhookAttempt.State.choices)
    tries = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    last_status = serializers.IntegerField(allow_null=True)
    last_problem = serializers.CharField()
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class SubscriptionInput(Input):
    name = Text(max_length=80)
    url = Text(max_length=500, help_text="http or https; private networks only where the operator allows them.")
    events = serializers.ListField(child=Text(max_length=60), required=False, max_length=100, help_text=EVENTS_HELP)


class SubscriptionChangeInput(Input):
    name = Text(max_length=80, required=False)
    url = Text(max_length=500, required=False)
    events = serializers.ListField(child=Text(max_length=60), required=False, max_length=100, help_text=EVENTS_HELP)
    enabled = Flag(required=False)


def load_subscription(id: int) -> WebhookSubscription:
    subscription = WebhookSubscription.objects.defer("secrets").filter(id=id).first()
    if subscription is None:
        raise NotFound("no_such_subscription", _("There is no webhook subscription %(number)s.") % {"number": id})
    return subscription


def load_attempt(id: int) -> WebhookAttempt:
    attempt = WebhookAttempt.objects.filter(id=id).first()
    if attempt is None:
        raise NotFound("no_such_attempt", _("There is no webhook attempt %(number)s.") % {"number": id})
    return attempt


class SecretCommand(Command):
    """Answers with a secret, which is not stored for a repeat."""

    roles = ADMINS
    output = NewSubscriptionOutput

    def kept(self, body: Any) -> Any:
        return {**body, "secret": None} if "secret" in body else body


class NewSubscription(SecretCommand):
    """Subscribe to events. The secret is in the answer, and nowhere else: keep it."""

    input, success_status = SubscriptionInput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> WebhookSubscription:
        subscription, secret = subscriptions.subscribe(
            name=given["name"], url=given["url"], events=given.get("events", ()), actor=self.actor
        )
        subscription.secret = secret  # type: ignore[attr-defined]
        return subscription


class ChangeSubscription(Command):
    """Change a subscription, or switch it off or on."""

    roles = ADMINS
    input, output = SubscriptionChangeInput, SubscriptionOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> WebhookSubscription:
        return subscriptions.change_subscription(path["id"], changes=given, actor=self.actor)


class RotateSecret(SecretCommand):
    """Draw a new secret. The one before signs as well until the next rotation."""

    def run(self, *, given: dict[str, Any], **path: Any) -> WebhookSubscription:
        subscription, secret = subscriptions.rotate_secret(path["id"], actor=self.actor)
        subscription.secret = secret  # type: ignore[attr-defined]
        return subscription


class ReplayDead(Command):
    """Send once more all that was given up for a subscription."""

    roles = ADMINS
    output = SubscriptionOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> WebhookSubscription:
        subscription = load_subscription(path["id"])
        webhooks.replay_dead(subscription.pk, actor=self.actor, now=timezone.now())
        return subscription


class ReplayAttempt(Command):
    """Send one event once more. 409 while it is still being tried."""

    roles = ADMINS
    output = AttemptOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> WebhookAttempt:
        return webhooks.replay(load_attempt(path["id"]).pk, actor=self.actor, now=timezone.now())


class Subscriptions(ReadViewSet):
    """External systems that hear of events."""

    summaries = {"list": "List webhook subscriptions, newest first.", "retrieve": "One webhook subscription."}
    roles = ADMINS
    output = SubscriptionOutput
    filters = {"enabled": query.flag(Q(enabled=True), "In use, or switched off.")}

    def get_queryset(self) -> QuerySet[WebhookSubscription]:
        return WebhookSubscription.objects.defer("secrets")

    def load(self, id: int) -> WebhookSubscription:
        return load_subscription(id)


class Attempts(ReadViewSet):
    """Events told, or still to tell, one row per event and subscription."""

    summaries = {"list": "List webhook attempts, newest first.", "retrieve": "One webhook attempt."}
    roles = ADMINS
    output = AttemptOutput
    filters = {
        "subscription": query.reference("subscription_id", "Of this subscription."),
        "state": query.choice("state", WebhookAttempt.State, "In these states."),
        "event_name": query.exactly("event_name", "Of this event.", max_length=60),
    }

    def get_queryset(self) -> QuerySet[WebhookAttempt]:
        return WebhookAttempt.objects.all()

    def load(self, id: int) -> WebhookAttempt:
        return load_attempt(id)


urlpatterns = [
    *reads("webhook-subscriptions", Subscriptions, create=NewSubscription),
    path("webhook-subscriptions/<int:id>/change", ChangeSubscription.as_view(), name="webhook-change"),
    path("webhook-subscriptions/<int:id>/rotate-secret", RotateSecret.as_view(), name="webhook-rotate"),
    path("webhook-subscriptions/<int:id>/replay", ReplayDead.as_view(), name="webhook-replay-dead"),
    *reads("webhook-attempts", Attempts),
    path("webhook-attempts/<int:id>/replay", ReplayAttempt.as_view(), name="webhook-replay"),
]
