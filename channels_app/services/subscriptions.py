"""Who hears of events by webhook. A secret leaves this module once: when it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.adapters import Outcome
from channels_app.adapters.posting import post_signed
from channels_app.models import WebhookSubscription
from channels_app.signing import new_secret
from cxos.core.catalogue import EVENTS
from cxos.core.errors import Invalid, NotFound
from cxos.core.outbound import check_url
from cxos.core.services.audit import record

SHOWN = ("name", "url", "events", "enabled")
TEST_SECONDS = 5.0
KEPT_SECRETS = 2  # both sign during a rotation


def subscribe(*, name: str, url: str, events: Sequence[str], actor: Any) -> tuple[WebhookSubscription, str]:
    """A new subscription and its secret, which is shown this once. No events named = all. Raises Invalid."""
    check_url(url)
    secret = new_secret()
    with transaction.atomic():
        subscription = WebhookSubscription.objects.create(
            name=name, url=url, events=known_events(events), secrets=[secret]
        )
        record(actor, "made", subscription, after=shown(subscription))
    return subscription, secret


def change_subscription(subscription_id: int, *, changes: dict[str, Any], actor: Any) -> WebhookSubscription:
    """Set any of name, url, events and enabled. Switched on again, it starts with a clean record. Raises Invalid."""
    if "url" in changes:
        check_url(changes["url"])
    if "events" in changes:
        changes = {**changes, "events": known_events(changes["events"])}
    with transaction.atomic():
        subscription = _locked(subscription_id)
        before = shown(subscription)
        for field in changes.keys() & set(SHOWN):
            setattr(subscription, field, changes[field])
        if subscription.enabled and not before["enabled"]:
            subscription.failing_since = None
        after = shown(subscription)
        if after != before:
            subscription.save(update_fields=[*SHOWN, "failing_since"])
            record(actor, "changed", subscription, before=before, after=after)
    return subscription


def rotate_secret(subscription_id: int, *, actor: Any) -> tuple[WebhookSubscription, str]:
    """A new secret; until the next rotation the one before signs too, so that the receiver can change over in between."""
    secret = new_secret()
    with transaction.atomic():
        subscription = _locked(subscription_id)
        subscription.secrets = [secret, *subscription.secrets][:KEPT_SECRETS]
        subscription.save(update_fields=["secrets"])
        record(actor, "rotated the secret of", subscription)
    return subscription, secret


def try_subscription(subscription_id: int, *, now: datetime) -> tuple[Outcome, int | None]:
    """Post a signed trial to the subscription's address: what came of it, and the HTTP status. Writes nothing."""
    subscription = WebhookSubscription.objects.filter(pk=subscription_id).first()
    if subscription is None:
        raise NotFound(
            "no_such_subscription", _("There is no webhook subscription %(number)s.") % {"number": subscription_id}
        )
    sealed: Any = subscription.secrets
    body = {"type": "webhook.tried", "timestamp": now.isoformat(), "data": {"subscription": subscription.name}}
    message_id = f"try_{subscription.pk}_{int(now.timestamp())}"
    return post_signed(subscription.url, body, message_id=message_id, secrets=sealed, seconds=TEST_SECONDS)


def known_events(names: Sequence[str]) -> list[str]:
    unknown = sorted(set(names) - set(EVENTS))
    if unknown:
        known = ", ".join(sorted(EVENTS))
        raise Invalid(
            "unknown_event",
            _("There is no event %(value)s. The events are: %(known)s.")
            % {"value": f"{unknown[0][:60]!r}", "known": known},
            field="events",
        )
    return sorted(set(names))


def _locked(subscription_id: int) -> WebhookSubscription:
    subscription = WebhookSubscription.objects.select_for_update().filter(pk=subscription_id).first()
    if subscription is None:
        raise NotFound(
            "no_such_subscription", _("There is no webhook subscription %(number)s.") % {"number": subscription_id}
        )
    return subscription


def shown(subscription: WebhookSubscription) -> dict[str, Any]:
    return {field: getattr(subscription, field) for field in SHOWN}
