"""What somebody is writing: kept on the server, so that it is there on every device and after any accident."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.models import Draft
from channels_app.services.replies import MAX_TEXT
from cxos.core import live
from cxos.core.errors import Invalid
from cxos.core.models import User


def save_draft(
    conversation_id: int, *, user: User, mode: str, text: str, seen_id: int = 0, page: str = "", now: datetime
) -> None:
    """Keep the text; an empty one ends the draft. The user's other pages are told; `page` names the one that knows.
    One query, two when it is new. Raises Invalid."""
    check_mode(mode)
    text = text.replace("\0", "")
    if len(text) > MAX_TEXT:
        raise Invalid(
            "too_long",
            _("This has %(count)s characters; %(most)s go at most.")
            % {"count": f"{len(text):,}", "most": f"{MAX_TEXT:,}"},
            field="text",
        )
    mine = Draft.objects.filter(user=user, conversation_id=conversation_id, mode=mode)
    if not text.strip():
        mine.delete()
    elif not mine.update(text=text, updated_at=now):
        made = Draft(user=user, conversation_id=conversation_id, mode=mode, text=text, seen_id=seen_id, updated_at=now)
        Draft.objects.bulk_create(
            [made], update_conflicts=True, unique_fields=["user", "conversation", "mode"],
            update_fields=["text", "updated_at"],
        )  # fmt: skip
    tell_drafts(user.pk, conversation_id=conversation_id, page=page)


def beside_draft(conversation_id: int, text: str, *, user: User, mode: str) -> str:
    """The text, behind what the user is writing in this conversation already, if it is not a part of that. One query."""
    begun = Draft.objects.filter(user=user, conversation_id=conversation_id, mode=mode).values_list("text", flat=True)
    kept = begun.first() or ""
    return kept if text in kept else "\n\n".join(part for part in (kept, text) if part)


def check_mode(mode: str) -> None:
    """Raises Invalid for what is no kind of draft."""
    if mode not in Draft.Mode.values:
        raise Invalid(
            "mode", _("A draft is one of %(choices)s.") % {"choices": ", ".join(Draft.Mode.values)}, field="mode"
        )


def end_draft(conversation_id: int, *, user: User, mode: str, page: str = "") -> None:
    """What was written has been sent."""
    if Draft.objects.filter(user=user, conversation_id=conversation_id, mode=mode).delete()[0]:
        tell_drafts(user.pk, conversation_id=conversation_id, page=page)


def put_back(conversation_id: int, *, user_id: int, text: str, now: datetime) -> None:
    """A reply that was not sent is a draft again, before whatever its author has begun to write since."""
    mine = Draft.objects.filter(user_id=user_id, conversation_id=conversation_id, mode=Draft.Mode.REPLY)
    begun = mine.values_list("text", flat=True).first()
    both = f"{text}\n\n{begun}" if begun and text else text or begun or ""
    if begun is not None:
        mine.update(text=both[:MAX_TEXT], updated_at=now)
    elif both:
        Draft.objects.create(
            user_id=user_id, conversation_id=conversation_id, mode=Draft.Mode.REPLY, text=both, updated_at=now
        )
    tell_drafts(user_id, conversation_id=conversation_id)


def tell_drafts(user_id: int, *, conversation_id: int, page: str = "") -> None:
    told: dict[str, object] = {"kind": "draft", "conversation": conversation_id, "page": page[:40]}
    transaction.on_commit(lambda: live.signal(f"drafts.{user_id}", told))
