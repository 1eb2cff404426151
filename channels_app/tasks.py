"""Pokes: each finds its work in the database, so a lost or doubled one does no harm."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from channels_app.services import attachments, conversations, delivery, held, webhooks
from cxos.core import broker
from cxos.core.services.retention import keep_days

SWEEP_SECONDS = 8.0
LONGEST_SECONDS = 20.0


@shared_task(name="channels_app.sweep_replies")
def sweep_replies() -> None:
    conversations.wake_snoozed(now=timezone.now())
    one_at_a_time("sweep_replies", lambda: delivery.sweep_replies(now=timezone.now(), seconds=SWEEP_SECONDS))


@shared_task(name="channels_app.release_held")
def release_held() -> None:
    """What was taken back in time is not said; what is due is, unless the customer has written since."""
    held.cancel_overtaken(now=timezone.now())
    held.release_due(now=timezone.now())


@shared_task(name="channels_app.sweep_webhooks")
def sweep_webhooks() -> None:
    one_at_a_time("sweep_webhooks", lambda: webhooks.sweep_webhooks(now=timezone.now(), seconds=SWEEP_SECONDS))


@shared_task(name="channels_app.prune")
def prune() -> None:
    now = timezone.now()
    attachments.prune_unsent(now=now)
    webhooks.prune_attempts(keep_days=keep_days()["webhook_attempts"], now=now)


def one_at_a_time(name: str, run: Callable[[], object]) -> None:
    """Silent targets may make a sweep last; a second one would only take a worker from other work."""
    if broker.claim_once(name, seconds=LONGEST_SECONDS):
        try:
            run()
        finally:
            broker.release(name)
