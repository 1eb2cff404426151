"""Pokes: each finds its work in the database, so a lost or doubled one does no harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cases.services import breaches, warnings


@shared_task(name="cases.sweep_clocks")
def sweep_clocks() -> None:
    breaches.sweep_clocks(now=timezone.now())


@shared_task(name="cases.sweep_warnings")
def sweep_warnings() -> None:
    warnings.warn_of_deadlines(now=timezone.now())
