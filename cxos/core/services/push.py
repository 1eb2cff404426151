"""Browsers that are told while no page is open: subscribed, told, forgotten when they are gone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from cxos.core import outbound, web_push
from cxos.core.errors import Conflict, Invalid
from cxos.core.models import Notification, PushIdentity, PushSubscription, User
from cxos.core.notices import sentence, wants

log = structlog.get_logger(__name__)
MOST_BROWSERS = 10
SEND_SECONDS = 5.0  # ten that are silent stay well under a task's time limit
KEPT_SECONDS = 3600  # a push service keeps it so long for a browser that is not there
GONE = (404, 410)
TAKEN_LATER = (408, 425, 429)


class NotTaken(Exception):
    """A push service could not take a message just now; the outbox tries again."""


def identity() -> PushIdentity:
    """The installation's key pair; made by the first who asks."""
    found = PushIdentity.objects.filter(pk=1).first()
    if found is None:
        private = web_push.new_private_key()
        made = {"private": private, "public": web_push.public_key(private)}
        found, _ = PushIdentity.objects.get_or_create(pk=1, defaults=made)
    return found


def subscribe(user: User, *, endpoint: str, p256dh: str, auth: str, browser: str, now: datetime) -> PushSubscription:
    """This browser wants to be told; a browser another person used before is theirs no more. Raises Invalid, Conflict."""
    if not endpoint.startswith("https://") and not outbound.allowed_private_hosts():
        raise Invalid("endpoint", gettext("A push service has an https:// address."), field="endpoint")
    if len(endpoint) > 1000:
        raise Invalid("endpoint", gettext("The push service's address is too long."), field="endpoint")
    outbound.check_url(endpoint)
    try:
        web_push.check_keys(p256dh, auth)
    except web_push.BadKeys as problem:
        raise Invalid("keys", str(problem), field="keys") from None
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        others = PushSubscription.objects.filter(user=user).exclude(endpoint=endpoint)
        if others.count() >= MOST_BROWSERS:
            raise Conflict(
                "too_many_browsers",
                gettext("At most %(most)s browsers can be told. Remove one first.") % {"most": MOST_BROWSERS},
            )
        keys = {"p256dh": p256dh, "auth": auth}
        values = {"user": user, "keys": keys, "browser": browser[:120], "created_at": now}
        return PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=values)[0]


def unsubscribe(user: User, *, endpoint: str = "", subscription_id: int | None = None) -> bool:
    rows = PushSubscription.objects.filter(user=user)
    rows = rows.filter(pk=subscription_id) if subscription_id is not None else rows.filter(endpoint=endpoint)
    return bool(rows.delete()[0])


def push(notification_id: int, *, now: datetime) -> int:
    """Tell the browsers of whom a notification is for; returns how many took it.

    Nobody is told what they have read, or do not want to hear in this way. Raises NotTaken when one should be tried
    again; those that took it replace it by its tag.
    """
    found = Notification.objects.select_related("user").filter(pk=notification_id, read_at=None).first()
    if found is None or not found.user.is_active or not wants(found.user.preferences, found.kind, "push"):
        return 0
    browsers = list(PushSubscription.objects.filter(user=found.user).order_by("pk"))
    if not browsers:
        return 0
    ours, message = identity(), payload(found)
    outcomes = [send(one, message, ours, now=now) for one in browsers]
    if None in outcomes:
        raise NotTaken(f"{outcomes.count(None)} of {len(browsers)} push services could not take it.")
    return outcomes.count(True)


def payload(notification: Notification) -> bytes:
    """What the service worker shows, in the person's language, cut to what a push holds."""
    language = notification.user.preferences.get("language") or settings.LANGUAGE_CODE
    with translation.override(language):
        shown = {
            "title": sentence(notification)[:200],
            "body": str(notification.details.get("text", ""))[:300],
            "url": f"/notifications/{notification.pk}/",
            "tag": f"{notification.kind}:{notification.about}",
            "lang": language,
        }
    return json.dumps(shown, ensure_ascii=False).encode()


def send(browser: PushSubscription, message: bytes, ours: PushIdentity, *, now: datetime) -> bool | None:
    """True: taken. False: refused, or the browser is gone (then it is forgotten). None: try again."""
    try:
        keys: Any = browser.keys
        body = web_push.encrypt(message, p256dh=keys["p256dh"], auth=keys["auth"])
        told = headers(browser.endpoint, ours, now)
        answer = outbound.send("POST", browser.endpoint, headers=told, body=body, seconds=SEND_SECONDS)
    except outbound.Unreachable:
        return None
    except (outbound.AddressRefused, web_push.BadKeys) as problem:
        log.warning("push refused", host=urlsplit(browser.endpoint).hostname, problem=str(problem)[:200])
        return False
    if answer.status in GONE:
        PushSubscription.objects.filter(pk=browser.pk).delete()
        return False
    if 200 <= answer.status < 300:
        return True
    if answer.status in TAKEN_LATER or answer.status >= 500:
        return None
    log.warning("push refused", host=urlsplit(browser.endpoint).hostname, status=answer.status)
    return False


def headers(endpoint: str, ours: PushIdentity, now: datetime) -> dict[str, Any]:
    contact = settings.PUBLIC_URL if settings.SECURE else "mailto:operator@localhost"
    return {
        "Authorization": web_push.vapid_header(
            endpoint, private=str(ours.private), contact=contact, now=int(now.timestamp())
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_SECONDS),
        "Urgency": "high",
    }
