"""Pokes by beat: each claims due rows, so that two of them at once do no harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cxos.core.services.retention import keep_days
from routing.services.alerts import watch_thresholds
from routing.services.callbacks import wake_callbacks
from routing.services.leases import lose_unreachable
from routing.services.matcher import wake_waiting
from routing.services.offers import expire_due
from routing.services.pruning import prune
from routing.services.relief import call_relief
from routing.services.trials import run_next_trial
from routing.services.work import end_wrap_ups


@shared_task(name="routing.sweep_offers")
def sweep_offers() -> None:
    expire_due(now=timezone.now())


@shared_task(name="routing.sweep_waiting")
def sweep_waiting() -> None:
    now = timezone.now()
    wake_callbacks(now=now)
    call_relief(now=now)
    wake_waiting(now=now)


@shared_task(name="routing.sweep_presence")
def sweep_presence() -> None:
    lose_unreachable(now=timezone.now())


@shared_task(name="routing.sweep_wrap_up")
def sweep_wrap_up() -> None:
    end_wrap_ups(now=timezone.now())


@shared_task(name="routing.sweep_alerts")
def sweep_alerts() -> None:
    watch_thresholds(now=timezone.now())


@shared_task(name="routing.run_trials")
def run_trials() -> None:
    run_next_trial(now=timezone.now())


@shared_task(name="routing.prune")
def prune_explanations() -> None:
    prune(keep_days=keep_days(), now=timezone.now())
