"""What hangs on a conversation goes over to another one, and back. Both rows are locked by the caller."""

from __future__ import annotations

from typing import Any

from channels_app.models import (
    Attachment,
    Conversation,
    Draft,
    HeldReply,
    Interaction,
    Mention,
    Message,
    ReadMarker,
    Whisper,
)
from channels_app.services.replies import MAX_TEXT

MOVED: dict[str, Any] = {
    "messages": Message, "interactions": Interaction, "attachments": Attachment, "mentions": Mention,
    "held": HeldReply, "whispers": Whisper, "drafts": Draft,
}  # fmt: skip


def take_over(merged: Conversation, survivor: Conversation) -> dict[str, Any]:
    """Everything of the merged one is the survivor's; returns what went over, by kind, as ids."""
    unread = first_unread(merged)
    names = {
        "client_ids": free_client_ids(Message, merged, survivor),
        "held_ids": free_client_ids(HeldReply, merged, survivor),
    }
    join_drafts(merged, survivor)
    moved: dict[str, Any] = {}
    for kind, model in MOVED.items():
        rows = model.objects.filter(conversation=merged)
        moved[kind] = list(rows.order_by("pk").values_list("pk", flat=True))
        rows.update(conversation=survivor)
    keep_unread(survivor, unread)
    return moved | names


def bring_back(moved: dict[str, Any], merged: Conversation, survivor: Conversation) -> None:
    """What went over, where it still is. Drafts that were joined stay joined."""
    for kind, model in MOVED.items():
        model.objects.filter(pk__in=moved[kind], conversation=survivor).update(conversation=merged)
    for model, names in ((Message, moved["client_ids"]), (HeldReply, moved["held_ids"])):
        for pk, name in names:
            model.objects.filter(pk=pk, conversation=merged).update(client_id=name)


def free_client_ids(model: Any, merged: Conversation, survivor: Conversation) -> list[list[Any]]:
    """A client's own id names one message of a conversation: where both have it, the moved one gets another. Returns
    [id, client's id] of those."""
    theirs = model.objects.filter(conversation=survivor).exclude(client_id="").values("client_id")
    twice = list(model.objects.filter(conversation=merged, client_id__in=theirs).values_list("pk", "client_id"))
    for pk, _name in twice:
        model.objects.filter(pk=pk).update(client_id=f"merged:{merged.pk}:{pk}")
    return [[pk, name] for pk, name in twice]


def join_drafts(merged: Conversation, survivor: Conversation) -> None:
    """Who was writing in both goes on in one: first what they wrote in the survivor."""
    mine = {(one.user_id, one.mode): one for one in Draft.objects.filter(conversation=survivor)}
    for other in Draft.objects.filter(conversation=merged):
        draft = mine.get((other.user_id, other.mode))
        if draft is not None:
            draft.text = "\n\n".join(part for part in (draft.text, other.text) if part)[:MAX_TEXT]
            draft.save(update_fields=["text"])
            other.delete()


def first_unread(merged: Conversation) -> dict[int, int]:
    """Whoever had read part of it → the first customer message they had not."""
    said = Message.objects.filter(conversation=merged, author_kind=Message.Author.CUSTOMER)
    found = {}
    for user_id, read_to in ReadMarker.objects.filter(conversation=merged).values_list("user_id", "message_id"):
        first = said.filter(id__gt=read_to).order_by("id").values_list("id", flat=True).first()
        if first is not None:
            found[user_id] = first
    return found


def keep_unread(survivor: Conversation, unread: dict[int, int]) -> None:
    """What they had not read in the one is not read in the other."""
    for user_id, first in unread.items():
        ReadMarker.objects.filter(user_id=user_id, conversation=survivor, message_id__gte=first).update(
            message_id=first - 1
        )
