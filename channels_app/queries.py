"""Reads of a thread. Who may read it has been asked before (see permissions)."""

from __future__ import annotations

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from channels_app.models import Message, ReadMarker


def thread_of(conversation_id: int, *, before_id: int | None = None, limit: int = 50) -> list[Message]:
    """The newest `limit` lines of a thread, or those before one, oldest first, with their authors. One query."""
    lines = Message.objects.filter(conversation_id=conversation_id).select_related("author").order_by("-id")
    if before_id is not None:
        lines = lines.filter(id__lt=before_id)
    return list(lines[:limit])[::-1]


def unread_count(user_id: int, conversation_id: int) -> int:
    """Customer messages after the user's read marker. One query."""
    marker = ReadMarker.objects.filter(user_id=user_id, conversation_id=conversation_id).values("message_id")
    return Message.objects.filter(
        conversation_id=conversation_id,
        author_kind=Message.Author.CUSTOMER,
        id__gt=Coalesce(Subquery(marker), 0),
    ).count()
