"""`bin/manage make_api_key ana@example.com --scopes read,write`: a key for a program that acts as this user."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cxos.core.errors import DomainError
from cxos.core.models import Scope, User
from cxos.core.services.api_keys import make_key


class Command(BaseCommand):
    help = "Make an API key that acts as a user. The key is printed this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="as whom the key acts")
        parser.add_argument("--name", default="made on the command line", help="what it is for")
        parser.add_argument(
            "--scopes", default=Scope.READ.value, help=f"of {', '.join(Scope.values)}, with commas between"
        )
        parser.add_argument("--days", type=int, help="after how many days it expires; without it, never")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody with the address {options['email']} works here.")
        now = timezone.now()
        try:
            key, secret = make_key(
                name=options["name"][:80],
                user=user,
                scopes=[scope.strip() for scope in options["scopes"].split(",")],
                expires_at=now + timedelta(days=options["days"]) if options["days"] is not None else None,
                actor=None,
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from None
        self.stderr.write(f"{key} acts as {user.email}, for {', '.join(key.scopes)}.")
        self.stdout.write(secret)
