"""Pokes: each finds its work in the database, so a lost or doubled one does no harm."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from cxos.core import broker, leases, relay, streams
from cxos.core.models import IdempotentAnswer
from cxos.core.services import notifications
from cxos.core.services.retention import keep_days


@shared_task(name="core.relay")
def relay_lane(lane: str) -> None:
    broker.release(f"nudged:{lane}")
    relay.run_lane(lane)


@shared_task(name="core.sweep_live")
def sweep_live() -> None:
    leases.recover_leases()
    relay.run_lane("live")


@shared_task(name="core.sweep_work")
def sweep_work() -> None:
    relay.run_lane("work")


@shared_task(name="core.sweep_streams")
def sweep_streams() -> None:
    streams.run_streams()


@shared_task(name="core.prune")
def prune() -> None:
    """Drop idempotent answers after a day, and notifications nobody will look for any more."""
    notifications.forget_old(keep_days=keep_days()["notifications"], now=timezone.now())
    IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - timedelta(days=1)).delete()
