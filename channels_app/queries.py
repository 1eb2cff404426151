"""Reads of a thread. Who may read it has been asked before (see permissions)."""

from __future__ import annotations

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from channels_app.models import Channel, Message, ReadMarker
from cxos.core.memory import remembered
from cxos.core.search.vectors import TextIndex

MESSAGE_WORDS = TextIndex("channels_app_message", "text")
MESSAGE_CONVERSATIONS = TextIndex("channels_app_message", "text", answer="conversation_id")  # in which it was said
CONVERSATION_WORDS = TextIndex(
    "channels_app_conversation", "subject", exact="tags @> ARRAY[left(%s, 40)]::varchar(40)[]"
)


def thread_of(
    conversation_id: int, *, before_id: int | None = None, first_id: int | None = None, limit: int = 50
) -> list[Message]:
    """The newest `limit` lines of a thread, or those before one, and none before `first_id`; oldest first, with their
    authors. One query."""
    lines = Message.objects.filter(conversation_id=conversation_id).select_related("author").order_by("-id")
    if before_id is not None:
        lines = lines.filter(id__lt=before_id)
    if first_id is not None:
        lines = lines.filter(id__gte=first_id)
    return list(lines[:limit])[::-1]


def thread_from(conversation_id: int, *, first_id: int, until_id: int | None = None, limit: int = 50) -> list[Message]:
    """The lines from one on, up to (not with) another, oldest first, with their authors. One query."""
    lines = Message.objects.filter(conversation_id=conversation_id, id__gte=first_id).select_related("author")
    if until_id is not None:
        lines = lines.filter(id__lt=until_id)
    return list(lines.order_by("id")[:limit])


def thread_around(conversation_id: int, message_id: int, *, until_id: int, limit: int) -> list[Message]:
    """One line with up to `limit` before it and as many after, up to (not with) another, oldest first. One query; without
    the line itself where it is none of this thread."""
    said = Message.objects.filter(conversation_id=conversation_id)
    farthest = said.filter(id__lt=message_id).order_by("-id").values("id")[limit - 1 : limit]
    lines = said.filter(id__gte=Coalesce(Subquery(farthest), 0), id__lt=until_id).select_related("author")
    return list(lines.order_by("id")[: 2 * limit + 1])


def unread_count(user_id: int, conversation_id: int) -> int:
    """Customer messages after the user's read marker. One query."""
    marker = ReadMarker.objects.filter(user_id=user_id, conversation_id=conversation_id).values("message_id")
    return Message.objects.filter(
        conversation_id=conversation_id,
        author_kind=Message.Author.CUSTOMER,
        id__gt=Coalesce(Subquery(marker), 0),
    ).count()


def find_api_channel(key: str) -> int | str:
    """The id of the API channel with this key, or the sentence why nothing can be posted to it.

    One query every few seconds a channel and process; a refusal is looked up each time.
    """
    try:
        return _api_channel_id(key)
    except LookupError as refusal:
        return str(refusal.args[0])


@remembered
def _api_channel_id(key: str) -> int:
    found = Channel.objects.filter(key=key[:60]).values_list("id", "kind", "enabled").first()
    if found is None or found[1] != Channel.Kind.API or not found[2]:
        raise LookupError(_why_not(key, found))
    return int(found[0])


def _why_not(key: str, found: tuple[int, str, bool] | None) -> str:
    if found is None:
        return f"There is no channel with the key {key[:60]!r}. Settings → Channels lists them."
    if found[1] != Channel.Kind.API:
        return f"The channel {key!r} is a {Channel.Kind(found[1]).label.lower()}; post to a channel of kind API."
    return f"The channel {key!r} is switched off."
