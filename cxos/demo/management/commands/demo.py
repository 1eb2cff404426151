"""`demo`: simulated customers and agents, so that there is something to watch. Ends with Ctrl-C."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jwt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_app.models import Channel
from channels_app.webchat.visitors import identity_secrets
from cxos.core.models import User
from cxos.demo.people import PEOPLE, SIGN_IN
from cxos.demo.seed import demo_key
from cxos.demo.traffic import Floor, keep_alive


class Command(BaseCommand):
    help = "Keep the demo contact centre alive through the public API, the widget's socket and agents' sockets."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--visitors-per-minute", type=float, default=4)

    def handle(self, *args: Any, **options: Any) -> None:
        channel = Channel.objects.filter(key="web").first()
        if channel is None:
            raise CommandError("There is no demo here yet. Run `bin/manage seed_demo` first.")
        names = [person.email for person in PEOPLE if person.queues and person.email not in SIGN_IN]
        agents = User.objects.filter(email__in=names, is_active=True)
        secret = identity_secrets(channel)[0]
        floor = Floor(
            base_url=settings.PUBLIC_URL,
            socket_url=settings.SOCKET_URL or settings.PUBLIC_URL.replace("http", "ws", 1),
            origin=settings.PUBLIC_URL,
            channel=channel.key,
            agents=tuple((user.pk, demo_key(user=user, name="demo", scopes=["read", "write"])) for user in agents),
            sign=lambda name, email: identity_token(secret, channel.key, name, email),
            visitors_per_minute=options["visitors_per_minute"],
        )
        try:
            asyncio.run(keep_alive(floor))
        except KeyboardInterrupt:
            self.stdout.write("The demo has stopped; its conversations stay.")


def identity_token(secret: str, channel: str, name: str, email: str) -> str:
    """What a shop's own server would sign for a customer who is logged in there."""
    now = int(time.time())
    claims = {"sub": email, "email": email, "name": name, "aud": channel, "iat": now, "exp": now + 3600}
    return jwt.encode(claims, secret, algorithm="HS256")
