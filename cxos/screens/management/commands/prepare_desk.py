"""`prepare_desk`: a full desk for one agent, and a session to sit down at it with, as JSON. For throw-away installations."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test import Client
from django.utils import timezone

from channels_app.models import Conversation, Message, ReadMarker
from cxos.core.models import Role, User


class Command(BaseCommand):
    help = "Give the first agent the newest open conversations, one of them very long, and print a session of theirs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--rows", type=int, default=50)
        parser.add_argument("--lines", type=int, default=5_000)

    def handle(self, *args: Any, **options: Any) -> None:
        agent = User.objects.filter(role=Role.AGENT, teams__isnull=False).order_by("id").first()
        newest = list(Conversation.objects.open().order_by("-last_message_at")[: options["rows"]])
        if agent is None or len(newest) < options["rows"]:
            raise CommandError("There are not enough people and conversations here. Fill the installation first.")
        Conversation.objects.filter(assignee=agent).update(assignee=None)
        Conversation.objects.filter(pk__in=[one.pk for one in newest]).update(assignee=agent)
        lengthen(newest[0], agent, lines=options["lines"])
        client = Client()
        client.force_login(agent)
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        figures = {"cookie": session.key, "value": session.value, "path": f"/workspace/c/{newest[0].pk}/?tab=mine"}
        self.stdout.write(json.dumps(figures))


def lengthen(conversation: Conversation, reader: User, *, lines: int) -> None:
    """Both sides wrote, and the reader has read it all."""
    missing = lines - Message.objects.filter(conversation=conversation).count()
    now = timezone.now()
    Message.objects.bulk_create(
        line(conversation, reader, n, at=now - timedelta(minutes=missing - n)) for n in range(missing)
    )
    newest = Message.objects.filter(conversation=conversation).latest("id")
    ReadMarker.objects.update_or_create(user=reader, conversation=conversation, defaults={"message_id": newest.pk})


def line(conversation: Conversation, agent: User, number: int, *, at: datetime) -> Message:
    """Every third one is the agent's; of many lengths."""
    by_agent = number % 3 == 2
    return Message(
        conversation=conversation,
        author_kind=Message.Author.AGENT if by_agent else Message.Author.CUSTOMER,
        author=agent if by_agent else None,
        state=Message.State.DELIVERED if by_agent else Message.State.RECEIVED,
        text=f"Line {number} " + "and more " * (number * 7 % 60),
        created_at=at,
    )
