"""API channel: what we say is posted, signed, to the channel's `reply_url`.

A channel without one is read by its system over the API; then having stored it is all there is to do.
"""

from __future__ import annotations

from typing import Any

from channels_app.adapters import SENT, Outcome, Send
from channels_app.adapters.posting import post_signed
from channels_app.file_links import linked
from channels_app.models import Message


def prepare(message: Message) -> Send:
    """One query."""
    channel = message.conversation.channel
    url = channel.config.get("reply_url", "")
    sealed: Any = channel.secrets
    secrets = (sealed or {}).get("signing_secrets", [])
    content = reply_body(message) if url else None

    def send(seconds: float) -> Outcome:
        if not url:
            return SENT
        message_id = f"msg_{message.id}"
        return post_signed(url, content, message_id=message_id, secrets=secrets, seconds=seconds)[0]

    return send


def reply_body(message: Message) -> dict[str, Any]:
    """What the other system gets. `in_reply_to`: its id of the customer's message before this one; `thread_key`: the one
    that message came with. One query."""
    conversation = message.conversation
    answered = (
        Message.objects.filter(conversation=conversation, author_kind=Message.Author.CUSTOMER, id__lt=message.id)
        .filter(interaction__channel=conversation.channel_id)  # what came on another channel was merged into it
        .order_by("-id")
        .values_list("interaction__external_id", "interaction__thread_key")
        .first()
    )
    in_reply_to, thread_key = answered or (None, None)
    return {
        "type": "message.sent",
        "timestamp": message.created_at.isoformat(),
        "data": {
            "message_id": message.id,
            "conversation_id": conversation.id,
            "conversation_external_id": conversation.external_id or None,
            "thread_key": thread_key or conversation.thread_key,
            "customer_id": conversation.customer_id,
            "channel": conversation.channel.key,
            "in_reply_to": in_reply_to,
            "author_kind": message.author_kind,
            "author": message.author.name if message.author else None,
            "text": message.text,
            "html": message.html,
            "template": message.metadata.get("template"),
            "attachments": linked(message.attachments, absolute=True),
        },
    }
