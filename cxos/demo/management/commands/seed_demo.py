"""`seed_demo`: the demo's people, channels, queues, hours and rules."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cxos.demo.history import seed_history
from cxos.demo.people import PASSWORD, PEOPLE, SIGN_IN
from cxos.demo.seed import seed
from intelligence.services.training import train_seed_models


class Command(BaseCommand):
    help = "Fill an installation with a small contact centre. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        seed(now=timezone.now())
        seed_history(now=timezone.now())
        train_seed_models(now=timezone.now())
        for person in PEOPLE:
            if person.email in SIGN_IN:
                self.stdout.write(f"  {person.role:<10} {person.email:<20} {PASSWORD}")
