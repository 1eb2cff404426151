"""Files of conversations: taken in, handed to messages, linked to, and dropped when nobody needs them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils.translation import gettext

from channels_app.channel_rules import Rules
from channels_app.file_links import key_of
from channels_app.file_types import HEAD_BYTES, Unacceptable, clean_name, recognise
from channels_app.models import Attachment, Conversation, Draft, Message
from cxos.core.errors import Invalid, NotFound
from cxos.core.models import User

KEPT_UNSENT = timedelta(days=30)


def store_attachment(
    file: File,
    *,
    name: str,
    rules: Rules,
    uploader: User | None = None,
    visitor: str = "",
    conversation: Conversation | None = None,
    mode: str = Draft.Mode.REPLY,
    now: datetime,
) -> Attachment:
    """Keep a file that belongs to its uploader until a message takes it, one that is said for `mode` reply, a note for
    `mode` note. Raises Invalid for what is not taken here."""
    shown, size = clean_name(name), int(file.size or 0)
    if size > rules.max_file_bytes:
        raise Invalid(
            "file_too_large",
            gettext("“%(shown)s” has %(size)s MB; %(most)s MB go at most.")
            % {"shown": shown, "size": _mb(size), "most": _mb(rules.max_file_bytes)},
            field="file",
        )
    file.seek(0)
    try:
        found = recognise(shown, file.read(HEAD_BYTES), allowed=rules.file_types)
    except Unacceptable as refusal:
        raise Invalid("file_type", str(refusal), field="file") from None
    attachment = Attachment(
        digest=_digest(file), name=shown, mime=found.mime, size=size, width=found.width, height=found.height,
        uploader=uploader, visitor=visitor, conversation=conversation, mode=mode, created_at=now,
    )  # fmt: skip
    with transaction.atomic():
        _hold(attachment.digest)
        _write(attachment, file)
        attachment.save(force_insert=True)
    return attachment


def unsent_of(conversation_id: int, *, uploader: User, mode: str, keys: Iterable[str]) -> list[Attachment]:
    """The files with these keys of the user's own draft of this mode, in the order given. Raises Invalid if one is not:
    what was attached to a note is nothing a reply can name."""
    wanted = [key for key in dict.fromkeys(keys) if key]
    rows = Attachment.objects.unused().filter(conversation_id=conversation_id, uploader=uploader, mode=mode)
    return _in_order(rows, wanted)


def unsent_of_visitor(visitor: str, *, keys: Iterable[str]) -> list[Attachment]:
    """The same of a visitor's files."""
    return _in_order(Attachment.objects.unused().filter(visitor=visitor), [key for key in dict.fromkeys(keys) if key])


def hand_over(message: Message) -> None:
    """The files that a message names are its own from now on. No query for a message without files of ours."""
    keys = [one["id"] for one in message.attachments if isinstance(one, dict) and one.get("id")]
    if keys:
        rows = Attachment.objects.filter(key__in=keys, message=None)
        rows.update(message=message, held=None, conversation=message.conversation_id)


def remove_unsent(key: str, *, uploader: User) -> None:
    """The uploader has changed their mind. Raises NotFound when it is not theirs, or was sent."""
    attachment = Attachment.objects.unused().filter(key=key, uploader=uploader).first() if _is_key(key) else None
    if attachment is None:
        raise NotFound("no_such_file", gettext("This file is not yours to remove, or it has been sent."))
    _drop([attachment])


def prune_unsent(*, now: datetime, limit: int = 500) -> int:
    """Drop files that were uploaded and never sent; returns how many. Two callers at once do no harm."""
    rows = Attachment.objects.unused().filter(created_at__lt=now - KEPT_UNSENT).order_by("created_at")
    return _drop(list(rows[:limit]))


def opened(token: str) -> Attachment:
    """The file that a signed address names. Raises NotFound when it is none, or too old."""
    key = key_of(token)
    if key is None:
        raise NotFound("no_such_file", gettext("This link has expired. Open the conversation again for a fresh one."))
    found = Attachment.objects.filter(key=key).first()
    if found is None:
        raise NotFound("no_such_file", gettext("This file does not exist any more."))
    return found


def read_bytes(attachment: Attachment) -> File:
    """The file, open for reading. Raises NotFound when the storage has lost it."""
    try:
        return _storage().open(attachment.path, "rb")
    except FileNotFoundError:
        raise NotFound(
            "file_lost", gettext("“%(name)s” is not in the storage any more.") % {"name": attachment.name}
        ) from None


def _in_order(rows: Any, keys: list[str]) -> list[Attachment]:
    known = [key for key in keys if _is_key(key)]
    found = {str(one.key): one for one in rows.filter(key__in=known)} if known else {}
    if len(found) < len(keys):
        raise Invalid("no_such_file", gettext("A file is not there any more. Attach it again."), field="files")
    return [found[key] for key in keys]


def _is_key(given: Any) -> bool:
    try:
        return isinstance(given, str) and str(uuid.UUID(given)) == given
    except ValueError:
        return False


def _drop(attachments: Sequence[Attachment]) -> int:
    """Remove the rows, and the bytes that no other row needs."""
    dropped = 0
    for attachment in attachments:
        with transaction.atomic():
            _hold(attachment.digest)
            count, _ = Attachment.objects.unused().filter(pk=attachment.pk).delete()
            dropped += count
            if count and not Attachment.objects.filter(digest=attachment.digest).exists():
                _storage().delete(attachment.path)
    return dropped


def _storage() -> Any:
    return storages["attachments"]


def _write(attachment: Attachment, file: File) -> None:
    """The bytes under their digest, unless they are there."""
    storage = _storage()
    if not storage.exists(attachment.path):
        file.seek(0)
        storage.save(attachment.path, file)


def _hold(digest: str) -> None:
    """Nobody else stores or drops these bytes until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])


def _digest(file: File) -> str:
    file.seek(0)
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    return found.hexdigest()


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f}"
