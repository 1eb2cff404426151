"""A session: a visitor's token checked and renewed, with the thread of an anonymous visitor carried over when he signs in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.models import Channel, Conversation, Interaction
from channels_app.webchat.visitors import NotRecognised, Visitor, identify, make_token, new_visitor, read_token
from crm.services.identity import resolve
from cxos.core.errors import NotFound
from cxos.core.events.channels import ConversationChanged
from cxos.core.outbox import emit


@dataclass(frozen=True, slots=True)
class Session:
    """`token` replaces the one the client had: it is valid from now on for its whole time again."""

    channel: Channel
    visitor: Visitor
    token: str


def find_channel(key: str) -> Channel:
    channel = Channel.objects.filter(key=key, kind=Channel.Kind.WEBCHAT, enabled=True).first()
    if channel is None:
        raise NotFound("no_such_channel", _("There is no open web chat under this address."))
    return channel


def open_session(channel: Channel, *, token: Any, identity: Any, now: datetime) -> Session:
    """A session for whoever holds this token, or for somebody new. Raises NotRecognised for a wrong identity.

    A token that is no longer good is not an error: the visitor starts over. A channel that requires an identity takes
    none without it, however good the token.
    """
    try:
        before = read_token(token, channel=channel, now=now) if token else None
    except NotRecognised:
        before = None
    if identity:
        visitor = identify(before, identity, channel=channel, now=now)
        if before is not None and before.id == visitor.id and not before.subject:
            carry_over(before, visitor, now=now)
    elif channel.config.get("identity_required"):
        raise NotRecognised("identity", _("This chat needs a signed identity. Sign in to the site first."))
    else:
        visitor = before or new_visitor(channel)
    return Session(channel, visitor, make_token(visitor, now=now))


def carry_over(before: Visitor, visitor: Visitor, *, now: datetime) -> None:
    """The anonymous visitor has signed in: the conversation he is in goes on as the user's, with the user's record.

    When the user has an open conversation already, from another device, that one goes on and this one stays behind.
    """
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(no_key=True)
            .filter(channel_id=before.channel_id, thread_key=before.thread_key)
            .exclude(status=Conversation.Status.RESOLVED)
            .first()
        )
        if conversation is None or _has_open_thread(visitor):
            return
        found = resolve(visitor.identities, attributes={"name": visitor.name}, verified=True, now=now)
        conversation.thread_key, conversation.customer = visitor.thread_key, found.customer
        conversation.save(update_fields=["thread_key", "customer"])
        Interaction.objects.filter(conversation=conversation).update(customer=found.customer, evidence=found.kept)
        emit(
            ConversationChanged(conversation_id=conversation.pk, changed=("customer",)),
            key=f"conversation:{conversation.pk}",
            actor=f"customer:{found.customer.pk}",
        )


def _has_open_thread(visitor: Visitor) -> bool:
    threads = Conversation.objects.filter(channel_id=visitor.channel_id, thread_key=visitor.thread_key)
    return threads.exclude(status=Conversation.Status.RESOLVED).exists()
