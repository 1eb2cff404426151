"""A word in an agent's ear: written by who supervises, read by one person, never by the customer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels_app.models import Conversation, Whisper
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.events.channels import WhisperSeen, WhisperSent
from cxos.core.models import User
from cxos.core.outbox import emit

MOST_TEXT = 2_000


def whisper(conversation: Conversation, *, to: User, text: str, author: User, now: datetime) -> Whisper:
    """Raises Forbidden for who does not supervise, Invalid for an empty or too long text or a whisper to oneself."""
    text = text.strip()
    if not author.supervises:
        raise Forbidden("not_allowed", _("Only supervisors whisper. Write a note instead."))
    if not text or len(text) > MOST_TEXT:
        raise Invalid(
            "text", _("Write what you want to say, in at most %(most)s characters.") % {"most": MOST_TEXT}, field="text"
        )
    if to.pk == author.pk or not to.is_active:
        raise Invalid("to", _("Nobody else holds this conversation now, so there is nobody to whisper to."), field="to")
    with transaction.atomic():
        made = Whisper.objects.create(
            conversation=conversation, author=author, recipient=to, text=text.replace("\x00", ""), created_at=now
        )
        emit(
            WhisperSent(
                conversation_id=conversation.pk,
                whisper_id=made.pk,
                author_id=author.pk,
                recipient_id=to.pk,
                at=now.isoformat(),
            ),
            key=f"whisper:{made.pk}",
            actor=author,
        )
    return made


def note_seen(whisper_id: int, *, user: User, now: datetime) -> None:
    """The recipient has read it; a second time changes nothing. Raises NotFound for anybody else."""
    with transaction.atomic():
        found = Whisper.objects.select_for_update().filter(pk=whisper_id, recipient=user).first()
        if found is None:
            raise NotFound("no_such_whisper", _("There is no whisper %(number)s for you.") % {"number": whisper_id})
        if found.seen_at is None:
            found.seen_at = now
            found.save(update_fields=["seen_at"])
            emit(
                WhisperSeen(
                    conversation_id=found.conversation_id,
                    whisper_id=found.pk,
                    author_id=found.author_id,
                    recipient_id=user.pk,
                    at=now.isoformat(),
                ),
                key=f"whisper:{found.pk}",
                actor=user,
            )


def unseen_whispers(user: User, conversation_id: int) -> QuerySet[Whisper]:
    """What was whispered to this person here and not read yet, oldest first."""
    unseen = Whisper.objects.filter(recipient=user, conversation=conversation_id, seen_at=None)
    return unseen.select_related("author").order_by("id")


def whispers_between(user: User, conversation_id: int) -> QuerySet[Whisper]:
    """What this person wrote or was told here, oldest first: the only ones they may read."""
    own = Whisper.objects.filter(Q(author=user) | Q(recipient=user), conversation=conversation_id)
    return own.select_related("author", "recipient").order_by("id")
