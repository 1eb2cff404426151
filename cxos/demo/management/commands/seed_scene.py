"""`seed_scene`: a contact centre in the middle of a morning, for pictures. For an installation made for them alone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from channels_app.models import Conversation
from cxos.core.models import User
from cxos.core.streams import run_streams
from cxos.demo.history import seed_history
from cxos.demo.people import PASSWORD, PEOPLE, SIGN_IN
from cxos.demo.scene import set_scene
from cxos.demo.seed import seed
from intelligence.services.training import train_seed_models


class Command(BaseCommand):
    help = "Fill an empty installation with conversations at every stage. Refuses where there are any."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--people", action="store_true", help="make only the three who sign in, and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["people"]:
            make_people()
            return
        if Conversation.objects.exists():
            raise CommandError("There are conversations here already; the scene is only set in an empty installation.")
        train_seed_models(now=timezone.now())
        seed(now=timezone.now())
        seed_history(now=timezone.now())
        set_scene(now=timezone.now())
        run_streams(seconds=60)  # the figures


def make_people() -> None:
    for person in PEOPLE:
        if person.email in SIGN_IN and not User.objects.filter(email=person.email).exists():
            User.objects.create_user(person.email, PASSWORD, name=person.name, role=person.role)
